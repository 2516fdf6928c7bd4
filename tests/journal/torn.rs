//! The end of a journal torn at every byte, filled with zeros or with garbage, as a crash may leave it:
//! everything before it stays, and what was dropped is recorded. Holes elsewhere are refused.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use phi_seal::audit::journal::{
    Dropped, FaultReason, JournalError, JournalErrorKind, NoteKind, SignedCheckpoint,
};
use sha2::{Digest as _, Sha256};

use crate::ward::{self, Ward, builder, clock, contents, records, verify};

/// A journal whose process was killed: of several segments, the last line an entry or a checkpoint.
struct Killed {
    folder: tempfile::TempDir,
    /// Of everything but the last line.
    before: SignedCheckpoint,
    /// Of everything.
    after: SignedCheckpoint,
    records: Vec<String>,
}

impl Killed {
    fn with_an_entry_last() -> Self {
        Self::after_events(|ward| ward.seal("last").map(drop).unwrap())
    }

    fn with_a_checkpoint_last() -> Self {
        Self::after_events(|ward| ward.journal.tend())
    }

    fn after_events(last: impl FnOnce(&Ward)) -> Self {
        let (folder, clock) = (ward::folder(), clock());
        let live = folder.path().join("live");
        let ward = Ward::new(builder(&live, &clock).create().unwrap());
        for number in 0..9 {
            ward.seal(format!("n{number}")).unwrap();
        }
        let before = ward.journal.checkpoint();
        // The next entry is written behind a checkpoint, or the checkpoint alone.
        clock.advance(Duration::from_secs(2));
        last(&ward);
        let after = ward.journal.checkpoint();
        ward::copy(&live, &folder.path().join("killed"));
        ward.close();
        let records = records(&folder.path().join("killed"));
        assert_eq!(ward::segments(&folder.path().join("killed")).len(), 2);
        Self {
            folder,
            before,
            after,
            records,
        }
    }

    /// The last segment, and where its last line begins.
    fn last_line(&self) -> (Vec<u8>, usize) {
        let segment = fs::read(ward::last_segment(&self.folder.path().join("killed"))).unwrap();
        let lines = &segment[..segment.len() - 1];
        let start = lines.iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        (segment, start)
    }

    /// Lets the last segment be this, and opens the journal.
    fn open(&self, segment: &[u8], trusted: &SignedCheckpoint) -> Result<Opened, JournalError> {
        let path = self.folder.path().join("torn");
        let _ = fs::remove_dir_all(&path);
        ward::copy(&self.folder.path().join("killed"), &path);
        fs::write(ward::last_segment(&path), segment).unwrap();
        let before = contents(&path);
        let opened = builder(&path, &clock()).trusts(trusted.clone()).open();
        let ward = match opened {
            Ok(journal) => Ward::new(journal),
            Err(error) => {
                let mut after = contents(&path);
                after.retain(|(name, _)| name != "lock");
                assert!(before == after, "it was refused, and changed");
                return Err(error);
            }
        };
        ward.seal("goes-on").unwrap();
        ward.close();
        let report = verify(&path, std::slice::from_ref(trusted));
        assert_eq!(
            (report.fault, report.unsigned, report.torn_bytes),
            (None, 0, 0)
        );
        let entries = ward::entries(&path);
        assert_eq!(report.intact, entries.len() as u64);
        let notes = entries.iter().filter_map(|entry| entry.note());
        let dropped = notes.filter_map(|note| match note.kind() {
            NoteKind::Open { dropped, clean, .. } => Some((dropped.clone(), *clean)),
            _ => None,
        });
        let (dropped, clean) = dropped.collect::<Vec<_>>().pop().unwrap();
        assert!(!clean);
        Ok(Opened {
            records: records(&path),
            kept: kept(&path),
            dropped,
        })
    }

    fn records_before(&self) -> Vec<String> {
        let records = self.records.iter().filter(|record| *record != "last");
        records.chain([&"goes-on".to_owned()]).cloned().collect()
    }
}

#[derive(Debug)]
struct Opened {
    records: Vec<String>,
    /// What stands in files beside the segments.
    kept: Vec<Vec<u8>>,
    dropped: Option<Dropped>,
}

impl Opened {
    /// Whether it says that exactly `bytes` were dropped, and keeps them.
    fn tells(&self, bytes: &[u8]) -> bool {
        match &self.dropped {
            None => bytes.is_empty() && self.kept.is_empty(),
            Some(dropped) => {
                let sha256 = STANDARD.encode(Sha256::digest(bytes));
                let is_told = dropped.bytes == bytes.len() as u64 && dropped.sha256 == sha256;
                is_told && dropped.kept && self.kept == [bytes]
            }
        }
    }
}

fn kept(path: &Path) -> Vec<Vec<u8>> {
    let files = contents(path).into_iter();
    let torn = files.filter(|(name, _)| {
        let index = name.strip_suffix(".torn");
        index.is_some_and(|index| index.len() == 20 && index.parse::<u64>().is_ok())
    });
    torn.map(|(_, content)| content).collect()
}

#[test]
fn the_last_entry_cut_at_every_byte() {
    let killed = Killed::with_an_entry_last();
    let (segment, start) = killed.last_line();
    for end in start..segment.len() {
        let opened = killed.open(&segment[..end], &killed.before).unwrap();
        assert_eq!(opened.records, killed.records_before(), "cut at {end}");
        assert!(
            opened.tells(&segment[start..end]),
            "cut at {end}: {opened:?}"
        );
    }
    let opened = killed.open(&segment, &killed.after).unwrap();
    assert_eq!(opened.records.len(), killed.records.len() + 1);
    assert!(opened.tells(&[]));
    println!("{} cuts", segment.len() - start);
}

