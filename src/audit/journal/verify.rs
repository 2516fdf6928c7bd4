//! Whether anybody has changed a journal, in one pass and without its secrets.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use std::path::{Path, PathBuf};

use super::entry::{Note, NoteKind, is_note, may_be_at};
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::{DiskFolder, Folder};
use super::line::{Line, split_entry};
use super::recover::is_of;
use super::segment::{Lines, NextLine, parse_header, segment_name, segments};
use super::spill::{Spilled, read_elsewhere};
use super::tree::{Frontier, leaf_hash};
use super::{SignedCheckpoint, VerifierKey};
use crate::audit::rfc3339;
use crate::codec::Timestamp;

/// Verifies journals with nothing but a public key, and checkpoints that were held elsewhere.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{FaultReason, Journal, JournalKey, Origin, Verifier};
///
/// # let directory = tempfile::tempdir()?;
/// let folder = directory.path().join("journal");
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let public = key.verifier();
/// let journal = Journal::builder(&folder, key).create()?;
/// journal.heartbeat()?;
/// let anchored = journal.checkpoint();
/// journal.close()?;
///
/// let verifier = Verifier::new(public).trusts(anchored);
/// let report = verifier.verify(&folder)?;
/// assert_eq!((report.entries, report.intact, report.anchored), (3, 3, 2));
/// assert!(report.fault.is_none());
///
/// // Somebody moves the heartbeat.
/// let segment = folder.join("00000000000000000000.log");
/// let text = std::fs::read_to_string(&segment)?;
/// std::fs::write(&segment, text.replacen(r#""journal":"heartbeat","time":"2"#, r#""journal":"heartbeat","time":"1"#, 1))?;
/// let fault = verifier.verify(&folder)?.fault.ok_or("unseen")?;
/// assert_eq!((fault.index, fault.reason), (1, FaultReason::Changed));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Verifier {
    key: VerifierKey,
    trusted: Vec<SignedCheckpoint>,
    second: Option<PathBuf>,
    heartbeat_every: Duration,
}

/// What [`Verifier::verify`] found.
#[non_exhaustive]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many entries it read: up to the fault, if there is one, or all.
    pub entries: u64,
    /// The first so many entries are what was signed.
    pub intact: u64,
    /// The first so many are what a trusted checkpoint names: not even whoever holds the signing key
    /// has changed them since.
    pub anchored: u64,
    /// How many entries after those are whole but under no checkpoint: what was written in the last
    /// second, or before a crash. Whoever may write to the folder could have made or changed them.
    pub unsigned: u64,
    /// How many bytes at the end are half a line, as a crash leaves it.
    pub torn_bytes: u64,
    /// The first thing that is wrong.
    pub fault: Option<Fault>,
    /// When the journal said nothing for longer than it should, the first hundred.
    pub silences: Vec<Silence>,
}

/// Something in a journal that is not as it was written.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first entry that is wrong or missing; all before it are intact.
    pub index: u64,
    /// If a range has to do: the first entry behind it. A checkpoint covers several entries, and
    /// whoever changed one of them consistently leaves no trace of which one.
    pub until: Option<u64>,
    /// What is wrong.
    pub reason: FaultReason,
}

/// What is wrong with a journal.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum FaultReason {
    /// An entry is not what its own hash says.
    Changed,
    /// Entries are not what the next checkpoint covers: changed, inserted, deleted or reordered.
    NotAsSigned,
    /// A line is none of a journal's, or stands where it may not.
    BadLine,
    /// A checkpoint was not signed with this key.
    BadSignature,
    /// A segment is missing, or is not the one that its name says.
    BadSegment,
    /// It belongs to another origin, or was spliced from one.
    OtherOrigin,
    /// A trusted checkpoint names more entries than there are: the end was cut off. Whether those that
    /// are left are of the same history, a smaller trusted checkpoint tells.
    Truncated,
    /// A trusted checkpoint names another history: rewritten by somebody with the signing key, or
    /// forked.
    Diverged,
}

impl FaultReason {
    /// A stable code: `changed`, `not-as-signed`, `bad-line`, `bad-signature`, `bad-segment`,
    /// `other-origin`, `truncated` or `diverged`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::NotAsSigned => "not-as-signed",
            Self::BadLine => "bad-line",
            Self::BadSignature => "bad-signature",
            Self::BadSegment => "bad-segment",
            Self::OtherOrigin => "other-origin",
            Self::Truncated => "truncated",
            Self::Diverged => "diverged",
        }
    }
}

