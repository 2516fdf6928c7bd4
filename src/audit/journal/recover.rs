//! Making a journal, and going on with one, whatever a crash has left.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec::Vec;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::entry::{Dropped, Note, NoteKind};
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::{Folder, append};
use super::line::{Line, write_entry};
use super::log::{Log, Now, Segment};
use super::segment::{Lines, NextLine, beginning, open_segment, segment_name, segments};
use super::settings::Settings;
use super::spill::{Spill, Spilled, SpilledEntry};
use super::tree::{Frontier, Hash};
use super::{Checkpoint, JournalKey, SignedCheckpoint, VerifierKey};

/// What a journal is made of, and how it is kept.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: Box<dyn Folder>,
    pub(super) second: Option<Box<dyn Folder>>,
    pub(super) key: JournalKey,
    pub(super) settings: Settings,
}

/// Makes a journal whose first entry is `begin`.
pub(super) fn create(place: Place, begin: &Note, now: Now) -> Result<Log, JournalError> {
    let Place {
        folder,
        second,
        key,
        settings,
    } = place;
    let names = folder.names().map_err(of_io)?;
    if !segments(&names).is_empty() {
        return Err(ALREADY_EXISTS);
    }
    let origin = key.origin().clone();
    let spill = Spill::open(&origin, &*folder, settings.reserve_bytes, second)?;
    let mut tree = Frontier::new();
    let mut bytes = beginning(&origin, &tree, None);
    tree.push(write_entry(&mut bytes, &begin.to_json()));
    let segment = Segment::create(&*folder, 0, &bytes, now.monotonic).map_err(of_io)?;
    let signed = key.sign(&Checkpoint::new(origin, tree.len(), tree.root()));
    Ok(Log {
        key,
        folder,
        segment,
        tree,
        signed,
        stored: 0,
        stored_at: now.monotonic,
        spill,
        settings,
    })
}

/// Goes on with a journal, keeping everything that was acknowledged; says what was not clean.
pub(super) fn open(place: Place, now: Now) -> Result<(Log, NoteKind), JournalError> {
    let Place {
        folder,
        second,
        key,
        settings,
    } = place;
    let names = folder.names().map_err(of_io)?;
    let first = *segments(&names).last().ok_or(NOT_FOUND)?;
    let origin = key.origin().clone();
    let mut spill = Spill::open(&origin, &*folder, settings.reserve_bytes, second)?;
    let mut end = SegmentEnd::read(
        &*folder,
        &key.verifier(),
        first,
        spill.read(&*folder).map_err(of_io)?,
    )?;
    let name = segment_name(first);
    let dropped = end.torn_bytes(&*folder, &name, &key.verifier())?;
    let mut file = folder.open(&name).map_err(of_io)?;
    if dropped.is_some() {
        file.truncate(end.good).map_err(of_io)?;
    }
    // What a killed process had written may not be on the disk, and is about to be signed.
    file.sync().map_err(of_io)?;
    let segment = Segment {
        file,
        first,
        synced: end.good,
        unsynced: Vec::new(),
        unsynced_since: now.monotonic,
        in_doubt: false,
        began: now.monotonic,
    };
    end.take_spilled(&mut spill)?;
    let signed = key.sign(&Checkpoint::new(origin, end.tree.len(), end.tree.root()));
    let log = Log {
        key,
        folder,
        segment,
        tree: end.tree,
        signed,
        stored: end.stored,
        stored_at: now.monotonic,
        spill,
        settings,
    };
    let clean = end.is_closed && dropped.is_none();
    Ok((
        log,
        NoteKind::Open {
            clean,
            dropped,
            unasked: Vec::new(),
        },
    ))
}

