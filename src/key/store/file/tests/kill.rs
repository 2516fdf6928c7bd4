//! kill -9, between any two writes and in the middle of one.
//!
//! A kill takes the process and leaves what it has told the operating system, so these are about
//! steps and locks; `power.rs` is about what the disk was not told.

use alloc::string::String;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::env;
use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::process::{Child, ChildStderr, Command, Stdio};

use super::*;
use crate::key::file::Content;

/// In each of so many folders, the same history is made by processes that are killed on their way.
const FOLDERS: usize = 16;

/// Kills at a set step of a process: from before its first to the middle of its third change.
const SET: usize = 22;

/// And where they meet it.
const RANDOM: usize = 16;

#[test]
fn no_kill_loses_a_key() {
    if let Some(path) = env::var_os(PATH) {
        return make_history(path.into());
    }
    let mut tally = Tally::default();
    for nth in 0..FOLDERS {
        let folder = folder();
        let path = folder.path().join("keys.json");
        tally.made = 0;
        for step in 0..SET {
            let is_half = nth % 2 == 1;
            let victim = Victim::start(&path, tally.made, Some((step, is_half)));
            tally.count(victim.killed_when_it_waits(), &path);
        }
        for _ in 0..RANDOM {
            let mut random = [0];
            getrandom::fill(&mut random).unwrap();
            let victim = Victim::start(&path, tally.made, None);
            tally.count(victim.killed_after(usize::from(random[0] % 40)), &path);
        }
        let names = std::fs::read_dir(folder.path()).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name());
        let is_temporary = |name: &OsString| name.to_string_lossy().ends_with(".tmp");
        tally.temporary += names.filter(is_temporary).count();
    }
    println!("{tally:?}");
    assert!(tally.kills >= 500, "{tally:?}");
    assert_eq!((tally.lost, tally.torn), (0, 0), "{tally:?}");
    // There was something to lose, changes were met on their way, and files half-written.
    assert!(tally.acknowledged >= 500, "{tally:?}");
    assert!(tally.unacknowledged > 0 && tally.temporary > 0, "{tally:?}");
}

#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// Changes that a process had been told are made when it was killed.
    acknowledged: usize,
    /// Kills after which the change that was on its way stands there.
    unacknowledged: usize,
    /// Of the acknowledged, not there.
    lost: usize,
    /// Kills after which the file holds something that was never to be there.
    torn: usize,
    /// Files left behind under a random name.
    temporary: usize,
    /// In the current folder: how many changes there are.
    made: u32,
}

impl Tally {
    /// Holds what stands in the file now to what the last process said before it was killed.
    fn count(&mut self, said: Said, path: &Path) {
        self.kills += 1;
        let known = self.made + said.acknowledged;
        self.acknowledged += said.acknowledged as usize;
        let state = match FileStore::open(path) {
            // Killed before there was a file, and nobody was told that there is one.
            Err(error) if error.kind() == KeyErrorKind::NotFound && !said.is_open => return,
            opened => opened.and_then(|store| content(&store)).ok(),
        };
        let is_found = |steps: &u32| state.as_ref() == Some(&after(*steps));
        match [known, known + 1]
            .into_iter()
            .chain(0..known)
            .find(is_found)
        {
            None => self.torn += 1,
            Some(made) => {
                self.lost += known.saturating_sub(made) as usize;
                self.unacknowledged += usize::from(made > known);
                self.made = made;
            }
        }
    }
}

/// What a process wrote to its parent before it was killed.
#[derive(Debug, Default)]
struct Said {
    is_open: bool,
    acknowledged: u32,
}

const STEP: u8 = b'.';
const WAITS: u8 = b'!';
const OPEN: u8 = b'o';
const ACKNOWLEDGED: u8 = b'a';

/// A process that makes the history, until it is killed.
struct Victim {
    child: Child,
    output: ChildStderr,
    said: Vec<u8>,
}