/// A time without heartbeats, while the journal was open.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// The last note before it.
    pub after: u64,
    /// How long, by the journal's own clock.
    pub duration: Duration,
}

impl Verifier {
    /// Verifies what was signed with the key that this one belongs to.
    pub const fn new(key: VerifierKey) -> Self {
        Self {
            key,
            trusted: Vec::new(),
            second: None,
            heartbeat_every: Duration::from_secs(60),
        }
    }

    /// A checkpoint that was held where a writer of the journal could not change it. Older ones show
    /// where histories part; the newest one shows what is missing at the end.
    #[must_use]
    pub fn trusts(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.trusted.push(checkpoint);
        self
    }

    /// The journal's second place, if it has one.
    #[must_use]
    pub fn second_place(mut self, path: impl AsRef<Path>) -> Self {
        self.second = Some(path.as_ref().to_path_buf());
        self
    }

    /// How often the journal records that it is alive; every minute unless stated. More than twice
    /// that without is a [`Silence`].
    #[must_use]
    pub const fn heartbeat_every(mut self, interval: Duration) -> Self {
        self.heartbeat_every = interval;
        self
    }

    /// Reads the whole journal once, and says what it found. It may be open for writing meanwhile.
    ///
    /// # Errors
    ///
    /// [`JournalErrorKind::NotFound`], [`JournalErrorKind::Permissions`] or
    /// [`JournalErrorKind::Io`]; what is wrong with the journal itself is in the report.
    pub fn verify(&self, path: impl AsRef<Path>) -> Result<Report, JournalError> {
        let folder = DiskFolder(path.as_ref().to_path_buf());
        self.verify_in(Box::new(folder))
    }

    pub(super) fn verify_in(&self, folder: Box<dyn Folder>) -> Result<Report, JournalError> {
        let mut trusted: Vec<_> = self.trusted.iter().collect();
        trusted.sort_by_key(|signed| signed.checkpoint().size());
        let mut pass = Pass {
            verifier: self,
            folder,
            spilled: Spilled::default(),
            trusted: trusted.into_iter().peekable(),
            tree: Frontier::new(),
            stored: 0,
            pending: None,
            last_note: None,
            report: Report::default(),
        };
        match pass.run() {
            Ok(()) => {}
            Err(Stop::Fault(fault)) => pass.fault(fault),
            Err(Stop::Error(error)) => return Err(error),
        }
        Ok(pass.report)
    }
}

/// Why a pass ended early.
enum Stop {
    Fault(Fault),
    Error(JournalError),
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Error(of_io(error))
    }
}

/// One pass over a journal.
struct Pass<'a> {
    verifier: &'a Verifier,
    folder: Box<dyn Folder>,
    spilled: Spilled,
    trusted: core::iter::Peekable<alloc::vec::IntoIter<&'a SignedCheckpoint>>,
    /// Of the hashes that the lines claim.
    tree: Frontier,
    /// How many entries the last checkpoint covers that stands in a segment.
    stored: u64,
    /// The first entry that is not what its line claims; whether the others are right says the next
    /// checkpoint.
    pending: Option<u64>,
    /// The index and time of the last note, unless the journal was closed since.
    last_note: Option<(u64, Timestamp)>,
    report: Report,
}

