//! A closed journal in memory, a folder to put changed ones in, and what a verifier must say of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phi_seal::audit::journal::{
    Checkpoint, Fault, FaultReason, Hash, Journal, JournalKey, Origin, Report, SignedCheckpoint,
    leaf_hash,
};
use sha2::{Digest as _, Sha256};

use crate::ward::{self, ORIGIN, Ward, clock, verify};

/// Files by name: the segments, without lock and reserve.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

pub(crate) struct Lab {
    folder: tempfile::TempDir,
    pub(crate) original: Files,
    pub(crate) entries: Vec<Vec<u8>>,
    /// The newest checkpoint.
    pub(crate) last: SignedCheckpoint,
    pub(crate) tally: Tally,
    /// Other histories that the key has signed.
    pub(crate) also_signed: Vec<Files>,
    on_disk: Files,
}

/// What was tried, and how it was seen.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) tried: usize,
    /// As a fault, by its reason.
    pub(crate) faults: BTreeMap<&'static str, usize>,
    /// Told as entries that nobody signed, or as a torn end.
    pub(crate) unsigned: usize,
}

/// With a checkpoint held elsewhere, or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    Newest,
}

impl Lab {
    /// A journal of some events in three segments or more, with checkpoints in between.
    pub(crate) fn new(events: usize) -> Self {
        Self::of(ward::key, events)
    }

