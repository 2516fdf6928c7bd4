//! How a journal is made and opened.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use super::entry::{Continued, Note, NoteKind};
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::{DiskFolder, Folder};
use super::journal::Journal;
use super::log::{Log, Now};
use super::recover::{self, Place};
use super::settings::Settings;
use super::{Anchor, JournalKey, SignedCheckpoint, newest_anchored};
use crate::audit::Durability;
use crate::clock::{Clock, SystemClock};

/// Describes a [`Journal`], then creates or opens it.
pub struct JournalBuilder {
    path: PathBuf,
    key: JournalKey,
    settings: Settings,
    second: Option<PathBuf>,
    trusted: Vec<SignedCheckpoint>,
    continues: Option<SignedCheckpoint>,
    anchors: Vec<Box<dyn Anchor>>,
    clock: Box<dyn Clock>,
    is_tended: bool,
}

impl JournalBuilder {
    pub(super) fn new(path: &Path, key: JournalKey) -> Self {
        Self {
            path: path.to_path_buf(),
            key,
            settings: Settings::default(),
            second: None,
            trusted: Vec::new(),
            continues: None,
            anchors: Vec::new(),
            clock: Box::new(SystemClock::default()),
            is_tended: true,
        }
    }

    /// When an event counts as recorded; [`Durability::Synced`] unless stated.
    ///
    /// With [`Durability::Written`], the disk has it within one second, or what
    /// [`sync_within`](Self::sync_within) says; a power loss may take what it does not have. Nothing
    /// is signed before the disk has it.
    #[must_use]
    pub fn durability(mut self, durability: Durability) -> Self {
        self.settings.durability = durability;
        self
    }

    /// With [`Durability::Written`], how long an event may wait for the disk; 1 second unless stated.
    #[must_use]
    pub fn sync_within(mut self, time: Duration) -> Self {
        self.settings.sync_within = time;
        self
    }

    /// From how many bytes on another segment is begun; 64 MiB unless stated.
    #[must_use]
    pub fn segment_bytes(mut self, bytes: u64) -> Self {
        self.settings.segment_bytes = bytes;
        self
    }

    /// After what time another segment is begun, counted while the journal is open; a day unless
    /// stated.
    #[must_use]
    pub fn segment_age(mut self, age: Duration) -> Self {
        self.settings.segment_age = age;
        self
    }

    /// How often the journal records that it is alive; every minute unless stated. A longer silence
    /// tells that entries are missing or that nobody was writing.
    #[must_use]
    pub fn heartbeat_every(mut self, interval: Duration) -> Self {
        self.settings.heartbeat_every = interval;
        self
    }

    /// Within which failures that differ by nothing but time, session and request are counted instead
    /// of written one by one; a minute unless stated. Zero writes each.
    #[must_use]
    pub fn repeats_within(mut self, window: Duration) -> Self {
        self.settings.repeat_window = window;
        self
    }

    /// How many bytes are set aside for events of the purposes `ETREAT` and `BTG` on a full disk;
    /// 1 MiB unless stated, which is some 1,500 events. A reserve that exists keeps its size.
    #[must_use]
    pub fn reserve_bytes(mut self, bytes: u64) -> Self {
        self.settings.reserve_bytes = bytes;
        self
    }

    /// A folder on another disk, of mode 0700, for events when the first is full. Name it again whenever
    /// the journal is opened: events may lie there. [`create`](Self::create) makes it, opening does not,
    /// so that a folder is not taken for a disk that is not mounted; one that is missing then is used as
    /// soon as it is there.
    #[must_use]
    pub fn second_place(mut self, path: impl AsRef<Path>) -> Self {
        self.second = Some(path.as_ref().to_path_buf());
        self
    }

    /// A checkpoint of this journal that is held elsewhere, such as in an anchor. The journal is not
    /// opened if it lacks entries that the checkpoint names, or holds another history: it was cut
    /// short, or restored from a backup, and must go on under another origin
    /// ([`continues`](Self::continues)).
    #[must_use]
    pub fn trusts(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.trusted.push(checkpoint);
        self
    }