impl Victim {
    /// One that waits to be killed before this step, or in the middle of it.
    fn start(path: &Path, made: u32, wait: Option<(usize, bool)>) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let name = module_path!().split_once("::").unwrap().1;
        command
            .args(["--exact", &alloc::format!("{name}::no_kill_loses_a_key")])
            .args(["--nocapture", "--test-threads=1"])
            .env(PATH, path)
            .env(MADE, alloc::format!("{made}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        if let Some((step, is_half)) = wait {
            command.env(
                if is_half { WITHIN } else { BEFORE },
                alloc::format!("{step}"),
            );
        }
        let mut child = command.spawn().unwrap();
        let output = child.stderr.take().unwrap();
        let said = Vec::new();
        Self {
            child,
            output,
            said,
        }
    }

    fn killed_when_it_waits(mut self) -> Said {
        while self.said.last() != Some(&WAITS) {
            self.hear();
        }
        self.killed()
    }

    /// Kills it wherever it is when it has said so much.
    fn killed_after(mut self, len: usize) -> Said {
        while self.said.len() < len {
            self.hear();
        }
        self.killed()
    }

    fn hear(&mut self) {
        let mut byte = [0];
        if let Err(error) = self.output.read_exact(&mut byte) {
            let said = String::from_utf8_lossy(&self.said);
            panic!("it ended by itself ({error}), and said {said}");
        }
        self.said.extend(byte);
    }

    fn killed(mut self) -> Said {
        use std::os::unix::process::ExitStatusExt;

        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9));
        self.output.read_to_end(&mut self.said).unwrap();
        let mut said = Said::default();
        for byte in core::mem::take(&mut self.said) {
            match byte {
                OPEN => said.is_open = true,
                ACKNOWLEDGED => said.acknowledged += 1,
                STEP | WAITS => {}
                other => panic!("it said {other}"),
            }
        }
        said
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // If the test failed before it was killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the killed process does: the changes of the history that are not made yet, one by one.
fn make_history(path: PathBuf) {
    let number = |name| env::var(name).ok().map(|number| number.parse().unwrap());
    let files = Announcing {
        steps: Arc::default(),
        waits_before: number(BEFORE),
        waits_within: number(WITHIN),
    };
    let open = || FileStore::open_on(Box::new(files.clone()), path.clone());
    let store = match open() {
        Err(error) if error.kind() == KeyErrorKind::NotFound => {
            create(&files, &path, &empty_file()).unwrap();
            open().unwrap()
        }
        opened => opened.unwrap(),
    };
    say(OPEN);
    for step in number(MADE).unwrap().. {
        block_on(store.apply(&change(step as u32))).unwrap();
        say(ACKNOWLEDGED);
    }
}

/// The disk, which says each step before it takes it, and may wait to be killed at one.
#[derive(Clone, Debug)]
struct Announcing {
    steps: Arc<AtomicUsize>,
    waits_before: Option<usize>,
    waits_within: Option<usize>,
}

impl Files for Announcing {
    fn change(&self, op: Op<'_>) -> io::Result<()> {
        say(STEP);
        let step = Some(self.steps.fetch_add(1, Ordering::Relaxed));
        if let Op::Write(draft, content) = &op
            && step == self.waits_within
        {
            Disk.change(Op::Write(draft, &content[..content.len() / 2]))?;
        }
        if step == self.waits_before || step == self.waits_within {
            say(WAITS);
            loop {
                std::thread::park();
            }
        }
        Disk.change(op)
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError> {
        Disk.read(path, limit)
    }

    fn is_still(&self, path: &Path, seen: &Seen) -> bool {
        Disk.is_still(path, seen)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        Disk.lock(path)
    }
}

/// On standard error, since the test's own frame writes on the other.
fn say(byte: u8) {
    io::stderr().write_all(&[byte]).unwrap();
}

/// In memory where there is such a folder: what a kill leaves does not depend on the disk, and its
/// synchronising would be most of the time.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

const PATH: &str = "PHI_SEAL_TEST_KEYS";
const MADE: &str = "PHI_SEAL_TEST_MADE";
const BEFORE: &str = "PHI_SEAL_TEST_WAITS_BEFORE";
const WITHIN: &str = "PHI_SEAL_TEST_WAITS_WITHIN";