impl Pass<'_> {
    fn run(&mut self) -> Result<(), Stop> {
        let names = self.folder.names()?;
        let firsts = segments(&names);
        let last = *firsts.last().ok_or(Stop::Error(NOT_FOUND))?;
        self.check_trusted_origin()?;
        self.check_trusted()?;
        let second = self.verifier.second.clone().map(DiskFolder);
        let second = second.as_ref().map(|folder| folder as &dyn Folder);
        self.spilled = read_elsewhere(&*self.folder, second, self.verifier.key.origin())?;
        for first in firsts {
            self.read_segment(first, first == last)?;
        }
        self.read_elsewhere()?;
        if let Some(index) = self.pending {
            // Nobody signed those before it.
            return Err(self.range_to(index + 1, FaultReason::Changed));
        }
        if let Some(signed) = self.trusted.next() {
            let size = signed.checkpoint().size();
            return Err(self.range_to(size, FaultReason::Truncated));
        }
        if self.tree.is_empty() {
            // A journal appears with its first entry.
            return Err(self.range(FaultReason::BadSegment));
        }
        self.report.entries = self.tree.len();
        self.report.unsigned = self.report.entries - self.report.intact;
        Ok(())
    }

    fn check_trusted_origin(&mut self) -> Result<(), Stop> {
        let origin = self.verifier.key.origin();
        let mut trusted = self.verifier.trusted.iter();
        match trusted.all(|signed| signed.checkpoint().origin() == origin) {
            true => Ok(()),
            false => Err(Stop::Error(OTHER_ORIGIN)),
        }
    }

    fn read_segment(&mut self, first: u64, is_last: bool) -> Result<(), Stop> {
        if first != self.tree.len() {
            return Err(self.range(FaultReason::BadSegment));
        }
        let mut lines = Lines::new(self.folder.read(&segment_name(first))?);
        self.check_header(&mut lines, first)?;
        let mut good = lines.offset();
        let mut number = 0_u64;
        loop {
            let line = match lines.next()? {
                NextLine::Whole(line) => line,
                NextLine::End => break,
                NextLine::Torn if is_last => {
                    self.report.torn_bytes = lines.offset() - good;
                    break;
                }
                NextLine::Torn => return Err(self.range(FaultReason::BadLine)),
            };
            number += 1;
            // All segments but the first begin with the checkpoint and the frontier of those before.
            match (line.first(), number) {
                (Some(b'='), 1) if first > 0 => self.check_checkpoint(line, first)?,
                (Some(b'^'), 2) if first > 0 => self.check_frontier(line)?,
                (_, 1 | 2) if first > 0 => return Err(self.range(FaultReason::BadLine)),
                (Some(b'+'), _) if is_last && self.is_void(line)? => {
                    self.check_void(&mut lines)?;
                    break;
                }
                (Some(b'+'), _) => self.check_entry(line)?,
                (Some(b'='), _) => self.check_checkpoint(line, self.stored + 1)?,
                _ => return Err(self.range(FaultReason::BadLine)),
            }
            good = lines.offset();
        }
        match first == 0 || number >= 2 {
            true => Ok(()),
            false => Err(self.range(FaultReason::BadSegment)),
        }
    }

    /// Whether an entry stood in a write that failed, and another one was acknowledged.
    fn is_void(&mut self, line: &[u8]) -> Result<bool, Stop> {
        let Some((hash, entry)) = split_entry(line) else {
            return Ok(false);
        };
        let is_other = self.spilled.contradicts(self.tree.len(), &hash, entry)?;
        // Garbage is none that was written.
        Ok(is_other && leaf_hash(entry) == hash)
    }

    /// Checks that what follows a void entry is void: a write that failed was not signed.
    fn check_void(&self, lines: &mut Lines) -> Result<(), Stop> {
        loop {
            match lines.next()? {
                NextLine::Whole(line) if line.first() == Some(&b'=') => {
                    return Err(self.range(FaultReason::BadLine));
                }
                NextLine::Whole(_) => {}
                NextLine::Torn | NextLine::End => return Ok(()),
            }
        }
    }

    fn check_header(&self, lines: &mut Lines, first: u64) -> Result<(), Stop> {
        let header = match lines.next()? {
            NextLine::Whole(line) => parse_header(line),
            NextLine::End | NextLine::Torn => None,
        };
        match header {
            Some((origin, _)) if origin != self.verifier.key.origin().as_str() => {
                Err(self.range(FaultReason::OtherOrigin))
            }
            Some((_, named)) if named == first => Ok(()),
            _ => Err(self.range(FaultReason::BadSegment)),
        }
    }

    fn check_entry(&mut self, line: &[u8]) -> Result<(), Stop> {
        let Some((claimed, entry)) = split_entry(line) else {
            return Err(self.range(FaultReason::BadLine));
        };
        let index = self.tree.len();
        if leaf_hash(entry) != claimed && self.pending.is_none() {
            self.pending = Some(index);
        }
        if self.pending.is_none() && !may_be_at(entry, index, self.verifier.key.origin()) {
            return Err(self.range(FaultReason::OtherOrigin));
        }
        if is_note(entry) {
            self.read_note(index, entry);
        }
        self.tree.push(claimed);
        self.check_trusted()
    }

    /// Reads what the journal says of itself.
    fn read_note(&mut self, index: u64, entry: &[u8]) {
        let Ok(note) = serde_json::from_slice::<Note>(entry) else {
            return;
        };
        let time = rfc3339::parse(note.time());
        if let (Some((after, last)), Some(time)) = (&self.last_note, &time)
            && let Some(duration) = between(*last, *time)
            && duration > self.verifier.heartbeat_every * 2
            && self.report.silences.len() < MOST_SILENCES
            && !matches!(note.kind(), NoteKind::Open { clean: true, .. })
        {
            let after = *after;
            self.report.silences.push(Silence { after, duration });
        }
        self.last_note = match note.kind() {
            NoteKind::Close => None,
            _ => time.map(|time| (index, time)),
        };
    }

    /// Checks the line of a checkpoint that covers at least so many entries.
    fn check_checkpoint(&mut self, line: &[u8], least: u64) -> Result<(), Stop> {
        let Some(Line::Checkpoint(text)) = Line::parse(line) else {
            return Err(self.range(FaultReason::BadLine));
        };
        let Ok(signed) = SignedCheckpoint::verify(&text, &self.verifier.key) else {
            return Err(self.range(FaultReason::BadSignature));
        };
        if !is_of(&signed, &self.tree) {
            return Err(self.range(FaultReason::NotAsSigned));
        }
        // All others are right, because the signed root is made of what they claim.
        if let Some(index) = self.pending {
            return Err(stop(index, None, FaultReason::Changed));
        }
        self.report.intact = self.tree.len();
        if self.tree.len() < least {
            return Err(self.range(FaultReason::BadLine));
        }
        self.stored = self.tree.len();
        Ok(())
    }

    fn check_frontier(&mut self, line: &[u8]) -> Result<(), Stop> {
        let frontier = match Line::parse(line) {
            Some(Line::Frontier(subtrees)) => Frontier::from_subtrees(self.tree.len(), subtrees),
            _ => None,
        };
        match frontier {
            Some(frontier) if frontier == self.tree => Ok(()),
            _ => Err(self.range(FaultReason::BadLine)),
        }
    }

    /// Compares the tree with the trusted checkpoints of its size.
    fn check_trusted(&mut self) -> Result<(), Stop> {
        let len = self.tree.len();
        let mut is_anchored = false;
        while let Some(signed) = self
            .trusted
            .next_if(|signed| signed.checkpoint().size() == len)
        {
            if *signed.checkpoint().root() != self.tree.root() {
                // Checkpoints in the journal prove nothing now: whoever wrote it has the key.
                self.report.intact = self.report.anchored;
                return Err(self.range(FaultReason::Diverged));
            }
            is_anchored = true;
        }
        if is_anchored {
            if let Some(index) = self.pending {
                return Err(stop(index, None, FaultReason::Changed));
            }
            self.report.anchored = len;
            self.report.intact = len;
        }
        Ok(())
    }

    /// Reads what is in the reserve and in the second place.
    fn read_elsewhere(&mut self) -> Result<(), Stop> {
        let len = |pass: &Self| pass.tree.len();
        while let Some((_, entry)) = self.spilled.next(len(self))? {
            if entry.index > len(self) {
                return Err(self.range(FaultReason::BadSegment));
            }
            if !may_be_at(entry.entry(), entry.index, self.verifier.key.origin()) {
                return Err(self.range(FaultReason::OtherOrigin));
            }
            self.tree.push(entry.hash);
            self.check_trusted()?;
        }
        Ok(())
    }

    /// Something is wrong behind the last checkpoint that is right.
    fn range(&self, reason: FaultReason) -> Stop {
        self.range_to(self.tree.len(), reason)
    }

    /// The same, before the entry `until`.
    fn range_to(&self, until: u64, reason: FaultReason) -> Stop {
        let until = (until > self.report.intact + 1).then_some(until);
        stop(self.report.intact, until, reason)
    }

    fn fault(&mut self, fault: Fault) {
        self.report.fault = Some(fault);
        self.report.entries = self.tree.len();
        self.report.intact = fault.index;
        self.report.anchored = self.report.anchored.min(fault.index);
    }
}

/// The time from one instant to a later one.
fn between(earlier: Timestamp, later: Timestamp) -> Option<Duration> {
    let nanos = |instant: Timestamp| {
        i128::from(instant.seconds()) * 1_000_000_000 + i128::from(instant.nanos())
    };
    let nanos = u128::try_from(nanos(later) - nanos(earlier)).ok()?;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(seconds, (nanos % 1_000_000_000) as u32))
}

const fn stop(index: u64, until: Option<u64>, reason: FaultReason) -> Stop {
    Stop::Fault(Fault {
        index,
        until,
        reason,
    })
}

const MOST_SILENCES: usize = 100;

const NOT_FOUND: JournalError = JournalError::new(
    JournalErrorKind::NotFound,
    "there is no journal in this folder; check the path",
);
const OTHER_ORIGIN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "a trusted checkpoint is of another origin than the key",
);
