//! The log itself: adds entries, synchronises, signs, and goes on when the disk fails. One thread at
//! a time.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::time::Duration;
use std::io;
use std::time::SystemTime;

use super::entry::{Note, NoteKind};
use super::folder::{Folder, LogFile, append};
use super::line::{write_checkpoint, write_entry};
use super::segment::{beginning, segment_name};
use super::settings::Settings;
use super::spill::Spill;
use super::torn;
use super::tree::{Frontier, Hash};
use super::{Checkpoint, JournalKey, SignedCheckpoint};
use crate::audit::{AuditError, Durability};

/// An entry on its way into the log.
#[derive(Debug)]
pub(super) struct Incoming {
    line: Vec<u8>,
    hash: Hash,
    /// Whether it may take of the reserve.
    is_emergency: bool,
}

impl Incoming {
    /// `entry` has no newline and at most 65,535 bytes.
    pub(super) fn new(entry: &[u8], is_emergency: bool) -> Self {
        let mut line = Vec::new();
        let hash = write_entry(&mut line, entry);
        Self {
            line,
            hash,
            is_emergency,
        }
    }
}

/// The time by both clocks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    pub(super) wall: SystemTime,
    pub(super) monotonic: Duration,
}

/// The segments' end, and the tree of what they hold.
#[derive(Debug)]
pub(super) struct Log {
    pub(super) key: JournalKey,
    pub(super) folder: Box<dyn Folder>,
    pub(super) segment: Segment,
    /// Of all entries that were acknowledged: those of the segments, then those that are elsewhere.
    pub(super) tree: Frontier,
    /// The newest checkpoint.
    pub(super) signed: SignedCheckpoint,
    /// How many entries the newest checkpoint covers that stands in a segment.
    pub(super) stored: u64,
    /// When that was written.
    pub(super) stored_at: Duration,
    pub(super) spill: Spill,
    pub(super) settings: Settings,
}

impl Log {
    /// Adds entries, in order. Says of each whether it was recorded.
    pub(super) fn add(&mut self, batch: &[Incoming], now: Now) -> Vec<Result<(), AuditError>> {
        let results = match self.ready(now).and_then(|()| self.add_all(batch, now)) {
            Ok(()) => {
                self.count(batch);
                alloc::vec![Ok(()); batch.len()]
            }
            Err(_) => {
                // What goes elsewhere stands behind what is here, so that must be there after a power cut.
                let is_certain = self.segment.make_certain().is_ok();
                let add = |entry| match is_certain {
                    true => self.add_elsewhere(entry),
                    false => Err(NOT_RECORDED),
                };
                batch.iter().map(add).collect()
            }
        };
        self.sign();
        results
    }

    /// Waits until all that was acknowledged is on the disk, and writes its checkpoint.
    pub(super) fn settle(&mut self, now: Now) -> io::Result<()> {
        self.ready(now)?;
        self.segment.sync()?;
        self.sign();
        self.store_checkpoint(now)
    }

    fn store_checkpoint(&mut self, now: Now) -> io::Result<()> {
        if self.may_store_checkpoint() {
            let mut bytes = Vec::new();
            write_checkpoint(&mut bytes, self.signed.as_str());
            self.segment.append(bytes, true, now.monotonic)?;
            self.has_stored(now);
        }
        Ok(())
    }

    /// Takes note that what a crash had left torn behind so many entries is recorded.
    pub(super) fn has_recorded_dropped(&mut self, entries: u64) {
        // Not before a power cut can no longer take the record.
        if self.segment.sync().is_ok() {
            torn::has_recorded(&*self.folder, entries);
        }
    }

    /// Whether [`settle`](Log::settle) has something to do that must not wait for the next entry.
    pub(super) fn is_unsettled(&self, now: Now) -> bool {
        let since_stored = now.monotonic.saturating_sub(self.stored_at);
        self.segment.is_sync_due(&self.settings, now.monotonic)
            || self.segment.in_doubt
            || self.spill.is_open()
            || (self.tree.len() > self.stored && since_stored >= self.settings.checkpoint_every)
    }

    /// Adds all of them to the segment, or none.
    fn add_all(&mut self, batch: &[Incoming], now: Now) -> io::Result<()> {
        let lines = batch.iter().map(|entry| entry.line.len()).sum::<usize>();
        let mut bytes = Vec::with_capacity(lines + 1024);
        let unstored = self.tree.len() - self.stored;
        let since_stored = now.monotonic.saturating_sub(self.stored_at);
        let stores = self.may_store_checkpoint()
            && (unstored >= ENTRIES_A_CHECKPOINT || since_stored >= self.settings.checkpoint_every);
        if stores {
            write_checkpoint(&mut bytes, self.signed.as_str());
        }
        for entry in batch {
            bytes.extend_from_slice(&entry.line);
        }
        let syncs = match self.settings.durability {
            Durability::Synced => true,
            // The thread that does it in time has fallen behind, or there is none.
            Durability::Written => self.segment.is_sync_due(&self.settings, now.monotonic),
        };
        self.segment.append(bytes, syncs, now.monotonic)?;
        if stores {
            self.has_stored(now);
        }
        Ok(())
    }

