//! Encodings, settings and failures of PostgreSQL.

use std::time::Duration;

use phi_seal::key::{KeyErrorKind, KeyQuery, KeyScope, KeyState, KeyStore as _, KeyUse};
use phi_seal::{SubjectId, TenantId};
use sqlx::postgres::PgPoolOptions;
use sqlx::raw_sql;

use super::both::races::race_to_begin;
use super::both::{assert_all, assert_unavailable};
use super::{Place, Store};
use crate::run;
use crate::server::Server;
use crate::suite::{CHECKS, add, content, kind, replace, row, row_of, turned};

/// No text of PostgreSQL has one: such a row cannot be there, and cannot come there.
#[test]
fn ids_with_a_zero_byte_are_not_found_and_not_stored() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&one)]).await.unwrap();
        let tenant = |text: &'static str| TenantId::new(text).unwrap();
        for odd in [
            KeyScope::tenant(tenant("t\0"), KeyUse::Seal),
            KeyScope::subject(tenant("t"), SubjectId::new("\0").unwrap()),
        ] {
            let queries = [KeyQuery::Scope(odd.clone()), KeyQuery::Id(one.id)];
            assert!(store.find(&queries).await.unwrap() == [one.clone()]);
            let odd = row_of(2, odd, 1, KeyState::Active);
            let answer = kind(store.apply(&[add(&odd)]).await);
            assert_eq!(answer, Some(KeyErrorKind::Malformed));
        }
        assert!(content(&store).await == (vec![one], 0));
    });
}

#[test]
fn a_database_of_another_encoding_is_refused() {
    run(async {
        let server = Place::new().await;
        let create = "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
        server.execute_checked(create).await.unwrap();
        let (server, _) = server
            .url()
            .rsplit_once('/')
            .map(|(a, b)| (a.to_string(), b.to_string()))
            .unwrap();
        let latin = Place::at(&format!("{server}/latin"));
        let store = latin.store().await;
        assert_eq!(kind(store.migrate().await), Some(KeyErrorKind::Unsupported));
        assert_eq!(latin.schema().await, [""; 0]);
        for migration in Store::migrations() {
            latin.execute_checked(migration.sql).await.unwrap();
        }
        assert_all(&store, KeyErrorKind::Unsupported).await;
    });
}

/// What an administrator sets for all that connect.
#[test]
fn settings_of_the_database_change_nothing() {
    run(async {
        for (name, check) in CHECKS {
            println!("{name}");
            let place = peculiar_place().await;
            let store = place.store().await;
            store.migrate().await.unwrap();
            check(&store).await;
        }
    });
}

#[test]
fn nor_do_they_when_eight_begin() {
    race_to_begin(&run(peculiar_place()), 10);
}

async fn peculiar_place() -> Place {
    let place = Place::new().await;
    for setting in [
        "default_transaction_isolation TO 'serializable'",
        "default_transaction_read_only TO on",
        "bytea_output TO 'escape'",
        "standard_conforming_strings TO off",
        "DateStyle TO 'German'",
    ] {
        let (_, database) = place.url.rsplit_once('/').unwrap();
        let alter = format!("ALTER DATABASE {database} SET {setting}");
        place.execute_checked(&alter).await.unwrap();
    }
    place
}

/// The servers of these tests do not wait for their disks.
#[test]
fn a_change_waits_for_the_disk_where_others_do_not() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let observe = "CREATE TABLE seen (setting TEXT); \
             CREATE FUNCTION observe() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END $$; \
             CREATE TRIGGER observe BEFORE INSERT OR UPDATE ON phi_seal_keys \
             FOR EACH ROW EXECUTE FUNCTION observe();";
        place.execute_checked(observe).await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&one)]).await.unwrap();
        let next = turned(&one, KeyState::DecryptOnly);
        store.apply(&[replace(&one, &next)]).await.unwrap();
        assert_eq!(place.texts("SELECT setting FROM seen").await, ["on"; 2]);
        let outside = place.texts("SELECT current_setting('synchronous_commit')");
        assert_eq!(outside.await, ["off"]);

        // What is stronger stays.
        let options = place
            .options
            .clone()
            .options([("synchronous_commit", "remote_apply")]);
        let pool = PgPoolOptions::new().connect_with(options).await.unwrap();
        let two = row(2, "t", 2, KeyState::Active);
        Store::new(pool).apply(&[add(&two)]).await.unwrap();
        let last = place.texts("SELECT setting FROM seen OFFSET 2").await;
        assert_eq!(last, ["remote_apply"]);
    });
}

#[test]
fn a_server_that_ended_is_unavailable() {
    run(async {
        let server = Server::start().unwrap();
        let place = Place::at(&server.url("postgres"));
        let pool = PgPoolOptions::new()
            .acquire_timeout(Duration::from_secs(2))
            .connect_with(place.options.clone())
            .await
            .unwrap();
        let store = Store::new(pool);
        store.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&one)]).await.unwrap();
        drop(server);
        assert_unavailable(&store).await;
        assert_eq!(kind(store.migrate().await), Some(KeyErrorKind::Unavailable));
    });
}

/// A connection that ends between two operations, and one that ends in the middle of a change.
#[test]
fn a_connection_that_is_cut_is_unavailable_or_replaced() {
    run(async {
        let place = Place::new().await;
        let store = place.store().await;
        store.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        let cut_others = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()";
        assert!(!place.texts(cut_others).await.is_empty());
        // The pool looks at a connection before it hands it out.
        store.apply(&[add(&one)]).await.unwrap();

        let suicide = "CREATE FUNCTION suicide() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$; \
             CREATE TRIGGER suicide AFTER INSERT ON phi_seal_keys \
             FOR EACH ROW WHEN (NEW.tenant = 'cut') EXECUTE FUNCTION suicide();";
        place.execute_checked(suicide).await.unwrap();
        let changes = [
            add(&row(2, "u", 1, KeyState::Active)),
            replace(&one, &turned(&one, KeyState::DecryptOnly)),
            add(&row(3, "cut", 1, KeyState::Active)),
        ];
        let answer = kind(store.apply(&changes).await);
        assert_eq!(answer, Some(KeyErrorKind::Unavailable));
        assert!(content(&store).await == (vec![one], 0));
    });
}

/// The tables are those of the first schema that has them.
#[test]
fn the_search_path_says_where_the_tables_are() {
    run(async {
        let place = Place::new().await;
        place.execute_checked("CREATE SCHEMA phi").await.unwrap();
        let options = place.options.clone().options([("search_path", "phi")]);
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(options);
        let pool = pool.await.unwrap();
        let store = Store::new(pool.clone());
        store.migrate().await.unwrap();
        let one = row(1, "t", 1, KeyState::Active);
        store.apply(&[add(&one)]).await.unwrap();
        assert_all(&place.store().await, KeyErrorKind::NotFound).await;
        assert_eq!(place.schema().await, [""; 0]);
        let count = place
            .texts("SELECT count(*)::text FROM phi.phi_seal_keys")
            .await;
        assert_eq!(count, ["1"]);
        raw_sql("SELECT 1").execute(&pool).await.unwrap();
    });
}
