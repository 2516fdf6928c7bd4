//! A far side in another process, which stores entries and its position in SQLite and is killed in the
//! middle of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};

use phi_seal::audit::journal::{Destination, ForwardError, ForwardErrorKind, Forwarded};
use rusqlite::Connection;

use crate::world::World;

/// Where in a batch the far side dies.
const DEATHS: [&str; 4] = ["reading", "storing", "committed", "answered"];
const VARIABLE: &str = "PHI_SEAL_FAR_SIDE";

#[test]
fn everything_arrives_exactly_once_in_order_though_the_far_side_is_killed() {
    let world = World::new();
    let store = world.folder.path().join("far-side.sqlite");
    let address = Arc::new(Mutex::new(None));
    let to = || {
        let forwarder = world.forwarder(Wire(address.clone())).batch_entries(3);
        forwarder.start().unwrap()
    };
    let writers = |count: u64| {
        std::thread::scope(|scope| {
            (0..4).for_each(|_| drop(scope.spawn(|| world.record(count))));
        });
    };
    let (mut forwarder, mut deaths) = (to(), 0);
    for round in 0..12 {
        // Longer than a life of the far side takes, so that it dies among them.
        writers(6);
        let (mut far_side, _input, at) = start(&store, DEATHS[round % 4], 1 + round % 3);
        *address.lock().unwrap() = Some(at);
        assert!(!far_side.wait().unwrap().success());
        deaths += 1;
        // Every third time this side begins anew as well.
        if round % 3 == 2 {
            drop(forwarder);
            forwarder = to();
        }
    }
    let (mut far_side, _input, at) = start(&store, "never", 0);
    *address.lock().unwrap() = Some(at);
    writers(6);
    let entries = world.entries();
    forwarder.wait_until(entries.len() as u64);
    drop(forwarder);
    far_side.kill().unwrap();
    far_side.wait().unwrap();

    assert_eq!((deaths, entries.len()), (12, 1 + 13 * 24));
    let stored = Connection::open(&store).unwrap();
    let mut rows = stored
        .prepare("SELECT place, entry FROM arrived ORDER BY rowid")
        .unwrap();
    let rows = rows
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    let arrived: Vec<(i64, Vec<u8>)> = rows.map(Result::unwrap).collect();
    // In the order in which they were inserted; no index twice, because nothing forbids it there.
    let places: Vec<_> = arrived.iter().map(|(place, _)| *place).collect();
    assert_eq!(places, (0..entries.len() as i64).collect::<Vec<_>>());
    assert!(arrived.into_iter().map(|(_, entry)| entry).eq(entries));
}

/// This side of the wire.
struct Wire(Arc<Mutex<Option<SocketAddr>>>);

const DOWN: ForwardError = ForwardError::new(ForwardErrorKind::Unreachable, "down");

impl Wire {
    fn ask(&self, request: &[u8]) -> Result<String, ForwardError> {
        let address = self.0.lock().unwrap().ok_or(DOWN)?;
        let asked = TcpStream::connect(address).and_then(|mut stream| {
            stream.write_all(request)?;
            let mut answer = String::new();
            BufReader::new(stream).read_line(&mut answer)?;
            Ok(answer)
        });
        match asked {
            Ok(answer) if answer.ends_with('\n') => Ok(answer.trim().to_owned()),
            _ => Err(DOWN),
        }
    }
}

impl Destination for Wire {
    fn next(&self) -> Result<u64, ForwardError> {
        self.ask(b"next\n")?.parse().map_err(|_| DOWN)
    }

    fn deliver(&self, batch: &[Forwarded]) -> Result<(), ForwardError> {
        let mut request = format!("{} {}\n", batch[0].index, batch.len()).into_bytes();
        for entry in batch {
            request.extend_from_slice(&entry.bytes);
            request.push(b'\n');
        }
        match self.ask(&request)?.as_str() {
            "kept" => Ok(()),
            _ => Err(ForwardError::new(ForwardErrorKind::Refused, "refused")),
        }
    }
}

/// Starts the far side: this program again, in the "test" below.
fn start(store: &Path, death: &str, batch: usize) -> (Child, ChildStdin, SocketAddr) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::far_side", "--nocapture"])
        .env(VARIABLE, format!("{death} {batch} {}", store.display()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines.map(Result::unwrap).find_map(|line| {
        line.split_once("listens on ")
            .map(|(_, at)| at.parse().unwrap())
    });
    // Who waits for a child closes its input, at which it ends.
    let input = child.stdin.take().unwrap();
    (child, input, address.unwrap())
}

/// The far side's own process; nothing, unless it is started as such.
#[test]
fn far_side() {
    let Ok(plan) = std::env::var(VARIABLE) else {
        return;
    };
    let mut plan = plan.splitn(3, ' ');
    let (death, batch, store) = (
        plan.next().unwrap(),
        plan.next().unwrap(),
        plan.next().unwrap(),
    );
    let fatal: usize = batch.parse().unwrap();
    // Ends when the test does, even if that is killed.
    std::thread::spawn(|| {
        std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
        std::process::abort();
    });
    let mut store = Connection::open(store).unwrap();
    store
        .execute_batch(
            "CREATE TABLE IF NOT EXISTS arrived (place INTEGER NOT NULL, entry BLOB NOT NULL);
             CREATE TABLE IF NOT EXISTS position (next INTEGER NOT NULL);
             INSERT INTO position SELECT 0 WHERE NOT EXISTS (SELECT * FROM position);",
        )
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    println!("\nlistens on {}", listener.local_addr().unwrap());
    let mut batches = 0;
    for stream in listener.incoming() {
        let stream = stream.unwrap();
        let mut lines = BufReader::new(stream.try_clone().unwrap())
            .lines()
            .map(Result::unwrap);
        let Some(request) = lines.next() else {
            continue;
        };
        let position = "SELECT next FROM position";
        let next: i64 = store.query_one(position, [], |row| row.get(0)).unwrap();
        let Some((first, count)) = request.split_once(' ') else {
            // The forwarder may be gone.
            let _ = writeln!(&stream, "{next}");
            continue;
        };
        let (first, count): (i64, usize) = (first.parse().unwrap(), count.parse().unwrap());
        batches += 1;
        let dies = |at: &str| {
            if death == at && batches == fatal {
                std::process::abort();
            }
        };
        // The connection may have ended in the middle of an entry's line or between two.
        let entries: Vec<_> = lines.take(count).collect();
        dies("reading");
        if first != next || entries.len() != count {
            let _ = writeln!(&stream, "refused");
            continue;
        }
        let kept = store.transaction().unwrap();
        for (place, entry) in (first..).zip(&entries) {
            let entry = entry.as_bytes();
            kept.execute("INSERT INTO arrived VALUES (?1, ?2)", (place, entry))
                .unwrap();
            dies("storing");
        }
        let next = first + count as i64;
        kept.execute("UPDATE position SET next = ?1", [next])
            .unwrap();
        kept.commit().unwrap();
        dies("committed");
        let _ = writeln!(&stream, "kept");
        dies("answered");
    }
}
