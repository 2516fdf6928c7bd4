//! Sealing 100,000 rows anew in PostgreSQL beside writers, killed in the middle and resumed.

mod held;
mod in_sqlite;
mod index_alone;
mod job;
mod keys;
mod statements;
mod table;
mod writers;

use phi_seal::index::Index;
use phi_seal::record::IndexState;
use phi_seal::rotate::Census;
use phi_seal::{KeyId, Session};
use sqlx::{Connection, Executor, PgConnection, query, query_scalar};

use self::held::Held;
use self::job::{Job, Report};
use self::keys::Keys;
use self::table::{Chart, Postgres};
use self::writers::{End, Pace, Writer, Written};
use crate::throwaway;

const ROWS: i64 = 100_000;

/// In the middle of a page, beyond the first kill.
const WAITED_FOR_AND_KILLED: i64 = 40_050;
const CONTENDED: i64 = 60_060;
/// Beyond the last kill.
const LAST: i64 = 90_090;

#[tokio::test]
async fn no_row_is_lost_by_kills_and_writers() {
    let mut keys = Keys::create();
    let before = keys.session();
    let url = throwaway::postgres();
    load(&url, &before).await;
    let old = keys.rotate();
    let after = keys.session();

    let pace = Pace::default();
    let (reports, written) = std::thread::scope(|scope| {
        let writers = [0, 1].map(|number| {
            let writer = Writer {
                number,
                url: &url,
                pace: &pace,
                // The first is a process that was not started again since the rotation.
                first: if number == 0 { &before } else { &after },
                then: &after,
                rows: ROWS,
                reserved: &[WAITED_FOR_AND_KILLED, CONTENDED, LAST],
            };
            scope.spawn(|| in_own_runtime(writer.work()))
        });
        let end = End(&pace);
        let jobs = Jobs {
            url: &url,
            keys: &keys,
            pace: &pace,
            before: &before,
            after: &after,
        };
        let reports = scope.spawn(|| in_own_runtime(jobs.run())).join();
        drop(end);
        (
            reports.unwrap(),
            writers.map(|writer| writer.join().unwrap()),
        )
    });
    tell(&reports, &written);
    for written in &written {
        assert!(written.committed > 0 && written.read > 0, "{written:?}");
    }

    // The writers have stopped. One row at least is stale: an old writer had it first.
    let mut table = Postgres::connect(&url).await;
    let last = after.reseal_all(&mut table).run().await.unwrap();
    assert!(last.resealed >= 1, "{last:?}");
    assert_eq!(
        (last.seen, last.contended, last.failed),
        (ROWS as u64, 0, 0)
    );
    let again = after.reseal_all(&mut table).run().await.unwrap();
    assert_eq!((again.current, again.resealed), (ROWS as u64, 0));
    assert_whole(&mut table.db, &after, old).await;
}

/// All rows, in their first revision and under the first keys.
async fn load(url: &str, session: &Session) {
    let mut db = PgConnection::connect(url).await.unwrap();
    let create = "CREATE TABLE patient (id BIGINT PRIMARY KEY, name BYTEA NOT NULL, \
         ssn BYTEA NOT NULL, ssn_index BYTEA, plain TEXT NOT NULL)";
    db.execute(create).await.unwrap();
    let (charts, plain): (Vec<_>, Vec<_>) = (1..=ROWS).map(|id| Chart::revision(id, 0)).unzip();
    let mut rows = Vec::with_capacity(charts.len());
    let sealed = session.seal_all(charts).page(1024).threads(2);
    sealed.for_each(|row| rows.push(row.unwrap()));
    for (rows, plain) in rows.chunks(1000).zip(plain.chunks(1000)) {
        let insert = "INSERT INTO patient SELECT * FROM UNNEST($1::bigint[], $2::bytea[], \
             $3::bytea[], $4::bytea[], $5::text[])";
        query(insert)
            .bind(rows.iter().map(|row| row.id).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.ssn.clone()).collect::<Vec<_>>())
            .bind(rows.iter().map(|row| row.ssn_index).collect::<Vec<_>>())
            .bind(plain)
            .execute(&mut db)
            .await
            .unwrap();
    }
    db.execute("CREATE INDEX ON patient (ssn_index)")
        .await
        .unwrap();
    db.execute("ANALYZE patient").await.unwrap();
}

struct Jobs<'j> {
    url: &'j str,
    keys: &'j Keys,
    pace: &'j Pace,
    before: &'j Session,
    after: &'j Session,
}

