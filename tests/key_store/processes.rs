//! Several processes at one file.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use phi_seal::KeyId;
use phi_seal::key::{FileStore, KeyErrorKind, KeyQuery, KeyState, KeyStore};
use pollster::block_on;

use crate::file::{names, path};
use crate::suite::{add, content, replace, row, turned};

const ROUNDS: u32 = 100;
const PROCESSES: u32 = 3;

/// The children wait for a byte on their standard input before each round, so that they start
/// together: they make the file, then a tenant's first key, then rotate it.
#[test]
fn processes_that_create_at_once_end_with_one_key() {
    if let Some(path) = std::env::var_os(PATH) {
        let number = std::env::var(NUMBER).unwrap().parse().unwrap();
        return contend(path.into(), number);
    }
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let path = path(&folder);
    let mut contenders: Vec<_> = (0..PROCESSES).map(|n| Contender::start(&path, n)).collect();
    let mut wins = vec![0; PROCESSES as usize];
    for round in 0..ROUNDS {
        for version in [1, 2] {
            contenders.iter_mut().for_each(Contender::go);
            let answers: Vec<_> = contenders.iter_mut().map(Contender::answer).collect();
            let won: Vec<_> = (0..answers.len()).filter(|n| answers[*n].0).collect();
            assert_eq!(won.len(), 1, "round {round}: {answers:?}");
            wins[won[0]] += 1;
            // Everybody ends with the one key that is in the file.
            let store = FileStore::open(&path).unwrap();
            let (rows, _) = block_on(content(&store));
            let of_round: Vec<_> = rows
                .iter()
                .filter(|row| row.scope == key(round, 0, 1).scope)
                .collect();
            assert_eq!(of_round.len(), version, "round {round}");
            let active: Vec<_> = of_round
                .iter()
                .filter(|row| row.state == KeyState::Active)
                .map(|row| row.id.to_hex())
                .collect();
            assert!(answers.iter().all(|(_, id)| [id.clone()] == active[..]));
        }
    }
    println!("wins of each process: {wins:?}");
    assert_eq!(names(folder.path()), ["keys.json", "keys.json.lock"]);
}

fn contend(path: PathBuf, number: u32) {
    for round in 0..ROUNDS {
        wait();
        // In the first round, this races as well.
        let store = FileStore::open_or_create(&path).unwrap();
        let first = key(round, number, 1);
        report(block_on(store.apply(&[add(&first)])), &store, round);
        wait();
        let old = active(&store, round);
        let next = key(round, number, 2);
        let retire = replace(&old, &turned(&old, KeyState::DecryptOnly));
        let rotated = match old.version {
            1 => block_on(store.apply(&[retire, add(&next)])),
            // Somebody was faster than the look-up.
            _ => block_on(store.apply(&[add(&next)])),
        };
        report(rotated, &store, round);
    }
}

fn wait() {
    std::io::stdin().read_exact(&mut [0]).unwrap();
}

/// Whether it succeeded, and the key that is active now.
fn report(result: Result<(), phi_seal::key::KeyError>, store: &FileStore, round: u32) {
    let has_won = match result {
        Ok(()) => true,
        Err(error) => {
            assert_eq!(error.kind(), KeyErrorKind::Conflict, "{error}");
            false
        }
    };
    let id = active(store, round).id.to_hex();
    // On standard error, since the test's own frame writes on the other.
    let line = format!("{has_won} {id}\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
}

fn active(store: &FileStore, round: u32) -> phi_seal::key::StoredKey {
    let query = [KeyQuery::Scope(key(round, 0, 1).scope)];
    let found = block_on(store.find(&query)).unwrap();
    let mut active = found.iter().filter(|row| row.state == KeyState::Active);
    active.next().unwrap().clone()
}

fn key(round: u32, number: u32, version: u32) -> phi_seal::key::StoredKey {
    let n = round * 100 + number * 10 + version;
    row(n, &format!("t{round}"), version, KeyState::Active)
}

struct Contender {
    child: Child,
    answers: BufReader<std::process::ChildStderr>,
}

impl Contender {
    fn start(path: &std::path::Path, number: u32) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "processes::processes_that_create_at_once_end_with_one_key",
                "--nocapture",
            ])
            .env(PATH, path)
            .env(NUMBER, number.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stderr.take().unwrap());
        Self { child, answers }
    }

    fn go(&mut self) {
        self.child.stdin.as_mut().unwrap().write_all(b"!").unwrap();
    }

    fn answer(&mut self) -> (bool, String) {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let (has_won, id) = line.trim_end().split_once(' ').unwrap_or((&line, ""));
        assert_eq!(
            id.len(),
            2 * KeyId::from_bytes([0; 32]).as_bytes().len(),
            "{line}"
        );
        (has_won.parse().unwrap(), id.to_owned())
    }
}

impl Drop for Contender {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const PATH: &str = "PHI_SEAL_TEST_KEYS";
const NUMBER: &str = "PHI_SEAL_TEST_NUMBER";
