//! What the server writes to its log.

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyScope, KeyState, KeyStore as _};
use phi_seal::{SubjectId, TenantId};
use sqlx::postgres::PgPoolOptions;

use super::{Place, Store};
use crate::run;
use crate::server::Server;
use crate::suite::{add, kind, replace, row_of, turned};

/// A constraint's message shows the values that it refused.
#[test]
fn conflicts_do_not_bring_ids_into_the_log() {
    run(async {
        let server = Server::start().unwrap();
        let place = Place::at(&server.url("postgres"));
        let log = || std::fs::read_to_string(server.folder().join("log")).unwrap();
        let store = place.store().await;
        store.migrate().await.unwrap();
        let key = |n, version, state| row_of(n, patient("canary-7"), version, state);
        let active = key(1, 1, KeyState::Active);
        let old = key(2, 2, KeyState::DecryptOnly);
        store.apply(&[add(&active), add(&old)]).await.unwrap();
        let mut odd = key(3, 3, KeyState::DecryptOnly);
        odd.version = 0;
        for (changes, expected) in [
            (vec![add(&active)], KeyErrorKind::Conflict),
            (
                vec![add(&key(3, 1, KeyState::Disabled))],
                KeyErrorKind::Conflict,
            ),
            (
                vec![add(&key(3, 3, KeyState::Active))],
                KeyErrorKind::Conflict,
            ),
            (
                vec![replace(&old, &turned(&old, KeyState::Active))],
                KeyErrorKind::Conflict,
            ),
            (vec![add(&odd)], KeyErrorKind::Malformed),
        ] {
            assert_eq!(kind(store.apply(&changes).await), Some(expected));
        }
        assert!(!log().contains("canary-7"), "{}", log());
        assert!(!log().contains("ERROR"), "{}", log());

        // Which it would, of others.
        let copy = "INSERT INTO phi_seal_keys SELECT * FROM phi_seal_keys";
        assert!(place.execute_checked(copy).await.is_err());
        let update = "UPDATE phi_seal_keys SET state = 'active'";
        assert!(place.execute_checked(update).await.is_err());
        assert!(log().contains("canary-7"));
    });
}

#[test]
fn any_number_of_keys_is_one_statement() {
    run(async {
        let server = Server::start().unwrap();
        let place = Place::at(&server.url("postgres"));
        place.store().await.migrate().await.unwrap();
        let options = place.options.clone().options([("log_statement", "all")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options);
        let store = Store::new(pool.await.unwrap());
        // Of the first use, there is one more.
        store.find(&[]).await.unwrap();
        let statements = || {
            let log = std::fs::read_to_string(server.folder().join("log")).unwrap();
            let lines = log.lines().filter(|line| line.contains("LOG:"));
            let own = lines.filter(|line| line.contains("execute") || line.contains("statement:"));
            own.count()
        };

        let scopes = (0..1000).map(|n| KeyQuery::Scope(patient(&format!("p-{n}"))));
        let queries: Vec<_> = scopes.collect();
        let before = statements();
        assert!(before > 0);
        assert_eq!(store.find(&queries).await.unwrap().len(), 0);
        assert_eq!(statements() - before, 1);

        let adds: Vec<_> = (0..1000)
            .map(|n| row_of(n, patient(&format!("p-{n}")), 1, KeyState::Active))
            .map(|row| add(&row))
            .collect();
        let before = statements();
        store.apply(&adds).await.unwrap();
        // Begin, look at the version, add, commit.
        assert_eq!(statements() - before, 4);
        let before = statements();
        assert_eq!(store.find(&queries).await.unwrap().len(), 1000);
        assert_eq!(statements() - before, 1);
        let before = statements();
        assert_eq!(store.page(None, 2000).await.unwrap().rows.len(), 1000);
        assert_eq!(statements() - before, 1);
    });
}

fn patient(id: &str) -> KeyScope {
    let (tenant, subject) = (TenantId::new("t"), SubjectId::new(id.to_string()));
    KeyScope::subject(tenant.unwrap(), subject.unwrap())
}
