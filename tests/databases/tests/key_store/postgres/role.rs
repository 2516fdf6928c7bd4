//! The application's role, with the rights that `docs/keys.md` lists.

use phi_seal::key::{KeyErrorKind, KeyState, KeyStore as _};
use sqlx::raw_sql;

use super::Place;
use crate::run;
use crate::suite::{CHECKS, add, content, kind, row};

const PAGE: &str = include_str!("../../../../../docs/keys.md");

#[test]
fn the_rights_of_the_page_are_enough_and_no_more() {
    run(async {
        let (_, grants) = PAGE.split_once("\n```sql\nGRANT").unwrap();
        let (grants, _) = grants.split_once("```").unwrap();
        let grants = format!("GRANT{grants}");
        assert!(grants.contains(" TO application;"));
        for (n, (name, check)) in CHECKS.iter().enumerate() {
            println!("{name}");
            let place = Place::new().await;
            let role = format!("application_{n}");
            place
                .execute_checked(&format!("CREATE ROLE {role} LOGIN"))
                .await
                .unwrap();
            place.store().await.migrate().await.unwrap();
            let grants = grants.replace(" application;", &format!(" {role};"));
            place.execute_checked(&grants).await.unwrap();

            let application = Place {
                url: place.url(),
                options: place.options.clone().username(&role),
            };
            let store = application.store().await;
            // With nothing to do.
            store.migrate().await.unwrap();
            check(&store).await;
            for beyond in [
                "DELETE FROM phi_seal_keys",
                "TRUNCATE phi_seal_keys",
                "DROP TABLE phi_seal_keys",
                "UPDATE phi_seal_keys SET tenant = 'x'",
                "UPDATE phi_seal_keys SET version = version + 1",
                "UPDATE phi_seal_store SET schema_version = 2",
                "DELETE FROM phi_seal_store",
            ] {
                let refusal = application.execute_checked(beyond).await.unwrap_err();
                let code = refusal.as_database_error().unwrap().code();
                assert_eq!(code.as_deref(), Some("42501"), "{beyond}");
            }
        }
    });
}

#[test]
fn without_rights_the_answer_is_permissions() {
    run(async {
        let place = Place::new().await;
        place
            .execute_checked("CREATE ROLE stranger LOGIN")
            .await
            .unwrap();
        let stranger = Place {
            url: place.url(),
            options: place.options.clone().username("stranger"),
        };
        let store = stranger.store().await;
        // Nor may it make tables, before PostgreSQL 15 where it is revoked.
        place
            .execute_checked("REVOKE CREATE ON SCHEMA public FROM public")
            .await
            .unwrap();
        let permissions = Some(KeyErrorKind::Permissions);
        assert_eq!(kind(store.migrate().await), permissions);

        place.store().await.migrate().await.unwrap();
        assert_eq!(kind(store.migrate().await), permissions);
        let one = row(1, "t", 1, KeyState::Active);
        assert_eq!(kind(store.apply(&[add(&one)]).await), permissions);
        assert_eq!(kind(store.page(None, 1).await), permissions);
        let read = "GRANT SELECT ON phi_seal_keys, phi_seal_store TO stranger";
        place.execute_checked(read).await.unwrap();
        assert_eq!(kind(store.apply(&[add(&one)]).await), permissions);
        assert!(content(&store).await == (vec![], 0));

        let unknown = Place {
            url: place.url(),
            options: place.options.clone().username("nobody_at_all"),
        };
        let pool = sqlx::postgres::PgPoolOptions::new().connect_lazy_with(unknown.options.clone());
        let store = super::Store::new(pool.clone());
        assert_eq!(kind(store.page(None, 1).await), permissions);
        assert!(raw_sql("SELECT 1").execute(&pool).await.is_err());
    });
}