    /// The same under another key or origin.
    pub(crate) fn of(key: fn() -> JournalKey, events: usize) -> Self {
        let (folder, clock) = (ward::folder(), clock());
        let live = folder.path().join("live");
        let builder = Journal::builder(&live, key())
            .segment_bytes(events as u64 * 300)
            .reserve_bytes(2_000)
            .clock(clock.clone())
            .tended_by_hand();
        let ward = Ward::new(builder.create().unwrap());
        for number in 0..events {
            ward.seal(format!("n{number}")).unwrap();
            if number % 3 == 1 {
                clock.advance(Duration::from_secs(2));
            }
        }
        ward.close();
        let original = read(&live);
        assert!(original.len() >= 3);
        let scratch = folder.path().join("scratch");
        ward::copy(&live, &scratch);
        let entries = entries_in(&original);
        assert_eq!(entries.len(), events + 2);
        Self {
            last: checkpoints_in(&original, &key()).pop().unwrap(),
            on_disk: original.clone(),
            tally: Tally::default(),
            also_signed: Vec::new(),
            folder,
            original,
            entries,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("scratch")
    }

    /// Puts these segments on the disk.
    pub(crate) fn put(&mut self, files: &Files) {
        let path = self.path();
        for name in self
            .on_disk
            .keys()
            .filter(|name| !files.contains_key(*name))
        {
            fs::remove_file(path.join(name)).unwrap();
        }
        for (name, content) in files {
            if self.on_disk.get(name) != Some(content) {
                fs::write(path.join(name), content).unwrap();
            }
        }
        self.on_disk.clone_from(files);
    }

    pub(crate) fn report(&mut self, files: &Files, trusted: &[SignedCheckpoint]) -> Report {
        self.put(files);
        verify(&self.path(), trusted)
    }

    /// Fails unless the change is seen and nothing that was changed is called intact. `reasons` are
    /// those that it may be called by; an end that nobody signed is none.
    pub(crate) fn must_see(
        &mut self,
        files: &Files,
        held: Held,
        reasons: &[FaultReason],
        what: &str,
    ) {
        let trusted = match held {
            Held::Nothing => Vec::new(),
            Held::Newest => vec![self.last.clone()],
        };
        let report = self.report(files, &trusted);
        self.tally.tried += 1;
        assert!(*files != self.original, "{what}: nothing was changed");
        self.overstates_nothing(files, &report, what);
        match report.fault {
            Some(Fault { reason, .. }) => {
                assert!(reasons.contains(&reason), "{what}: {report:?}");
                *self.tally.faults.entry(reason.code()).or_default() += 1;
            }
            None => {
                let is_told = report.unsigned > 0 || report.torn_bytes > 0;
                assert!(is_told, "{what}: unseen, {report:?}");
                self.tally.unsigned += 1;
            }
        }
    }

    /// What a report calls intact was signed, and a fault is not behind the change.
    pub(crate) fn overstates_nothing(&self, files: &Files, report: &Report, what: &str) {
        let (found, intact) = (entry_lines(files), report.intact as usize);
        let is_signed = |signed: &Files| entry_lines(signed).get(..intact) == found.get(..intact);
        assert!(report.anchored <= report.intact, "{what}: {report:?}");
        let mut signed = self.signed().filter(|signed| is_signed(signed)).peekable();
        assert!(
            signed.peek().is_some(),
            "{what}: {report:?} calls intact what nobody signed"
        );
        if let Some(fault) = report.fault {
            assert_eq!(fault.index, report.intact, "{what}");
            assert!(
                fault.until.is_none_or(|until| until > fault.index),
                "{what}: {report:?}"
            );
            let touched = signed.map(|signed| first_difference(&entry_lines(signed), &found));
            let touched = touched.max().unwrap();
            assert!(intact <= touched, "{what}: {touched}, {report:?}");
            // If it names one entry and no range, it is that one.
            if fault.reason == FaultReason::Changed && fault.until.is_none() {
                assert_eq!(intact, touched, "{what}: {report:?}");
            }
        }
    }

    fn signed(&self) -> impl Iterator<Item = &Files> {
        core::iter::once(&self.original).chain(&self.also_signed)
    }
}

/// The first entry that is not the same in both; how many there are if one ends first, or all are.
fn first_difference(one: &[Vec<u8>], other: &[Vec<u8>]) -> usize {
    one.iter()
        .zip(other)
        .take_while(|(one, other)| one == other)
        .count()
}

/// The lines of entries, with their hashes.
fn entry_lines(files: &Files) -> Vec<Vec<u8>> {
    let lines = files
        .values()
        .flat_map(|content| content.split(|byte| *byte == b'\n'));
    lines
        .filter(|line| line.starts_with(b"+"))
        .map(<[u8]>::to_vec)
        .collect()
}

/// The segments of a folder.
pub(crate) fn read(path: &Path) -> Files {
    let files = ward::contents(path).into_iter();
    files.filter(|(name, _)| name.ends_with(".log")).collect()
}

/// What stands in lines of entries, whether they are right or not.
pub(crate) fn entries_in(files: &Files) -> Vec<Vec<u8>> {
    let lines = entry_lines(files).into_iter();
    lines
        .map(|line| line.get(46..).unwrap_or_default().to_vec())
        .collect()
}

pub(crate) fn checkpoints_in(files: &Files, key: &JournalKey) -> Vec<SignedCheckpoint> {
    let lines = files
        .values()
        .flat_map(|content| content.split(|byte| *byte == b'\n'));
    let notes = lines.filter(|line| line.starts_with(b"="));
    let notes = notes.map(|line| serde_json::from_slice::<String>(&line[46..]).unwrap());
    notes
        .map(|note| SignedCheckpoint::verify(&note, &key.verifier()).unwrap())
        .collect()
}

/// One of the lines that follow a segment's beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Entry(Vec<u8>),
    Checkpoint,
}

/// The segments that hold these items, by `docs/journal.md` and without the crate's writer. `sign`
/// gives the note for a size and a root.
pub(crate) fn write(segments: &[Vec<Item>], sign: &mut dyn FnMut(u64, Hash) -> String) -> Files {
    let mut leaves = Vec::new();
    let mut files = Files::new();
    let mut stored = 0;
    for items in segments {
        let first = leaves.len() as u64;
        let mut content = format!("phi-seal journal 1 {ORIGIN} {first}\n").into_bytes();
        if first > 0 {
            content.extend(checkpoint_line(&sign(first, root(&leaves))));
            content.extend(frontier_line(&subtrees(&leaves)));
        }
        for item in items {
            match item {
                Item::Entry(entry) => {
                    leaves.push(leaf_hash(entry));
                    content.extend(line(b'+', leaf_hash(entry), entry));
                }
                // None of what was covered before, if the entry between the two was taken out.
                Item::Checkpoint if leaves.len() as u64 <= stored.max(first) => {}
                Item::Checkpoint => {
                    let size = leaves.len() as u64;
                    stored = size;
                    content.extend(checkpoint_line(&sign(size, root(&leaves))));
                }
            }
        }
        files.insert(format!("{first:020}.log"), content);
    }
    files
}

