//! Appends whole lines or nothing.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use super::Durability;
use crate::audit::AuditError;

/// What an append-only file must be able to do; a file, or a failing disk in tests.
pub(super) trait Storage {
    /// Appends some of `bytes`, and returns how many.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits until the disk has everything that was written.
    fn sync(&mut self) -> io::Result<()>;

    /// Takes the last `count` bytes back.
    fn take_back(&mut self, count: u64) -> io::Result<()>;
}

impl Storage for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(self, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn take_back(&mut self, count: u64) -> io::Result<()> {
        let len = self.metadata()?.len();
        self.set_len(len.saturating_sub(count))
    }
}

/// Whole lines on a storage.
pub(super) struct Lines<S> {
    storage: S,
    /// The end of the file is in doubt.
    is_broken: bool,
}

impl<S: Storage> Lines<S> {
    pub(super) const fn new(storage: S) -> Self {
        Self {
            storage,
            is_broken: false,
        }
    }

    /// Appends the whole of `line`, which ends with a newline, or fails and leaves nothing of it.
    ///
    /// After a failed sync, nobody knows what of it is on the disk, and asking again may be
    /// answered with a success that is none (Linux reports a lost write once). So that is as final
    /// as a half-written line that cannot be taken back.
    pub(super) fn append(&mut self, line: &[u8], durability: Durability) -> Result<(), AuditError> {
        if self.is_broken {
            return Err(BROKEN);
        }
        let (written, result) = write_all(&mut self.storage, line);
        if result.is_err() {
            self.is_broken = written > 0 && self.storage.take_back(written).is_err();
            return Err(NOT_WRITTEN);
        }
        if durability == Durability::Synced && self.storage.sync().is_err() {
            self.is_broken = true;
            return Err(NOT_SYNCED);
        }
        Ok(())
    }
}

const NOT_WRITTEN: AuditError =
    AuditError::new("the event could not be written; check the space on the audit file's disk");
const NOT_SYNCED: AuditError =
    AuditError::new("the disk did not confirm the event; check it, then open the audit file anew");
const BROKEN: AuditError = AuditError::new(
    "an earlier write to the audit file failed for good; check its disk, then open the file anew",
);

/// As [`Write::write_all`], but tells how much was written when it fails.
fn write_all(storage: &mut impl Storage, bytes: &[u8]) -> (u64, io::Result<()>) {
    let mut rest = bytes;
    let result = loop {
        if rest.is_empty() {
            break Ok(());
        }
        match storage.write(rest) {
            Ok(0) => break Err(ErrorKind::WriteZero.into()),
            Ok(count) => rest = &rest[count..],
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    ((bytes.len() - rest.len()) as u64, result)
}