/// The root that the journal had when it held `size` entries.
pub(super) fn root_at(
    folder: &dyn Folder,
    key: &VerifierKey,
    size: u64,
) -> Result<Hash, JournalError> {
    let names = folder.names().map_err(of_io)?;
    let firsts = segments(&names);
    let first = firsts.iter().rev().find(|first| **first <= size);
    let first = *first.ok_or(NOT_FOUND)?;
    let mut lines = open_segment(folder.read(&segment_name(first)), key.origin(), first)?;
    let mut tree = read_frontier(&mut lines, key, first)?;
    while tree.len() < size {
        match lines.next().map_err(of_io)? {
            NextLine::Whole(line) => match Line::parse(line) {
                Some(Line::Entry { hash, .. }) => tree.push(hash),
                Some(_) => {}
                None => return Err(DAMAGED.at(tree.len())),
            },
            NextLine::End | NextLine::Torn => return Err(DAMAGED.at(tree.len())),
        }
    }
    Ok(tree.root())
}

/// The frontier with which a segment begins, proven by the checkpoint before it.
pub(super) fn read_frontier(
    lines: &mut Lines,
    key: &VerifierKey,
    first: u64,
) -> Result<Frontier, JournalError> {
    if first == 0 {
        return Ok(Frontier::new());
    }
    let mut whole = || match lines.next().map_err(of_io)? {
        NextLine::Whole(line) => Ok(line.to_vec()),
        NextLine::End | NextLine::Torn => Err(DAMAGED.at(first)),
    };
    let (checkpoint, frontier) = (whole()?, whole()?);
    let (Some(Line::Checkpoint(note)), Some(Line::Frontier(subtrees))) =
        (Line::parse(&checkpoint), Line::parse(&frontier))
    else {
        return Err(DAMAGED.at(first));
    };
    let signed = SignedCheckpoint::verify(&note, key).map_err(|_| FOREIGN.at(first))?;
    let tree = Frontier::from_subtrees(first, subtrees).ok_or(DAMAGED.at(first))?;
    is_of(&signed, &tree)
        .then_some(tree)
        .ok_or(DAMAGED.at(first))
}

/// Whether a checkpoint is of this tree.
pub(super) fn is_of(signed: &SignedCheckpoint, tree: &Frontier) -> bool {
    let checkpoint = signed.checkpoint();
    checkpoint.size() == tree.len() && *checkpoint.root() == tree.root()
}

/// What the last segment holds, as far as it is whole.
struct SegmentEnd {
    tree: Frontier,
    /// Where the last whole line ends.
    good: u64,
    /// How many entries the last checkpoint in it covers.
    stored: u64,
    is_closed: bool,
    spilled: Spilled,
    next: Option<(usize, SpilledEntry)>,
}

impl SegmentEnd {
    fn read(
        folder: &dyn Folder,
        key: &VerifierKey,
        first: u64,
        mut spilled: Spilled,
    ) -> Result<Self, JournalError> {
        let mut lines = open_segment(folder.read(&segment_name(first)), key.origin(), first)?;
        let next = spilled.next().map_err(of_io)?;
        let mut end = Self {
            tree: read_frontier(&mut lines, key, first)?,
            good: lines.offset(),
            stored: first,
            is_closed: false,
            spilled,
            next,
        };
        loop {
            let line = match lines.next().map_err(of_io)? {
                NextLine::Whole(line) => Line::parse(line),
                NextLine::End | NextLine::Torn => None,
            };
            match line {
                Some(Line::Entry { hash, entry }) => {
                    let is_closed = is_close(entry);
                    if !end.agrees_with_spilled(hash)? {
                        return Ok(end);
                    }
                    end.tree.push(hash);
                    end.is_closed = is_closed;
                }
                Some(Line::Checkpoint(note)) => {
                    let signed = SignedCheckpoint::verify(&note, key);
                    let signed = signed.map_err(|_| FOREIGN.at(end.tree.len()))?;
                    if !is_of(&signed, &end.tree) {
                        return Err(DAMAGED.at(end.stored));
                    }
                    end.stored = end.tree.len();
                }
                Some(Line::Frontier(_)) | None => return Ok(end),
            }
            end.good = lines.offset();
        }
    }