/// A disk that loses what it confirmed is found out, and the journal left as it is.
#[test]
fn an_entry_that_was_signed_may_not_be_torn() {
    let killed = Killed::with_an_entry_last();
    let (segment, start) = killed.last_line();
    for end in [start, start + 1, segment.len() - 1] {
        let error = killed.open(&segment[..end], &killed.after).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Behind);
    }
}

#[test]
fn the_last_checkpoint_cut_at_every_byte() {
    let killed = Killed::with_a_checkpoint_last();
    let (segment, start) = killed.last_line();
    assert_eq!(segment[start], b'=');
    for end in start..=segment.len() {
        let opened = killed.open(&segment[..end], &killed.after).unwrap();
        assert_eq!(opened.records, killed.records_before(), "cut at {end}");
        let torn = if end < segment.len() {
            start..end
        } else {
            0..0
        };
        assert!(opened.tells(&segment[torn]), "cut at {end}: {opened:?}");
    }
    println!("{} cuts", segment.len() - start + 1);
}

/// What file systems leave of a write that the power cut short: zeros, old blocks, parts in any order.
#[test]
fn zeros_and_garbage_at_the_end() {
    let killed = Killed::with_an_entry_last();
    let (segment, start) = killed.last_line();
    let (good, line) = segment.split_at(start);
    let mut tails: Vec<Vec<u8>> = vec![
        vec![0; 1],
        vec![0; line.len()],
        vec![0; 200_000],
        b"\n".to_vec(),
        b"\n\n\n".to_vec(),
        vec![0xff; 300],
        b"+".to_vec(),
        // Longer than any line, with more lines behind it.
        [&vec![b'a'; 200_000], b"\n".as_slice(), line].concat(),
        // The line, but for its first half.
        [&vec![0; line.len() / 2], &line[line.len() / 2..]].concat(),
        // The line before, once more, and torn.
        good[..200].to_vec(),
        // A good line behind one that is not.
        [b"torn\n", line].concat(),
    ];
    // Zeros or garbage from each byte on.
    for at in (0..line.len()).step_by(7) {
        tails.push([&line[..at], &vec![0; line.len() - at]].concat());
        let noise = (0..line.len() - at).map(|n| (n * 167 + at) as u8);
        tails.push([&line[..at], &noise.collect::<Vec<_>>()].concat());
    }
    for tail in &tails {
        let opened = killed.open(&[good, tail].concat(), &killed.before).unwrap();
        assert_eq!(opened.records, killed.records_before());
        assert!(opened.tells(tail), "{opened:?}");
        // Behind a whole entry it is the same.
        let opened = killed.open(&[&segment, tail.as_slice()].concat(), &killed.after);
        let opened = opened.unwrap();
        assert_eq!(opened.records.len(), killed.records.len() + 1);
        assert!(opened.tells(tail), "{opened:?}");
    }
    println!("{} tails, twice each", tails.len());
}

/// No crash makes a hole in front of what was signed.
#[test]
fn a_hole_in_front_of_a_signed_checkpoint_is_refused() {
    let killed = Killed::with_a_checkpoint_last();
    let (segment, end) = killed.last_line();
    let mut holes = 0;
    let entries = segment[..end]
        .iter()
        .rposition(|byte| *byte == b'^')
        .unwrap();
    for at in (entries..end - 100).step_by(50) {
        for fill in [0, b'\n', b'x'] {
            let mut torn = segment.clone();
            torn[at..at + 100].fill(fill);
            let error = killed.open(&torn, &killed.before).unwrap_err();
            assert_eq!(error.kind(), JournalErrorKind::Damaged, "{fill} at {at}");
            let path = killed.folder.path().join("torn");
            let report = verify(&path, &[]);
            let first = torn[..at].split(|byte| *byte == b'\n');
            let whole = first.filter(|line| line.starts_with(b"+")).count();
            let fault = report.fault.unwrap();
            assert!(fault.index <= index_of_last_segment(&path) + whole as u64);
            assert!(matches!(
                fault.reason,
                FaultReason::Changed | FaultReason::BadLine | FaultReason::NotAsSigned
            ));
            holes += 1;
        }
    }
    assert!(holes > 50, "{holes}");
    // And none where a segment begins, because it appears as a whole.
    for end in 0..entries {
        let error = killed.open(&segment[..end], &killed.before).unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Damaged, "cut at {end}");
    }
}

fn index_of_last_segment(path: &Path) -> u64 {
    let name = ward::last_segment(path);
    name.file_stem().unwrap().to_str().unwrap().parse().unwrap()
}

/// The same for a journal's very first entry.
#[test]
fn a_journal_without_its_beginning_is_refused() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    drop(builder(&path, &clock()).create().unwrap());
    let segment = fs::read(ward::last_segment(&path)).unwrap();
    let begin = segment.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let begin_end = begin
        + segment[begin..]
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap();
    for end in 0..begin_end {
        fs::write(ward::last_segment(&path), &segment[..end]).unwrap();
        let error = builder(&path, &clock()).open().unwrap_err();
        assert_eq!(error.kind(), JournalErrorKind::Damaged, "cut at {end}");
        assert!(verify(&path, &[]).fault.is_some(), "cut at {end}");
    }
}
