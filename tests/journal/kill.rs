//! kill -9 at random moments under eight writers.
//!
//! A kill takes the process and leaves what it has told the operating system. So this is about steps,
//! locks and half-written lines; `src/audit/journal/tests/power.rs` is about what the disk was not told.

use core::ops::Range;
use std::collections::HashMap;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use phi_seal::Purpose;
use phi_seal::audit::journal::{
    Journal, JournalBuilder, JournalErrorKind, NoteKind, SignedCheckpoint,
};
use phi_seal::audit::{Durability, EventRecord};

use crate::ward::{self, Ward, key, note, public};

/// In all; half of them with `Synced`, half with `Written`. Another number may be set by the variable
/// `PHI_SEAL_KILLS`.
const KILLS: usize = 1_000;

/// In one folder: so few that reading it again after each of them stays short. Who does not wait for
/// the disk writes more.
const fn kills_a_journal(durability: Durability) -> usize {
    match durability {
        Durability::Written => 5,
        _ => 20,
    }
}

const WRITERS: usize = 8;

const SEED: u64 = 0x5eed_0f6a_0a5a_1100;

#[test]
fn no_kill_loses_what_was_acknowledged() {
    if let Some(path) = env::var_os(PATH) {
        return write_until_killed(path.into());
    }
    let kills = env::var("PHI_SEAL_KILLS").map_or(KILLS, |number| number.parse().unwrap());
    println!("seed {SEED:#x}");
    let lanes = [Durability::Synced, Durability::Written].map(|durability| {
        thread::spawn(move || {
            let mut random = Random(SEED ^ durability as u64);
            let mut tally = Tally::default();
            while tally.kills < kills / 2 {
                let count = kills_a_journal(durability).min(kills / 2 - tally.kills);
                tally.kill_over_and_over(durability, count, &mut random);
            }
            println!("{durability:?}: {tally:?}");
            tally
        })
    });
    for lane in lanes {
        let tally = lane.join().unwrap();
        assert_eq!((tally.lost, tally.forked, tally.stuck), (0, 0, 0));
        // There was something to lose, and events and openings were met on their way.
        assert!(tally.acknowledged > tally.kills * 10, "{tally:?}");
        assert!(tally.segments > tally.kills / 2, "{tally:?}");
        assert!(tally.unacknowledged > tally.kills / 10, "{tally:?}");
        assert!(tally.in_opening > tally.kills / 20, "{tally:?}");
    }
}

#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    /// Of these, while the journal was opened or closed.
    in_opening: usize,
    /// Events that a writer had been told are recorded.
    acknowledged: usize,
    /// Of these, not there or not in their writer's order.
    lost: usize,
    /// Events that are there, and nobody had been told.
    unacknowledged: usize,
    /// Kills after which the journal was none that a checkpoint told before is of.
    forked: usize,
    /// Kills after which the journal could not be opened or did not verify.
    stuck: usize,
    /// Kills that left half a line.
    torn: usize,
    /// What was torn and could not be kept in a file of its own.
    not_kept: usize,
    checkpoints_told: usize,
    segments: usize,
}

impl Tally {
    /// In one folder. Each process goes on with what the last one left; between the two, a copy of
    /// the folder is recovered and held to what was said.
    fn kill_over_and_over(&mut self, durability: Durability, count: usize, random: &mut Random) {
        let folder = ward::folder();
        let path = folder.path().join("journal");
        let mut told = Told::default();
        for run in 0..count {
            // Every fourth one opens and closes the journal all the time.
            let reopens = random.below(4) == 0;
            let mut victim = Victim::start(&path, run, durability, reopens);
            victim.kill_at_random(random, &mut told, run);
            self.kills += 1;
            self.in_opening += usize::from(!told.is_open);
            self.check(&path, &folder.path().join("copy"), &told);
        }
        self.acknowledged += told.acknowledged.values().sum::<usize>();
        self.checkpoints_told += told.checkpoints;
        self.segments += ward::segments(&path).len();
        let writers = sequences(&path);
        let after = |(writer, found): (&Writer, &Vec<usize>)| {
            found.len() - told.acknowledged.get(writer).unwrap_or(&0)
        };
        self.unacknowledged += writers.iter().map(after).sum::<usize>();
    }