    fn count(&mut self, batch: &[Incoming]) {
        for entry in batch {
            self.tree.push(entry.hash);
        }
    }

    /// Puts an entry elsewhere, or refuses it.
    fn add_elsewhere(&mut self, entry: &Incoming) -> Result<(), AuditError> {
        let index = self.tree.len();
        let put = self.spill.put(index, &entry.line, entry.is_emergency);
        put.map_err(|_| NOT_RECORDED)?;
        self.tree.push(entry.hash);
        Ok(())
    }

    /// Makes the segment fit to be written: certain of its end, with everything that was put
    /// elsewhere, and neither too long nor too old.
    fn ready(&mut self, now: Now) -> io::Result<()> {
        self.segment.make_fit(&*self.folder)?;
        if self.spill.is_open() {
            self.return_spilled(now)?;
        }
        let is_long = self.segment.len() >= self.settings.segment_bytes;
        let age = now.monotonic.saturating_sub(self.segment.began);
        let is_due = is_long || age >= self.settings.segment_age;
        if is_due && self.tree.len() > self.segment.first && self.rotate(now).is_err() {
            // If there is no room for another segment, this one goes on.
            self.segment.make_fit(&*self.folder)?;
        }
        Ok(())
    }

    /// Moves what was put elsewhere into the segment, and notes that nothing counts there any more.
    fn return_spilled(&mut self, now: Now) -> io::Result<()> {
        let count = self.spill.count;
        let first = self.tree.len() - count;
        let mut spilled = self.spill.read(&*self.folder)?;
        let (mut bytes, mut moved) = (Vec::new(), 0);
        while moved < self.spill.count {
            let index = self.tree.len() - self.spill.count + moved;
            let entry = spilled
                .next(index)?
                .filter(|(_, entry)| entry.index == index);
            let (_, entry) = entry.ok_or(io::ErrorKind::UnexpectedEof)?;
            bytes.extend_from_slice(&entry.line);
            moved += 1;
            if bytes.len() >= PIECE {
                self.segment
                    .append(core::mem::take(&mut bytes), true, now.monotonic)?;
                self.spill.count -= moved;
                moved = 0;
            }
        }
        let note = NoteKind::Spilled {
            first,
            count,
            attempt: self.spill.attempt,
        };
        let note = Incoming::new(&Note::new(note, now.wall).to_json(), false);
        bytes.extend_from_slice(&note.line);
        self.segment.append(bytes, true, now.monotonic)?;
        self.tree.push(note.hash);
        self.spill.settle();
        Ok(())
    }

    /// Begins another segment.
    fn rotate(&mut self, now: Now) -> io::Result<()> {
        self.segment.sync()?;
        self.sign();
        self.store_checkpoint(now)?;
        let bytes = beginning(self.key.origin(), &self.tree, Some(&self.signed));
        self.segment = Segment::create(&*self.folder, self.tree.len(), &bytes, now.monotonic)?;
        self.segment.make_fit(&*self.folder)?;
        self.spill
            .ensure_reserve(&*self.folder, self.settings.reserve_bytes);
        Ok(())
    }

    /// Signs the tree, if all of it is on the disk: never two histories, whatever a power loss
    /// takes.
    pub(super) fn sign(&mut self) {
        if self.segment.unsynced.is_empty() && self.tree.len() > self.signed.checkpoint().size() {
            let origin = self.key.origin().clone();
            let checkpoint = Checkpoint::new(origin, self.tree.len(), self.tree.root());
            self.signed = self.key.sign(&checkpoint);
        }
    }

    /// Whether the newest checkpoint is of exactly what the segments hold, and does not stand there
    /// yet.
    fn may_store_checkpoint(&self) -> bool {
        let size = self.signed.checkpoint().size();
        size == self.tree.len() && size > self.stored && !self.spill.is_open()
    }

    const fn has_stored(&mut self, now: Now) {
        self.stored = self.signed.checkpoint().size();
        self.stored_at = now.monotonic;
    }
}

