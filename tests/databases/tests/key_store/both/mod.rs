//! What both databases have, compiled for each.

mod damage;
mod processes;
pub(super) mod races;
mod tables;

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyScope, KeyState, KeyStore as _, KeyUse, StoredKey};
use phi_seal::{SubjectId, TenantId};

use super::{Place, Store};
use crate::run;
use crate::suite::{CHECKS, add, content, id, kind, replace, row, row_of, turned};

#[test]
fn it_is_a_key_store() {
    run(async {
        for (name, check) in CHECKS {
            let place = Place::new().await;
            let store = place.store().await;
            store.migrate().await.unwrap();
            println!("{name}");
            check(&store).await;
        }
    });
}

#[test]
fn a_thousand_scopes_and_ids_are_found_at_once() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let patient = |n: u32| {
            let (tenant, subject) = (TenantId::new("t"), SubjectId::new(format!("p-{n}")));
            KeyScope::subject(tenant.unwrap(), subject.unwrap())
        };
        let rows: Vec<_> = (0..3000)
            .map(|n| row_of(n, patient(n / 2), n % 2 + 1, KeyState::DecryptOnly))
            .collect();
        let changes: Vec<_> = rows.iter().map(add).collect();
        store.apply(&changes).await.unwrap();

        // 500 scopes with two versions each and 500 that are not there; 1,000 ids, 700 of them of
        // those scopes; and 300 of nobody.
        let scopes = (0..1000).map(|n| KeyQuery::Scope(patient(n + 1000)));
        let ids = (0..1000).map(|n| KeyQuery::Id(id(n + 1700)));
        let beyond = (0..300).map(|n| KeyQuery::Id(id(n + 5000)));
        let queries: Vec<_> = scopes
            .zip(ids)
            .flat_map(|(a, b)| [a, b])
            .chain(beyond)
            .collect();
        let mut found = store.find(&queries).await.unwrap();
        found.sort_by_key(|row| row.id);
        let expected = &rows[1700..];
        assert_eq!(found.len(), expected.len());
        assert!(found == expected);
    });
}

#[test]
fn what_has_no_form_in_the_tables_is_refused_and_nothing_stored() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let there = row(1, "t", 1, KeyState::DecryptOnly);
        store.apply(&[add(&there)]).await.unwrap();
        let before = place.dump().await;

        let edits: [fn(&mut StoredKey); 9] = [
            |row| row.version = 0,
            |row| row.created = 1 << 63,
            |row| row.changed = u64::MAX,
            |row| row.reference.clear(),
            |row| row.reference = "ä".into(),
            |row| row.wrapped = None,
            |row| row.wrapped = Some(vec![]),
            |row| row.state = KeyState::Destroyed,
            |row| row.scope = KeyScope::shared(KeyUse::Seal),
        ];
        for (n, edit) in edits.iter().enumerate() {
            let mut odd = row(2, "t", 2, KeyState::DecryptOnly);
            edit(&mut odd);
            let good = add(&row(3, "t", 3, KeyState::DecryptOnly));
            let answer = kind(store.apply(&[good, add(&odd)]).await);
            assert_eq!(answer, Some(KeyErrorKind::Malformed), "{n}");

            let mut odd = there.clone();
            edit(&mut odd);
            if (odd.version, &odd.scope) == (there.version, &there.scope) {
                let answer = kind(store.apply(&[replace(&there, &odd)]).await);
                assert_eq!(answer, Some(KeyErrorKind::Malformed), "{n}");
                let answer = kind(store.apply(&[replace(&odd, &there)]).await);
                assert_eq!(answer, Some(KeyErrorKind::Conflict), "{n}");
            }
        }
        assert_eq!(place.dump().await, before);
    });
}

#[test]
fn a_closed_pool_is_unavailable() {
    run(async {
        let place = Place::new().await;
        let pool = place.pool(1).await;
        let store = Store::new(pool.clone());
        store.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&one)]).await.unwrap();
        pool.close().await;
        assert_unavailable(&store).await;
        let gone = turned(&one, KeyState::DecryptOnly);
        let answer = kind(store.apply(&[replace(&one, &gone)]).await);
        assert_eq!(answer, Some(KeyErrorKind::Unavailable));

        let store = place.store().await;
        assert!(content(&store).await == (vec![one], 0));
    });
}

pub(super) async fn assert_unavailable(store: &Store) {
    assert_all(store, KeyErrorKind::Unavailable).await;
}

/// That this is the answer to everything.
pub(super) async fn assert_all(store: &Store, expected: KeyErrorKind) {
    let (id, row) = (id(1), row(7, "t", 7, KeyState::DecryptOnly));
    let queries = [KeyQuery::Id(id), KeyQuery::Scope(row.scope.clone())];
    for (what, answer) in [
        ("find", kind(store.find(&queries).await)),
        ("apply", kind(store.apply(&[add(&row)]).await)),
        ("page", kind(store.page(None, 1).await)),
        ("next page", kind(store.page(Some(&id), 1).await)),
    ] {
        assert_eq!(answer, Some(expected), "{what}");
    }
}
