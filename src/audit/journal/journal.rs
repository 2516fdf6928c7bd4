//! The sink: what applications hold.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::builder::{JournalBuilder, Lock};
use super::commit::Queue;
use super::entry::{Note, NoteKind};
use super::keeper::Keeper;
use super::line::LONGEST_ENTRY;
use super::log::{Incoming, Log, Now};
use super::{Anchor, AnchorError, JournalKey, SignedCheckpoint};
use crate::access::Purpose;
use crate::audit::record::EventRecord;
use crate::audit::{AuditError, AuditSink, Event, RecordSink, Repeats};
use crate::clock::Clock;

/// The audit log as a Merkle tree in append-only files, with signed checkpoints.
///
/// What it guarantees, and what it does not, says `docs/journal.md`. In short:
///
/// - An event is recorded when the disk has it ([`Durability::Synced`](crate::audit::Durability)),
///   or the operating system ([`Written`](crate::audit::Durability::Written)). Threads that record
///   at the same time share one write and one synchronisation.
/// - Nothing that was written can be changed, taken out, put in or reordered without
///   [`Verifier`](super::Verifier) telling, except by whoever holds the signing key; and by them only
///   what no [anchor](super::Anchor) has seen yet.
/// - One writer: the folder is locked for as long as this lives.
/// - Failures that repeat within a minute are counted: the first is written, then each time their
///   number has doubled, then the last. So a flood of bad envelopes does not fill the disk.
/// - A full disk: events of emergencies go into a reserve, others into a second place if there is
///   one; else recording fails, and with it whatever was to be released. Nothing is released
///   unrecorded.
///
/// **A journal is PHI**: it names patients.
///
/// Recording blocks the caller on the file system, and with `Synced` on the disk.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Entries, Journal, JournalKey, Origin};
///
/// # let directory = tempfile::tempdir()?;
/// let folder = directory.path().join("journal");
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let verifier = key.verifier();
///
/// let journal = Journal::builder(&folder, key).create()?;
/// // Give it to a vault: Vault::builder(keyring, policy, journal).
/// assert_eq!(journal.checkpoint().checkpoint().size(), 1, "it begins with a note of its own");
/// journal.close()?;
///
/// let entries: Result<Vec<_>, _> = Entries::open(&folder, &verifier)?.collect();
/// assert_eq!(entries?.len(), 2, "begin and close");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Journal {
    shared: Arc<Shared>,
    keepers: Vec<Keeper>,
    is_closed: bool,
}

/// What the journal's threads share.
pub(super) struct Shared {
    queue: Queue,
    log: Mutex<Log>,
    clock: Box<dyn Clock>,
    /// Locked for as long as the journal is open.
    _lock: Lock,
    last_heartbeat: Mutex<core::time::Duration>,
    repeats: Repeats,
    anchors: Vec<Box<dyn Anchor>>,
    anchored: Mutex<Anchorings>,
    /// Held while checkpoints are sent.
    anchoring: Mutex<()>,
}

/// What was sent to the anchors.
#[derive(Default)]
struct Anchorings {
    /// How many entries each anchor has the checkpoint of, by its place among them: two may go by one
    /// name.
    sizes: BTreeMap<usize, u64>,
    error: Option<AnchorError>,
}

/// What [`Journal::status`] tells.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalStatus {
    /// How many entries it holds.
    pub entries: u64,
    /// How many of them the newest checkpoint covers: all that are on the disk.
    pub signed: u64,
    /// How many of them are in the reserve or the second place, because the disk is full.
    pub elsewhere: u64,
    /// How many bytes the reserve for emergencies has left.
    pub reserve_left: u64,
    /// How many entries an anchor has the checkpoint of.
    pub anchored: u64,
    /// Why an anchor did not take the newest checkpoint when it was last sent.
    pub anchor_error: Option<AnchorError>,
}

impl Journal {
    /// Describes a journal in the folder at `path`, signed with `key`, for
    /// [`create`](JournalBuilder::create) or [`open`](JournalBuilder::open).
    pub fn builder(path: impl AsRef<std::path::Path>, key: JournalKey) -> JournalBuilder {
        JournalBuilder::new(path.as_ref(), key)
    }

