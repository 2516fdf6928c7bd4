//! Events as lines of a file.

mod storage;

use core::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use self::storage::Lines;
use super::event::Event;
use super::record::EventRecord;
use super::record_sink::RecordSink;
use super::sink::{AuditError, AuditSink};

/// Writes each event as one line of JSON to the end of a file.
///
/// **The file is PHI**: it names patients. On Unix it is created with mode 0600, and a file that
/// group or others may access is refused; elsewhere, protecting it is up to you. See
/// `docs/audit-event.md` for the lines.
///
/// - One writer: the file is locked for as long as the sink lives. The lock is advisory; it holds
///   off other sinks, not other programs.
/// - Whole lines: a write that fails part-way, on a full disk say, is taken back. If that fails
///   too, or the disk does not confirm a write, the sink refuses everything until it is opened
///   anew.
/// - Nothing is ever deleted: a torn last line, left by a crash, is ended with a newline when the
///   file is opened. [`read_events`](super::read_events) reports such lines and reads on.
/// - To rotate, rename the file and open a new sink. Whoever deletes or truncates the file under
///   an open sink loses events, and the sink does not notice: this file is not tamper-evident.
///
/// Recording blocks the caller on the file system, and with [`Durability::Synced`] on the disk.
///
/// # Example
///
/// ```
/// use phi_seal::audit::{Durability, JsonLines};
///
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("audit.jsonl");
/// let sink = JsonLines::open(&path, Durability::Synced)?;
/// assert!(JsonLines::open(&path, Durability::Synced).is_err(), "one writer at a time");
/// drop(sink);
/// assert!(JsonLines::open(&path, Durability::Written).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct JsonLines {
    lines: Mutex<Lines<File>>,
    durability: Durability,
}

/// When [`JsonLines`] regards an event as recorded.
///
/// Exhaustive: there is nothing between the operating system and the disk to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// When the disk has confirmed it (`fdatasync`): survives a power loss, as far as the disk
    /// tells the truth. Costs a disk write for each action; many actions do not share one.
    Synced,
    /// When the operating system has taken it: survives a crash of the process. A crash of the
    /// machine or a power loss may lose the last seconds, events of released values included.
    Written,
}

impl JsonLines {
    /// Opens the file at `path` for appending, or creates it.
    ///
    /// # Errors
    ///
    /// When it cannot be opened or locked, is no regular file, is being written by another sink,
    /// or, on Unix, may be accessed by group or others.
    pub fn open(path: impl AsRef<Path>, durability: Durability) -> Result<Self, AuditError> {
        let path = path.as_ref();
        let mut file = options().open(path).map_err(|_| CANNOT_OPEN)?;
        check_kind(&file)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => IN_USE,
            TryLockError::Error(_) => CANNOT_LOCK,
        })?;
        let is_torn = is_torn(&mut file).map_err(|_| CANNOT_OPEN)?;
        if durability == Durability::Synced {
            sync_directory(path).map_err(|_| CANNOT_SYNC)?;
        }
        let mut lines = Lines::new(file);
        if is_torn {
            lines.append(b"\n", durability)?;
        }
        Ok(Self {
            lines: Mutex::new(lines),
            durability,
        })
    }
}

impl AuditSink for JsonLines {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        self.append(&event.to_record())
    }
}

impl RecordSink for JsonLines {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        let mut line = event.to_json();
        line.push(b'\n');
        // A panic while the lock is held cannot leave a state worse than a failed write does.
        let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.append(&line, self.durability)
    }
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonLines")
            .field("durability", &self.durability)
            .finish_non_exhaustive()
    }
}

const CANNOT_OPEN: AuditError = AuditError::new(
    "the audit file could not be opened; check that its directory exists and may be written",
);
const CANNOT_LOCK: AuditError = AuditError::new(
    "the audit file could not be locked; keep it on a file system that supports locks",
);
const CANNOT_SYNC: AuditError = AuditError::new(
    "the audit file's directory could not be synced; check its file system and permissions",
);
const IN_USE: AuditError =
    AuditError::new("another sink writes this audit file; give each writer a file of its own");
const NOT_REGULAR: AuditError =
    AuditError::new("the audit file is no regular file; name one, or a path where none exists");
#[cfg(unix)]
const TOO_OPEN: AuditError =
    AuditError::new("the audit file may be accessed by group or others; set its mode to 0600");

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn check_kind(file: &File) -> Result<(), AuditError> {
    let metadata = file.metadata().map_err(|_| CANNOT_OPEN)?;
    if !metadata.is_file() {
        return Err(NOT_REGULAR);
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(TOO_OPEN);
    }
    Ok(())
}

fn is_torn(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// Makes the file's name survive a power loss. Other systems than Unix do that by themselves, or
/// offer no way to ask for it.
fn sync_directory(path: &Path) -> io::Result<()> {
    if cfg!(unix) {
        let parent = path.parent().filter(|parent| *parent != Path::new(""));
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