/// The items of segments.
pub(crate) fn items(files: &Files) -> Vec<Vec<Item>> {
    let items = |content: &Vec<u8>| {
        let lines: Vec<_> = content.split(|byte| *byte == b'\n').collect();
        let beginning = 1 + 2 * usize::from(lines[2].starts_with(b"^"));
        let lines = lines[beginning..].iter().filter(|line| !line.is_empty());
        let item = |line: &&[u8]| match line[0] {
            b'+' => Item::Entry(line[46..].to_vec()),
            _ => Item::Checkpoint,
        };
        lines.map(item).collect()
    };
    files.values().map(items).collect()
}

/// Signs with the journal's own key.
pub(crate) fn signed(size: u64, root: Hash) -> String {
    note_by(&ward::key(), size, root)
}

pub(crate) fn note_by(key: &JournalKey, size: u64, root: Hash) -> String {
    let origin = Origin::new(ORIGIN).unwrap();
    key.sign(&Checkpoint::new(origin, size, root))
        .as_str()
        .into()
}

pub(crate) fn checkpoint_line(note: &str) -> Vec<u8> {
    let content = serde_json::to_vec(note).unwrap();
    line(b'=', Sha256::digest(&content).into(), &content)
}

pub(crate) fn frontier_line(subtrees: &[Hash]) -> Vec<u8> {
    let content = STANDARD.encode(subtrees.concat()).into_bytes();
    line(b'^', Sha256::digest(&content).into(), &content)
}

pub(crate) fn line(kind: u8, hash: Hash, content: &[u8]) -> Vec<u8> {
    [
        &[kind],
        STANDARD.encode(hash).as_bytes(),
        b" ",
        content,
        b"\n",
    ]
    .concat()
}

/// RFC 6962, section 2.1.
pub(crate) fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Sha256::digest([]).into(),
        [leaf] => *leaf,
        _ => {
            let half = leaves.len().next_power_of_two() / 2;
            let (left, right) = (root(&leaves[..half]), root(&leaves[half..]));
            Sha256::digest([&[1], &left[..], &right].concat()).into()
        }
    }
}

fn subtrees(leaves: &[Hash]) -> Vec<Hash> {
    let mut rest = leaves;
    let mut subtrees = Vec::new();
    while !rest.is_empty() {
        let (subtree, others) = rest.split_at(1 << rest.len().ilog2());
        subtrees.push(root(subtree));
        rest = others;
    }
    subtrees
}

pub(crate) const ALL: &[FaultReason] = &[
    FaultReason::Changed,
    FaultReason::NotAsSigned,
    FaultReason::BadLine,
    FaultReason::BadSignature,
    FaultReason::BadSegment,
    FaultReason::OtherOrigin,
    FaultReason::Truncated,
    FaultReason::Diverged,
];

#[test]
fn the_honest_journal_verifies_and_is_what_the_page_says() {
    let mut lab = Lab::new(12);
    let report = lab.report(&lab.original.clone(), &[lab.last.clone()]);
    let len = lab.entries.len() as u64;
    assert_eq!(
        (report.entries, report.intact, report.anchored),
        (len, len, len)
    );
    assert_eq!(
        (report.unsigned, report.torn_bytes, report.fault),
        (0, 0, None)
    );
    assert_eq!(write(&items(&lab.original), &mut signed), lab.original);
    assert!(checkpoints_in(&lab.original, &ward::key()).len() > 5);
}