    /// The last checkpoint of the journal that this one goes on after, for
    /// [`create`](Self::create): its first entry names it. For a journal that was restored from a
    /// backup or is damaged; the new one has a folder and an origin of its own.
    #[must_use]
    pub fn continues(mut self, checkpoint: SignedCheckpoint) -> Self {
        self.continues = Some(checkpoint);
        self
    }

    /// A place out of reach that checkpoints are sent to, by a thread of its own; each call adds one.
    ///
    /// What the anchor holds is [trusted](Self::trusts) when the journal is opened. If it cannot be asked
    /// then, the journal opens all the same, because a hospital must be able to start while its object
    /// storage is down, and its first entry names the anchors that were not asked.
    #[must_use]
    pub fn anchor(mut self, anchor: impl Anchor + 'static) -> Self {
        self.anchors.push(Box::new(anchor));
        self
    }

    /// How often; every minute unless stated. **This is how long somebody with root and the signing key
    /// can still rewrite what was recorded.**
    #[must_use]
    pub fn anchor_every(mut self, interval: Duration) -> Self {
        self.settings.anchor_every = interval;
        self
    }

    /// The clock; the operating system's unless stated.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Starts no thread: the application calls [`Journal::tend`] several times a second.
    #[must_use]
    pub fn tended_by_hand(mut self) -> Self {
        self.is_tended = false;
        self
    }

    /// Makes the journal, and its folder (of mode 0700) unless there is one.
    ///
    /// # Errors
    ///
    /// [`JournalErrorKind::AlreadyExists`] if the folder holds a journal,
    /// [`JournalErrorKind::Behind`] if an [anchor](Self::anchor) or a [trusted](Self::trusts) checkpoint
    /// knows one of this origin: it was lost, and a second history must not be signed,
    /// [`JournalErrorKind::Foreign`] if it is to continue one of its own origin,
    /// [`JournalErrorKind::InUse`], [`JournalErrorKind::Permissions`], [`JournalErrorKind::Full`] or
    /// [`JournalErrorKind::Io`].
    pub fn create(self) -> Result<Journal, JournalError> {
        let continues = self.continues.as_ref();
        if continues.is_some_and(|signed| signed.checkpoint().origin() == self.key.origin()) {
            return Err(SAME_ORIGIN);
        }
        let begin = NoteKind::Begin {
            origin: self.key.origin().as_str().into(),
            continues: continues.map(Continued::of),
        };
        let folder = DiskFolder::create(&self.path).map_err(of_io)?;
        if let Some(second) = &self.second {
            DiskFolder::create(second).map_err(of_io)?;
        }
        let (trusted, verifier) = (self.trusted.clone(), self.key.verifier());
        self.start(folder, |place, anchors, now| {
            if !recover::is_begun(&*place.folder)? {
                let anchored = newest_anchored(anchors.iter().map(|anchor| &**anchor), &verifier);
                let known = trusted.iter().chain(anchored.trusted());
                if known.into_iter().any(|signed| is_of(signed, &verifier)) {
                    return Err(recover::BEHIND);
                }
            }
            let log = recover::create(place, &Note::new(begin, now.wall), now)?;
            Ok((log, None))
        })
    }