    fn check(&mut self, path: &Path, copy: &Path, told: &Told) {
        if !path.exists() && told.checkpoint.is_none() {
            return;
        }
        ward::copy(path, copy);
        let trusted = told.checkpoint.as_slice();
        let builder = trusted
            .iter()
            .cloned()
            .fold(builder(copy, Durability::Synced), JournalBuilder::trusts);
        match builder.open() {
            Ok(journal) => drop(journal),
            // Killed before there was a journal, and nobody was told that there is one.
            Err(error) if error.kind() == JournalErrorKind::NotFound && trusted.is_empty() => {}
            Err(error) => {
                self.forked += usize::from(matches!(
                    error.kind(),
                    JournalErrorKind::Behind | JournalErrorKind::Diverged
                ));
                self.stuck += 1;
                println!("{error}");
            }
        }
        if !ward::segments(copy).is_empty() {
            let report = ward::verify(copy, trusted);
            let is_whole = report.fault.is_none() && report.intact == report.entries;
            if !is_whole {
                println!("{report:?}");
            }
            self.stuck += usize::from(!is_whole);
            let found = sequences(copy);
            for (writer, acknowledged) in &told.acknowledged {
                let none = Vec::new();
                let found = found.get(writer).unwrap_or(&none);
                // Each writer waits for an answer before it goes on.
                let most = acknowledged + 1;
                let is_in_order = found.iter().copied().eq(0..found.len());
                if !is_in_order || found.len() < *acknowledged || found.len() > most {
                    println!("{writer:?}: {acknowledged} acknowledged, {found:?}");
                    self.lost += acknowledged.saturating_sub(found.len()).max(1);
                }
            }
            if let Some(dropped) = last_opening(copy) {
                self.torn += 1;
                self.not_kept += usize::from(!dropped.kept);
            }
        }
        std::fs::remove_dir_all(copy).unwrap();
    }
}

fn last_opening(path: &Path) -> Option<phi_seal::audit::journal::Dropped> {
    let entries = ward::entries(path);
    let notes = entries.iter().rev().filter_map(|entry| entry.note());
    let opened = notes
        .map(|note| note.kind().clone())
        .find_map(|kind| match kind {
            NoteKind::Open { dropped, .. } => Some(dropped),
            _ => None,
        });
    opened.flatten()
}

/// The number of the process, and of its thread.
type Writer = (usize, usize);

/// What each writer recorded, by the numbers it gave its events.
fn sequences(path: &Path) -> HashMap<Writer, Vec<usize>> {
    let mut writers = HashMap::<_, Vec<_>>::new();
    for event in ward::events(path) {
        let (writer, number) = number_of(&event);
        writers.entry(writer).or_default().push(number);
    }
    writers
}

/// A writer's actions are numbered: it seals a record, then opens it.
fn number_of(event: &EventRecord) -> (Writer, usize) {
    let id = ward::record_of(event);
    let mut numbers = id.split('.').map(|number| number.parse().unwrap());
    let mut number = || numbers.next().unwrap();
    let writer = (number(), number());
    assert_eq!(event.outcome, "success");
    (writer, number() * 2 + usize::from(event.action == "open"))
}

/// What the processes of one folder said before they were killed.
#[derive(Debug, Default)]
struct Told {
    /// Whether the last one had opened the journal.
    is_open: bool,
    acknowledged: HashMap<Writer, usize>,
    checkpoint: Option<SignedCheckpoint>,
    checkpoints: usize,
}

