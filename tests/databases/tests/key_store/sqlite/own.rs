//! Files, locks and modes of SQLite.

use std::time::Duration;

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyScope, KeyState, KeyStore as _, KeyUse};
use phi_seal::{SubjectId, TenantId};
use sqlx::raw_sql;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use super::both::assert_all;
use super::{Place, Store};
use crate::run;
use crate::suite::{CHECKS, add, content, kind, row, row_of};

#[test]
fn it_is_one_in_memory_with_a_journal_and_in_utf_16_too() {
    run(async {
        for (name, check) in CHECKS {
            println!("{name}");
            let pool = SqlitePoolOptions::new()
                .max_connections(1)
                .idle_timeout(None)
                .max_lifetime(None)
                .connect("sqlite::memory:")
                .await
                .unwrap();
            let store = Store::new(pool);
            store.migrate().await.unwrap();
            check(&store).await;

            for (mode, encoding) in [
                (SqliteJournalMode::Delete, "'UTF-8'"),
                (SqliteJournalMode::Wal, "'UTF-16le'"),
            ] {
                let folder = tempfile::tempdir().unwrap();
                let options = SqliteConnectOptions::new()
                    .filename(folder.path().join("keys.db"))
                    .create_if_missing(true)
                    .pragma("encoding", encoding)
                    .journal_mode(mode);
                let pool = SqlitePoolOptions::new().connect_with(options);
                let store = Store::new(pool.await.unwrap());
                store.migrate().await.unwrap();
                check(&store).await;
            }
        }
    });
}

/// Text with a zero byte is text to SQLite, though some of its functions stop there.
#[test]
fn ids_with_a_zero_byte_are_kept() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let texts = ["\0", "\0a", "\0b", "a\0", "a"];
        let scopes = texts.iter().flat_map(|tenant| {
            let tenant = TenantId::new(*tenant).unwrap();
            let own = KeyScope::tenant(tenant.clone(), KeyUse::Seal);
            let of = |subject| KeyScope::subject(tenant.clone(), SubjectId::new(subject).unwrap());
            [own].into_iter().chain(texts.map(of))
        });
        let scopes: Vec<_> = scopes.collect();
        let rows: Vec<_> = (1..)
            .zip(&scopes)
            .map(|(n, scope)| row_of(n, scope.clone(), 1, KeyState::Active))
            .collect();
        let changes: Vec<_> = rows.iter().map(add).collect();
        store.apply(&changes).await.unwrap();
        for (scope, row) in scopes.into_iter().zip(&rows) {
            let found = store.find(&[KeyQuery::Scope(scope)]).await.unwrap();
            assert!(found == [row.clone()]);
        }
        assert!(content(&store).await == (rows, 0));
    });
}

#[test]
fn who_waits_too_long_for_the_lock_hears_so_and_nothing_is_changed() {
    run(async {
        let place = Place::new().await;
        let other = place.pool(1).await;
        let options = place.options.clone().busy_timeout(Duration::ZERO);
        let pool = SqlitePoolOptions::new().connect_with(options);
        let store = Store::new(pool.await.unwrap());

        let writer = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let busy = Some(KeyErrorKind::Unavailable);
        assert_eq!(kind(store.migrate().await), busy);
        writer.rollback().await.unwrap();
        store.migrate().await.unwrap();

        let one = row(1, "t", 1, KeyState::Active);
        let writer = other.begin_with("BEGIN IMMEDIATE").await.unwrap();
        assert_eq!(kind(store.apply(&[add(&one)]).await), busy);
        // Reading goes on.
        assert!(content(&store).await == (vec![], 0));
        writer.rollback().await.unwrap();
        store.apply(&[add(&one)]).await.unwrap();
        assert!(content(&store).await == (vec![one], 0));
    });
}

#[test]
fn a_file_that_may_only_be_read_is_read() {
    run(async {
        let place = Place::new().await;
        let one = row(1, "t", 1, KeyState::Active);
        let store = place.store().await;
        store.migrate().await.unwrap();
        store.apply(&[add(&one)]).await.unwrap();

        let options = place.options.clone().read_only(true);
        let pool = SqlitePoolOptions::new().connect_with(options);
        let store = Store::new(pool.await.unwrap());
        assert!(content(&store).await == (vec![one], 0));
        let two = row(2, "u", 1, KeyState::Active);
        let answer = kind(store.apply(&[add(&two)]).await);
        assert_eq!(answer, Some(KeyErrorKind::Permissions));
        // Nothing is to do here; there is in an empty database.
        store.migrate().await.unwrap();
        let empty = Place::new().await;
        let options = empty.options.clone().read_only(true);
        let pool = SqlitePoolOptions::new().connect_with(options);
        let answer = kind(Store::new(pool.await.unwrap()).migrate().await);
        assert_eq!(answer, Some(KeyErrorKind::Permissions));
    });
}

#[test]
fn a_file_that_is_no_database_is_not_made_one() {
    run(async {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.db");
        let content = [7; 4096];
        std::fs::write(&file, content).unwrap();
        let options = SqliteConnectOptions::new().filename(&file);
        let store = Store::new(SqlitePoolOptions::new().connect_lazy_with(options));
        assert_all(&store, KeyErrorKind::Malformed).await;
        let answer = kind(store.migrate().await);
        assert_eq!(answer, Some(KeyErrorKind::Malformed));
        assert_eq!(std::fs::read(&file).unwrap(), content);

        let options = SqliteConnectOptions::new().filename(folder.path().join("none.db"));
        let store = Store::new(SqlitePoolOptions::new().connect_lazy_with(options));
        assert_all(&store, KeyErrorKind::Unavailable).await;
        assert!(!folder.path().join("none.db").exists());
    });
}

/// A damaged page, in the middle of the file.
#[test]
fn a_damaged_file_is_an_error() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let rows: Vec<_> = (0..200)
            .map(|n| row(n, "t", n + 1, KeyState::DecryptOnly))
            .collect();
        let changes: Vec<_> = rows.iter().map(add).collect();
        store.apply(&changes).await.unwrap();
        let pool = place.pool(1).await;
        raw_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            .execute(&pool)
            .await
            .unwrap();
        pool.close().await;
        drop(store);

        let mut bytes = std::fs::read(place.url()).unwrap();
        let middle = bytes.len() / 2 / 4096 * 4096;
        bytes[middle..middle + 4096].fill(0xa5);
        let damaged = tempfile::tempdir().unwrap();
        let file = damaged.path().join("keys.db");
        std::fs::write(&file, bytes).unwrap();
        let store = Store::new(Place::at(file.to_str().unwrap()).pool(1).await);
        let answer = kind(store.page(None, 1000).await);
        assert_eq!(answer, Some(KeyErrorKind::Malformed));
    });
}
