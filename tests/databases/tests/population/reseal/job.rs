//! The job, in a process of its own that can be killed.

use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::keys::session_from;
use super::table::Postgres;

/// By which the server's list of connections tells it from others.
pub const NAME: &str = "reseal-job";

/// A running job. It is killed when this is dropped.
pub struct Job {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

/// How far it has come, in rows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Report {
    pub cursor: i64,
    pub resealed: u64,
    pub contended: u64,
    pub failed: u64,
    pub is_done: bool,
}

impl Job {
    pub fn start(url: &str, keys: &Path, after: Option<i64>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("reseal::job::a_job_that_is_killed")
            .env("RESEAL_URL", format!("{url}?application_name={NAME}"))
            .env("RESEAL_KEYS", keys)
            .stdout(Stdio::piped());
        if let Some(after) = after {
            command.env("RESEAL_AFTER", after.to_string());
        }
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits for the next report; none if it has ended.
    pub fn report(&mut self) -> Option<Report> {
        self.lines.by_ref().map_while(Result::ok).find_map(|line| {
            // The test harness writes before the first one on the same line.
            let (_, report) = line.split_once("report: ")?;
            let numbers: Vec<u64> = report.split(' ').map(|n| n.parse().unwrap()).collect();
            let [cursor, resealed, contended, failed, is_done] = numbers[..] else {
                panic!("{report}");
            };
            Some(Report {
                cursor: i64::try_from(cursor).unwrap(),
                resealed,
                contended,
                failed,
                is_done: is_done == 1,
            })
        })
    }

    /// By SIGKILL.
    pub fn kill(mut self) {
        assert!(
            self.child.try_wait().unwrap().is_none(),
            "it ended by itself"
        );
        self.child.kill().unwrap();
        assert!(!self.child.wait().unwrap().success());
    }

    pub fn wait(mut self) {
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
#[ignore = "another test runs it in a process of its own and kills it"]
async fn a_job_that_is_killed() {
    let variable = |name| std::env::var(name).ok();
    let (Some(url), Some(keys)) = (variable("RESEAL_URL"), variable("RESEAL_KEYS")) else {
        return;
    };
    let session = session_from(Path::new(&keys));
    let mut table = Postgres::connect(&url).await;
    let mut job = session.reseal_all(&mut table).progress(|progress| {
        tell(progress.cursor.unwrap_or_default(), progress.summary, 0);
    });
    if let Some(after) = variable("RESEAL_AFTER") {
        job = job.after(after.parse().unwrap());
    }
    let summary = job.run().await.unwrap();
    tell(0, summary, 1);
}

#[allow(clippy::print_stdout)]
fn tell(cursor: i64, summary: phi_seal::rotate::Summary, is_done: u8) {
    println!(
        "report: {cursor} {} {} {} {is_done}",
        summary.resealed, summary.contended, summary.failed
    );
}
