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
use super::spill::{RESERVE, Spilled, second_name};

/// The entries of a journal, in order.
///
/// Checks that each entry is whole and that none is missing between two segments, which finds what
/// went wrong by accident; that nobody changed anything is what [`verify`](super::verify) finds. The memory it
/// takes does not grow with the journal. It may be read while it is written: what was recorded
/// before this began is read, of what comes later a part.
pub struct Entries {
    folder: Box<dyn Folder>,
    origin: Origin,
    /// The first entries of the segments that are not read yet.
    segments: vec::IntoIter<u64>,
    lines: Option<Lines>,
    next: u64,
    spilled: Option<Spilled>,
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
        let mut entries = Self::of(Box::new(folder), key.origin().clone(), index)?;
        while entries.next < index && !entries.is_over {
            match entries.next() {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => break,
            }
        }
        Ok(entries)
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
        let name = second_name(&self.origin);
        if folder.names().map_err(of_io)?.contains(&name) {
            let spilled = self.spilled.get_or_insert_default();
            spilled
                .add(folder.read(&name), &self.origin)
                .map_err(of_io)?;
        }
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
        let mut spilled = None;
        if names.iter().any(|name| name == RESERVE) {
            let mut reserve = Spilled::default();
            reserve.add(folder.read(RESERVE), &origin).map_err(of_io)?;
            spilled = Some(reserve);
        }
        Ok(Self {
            folder,
            origin,
            segments: firsts.into_iter(),
            lines: None,
            next,
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
        let Some(spilled) = &mut self.spilled else {
            return Ok(None);
        };
        while let Some((_, entry)) = spilled.next().map_err(of_io)? {
            if entry.index > self.next {
                return Err(MISSING.at(self.next));
            }
            if entry.index == self.next {
                self.next += 1;
                let bytes = entry.entry().to_vec();
                return Ok(Some(Entry::new(entry.index, entry.hash, bytes)));
            }
        }
        Ok(None)
    }
}

impl Iterator for Entries {
    type Item = Result<Entry, JournalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let entry = self.read().transpose();
        self.is_over = !matches!(entry, Some(Ok(_)));
        entry
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