    /// Whether the entry that comes next is not another one than the one that was put elsewhere
    /// under the same index. If it is, then it stood in a write that failed and could not be taken
    /// back, and nobody was told that it was recorded.
    fn agrees_with_spilled(&mut self, hash: Hash) -> Result<bool, JournalError> {
        let index = self.tree.len();
        while let Some((_, entry)) = &self.next
            && entry.index <= index
        {
            if entry.index == index && entry.hash != hash {
                return Ok(false);
            }
            self.next = self.spilled.next().map_err(of_io)?;
        }
        Ok(true)
    }

    /// Adds the entries that were put elsewhere.
    fn take_spilled(&mut self, spill: &mut Spill) -> Result<(), JournalError> {
        while let Some((source, entry)) = self.next.take() {
            if entry.index > self.tree.len() {
                return Err(GAP.at(self.tree.len()));
            }
            if entry.index == self.tree.len() {
                self.tree.push(entry.hash);
                self.is_closed = false;
                spill.resume(source, entry.end);
            }
            self.next = self.spilled.next().map_err(of_io)?;
        }
        Ok(())
    }

    /// What follows the last whole line: kept in a file of its own, and described. An error if that
    /// is not what a crash leaves.
    fn torn_bytes(
        &self,
        folder: &dyn Folder,
        name: &str,
        key: &VerifierKey,
    ) -> Result<Option<Dropped>, JournalError> {
        let rest = || -> io::Result<_> {
            let mut file = folder.read(name)?;
            io::copy(&mut (&mut file).take(self.good), &mut io::sink())?;
            Ok(file)
        };
        let mut lines = Lines::new(rest().map_err(of_io)?);
        loop {
            match lines.next().map_err(of_io)? {
                NextLine::Whole(line) => {
                    if let Some(Line::Checkpoint(note)) = Line::parse(line)
                        && SignedCheckpoint::verify(&note, key).is_ok()
                    {
                        // What it covers was on the disk, so no crash has taken it.
                        return Err(DAMAGED.at(self.tree.len()));
                    }
                }
                NextLine::Torn => {}
                NextLine::End => break,
            }
        }
        if lines.offset() == 0 {
            return Ok(None);
        }
        let mut hash = Sha256::new();
        let mut bytes = 0;
        let mut piece = [0; 1 << 13];
        let mut file = rest().map_err(of_io)?;
        let mut kept = folder.create(&format!("{:020}.torn", self.tree.len())).ok();
        loop {
            let count = file.read(&mut piece).map_err(of_io)?;
            if count == 0 {
                break;
            }
            bytes += count as u64;
            hash.update(&piece[..count]);
            kept =
                kept.and_then(|mut kept| append(&mut *kept, &piece[..count]).ok().map(|()| kept));
        }
        let is_kept = kept.is_some_and(|mut kept| kept.sync().is_ok()) && folder.sync().is_ok();
        Ok(Some(Dropped::new(bytes, hash.finalize().into(), is_kept)))
    }
}

fn is_close(entry: &[u8]) -> bool {
    let note = || serde_json::from_slice::<Note>(entry).ok();
    entry.starts_with(br#"{"v":1,"journal""#)
        && note().is_some_and(|note| *note.kind() == NoteKind::Close)
}

const ALREADY_EXISTS: JournalError = JournalError::new(
    JournalErrorKind::AlreadyExists,
    "there is a journal in this folder already; open it",
);
const NOT_FOUND: JournalError = JournalError::new(
    JournalErrorKind::NotFound,
    "there is no journal in this folder; check the path, or create it",
);
const FOREIGN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "a checkpoint in the journal was not signed with this key",
);
const DAMAGED: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "the journal was changed where no crash changes it; keep it as it is, verify it, and go on under a new origin",
);
const GAP: JournalError = JournalError::new(
    JournalErrorKind::Behind,
    "entries that were put in the second place are missing; name it again",
);
