//! Two who wait for each other, and one who does not wait to the end.

use std::time::{Duration, Instant};

use phi_seal::key::{KeyState, KeyStore as _};
use sqlx::{Executor as _, query_scalar};

use super::{Place, Store};
use crate::run;
use crate::suite::{add, content, id, replace, row, turned};

/// PostgreSQL ends a circle by undoing one of the two; here always the store's change, because the
/// other does not look for circles, and the store's only waits in one when it is closed. It is made
/// anew.
#[test]
fn what_was_undone_to_end_a_deadlock_is_made_anew() {
    run(async {
        let (place, store, changes) = place_with_two_rows().await;
        let halt = "CREATE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             PERFORM pg_advisory_xact_lock(1); RETURN NEW; END $$; \
             CREATE TRIGGER halt AFTER UPDATE ON phi_seal_keys \
             FOR EACH ROW WHEN (NEW.version = 1) EXECUTE FUNCTION halt();";
        place.execute_checked(halt).await.unwrap();
        let pool = place.pool(4).await;
        let mut gate = pool.begin().await.unwrap();
        gate.execute("SELECT pg_advisory_xact_lock(1)")
            .await
            .unwrap();
        let mut other = pool.begin().await.unwrap();
        other
            .execute("SET LOCAL deadlock_timeout = '1h'")
            .await
            .unwrap();
        touch(&mut other, 2).await;

        // It changes row 1, waits at the gate, and then for row 2.
        let change = async { store.apply(&changes).await };
        let circle = async {
            until_waiting(&pool, 1).await;
            // Until the store's change is undone, and its lock with it.
            touch(&mut other, 1).await;
            other.rollback().await.unwrap();
        };
        let opening = async {
            until_waiting(&pool, 2).await;
            gate.rollback().await.unwrap();
        };
        let (changed, (), ()) = tokio::join!(change, circle, opening);
        changed.unwrap();
        let (rows, generation) = content(&store).await;
        assert!(rows.iter().all(|row| row.state == KeyState::Destroyed));
        assert_eq!((rows.len(), generation), (2, 2));
        let deadlocks = "SELECT deadlocks::text FROM pg_stat_database \
             WHERE datname = current_database()";
        let since = Instant::now();
        // The server counts some time after.
        while place.texts(deadlocks).await != ["1"] {
            assert!(since.elapsed() < Duration::from_secs(30));
        }
    });
}

#[test]
fn a_change_that_nobody_waits_for_any_more_is_not_made() {
    run(async {
        let (place, _, changes) = place_with_two_rows().await;
        let own = place.pool(1).await;
        let store = Store::new(own.clone());
        let pool = place.pool(2).await;
        let mut other = pool.begin().await.unwrap();
        touch(&mut other, 2).await;

        let change = tokio::spawn(async move { store.apply(&changes).await });
        until_waiting(&pool, 1).await;
        change.abort();
        assert!(change.await.unwrap_err().is_cancelled());
        other.rollback().await.unwrap();
        // The pool's only connection is free again, and what it had begun is undone.
        let store = Store::new(own);
        let (rows, generation) = content(&store).await;
        assert!(rows.iter().all(|row| row.state == KeyState::DecryptOnly));
        assert_eq!((rows.len(), generation), (2, 0));
    });
}

async fn place_with_two_rows() -> (Place, Store, Vec<phi_seal::key::KeyChange>) {
    let place = Place::new().await;
    let store = place.store().await;
    store.migrate().await.unwrap();
    let rows = [1, 2].map(|n| row(n, "t", n, KeyState::DecryptOnly));
    store.apply(&rows.each_ref().map(add)).await.unwrap();
    let destroy = |row| replace(row, &turned(row, KeyState::Destroyed));
    let changes = rows.iter().map(destroy).collect();
    (place, store, changes)
}

/// Locks a row and leaves it as it is.
async fn touch(transaction: &mut sqlx::PgTransaction<'_>, n: u32) {
    let touch = sqlx::query("UPDATE phi_seal_keys SET state = state WHERE key_id = $1");
    let id = id(n);
    let touched = touch.bind(&id.as_bytes()[..]).execute(&mut **transaction);
    assert_eq!(touched.await.unwrap().rows_affected(), 1);
}

/// So many wait for a lock.
async fn until_waiting(pool: &sqlx::PgPool, sessions: i64) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let since = Instant::now();
    while query_scalar::<_, i64>(waiting)
        .fetch_one(pool)
        .await
        .unwrap()
        < sessions
    {
        assert!(since.elapsed() < Duration::from_secs(30));
        tokio::task::yield_now().await;
    }
}