impl Told {
    fn hear(&mut self, run: usize, line: &str) {
        let line = line.trim_end_matches('\n');
        let (kind, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        match kind {
            STARTED | CLOSING => self.is_open = false,
            OPEN => self.is_open = true,
            ACKNOWLEDGED => {
                *self
                    .acknowledged
                    .entry((run, rest.parse().unwrap()))
                    .or_default() += 1
            }
            CHECKPOINT => {
                let note: String = serde_json::from_str(rest).unwrap();
                let signed = SignedCheckpoint::verify(&note, &public()).unwrap();
                let size = signed.checkpoint().size();
                let held = self
                    .checkpoint
                    .as_ref()
                    .map(|held| held.checkpoint().size());
                assert!(held <= Some(size), "a checkpoint after a larger one");
                self.checkpoint = Some(signed);
                self.checkpoints += 1;
            }
            other => panic!("it said {other}: {rest}"),
        }
    }
}

const STARTED: &str = "started";
const OPEN: &str = "open";
const CLOSING: &str = "closing";
const ACKNOWLEDGED: &str = "acknowledged";
const CHECKPOINT: &str = "checkpoint";

/// A process that writes until it is killed.
struct Victim {
    child: Child,
    output: BufReader<ChildStderr>,
}

impl Victim {
    fn start(path: &Path, run: usize, durability: Durability, reopens: bool) -> Self {
        let name = module_path!().split_once("::").unwrap().1;
        let mut child = Command::new(env::current_exe().unwrap())
            .args([
                "--exact",
                &format!("{name}::no_kill_loses_what_was_acknowledged"),
            ])
            .args(["--nocapture", "--test-threads=1"])
            .env(PATH, path)
            .env(RUN, format!("{run}"))
            .env(
                WRITTEN,
                format!("{}", u8::from(durability == Durability::Written)),
            )
            .env(REOPENS, format!("{}", u8::from(reopens)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stderr.take().unwrap());
        Self { child, output }
    }

    /// Wherever it is after it said so much.
    fn kill_at_random(&mut self, random: &mut Random, told: &mut Told, run: usize) {
        use std::os::unix::process::ExitStatusExt;

        for _ in 0..1 + random.below(60) {
            assert!(self.hear(told, run), "it ended by itself");
        }
        // Not always just after it said something.
        let until = Instant::now() + Duration::from_micros(random.below(500) as u64);
        while Instant::now() < until {
            thread::yield_now();
        }
        self.child.kill().unwrap();
        assert_eq!(self.child.wait().unwrap().signal(), Some(9));
        while self.hear(told, run) {}
    }

    /// Lines are short enough to be in the pipe wholly or not at all.
    fn hear(&mut self, told: &mut Told, run: usize) -> bool {
        let mut line = String::new();
        let is_more = self.output.read_line(&mut line).unwrap() > 0;
        if is_more {
            told.hear(run, &line);
        }
        is_more
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        // If the test failed before it was killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn builder(path: &Path, durability: Durability) -> JournalBuilder {
    Journal::builder(path, key())
        .durability(durability)
        .segment_bytes(12_000)
        .reserve_bytes(4_000)
}

/// What the killed process does.
fn write_until_killed(path: PathBuf) {
    say(STARTED, "");
    let number = |name| env::var(name).unwrap().parse::<usize>().unwrap();
    let run = number(RUN);
    let durability = match number(WRITTEN) {
        0 => Durability::Synced,
        _ => Durability::Written,
    };
    let ward = || {
        let opened = match builder(&path, durability).open() {
            Err(error) if error.kind() == JournalErrorKind::NotFound => {
                builder(&path, durability).create()
            }
            opened => opened,
        };
        let ward = Ward::new(opened.unwrap());
        say(OPEN, "");
        ward
    };
    if number(REOPENS) == 1 {
        for number in 0.. {
            let ward = ward();
            write(&ward, run, 0, number..number + 1);
            say(CLOSING, "");
        }
    }
    let ward = &ward();
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || write(ward, run, writer, 0..usize::MAX));
        }
    });
}

fn write(ward: &Ward, run: usize, writer: usize, numbers: Range<usize>) {
    let session = ward.session(Purpose::Treatment);
    let told = format!("{writer}");
    for number in numbers {
        let row = session
            .seal(&note(format!("{run}.{writer}.{number}")))
            .unwrap();
        say(ACKNOWLEDGED, &told);
        session.open(&row).unwrap();
        say(ACKNOWLEDGED, &told);
        if writer == 0 {
            let signed = ward.journal.checkpoint();
            say(CHECKPOINT, &serde_json::to_string(signed.as_str()).unwrap());
        }
    }
}

/// On standard error, since the test's own frame writes on the other. At once, so that no kill parts a
/// line.
fn say(kind: &str, what: &str) {
    let line = format!("{kind} {what}\n");
    assert!(
        line.len() < 512,
        "longer than POSIX writes to a pipe at once"
    );
    assert_eq!(io::stderr().write(line.as_bytes()).unwrap(), line.len());
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }
}

const PATH: &str = "PHI_SEAL_TEST_JOURNAL";
const RUN: &str = "PHI_SEAL_TEST_RUN";
const WRITTEN: &str = "PHI_SEAL_TEST_WRITTEN";
const REOPENS: &str = "PHI_SEAL_TEST_REOPENS";