/// The segment that is written.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Box<dyn LogFile>,
    /// The index of its first entry.
    pub(super) first: u64,
    /// How many of its bytes are on the disk for good.
    pub(super) synced: u64,
    /// What follows them and was acknowledged. Kept, because a disk that fails to synchronise may
    /// have thrown it away.
    pub(super) unsynced: Vec<u8>,
    /// Since when there is such.
    pub(super) unsynced_since: Duration,
    /// Whether something else may stand in the file behind `synced`.
    pub(super) in_doubt: bool,
    /// Whether a power cut may take its name.
    pub(super) is_unnamed: bool,
    pub(super) began: Duration,
}

impl Segment {
    /// Makes a segment that appears with its whole beginning or not at all. From then on it is the
    /// journal's last, so nothing may be written to another one; its name is safe once
    /// [`make_fit`](Segment::make_fit) has succeeded.
    pub(super) fn create(
        folder: &dyn Folder,
        first: u64,
        beginning: &[u8],
        now: Duration,
    ) -> io::Result<Self> {
        const DRAFT: &str = "segment.new";
        let _ = folder.remove(DRAFT);
        let make = || {
            let mut file = folder.create(DRAFT)?;
            append(&mut *file, beginning)?;
            file.sync()?;
            folder.rename(DRAFT, &segment_name(first))?;
            Ok(file)
        };
        let made: io::Result<_> = make();
        let file = made.inspect_err(|_| {
            let _ = folder.remove(DRAFT);
        })?;
        Ok(Self {
            file,
            first,
            synced: beginning.len() as u64,
            unsynced: Vec::new(),
            unsynced_since: now,
            in_doubt: false,
            is_unnamed: true,
            began: now,
        })
    }

    fn len(&self) -> u64 {
        self.synced + self.unsynced.len() as u64
    }

    /// Adds `bytes`, or nothing.
    fn append(&mut self, bytes: Vec<u8>, syncs: bool, now: Duration) -> io::Result<()> {
        if self.in_doubt || self.is_unnamed {
            return Err(io::ErrorKind::Other.into());
        }
        if let Err(error) = append(&mut *self.file, &bytes) {
            self.in_doubt = self.file.truncate(self.len()).is_err();
            return Err(error);
        }
        if self.unsynced.is_empty() {
            self.unsynced_since = now;
        }
        if syncs {
            // If that fails, nobody knows what of it is on the disk.
            self.in_doubt = true;
            self.file.sync()?;
            self.in_doubt = false;
            self.synced = self.len() + bytes.len() as u64;
            self.unsynced.clear();
        } else if self.unsynced.is_empty() {
            self.unsynced = bytes;
        } else {
            self.unsynced.extend_from_slice(&bytes);
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        if !self.unsynced.is_empty() {
            self.append(Vec::new(), true, self.unsynced_since)?;
        }
        Ok(())
    }

    /// Sees to it that what was acknowledged is on the disk.
    fn make_certain(&mut self) -> io::Result<()> {
        if self.unsynced.is_empty() || self.sync().is_ok() {
            return Ok(());
        }
        self.mend()
    }

    /// Makes it fit to be written.
    pub(super) fn make_fit(&mut self, folder: &dyn Folder) -> io::Result<()> {
        if self.is_unnamed {
            folder.sync()?;
            self.is_unnamed = false;
        }
        if self.in_doubt {
            self.mend()?;
        }
        Ok(())
    }

    /// Writes anew what may not be there, in place. Asking a disk again to synchronise what it failed to
    /// is no help: Linux tells of a lost write once.
    fn mend(&mut self) -> io::Result<()> {
        self.in_doubt = true;
        self.file.truncate(self.len())?;
        if !self.unsynced.is_empty() {
            self.file.overwrite(self.synced, &self.unsynced)?;
        }
        self.file.sync()?;
        self.synced = self.len();
        self.unsynced.clear();
        self.in_doubt = false;
        Ok(())
    }

    fn is_sync_due(&self, settings: &Settings, now: Duration) -> bool {
        let waited = now.saturating_sub(self.unsynced_since);
        // Half of the time is for looking, and for the disk.
        let is_due = waited >= settings.sync_within / 2 || self.unsynced.len() >= MOST_UNSYNCED;
        !self.unsynced.is_empty() && is_due
    }
}

/// A checkpoint stands in a segment after this many entries, or after a while.
const ENTRIES_A_CHECKPOINT: u64 = 64;

/// How much is moved at once from elsewhere.
const PIECE: usize = 1 << 18;

/// What is kept in memory until it is on the disk.
const MOST_UNSYNCED: usize = 1 << 24;

const NOT_RECORDED: AuditError = AuditError::new(
    "the event could not be written; check the space on the journal's disk, and the disk itself",
);
