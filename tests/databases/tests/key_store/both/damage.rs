//! Rows that somebody edited past the store.

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyState, KeyStore};

use super::super::{DAMAGES, Place};
use crate::run;
use crate::suite::{add, id, kind, replace, row, turned};

#[test]
fn an_unreadable_row_is_an_error_and_stays_as_it_is() {
    run(async {
        let place = Place::new().await;
        for (n, (column, value, is_refused)) in (1..).zip(DAMAGES) {
            let case = format!("{column} = {value}");
            let _ = place
                .execute("DROP TABLE phi_seal_store; DROP TABLE phi_seal_keys")
                .await;
            let store = place.store().await;
            store.migrate().await.unwrap();
            let spoiled = row(n, "spoiled", 1, KeyState::Active);
            let healthy = row(0, "healthy", 1, KeyState::Active);
            store.apply(&[add(&spoiled), add(&healthy)]).await.unwrap();
            let all = [
                KeyQuery::Id(spoiled.id),
                KeyQuery::Scope(spoiled.scope.clone()),
                KeyQuery::Id(healthy.id),
            ];
            assert_eq!(store.find(&all).await.unwrap().len(), 2);

            let update =
                format!("UPDATE phi_seal_keys SET {column} = {value} WHERE tenant = 'spoiled'");
            if *is_refused {
                assert!(place.execute_checked(&update).await.is_err(), "{case}");
            }
            place.execute(&update).await.unwrap();
            let before = place.dump().await;

            // By what of it is still as it was.
            let mut queries = all.to_vec();
            match *column {
                "key_id" => drop(queries.remove(0)),
                "tenant" | "subject" | "key_use" => drop(queries.remove(1)),
                _ => {}
            }
            let (whole, alone) = (store.find(&queries).await, store.find(&queries[..1]).await);
            assert_eq!(kind(whole), Some(KeyErrorKind::Malformed), "{case}");
            assert_eq!(kind(alone), Some(KeyErrorKind::Malformed), "{case}");
            assert_eq!(walk(&store).await, Some(KeyErrorKind::Malformed), "{case}");
            let one = store.find(&[KeyQuery::Id(healthy.id)]).await.unwrap();
            assert_eq!(one.len(), 1);

            // Nor does anything take its place.
            let next = turned(&spoiled, KeyState::DecryptOnly);
            for change in [add(&spoiled), replace(&spoiled, &next)] {
                let answer = kind(store.apply(&[change]).await);
                assert_eq!(answer, Some(KeyErrorKind::Conflict), "{case}");
            }
            assert_eq!(place.dump().await, before, "{case}");
        }
        assert!(DAMAGES.len() >= 30);
    });
}

/// Row by row, until the first error.
async fn walk(store: &dyn KeyStore) -> Option<KeyErrorKind> {
    let mut after = None;
    loop {
        let page = match store.page(after.as_ref(), 1).await {
            Ok(page) => page,
            Err(error) => return Some(error.kind()),
        };
        after = Some(page.rows.last()?.id);
    }
}

#[test]
fn the_tables_refuse_null_in_every_column_but_one() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let row = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&row)]).await.unwrap();
        for (table, columns) in [
            ("phi_seal_keys", &NOT_NULL[..]),
            ("phi_seal_store", &["schema_version", "generation"]),
        ] {
            for column in columns {
                let null = format!("UPDATE {table} SET {column} = NULL");
                // Also where nothing else is checked.
                let refusal = place.execute(&null).await.unwrap_err();
                let refusal = refusal.into_database_error().unwrap().kind();
                assert_eq!(refusal, sqlx::error::ErrorKind::NotNullViolation, "{null}");
            }
        }
        let query = [KeyQuery::Id(id(1))];
        assert!(store.find(&query).await.unwrap() == [row]);
    });
}

/// Where somebody took that away: SQLite's driver would read them as 0 and as nothing.
#[test]
fn null_is_unreadable() {
    run(async {
        let place = Place::new().await;
        for column in NOT_NULL {
            let _ = place
                .execute("DROP TABLE phi_seal_store; DROP TABLE phi_seal_keys")
                .await;
            let store = place.store().await;
            store.migrate().await.unwrap();
            let one = row(1, "t", 1, KeyState::Active);
            store.apply(&[add(&one)]).await.unwrap();
            place.admit_null(column).await;
            let null = format!("UPDATE phi_seal_keys SET {column} = NULL");
            place.execute(&null).await.unwrap();

            let store = place.store().await;
            let malformed = Some(KeyErrorKind::Malformed);
            assert_eq!(walk(&store).await, malformed, "{column}");
            let queries = [KeyQuery::Id(one.id), KeyQuery::Scope(one.scope)];
            assert_eq!(kind(store.find(&queries).await), malformed, "{column}");
        }
    });
}

const NOT_NULL: [&str; 11] = [
    "key_id",
    "tenant",
    "subject",
    "key_use",
    "version",
    "state",
    "minimum_version",
    "reference",
    "created",
    "changed",
    "mac",
];

/// A row that was damaged is no reason to make a first key anew.
#[test]
fn an_unreadable_row_keeps_the_place_of_its_version() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let spoiled = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&spoiled)]).await.unwrap();
        place
            .execute("UPDATE phi_seal_keys SET state = 'aktiv'")
            .await
            .unwrap();
        let first = row(2, "t", 1, KeyState::Active);
        let answer = kind(store.apply(&[add(&first)]).await);
        assert_eq!(answer, Some(KeyErrorKind::Conflict));
    });
}
