//! Reading a journal, entry by entry.

use alloc::boxed::Box;
use alloc::vec;
use core::fmt;
use core::iter::FusedIterator;
use std::path::Path;

use super::Origin;
use super::VerifierKey;
use super::entry::Entry;
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::{DiskFolder, Folder};
use super::line::Line;
use super::segment::{Lines, NextLine, open_segment, segment_name, segments};
use super::spill::{Spilled, read_elsewhere};

/// The entries of a journal, in order.
///
/// Checks that each entry is whole and that none is missing between two segments, which finds what
/// went wrong by accident; that nobody changed anything is what [`Verifier`](super::Verifier) finds. The memory it
/// takes does not grow with the journal. It may be read while it is written: what was recorded
/// before this began is read, of what comes later a part.
pub struct Entries {
    folder: Box<dyn Folder>,
    origin: Origin,
    /// The first entries of the segments that are not read yet.
    segments: vec::IntoIter<u64>,
    lines: Option<Lines>,
    next: u64,
    /// What comes before this is passed over.
    from: u64,
    spilled: Spilled,
    is_over: bool,
}

impl Entries {
    /// The entries of the journal in the folder at `path`, from the first one on.
    ///
    /// # Errors
    ///
    /// [`JournalErrorKind::NotFound`], [`JournalErrorKind::Permissions`] or
    /// [`JournalErrorKind::Io`].
    pub fn open(path: impl AsRef<Path>, key: &VerifierKey) -> Result<Self, JournalError> {
        Self::from(path, key, 0)
    }

    /// The entries from this index on. Reads over what comes before it in its segment.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from(
        path: impl AsRef<Path>,
        key: &VerifierKey,
        index: u64,
    ) -> Result<Self, JournalError> {
        let folder = DiskFolder(path.as_ref().to_path_buf());
        Self::of(Box::new(folder), key.origin().clone(), index)
    }

    /// Reads the entries in the journal's second place too.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn and_second_place(self, path: impl AsRef<Path>) -> Result<Self, JournalError> {
        self.and_second(&DiskFolder(path.as_ref().to_path_buf()))
    }

    pub(super) fn and_second(mut self, folder: &dyn Folder) -> Result<Self, JournalError> {
        let spilled = read_elsewhere(&*self.folder, Some(folder), &self.origin);
        self.spilled = spilled.map_err(of_io)?;
        Ok(self)
    }

    pub(super) fn of(
        folder: Box<dyn Folder>,
        origin: Origin,
        from: u64,
    ) -> Result<Self, JournalError> {
        let names = folder.names().map_err(of_io)?;
        let mut firsts = segments(&names);
        if firsts.is_empty() {
            return Err(NOT_FOUND);
        }
        let passed = firsts.partition_point(|first| *first <= from);
        firsts.drain(..passed.saturating_sub(1));
        let next = firsts[0];
        let spilled = read_elsewhere(&*folder, None, &origin).map_err(of_io)?;
        Ok(Self {
            folder,
            origin,
            segments: firsts.into_iter(),
            lines: None,
            next,
            from,
            spilled,
            is_over: false,
        })
    }

    fn read(&mut self) -> Result<Option<Entry>, JournalError> {
        loop {
            let Some(lines) = &mut self.lines else {
                let Some(first) = self.segments.next() else {
                    return self.read_spilled();
                };
                if first != self.next {
                    return Err(MISSING.at(self.next));
                }
                let file = self.folder.read(&segment_name(first));
                self.lines = Some(open_segment(file, &self.origin, first)?);
                continue;
            };
            let index = self.next;
            match lines.next().map_err(of_io)? {
                NextLine::Whole(line) => match Line::parse(line) {
                    Some(Line::Entry { hash, entry }) => {
                        let is_last = self.segments.len() == 0;
                        let spilled = &mut self.spilled;
                        if is_last && spilled.contradicts(index, &hash, entry).map_err(of_io)? {
                            self.lines = None;
                            continue;
                        }
                        self.next += 1;
                        return Ok(Some(Entry::new(index, hash, entry.to_vec())));
                    }
                    Some(Line::Checkpoint(_) | Line::Frontier(_)) => {}
                    None => return Err(DAMAGED.at(index)),
                },
                NextLine::End => self.lines = None,
                // A writer may be in the middle of it, or a crash was.
                NextLine::Torn if self.segments.len() == 0 => self.lines = None,
                NextLine::Torn => return Err(DAMAGED.at(index)),
            }
        }
    }

    fn read_spilled(&mut self) -> Result<Option<Entry>, JournalError> {
        let Some((_, entry)) = self.spilled.next(self.next).map_err(of_io)? else {
            return Ok(None);
        };
        if entry.index > self.next {
            return Err(MISSING.at(self.next));
        }
        self.next += 1;
        let bytes = entry.entry().to_vec();
        Ok(Some(Entry::new(entry.index, entry.hash, bytes)))
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        loop {
            let entry = self.read().transpose();
            self.is_over = !matches!(entry, Some(Ok(_)));
            match entry {
                Some(Ok(entry)) if entry.index() < self.from => {}
                entry => return entry,
            }
        }
    }
}

impl FusedIterator for Entries {}

impl fmt::Debug for Entries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entries")
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

const NOT_FOUND: JournalError = JournalError::new(
    JournalErrorKind::NotFound,
    "there is no journal in this folder; check the path",
);
const MISSING: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "entries of the journal are missing: a segment is not there, or the second place was not named",
);
const DAMAGED: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "an entry of the journal is damaged; verify the journal",
);