    pub(super) fn start(
        log: Log,
        clock: Box<dyn Clock>,
        lock: Lock,
        anchors: Vec<Box<dyn Anchor>>,
        is_tended: bool,
    ) -> std::io::Result<Self> {
        let last_heartbeat = Mutex::new(clock.monotonic());
        let tick = log.settings.sync_within.min(log.settings.checkpoint_every) / 4;
        let tick = tick.max(core::time::Duration::from_millis(5));
        let anchor_every = log.settings.anchor_every;
        let repeats = Repeats::new(log.settings.repeat_window);
        let shared = Arc::new(Shared {
            queue: Queue::default(),
            log: Mutex::new(log),
            clock,
            _lock: lock,
            last_heartbeat,
            repeats,
            anchors,
            anchored: Mutex::default(),
            anchoring: Mutex::default(),
        });
        let mut keepers = Vec::new();
        if is_tended {
            let tended = Arc::clone(&shared);
            keepers.push(Keeper::start("phi-seal journal", tick, move || {
                tended.tend()
            })?);
        }
        if is_tended && !shared.anchors.is_empty() {
            // Of its own, because an anchor may be far away.
            let tended = Arc::clone(&shared);
            let anchor = move || {
                let _ = tended.anchor();
            };
            keepers.push(Keeper::start("phi-seal anchor", anchor_every, anchor)?);
        }
        Ok(Self {
            shared,
            keepers,
            is_closed: false,
        })
    }

    /// The newest signed checkpoint: of everything that is on the disk.
    pub fn checkpoint(&self) -> SignedCheckpoint {
        self.shared.log().signed.clone()
    }

    /// How it is.
    pub fn status(&self) -> JournalStatus {
        let anchored = self.shared.anchored();
        let (sizes, anchor_error) = (anchored.sizes.values(), anchored.error);
        let anchored_size = sizes.copied().max().unwrap_or(0);
        drop(anchored);
        let log = self.shared.log();
        JournalStatus {
            entries: log.tree.len(),
            signed: log.signed.checkpoint().size(),
            elsewhere: log.spill.count,
            reserve_left: log.spill.reserve_left(),
            anchored: anchored_size,
            anchor_error,
        }
    }

    /// Records that the journal is alive, now. Happens by itself as often as
    /// [`heartbeat_every`](JournalBuilder::heartbeat_every) says.
    ///
    /// # Errors
    ///
    /// As [`record`](AuditSink::record).
    pub fn heartbeat(&self) -> Result<(), AuditError> {
        self.shared.heartbeat()
    }

    /// Does what is due by the clock: writes heartbeats and checkpoints, synchronises, returns what
    /// a full disk had sent elsewhere. A thread of the journal's own calls it several times a
    /// second, unless it was [told not to](JournalBuilder::tended_by_hand).
    pub fn tend(&self) {
        self.shared.tend();
    }

    /// Sends the newest checkpoint to each anchor that does not have it, and returns how many entries it
    /// is of. Happens by itself as often as [`anchor_every`](JournalBuilder::anchor_every) says, and when
    /// the journal is closed.
    ///
    /// # Errors
    ///
    /// Of the first anchor that did not take it; the others were asked too.
    pub fn anchor(&self) -> Result<u64, AnchorError> {
        self.shared.anchor()
    }

    /// Closes the journal: everything is on the disk and under a checkpoint, and the next writer
    /// knows that nothing is missing. Dropping it does the same, without an answer.
    ///
    /// # Errors
    ///
    /// When the disk did not take it. What was recorded before stays recorded.
    pub fn close(mut self) -> Result<(), AuditError> {
        self.finish()
    }

    fn finish(&mut self) -> Result<(), AuditError> {
        self.keepers.clear();
        self.is_closed = true;
        // Each of these is tried, whatever became of the others.
        let told = self.shared.tell_counts(None);
        let noted = self.shared.note(NoteKind::Close, false);
        let now = self.shared.now();
        let settled = match self.shared.writer() {
            Some(mut log) => log.settle(now).map_err(|_| NOT_SETTLED),
            None => Err(ENDED),
        };
        // An anchor that is out of reach is no reason to stay open.
        let _ = self.shared.anchor();
        settled.and(noted).and(told)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if !self.is_closed {
            let _ = self.finish();
        }
    }
}

impl AuditSink for Journal {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        self.shared.record(event.to_record())
    }
}

impl RecordSink for Journal {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        self.shared.append(event)
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

impl Shared {
    fn record(&self, event: EventRecord) -> Result<(), AuditError> {
        let now = self.clock.monotonic();
        self.repeats.record(event, now, |event| self.append(event))
    }

