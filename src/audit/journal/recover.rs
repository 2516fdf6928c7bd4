//! Making a journal, and going on with one, whatever a crash has left.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::entry::{Note, NoteKind, may_be_at};
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::Folder;
use super::line::{Line, write_entry};
use super::log::{Log, Now, Segment};
use super::segment::{Lines, NextLine, beginning, open_segment, segment_name, segments};
use super::settings::Settings;
use super::spill::{Spill, Spilled};
use super::torn;
use super::tree::{Frontier, Hash};
use super::{Checkpoint, JournalKey, Origin, SignedCheckpoint, VerifierKey};

/// What a journal is made of, and how it is kept.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) folder: Box<dyn Folder>,
    pub(super) second: Option<Box<dyn Folder>>,
    pub(super) key: JournalKey,
    pub(super) settings: Settings,
}

/// Whether the folder holds a journal.
pub(super) fn is_begun(folder: &dyn Folder) -> Result<bool, JournalError> {
    let names = folder.names().map_err(of_io)?;
    Ok(!segments(&names).is_empty())
}

/// Makes a journal whose first entry is `begin`.
pub(super) fn create(place: Place, begin: &Note, now: Now) -> Result<Log, JournalError> {
    let Place {
        folder,
        second,
        key,
        settings,
    } = place;
    if is_begun(&*folder)? {
        return Err(ALREADY_EXISTS);
    }
    let origin = key.origin().clone();
    let mut spill = Spill::open(&origin, &*folder, second)?;
    spill.ensure_reserve(&*folder, settings.reserve_bytes);
    let mut tree = Frontier::new();
    let mut bytes = beginning(&origin, &tree, None);
    tree.push(write_entry(&mut bytes, &begin.to_json()));
    let mut segment = Segment::create(&*folder, 0, &bytes, now.monotonic).map_err(of_io)?;
    segment.make_fit(&*folder).map_err(of_io)?;
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

/// Goes on with a journal, keeping everything that was acknowledged; says what was not clean. Changes
/// nothing before it is certain that it does not refuse it.
pub(super) fn open(
    place: Place,
    trusted: &[SignedCheckpoint],
    now: Now,
) -> Result<(Log, NoteKind), JournalError> {
    let Place {
        folder,
        second,
        key,
        settings,
    } = place;
    let names = folder.names().map_err(of_io)?;
    let first = *segments(&names).last().ok_or(NOT_FOUND)?;
    let verifier = key.verifier();
    let origin = key.origin().clone();
    let name = segment_name(first);
    // Whose journal it is comes before what is wrong with it.
    drop(open_segment(folder.read(&name), &origin, first)?);
    let mut spill = Spill::open(&origin, &*folder, second)?;
    let spilled = spill.read(&*folder).map_err(of_io)?;
    let mut end = SegmentEnd::read(&*folder, &verifier, first, spilled)?;
    let is_signed = |line: &[u8]| match Line::parse(line) {
        Some(Line::Checkpoint(note)) => SignedCheckpoint::verify(&note, &verifier).is_ok(),
        _ => false,
    };
    let torn = torn::len(&*folder, &name, end.good, is_signed).map_err(of_io)?;
    // What a checkpoint covers was on the disk, so no crash has taken it.
    let torn = torn.ok_or(DAMAGED.at(end.tree.len()))?;
    let in_segments = end.tree.clone();
    for signed in trusted {
        check_trusted(signed, &verifier, &in_segments, &*folder)?;
    }
    end.take_spilled(&mut spill, &origin, trusted)?;
    spill.resumed(&end.spilled, first)?;
    for signed in trusted {
        if signed.checkpoint().size() > end.tree.len() {
            return Err(BEHIND.at(end.tree.len()));
        }
    }

    let dropped = torn::keep(&*folder, &name, end.good, torn).map_err(of_io)?;
    let mut file = folder.open(&name).map_err(of_io)?;
    if torn > 0 {
        file.truncate(end.good).map_err(of_io)?;
    }
    // What a killed process had written may not be on the disk, and is about to be signed.
    file.sync().map_err(of_io)?;
    spill.ensure_reserve(&*folder, settings.reserve_bytes);
    let segment = Segment {
        file,
        first,
        synced: end.good,
        unsynced: Vec::new(),
        unsynced_since: now.monotonic,
        in_doubt: false,
        is_unnamed: false,
        began: now.monotonic,
    };
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
    let clean = end.is_closed && dropped.is_none() && end.stored == in_segments.len();
    Ok((
        log,
        NoteKind::Open {
            clean,
            dropped,
            unasked: Vec::new(),
        },
    ))
}

/// Whether segments of this tree are of the journal that a checkpoint names, as far as it is of them.
fn check_trusted(
    signed: &SignedCheckpoint,
    key: &VerifierKey,
    tree: &Frontier,
    folder: &dyn Folder,
) -> Result<(), JournalError> {
    let checkpoint = signed.checkpoint();
    let size = checkpoint.size();
    if checkpoint.origin() != key.origin() {
        return Err(OTHER_ORIGIN);
    }
    let root = match size {
        // What is elsewhere is compared when it is taken over.
        _ if size > tree.len() => return Ok(()),
        _ if size == tree.len() => tree.root(),
        _ => root_at(folder, key, size)?,
    };
    match root == *checkpoint.root() {
        true => Ok(()),
        false => Err(DIVERGED),
    }
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
}

impl SegmentEnd {
    fn read(
        folder: &dyn Folder,
        key: &VerifierKey,
        first: u64,
        spilled: Spilled,
    ) -> Result<Self, JournalError> {
        let mut lines = open_segment(folder.read(&segment_name(first)), key.origin(), first)?;
        let mut end = Self {
            tree: read_frontier(&mut lines, key, first)?,
            good: lines.offset(),
            stored: first,
            is_closed: false,
            spilled,
        };
        loop {
            let line = match lines.next().map_err(of_io)? {
                NextLine::Whole(line) => Line::parse(line),
                NextLine::End | NextLine::Torn => None,
            };
            match line {
                Some(Line::Entry { hash, entry }) => {
                    let is_closed = is_close(entry);
                    if !may_be_at(entry, end.tree.len(), key.origin()) {
                        return Err(NO_BEGIN.at(end.tree.len()));
                    }
                    let index = end.tree.len();
                    let is_void = end.spilled.contradicts(index, &hash, entry);
                    if is_void.map_err(of_io)? {
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
                // A journal appears with its first entry.
                _ if end.tree.is_empty() => return Err(NO_BEGIN.at(0)),
                Some(Line::Frontier(_)) | None => return Ok(end),
            }
            end.good = lines.offset();
        }
    }

    /// Adds the entries that were put elsewhere.
    fn take_spilled(
        &mut self,
        spill: &mut Spill,
        origin: &Origin,
        trusted: &[SignedCheckpoint],
    ) -> Result<(), JournalError> {
        while let Some((source, entry)) = self.spilled.next(self.tree.len()).map_err(of_io)? {
            if entry.index > self.tree.len() {
                return Err(GAP.at(self.tree.len()));
            }
            if !may_be_at(entry.entry(), entry.index, origin) {
                return Err(NO_BEGIN.at(entry.index));
            }
            self.tree.push(entry.hash);
            self.is_closed = false;
            spill.resume(source, entry.end);
            for signed in trusted {
                let checkpoint = signed.checkpoint();
                let is_other = || *checkpoint.root() != self.tree.root();
                if checkpoint.size() == self.tree.len() && is_other() {
                    return Err(DIVERGED);
                }
            }
        }
        Ok(())
    }
}

fn is_close(entry: &[u8]) -> bool {
    let note = || serde_json::from_slice::<Note>(entry).ok();
    entry.starts_with(br#"{"v":1,"journal""#)
        && note().is_some_and(|note| *note.kind() == NoteKind::Close)
}

const OTHER_ORIGIN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "the trusted checkpoint is of another origin",
);
pub(super) const BEHIND: JournalError = JournalError::new(
    JournalErrorKind::Behind,
    "the journal lacks entries that a trusted checkpoint names; it was cut short or restored from a \
     backup: keep it, and go on under a new origin",
);
const DIVERGED: JournalError = JournalError::new(
    JournalErrorKind::Diverged,
    "the journal holds another history than a trusted checkpoint names; keep it, and go on under a \
     new origin",
);
const NO_BEGIN: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "the journal does not begin with the entry that names its origin, or has another such entry; keep it \
     as it is, verify it, and go on under a new origin",
);
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