    /// Opens the journal.
    ///
    /// Keeps every entry that is whole. What a crash left torn at the end is moved to a file beside
    /// the segments, and recorded.
    ///
    /// # Errors
    ///
    /// [`JournalErrorKind::NotFound`], [`JournalErrorKind::InUse`],
    /// [`JournalErrorKind::Foreign`] for the journal of another origin or key,
    /// [`JournalErrorKind::Damaged`] for one that was changed where no crash changes it,
    /// [`JournalErrorKind::Behind`] or [`JournalErrorKind::Diverged`] if it is not what a
    /// [trusted](Self::trusts) checkpoint names, [`JournalErrorKind::Permissions`],
    /// [`JournalErrorKind::Full`] if the disk is full and so is the reserve, or
    /// [`JournalErrorKind::Io`]. Nothing is changed if it is refused.
    pub fn open(self) -> Result<Journal, JournalError> {
        fs::metadata(&self.path).map_err(of_io)?;
        let folder = DiskFolder(self.path.clone());
        let mut trusted = self.trusted.clone();
        let verifier = self.key.verifier();
        self.start(folder, |place, anchors, now| {
            let anchored = newest_anchored(anchors.iter().map(|anchor| &**anchor), &verifier);
            trusted.extend(anchored.trusted().cloned());
            let (log, mut opened) = recover::open(place, &trusted, now)?;
            if let NoteKind::Open { unasked, .. } = &mut opened {
                unasked.extend(anchored.errors().map(|(name, _)| String::from(name)));
            }
            Ok((log, Some(opened)))
        })
    }

    fn start(
        self,
        folder: DiskFolder,
        make: impl FnOnce(
            Place,
            &[Box<dyn Anchor>],
            Now,
        ) -> Result<(Log, Option<NoteKind>), JournalError>,
    ) -> Result<Journal, JournalError> {
        refuse_open_modes(&self.path)?;
        let lock = lock(&self.path)?;
        let second = match self.second {
            Some(path) => {
                // A disk that is not there is no reason not to open, unless entries are on it.
                if path.exists() {
                    refuse_open_modes(&path)?;
                }
                Some(Box::new(DiskFolder(path)) as Box<dyn Folder>)
            }
            None => None,
        };
        let place = Place {
            folder: Box::new(folder),
            second,
            key: self.key,
            settings: self.settings,
        };
        let now = Now {
            wall: self.clock.wall(),
            monotonic: self.clock.monotonic(),
        };
        let (log, opened) = make(place, &self.anchors, now)?;
        let journal =
            Journal::start(log, self.clock, lock, self.anchors, self.is_tended).map_err(of_io)?;
        if let Some(opened) = opened {
            journal.shared().opened(opened).map_err(|_| NO_ROOM)?;
        }
        Ok(journal)
    }
}

impl fmt::Debug for JournalBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalBuilder")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Whether a checkpoint names entries of the key's own origin.
fn is_of(signed: &SignedCheckpoint, key: &super::VerifierKey) -> bool {
    let checkpoint = signed.checkpoint();
    checkpoint.origin() == key.origin() && checkpoint.size() > 0
}

/// The lock of a folder, for as long as this lives.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough while another thread starts a process, which has it open too
        // until it executes its program.
        let _ = self.0.unlock();
    }
}

/// Takes the lock of the folder for this process.
fn lock(path: &Path) -> Result<Lock, JournalError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path.join("lock")).map_err(of_io)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock(file)),
        Err(TryLockError::WouldBlock) => Err(IN_USE),
        Err(TryLockError::Error(error)) => Err(of_io(error)),
    }
}

/// Refuses a folder that group or others may access.
fn refuse_open_modes(path: &Path) -> Result<(), JournalError> {
    let metadata = fs::metadata(path).map_err(of_io)?;
    if !metadata.is_dir() {
        return Err(NO_FOLDER);
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(TOO_OPEN);
    }
    Ok(())
}

const SAME_ORIGIN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "a journal goes on after another one under an origin of its own; choose a new one",
);
const IN_USE: JournalError = JournalError::new(
    JournalErrorKind::InUse,
    "another writer has this journal open; give each writer a journal of its own",
);
const NO_FOLDER: JournalError = JournalError::new(
    JournalErrorKind::Malformed,
    "the journal's path is no folder",
);
#[cfg(unix)]
const TOO_OPEN: JournalError = JournalError::new(
    JournalErrorKind::Permissions,
    "the journal's folder may be accessed by group or others; set its mode to 0700",
);
const NO_ROOM: JournalError = JournalError::new(
    JournalErrorKind::Full,
    "the disk takes no entry, and neither does the reserve; make space",
);