    /// Writes the counts of failures that repeated earlier ones, up to now or all.
    fn tell_counts(&self, now: Option<core::time::Duration>) -> Result<(), AuditError> {
        self.repeats.tell_counts(now, |event| self.append(event))
    }

    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        let purpose = Purpose::from_code(&event.purpose);
        let is_emergency = matches!(
            purpose,
            Some(Purpose::EmergencyTreatment | Purpose::BreakGlass)
        );
        self.add(&event.to_json(), is_emergency)
    }

    fn note(&self, kind: NoteKind, is_emergency: bool) -> Result<(), AuditError> {
        self.add(&Note::new(kind, self.clock.wall()).to_json(), is_emergency)
    }

    fn add(&self, entry: &[u8], is_emergency: bool) -> Result<(), AuditError> {
        if entry.len() > LONGEST_ENTRY || entry.contains(&b'\n') {
            return Err(NO_ENTRY);
        }
        let incoming = Incoming::new(entry, is_emergency);
        self.queue.submit(incoming, |batch| match self.writer() {
            Some(mut log) => log.add(batch, self.now()),
            None => alloc::vec![Err(ENDED); batch.len()],
        })
    }

    pub(super) fn opened(&self, kind: NoteKind) -> Result<(), AuditError> {
        let has_dropped =
            matches!(&kind, NoteKind::Open { dropped: Some(dropped), .. } if dropped.kept);
        let entries = self.log().tree.len();
        // Also on a full disk somebody must be able to open it.
        self.note(kind, true)?;
        if has_dropped && let Some(mut log) = self.writer() {
            log.has_recorded_dropped(entries);
        }
        Ok(())
    }

    fn heartbeat(&self) -> Result<(), AuditError> {
        let anchored = self.anchored_by_name();
        self.note(NoteKind::Heartbeat { anchored }, false)?;
        *self
            .last_heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = self.clock.monotonic();
        Ok(())
    }

    /// Of anchors of one name, the smallest size.
    fn anchored_by_name(&self) -> BTreeMap<String, u64> {
        let anchored = self.anchored();
        let mut by_name = BTreeMap::new();
        for (place, size) in &anchored.sizes {
            let name = String::from(self.anchors[*place].name());
            let smallest = by_name.entry(name).or_insert(*size);
            *smallest = (*smallest).min(*size);
        }
        by_name
    }

    fn anchor(&self) -> Result<u64, AnchorError> {
        // One after another, so that no anchor is sent an older checkpoint after a newer one.
        let _turn = self
            .anchoring
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let signed = self.log().signed.clone();
        let size = signed.checkpoint().size();
        let mut result = Ok(size);
        for (place, anchor) in self.anchors.iter().enumerate() {
            let has_it = self.anchored().sizes.get(&place) == Some(&size);
            let published = if has_it {
                Ok(())
            } else {
                anchor.publish(&signed)
            };
            match published {
                Ok(()) => drop(self.anchored().sizes.insert(place, size)),
                Err(error) => result = result.and(Err(error)),
            }
        }
        self.anchored().error = result.err();
        result
    }

    fn anchored(&self) -> MutexGuard<'_, Anchorings> {
        self.anchored.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tend(&self) {
        let now = self.now();
        let last = *self
            .last_heartbeat
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(mut log) = self.writer() else {
            return;
        };
        let every = log.settings.heartbeat_every;
        if log.is_unsettled(now) {
            // It says itself what it could not do, by failing to record.
            let _ = log.settle(now);
        }
        drop(log);
        let _ = self.tell_counts(Some(now.monotonic));
        if now.monotonic.saturating_sub(last) >= every {
            let _ = self.heartbeat();
        }
    }

    fn now(&self) -> Now {
        Now {
            wall: self.clock.wall(),
            monotonic: self.clock.monotonic(),
        }
    }

    /// The log for writing; `None` if a write ended in a panic, because file and tree may differ then.
    fn writer(&self) -> Option<MutexGuard<'_, Log>> {
        self.log.lock().ok()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }
}

const NO_ENTRY: AuditError = AuditError::new(
    "the event is longer than an entry of the journal; act on fewer records at once",
);
const ENDED: AuditError =
    AuditError::new("an earlier write to the journal ended in a panic; open the journal anew");
const NOT_SETTLED: AuditError = AuditError::new(
    "the disk did not confirm the journal's end; check it, then open the journal anew",
);
