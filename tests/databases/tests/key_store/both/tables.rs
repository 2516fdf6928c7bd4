//! Versions of the tables.

use phi_seal::key::{KeyErrorKind, KeyState, KeyStore as _};
use sqlx::raw_sql;

use super::super::{Db, Place, Store};
use super::assert_all;
use crate::run;
use crate::suite::{add, content, kind, row};

#[test]
fn without_tables_nothing_is_found_and_nothing_made() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        assert_all(&store, KeyErrorKind::NotFound).await;
        assert_eq!(place.schema().await, [""; 0]);
        // The same store works as soon as they are there.
        store.migrate().await.unwrap();
        assert!(content(&store).await == (vec![], 0));
        store.migrate().await.unwrap();
        assert!(content(&store).await == (vec![], 0));
    });
}

#[test]
fn what_is_printed_makes_the_same_tables() {
    run(async {
        let (ours, theirs) = (Place::new().await, Place::new().await);
        ours.store().await.migrate().await.unwrap();
        // Line by line to a file and from it to the database, as `psql -1 -f` and `.read` do.
        let pool = theirs.pool(1).await;
        let mut transaction = pool.begin().await.unwrap();
        for (version, migration) in (1..).zip(Store::migrations()) {
            assert_eq!(migration.version, version);
            assert!(!migration.name.is_empty());
            let done = raw_sql(migration.sql).execute(&mut *transaction);
            done.await.unwrap();
        }
        transaction.commit().await.unwrap();
        drop(pool);

        let tables = ours.schema().await;
        assert!(tables.len() >= 4, "{tables:?}");
        assert_eq!(theirs.schema().await, tables);
        assert_eq!(theirs.dump().await, ours.dump().await);
        let store = theirs.store().await;
        store
            .apply(&[add(&row(1, "t", 1, KeyState::Active))])
            .await
            .unwrap();
        let before = theirs.dump().await;
        store.migrate().await.unwrap();
        assert_eq!(theirs.dump().await, before);
    });
}

#[test]
fn tables_of_a_later_version_are_left_alone() {
    run(async {
        let place = Place::new().await;
        let (fresh, in_use) = (place.store().await, place.store().await);
        in_use.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        in_use.apply(&[add(&one)]).await.unwrap();
        let later = Store::migrations().len() + 1;
        let update = format!("UPDATE phi_seal_store SET schema_version = {later}");
        place.execute_checked(&update).await.unwrap();
        let (tables, rows) = (place.schema().await, place.dump().await);

        assert_all(&fresh, KeyErrorKind::Unsupported).await;
        let unsupported = Some(KeyErrorKind::Unsupported);
        assert_eq!(kind(fresh.migrate().await), unsupported);
        // Also of a store that knew the earlier one.
        let change = [add(&row(2, "u", 1, KeyState::Active))];
        assert_eq!(kind(in_use.apply(&change).await), unsupported);
        assert_eq!(kind(in_use.page(None, 9).await), unsupported);
        assert_eq!(place.schema().await, tables);
        assert_eq!(place.dump().await, rows);
    });
}

#[test]
fn damaged_tables_are_not_made_anew() {
    run(async {
        for damage in [
            "DELETE FROM phi_seal_store",
            "DROP TABLE phi_seal_store",
            "DROP TABLE phi_seal_keys",
            "ALTER TABLE phi_seal_keys RENAME COLUMN mac TO code",
        ] {
            let place = Place::new().await;
            let store = place.store().await;
            store.migrate().await.unwrap();
            store
                .apply(&[add(&row(1, "t", 1, KeyState::Active))])
                .await
                .unwrap();
            place.execute_checked(damage).await.unwrap();
            let tables = place.schema().await;

            for store in [store, place.store().await] {
                let migrated = kind(store.migrate().await);
                let changes = [add(&row(2, "u", 1, KeyState::Active))];
                let answers = [
                    kind(store.page(None, 9).await),
                    kind(store.apply(&changes).await),
                ];
                let is_error = |kind: &Option<KeyErrorKind>| {
                    matches!(kind, Some(KeyErrorKind::Malformed | KeyErrorKind::NotFound))
                };
                assert!(answers.iter().all(is_error), "{damage}: {answers:?}");
                let stays = damage.contains("keys");
                assert_eq!(migrated.is_none(), stays, "{damage}: {migrated:?}");
            }
            assert_eq!(place.schema().await, tables, "{damage}");
        }
    });
}

/// A driver's name in messages, so that the two are told apart.
#[test]
fn errors_quote_nothing() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        let error = store.page(None, 1).await.unwrap_err();
        let texts = format!("{error} {error:?}");
        let driver = <Db as sqlx::Database>::NAME;
        assert!(
            !texts.contains("phi_seal_") && !texts.contains("SELECT"),
            "{driver}: {texts}"
        );
    });
}