impl Jobs<'_> {
    /// Each is killed where a row that a writer holds keeps it from ending before. Gives what was
    /// reported last of each: three that were killed, and one that ended.
    async fn run(self) -> [Report; 4] {
        let mut watch = PgConnection::connect(self.url).await.unwrap();

        // Killed on its way.
        let waited_for = Held::row(self.url, WAITED_FOR_AND_KILLED, self.after).await;
        let mut job = self.start(None);
        let first = self.follow(&mut job, Some(20_000));
        job.kill();

        // Resumed where that one was; killed in the middle of a transaction, with half a page
        // written and not committed.
        let mut job = self.start(Some(first.cursor));
        let second = self.follow(&mut job, Some(WAITED_FOR_AND_KILLED - 1000));
        waited_for.until_the_job_waits(&mut watch).await;
        job.kill();
        waited_for.commit().await;

        // From now on nobody writes under the old keys, except who holds this row already.
        self.pace.give_new_keys();
        let contended = Held::row(self.url, CONTENDED, self.before).await;
        let last = Held::row(self.url, LAST, self.after).await;

        // From the beginning. It waits for a row, and finds it changed.
        let mut job = self.start(None);
        self.follow(&mut job, Some(CONTENDED - 1000));
        contended.until_the_job_waits(&mut watch).await;
        contended.commit().await;
        let third = self.follow(&mut job, Some(80_000));
        job.kill();
        last.commit().await;
        assert!(third.contended >= 1, "{third:?}");

        let mut job = self.start(Some(third.cursor));
        let fourth = self.follow(&mut job, None);
        job.wait();
        for killed in [first, second, third] {
            assert!(killed.resealed > 0 && killed.cursor < ROWS, "{killed:?}");
        }
        [first, second, third, fourth]
    }

    fn start(&self, after: Option<i64>) -> Job {
        Job::start(self.url, self.keys.folder.path(), after)
    }

    /// Until it is there, or has ended.
    fn follow(&self, job: &mut Job, until: Option<i64>) -> Report {
        loop {
            let report = job.report().unwrap();
            assert_eq!(report.failed, 0);
            if report.is_done {
                assert_eq!(until, None, "it ended");
                return report;
            }
            self.pace.move_to(report.cursor);
            if until.is_some_and(|until| report.cursor >= until) {
                return report;
            }
        }
    }
}

/// No row is missing, none unreadable, and each says what was last committed to be in it; all is
/// under the new keys.
async fn assert_whole(db: &mut PgConnection, session: &Session, [old, old_index]: [KeyId; 2]) {
    let count = query_scalar::<_, i64>("SELECT count(*) FROM patient");
    assert_eq!(count.fetch_one(&mut *db).await.unwrap(), ROWS);

    let (mut census, mut seen, mut at) = (Census::new(), 0, 0);
    loop {
        let (rows, plain) = writers::page(db, at).await;
        let Some(last) = rows.last() else { break };
        at = last.id;
        seen += rows.len();
        for verdicts in session.verify_indexes(&rows).unwrap() {
            let states: Vec<_> = verdicts.unwrap().iter().map(|one| one.state()).collect();
            assert_eq!(states, [IndexState::Current]);
        }
        for (opened, plain) in session.open_all(&rows).threads(2).zip(plain) {
            assert_eq!(opened.unwrap().plain(), plain);
        }
        rows.iter().for_each(|row| census.count_row(row));
    }
    assert_eq!((seen as i64, census.rows() as i64), (ROWS, ROWS));
    assert!(census.may_retire(&old));
    let versions = session.index_versions(Chart::SSN_INDEX).unwrap();
    let of_old = versions.iter().find(|of| of.key_id == old_index).unwrap();
    assert_eq!(
        census.rows_of_index(&info(Chart::SSN_INDEX), of_old.version),
        0
    );
    assert_eq!(
        census.rows_of_index(&info(Chart::SSN_INDEX), versions[0].version),
        ROWS as u64
    );
}

fn info<I: Index>(_: I) -> phi_seal::index::IndexInfo {
    I::INFO
}

/// For a thread of one's own: the job's reports are waited for without a runtime.
fn in_own_runtime<F: Future>(work: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(work)
}

#[allow(clippy::print_stdout)]
fn tell(reports: &[Report], written: &[Written]) {
    for report in reports {
        println!("{report:?}");
    }
    for written in written {
        println!("{written:?}");
    }
}
