//! Why a journal could not be opened, read or continued.

use core::fmt;
use std::io;

/// Why a journal could not be made, opened, read or exported.
///
/// Holds a kind, a fixed sentence and the number of an entry: never a path or anything read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JournalError {
    kind: JournalErrorKind,
    detail: &'static str,
    entry: Option<u64>,
}

impl JournalError {
    pub(crate) const fn new(kind: JournalErrorKind, detail: &'static str) -> Self {
        Self {
            kind,
            detail,
            entry: None,
        }
    }

    /// The same, about this entry.
    pub(super) const fn at(self, entry: u64) -> Self {
        Self {
            entry: Some(entry),
            ..self
        }
    }

    /// What went wrong, for `match`.
    pub const fn kind(&self) -> JournalErrorKind {
        self.kind
    }

    /// The index of the entry that it is about, if it is about one.
    pub const fn entry(&self) -> Option<u64> {
        self.entry
    }
}

impl core::error::Error for JournalError {}

impl fmt::Display for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)?;
        match self.entry {
            Some(entry) => write!(f, " (entry {entry})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for JournalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JournalError")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .field("entry", &self.entry)
            .finish_non_exhaustive()
    }
}

/// The kinds of [`JournalError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum JournalErrorKind {
    /// There is no journal in this folder.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// Another writer has it open.
    InUse,
    /// Files or the folder may be accessed by others than their owner.
    Permissions,
    /// It belongs to another origin, or was signed with another key.
    Foreign,
    /// Bytes were changed, before the end that a crash explains.
    Damaged,
    /// Entries are missing that a checkpoint names: it was cut short, or restored from a backup.
    Behind,
    /// It holds another history than a checkpoint names.
    Diverged,
    /// What was given is not well-formed.
    Malformed,
    /// The disk is full, and so is the reserve.
    Full,
    /// The disk or the operating system failed.
    Io,
}

/// As an error of this journal; keeps nothing of a text that the system may have put in.
pub(super) fn of_io(error: io::Error) -> JournalError {
    match error.kind() {
        io::ErrorKind::NotFound => JournalError::new(
            JournalErrorKind::NotFound,
            "a file of the journal is not there; check the path, or create the journal",
        ),
        io::ErrorKind::AlreadyExists => JournalError::new(
            JournalErrorKind::AlreadyExists,
            "there is a journal already; open it",
        ),
        io::ErrorKind::PermissionDenied => JournalError::new(
            JournalErrorKind::Permissions,
            "the journal may not be accessed; check the owner and mode of its folder",
        ),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => JournalError::new(
            JournalErrorKind::Full,
            "the journal's disk is full; make space",
        ),
        _ => JournalError::new(
            JournalErrorKind::Io,
            "the journal's disk failed; check it and its file system",
        ),
    }
}
