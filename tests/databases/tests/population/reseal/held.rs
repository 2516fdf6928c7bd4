//! A row that a writer has changed and not yet committed: whoever wants to write it waits.

use std::time::{Duration, Instant};

use phi_seal::Session;
use sqlx::{Connection, PgConnection, query, query_scalar};

use super::job;
use super::table::Chart;
use super::writers::{put, read};

pub struct Held {
    db: PgConnection,
    pid: i32,
}

impl Held {
    pub async fn row(url: &str, id: i64, session: &Session) -> Self {
        let mut db = PgConnection::connect(url).await.unwrap();
        let pid = query_scalar("SELECT pg_backend_pid()");
        let pid = pid.fetch_one(&mut db).await.unwrap();
        query("BEGIN").execute(&mut db).await.unwrap();
        let (old, _) = read(&mut db, id).await;
        let (chart, plain) = Chart::revision(id, 1);
        let new = session.seal(&chart).unwrap();
        assert!(put(&mut db, &old, &new, &plain).await);
        Self { db, pid }
    }

    /// Until the server says that the job waits for this row. The bound is for a test that fails.
    pub async fn until_the_job_waits(&self, watch: &mut PgConnection) {
        let since = Instant::now();
        loop {
            let waits = "SELECT EXISTS (SELECT FROM pg_stat_activity \
                 WHERE application_name = $1 AND $2 = ANY (pg_blocking_pids(pid)))";
            let waits = query_scalar(waits).bind(job::NAME).bind(self.pid);
            if waits.fetch_one(&mut *watch).await.unwrap() {
                return;
            }
            assert!(
                since.elapsed() < Duration::from_secs(120),
                "it never waited"
            );
            std::thread::yield_now();
        }
    }

    pub async fn commit(mut self) {
        query("COMMIT").execute(&mut self.db).await.unwrap();
    }
}
