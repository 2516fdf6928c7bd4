//! One file that entries are put into.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use std::io::{self, Read};

use super::super::Origin;
use super::super::error::{JournalError, JournalErrorKind, of_io};
use super::super::folder::{Folder, LogFile, append};

/// The reserve, or the file in the second place.
#[derive(Debug)]
pub(super) struct Area {
    file: Box<dyn LogFile>,
    /// Where the first entry begins.
    start: u64,
    /// Where the next one will.
    pub(super) used: u64,
    /// Of the reserve: its size, within which nothing has to be allocated.
    capacity: Option<u64>,
    /// Something may follow `used` that looks like an entry.
    pub(super) in_doubt: bool,
}

impl Area {
    /// Makes a file that appears with its header, and with `capacity` bytes if that is stated.
    pub(super) fn create(
        folder: &dyn Folder,
        name: &str,
        origin: &Origin,
        capacity: Option<u64>,
    ) -> io::Result<Self> {
        let draft = format!("{name}.new");
        let _ = folder.remove(&draft);
        let header = header(origin, capacity.is_some());
        let make = || {
            let mut file = folder.create(&draft)?;
            append(&mut *file, header.as_bytes())?;
            let zeros = [0; 1 << 16];
            let mut left = capacity.unwrap_or(0).saturating_sub(header.len() as u64);
            while left > 0 {
                // Blocks are allocated by writing them.
                let count = left.min(zeros.len() as u64);
                append(&mut *file, &zeros[..count as usize])?;
                left -= count;
            }
            file.sync()?;
            folder.rename(&draft, name)?;
            folder.sync()?;
            Ok(file)
        };
        let made: io::Result<_> = make();
        let file = made.inspect_err(|_| {
            let _ = folder.remove(&draft);
        })?;
        Ok(Self::new(file, header.len() as u64, capacity, false))
    }

    /// Opens a file that must be this journal's. Where its entries end is not known yet.
    pub(super) fn open(
        folder: &dyn Folder,
        name: &str,
        origin: &Origin,
        is_reserve: bool,
    ) -> Result<Self, JournalError> {
        let header = header(origin, is_reserve);
        let line = header.len() - if is_reserve { MARKER_LEN } else { 0 };
        let mut begin = vec![0; line];
        let mut content = folder.read(name).map_err(of_io)?;
        match content.read_exact(&mut begin) {
            Ok(()) if begin == header.as_bytes()[..line] => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => return Err(of_io(error)),
            _ => return Err(OTHER),
        }
        let file = folder.open(name).map_err(of_io)?;
        let capacity = match is_reserve {
            true => Some(file.len().map_err(of_io)?),
            false => None,
        };
        Ok(Self::new(file, header.len() as u64, capacity, true))
    }

    const fn new(
        file: Box<dyn LogFile>,
        start: u64,
        capacity: Option<u64>,
        in_doubt: bool,
    ) -> Self {
        Self {
            file,
            start,
            used: start,
            capacity,
            in_doubt,
        }
    }

    pub(super) fn has_room(&self, len: usize) -> bool {
        self.capacity
            .is_none_or(|capacity| self.used + len as u64 <= capacity)
    }

    /// How many bytes are left within its size.
    pub(super) fn left(&self) -> u64 {
        self.capacity.unwrap_or(0).saturating_sub(self.used)
    }

    /// Puts an entry at the end, on the disk for good, or nothing.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.in_doubt {
            self.take_back()?;
        }
        self.in_doubt = true;
        let put = match self.capacity {
            Some(_) => self.file.overwrite(self.used, bytes),
            None => append(&mut *self.file, bytes),
        };
        match put.and_then(|()| self.file.sync()) {
            Ok(()) => {
                self.in_doubt = false;
                self.used += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                // If that fails too, it is tried again before anything else is put here.
                let _ = self.take_back();
                Err(error)
            }
        }
    }

    /// Forgets its entries. What cannot be taken away is passed over by its index.
    pub(super) fn clear(&mut self) {
        let used = usize::try_from(self.used - self.start).unwrap_or(0);
        self.used = self.start;
        self.in_doubt = true;
        if self.capacity.is_some() && used > 0 {
            let _ = self.file.overwrite(self.start, &vec![0; used]);
        }
        let _ = self.take_back();
    }

    /// Sees to it that nothing behind the end is taken for an entry.
    fn take_back(&mut self) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.used < capacity => self.file.overwrite(self.used, &[0])?,
            Some(_) => {}
            None => self.file.truncate(self.used)?,
        }
        self.file.sync()?;
        self.in_doubt = false;
        Ok(())
    }

    /// Writes the reserve's marker.
    pub(super) fn mark(&mut self, marker: Marker) -> io::Result<()> {
        let at = self.start - MARKER_LEN as u64;
        self.file.overwrite(at, marker.line().as_bytes())?;
        self.file.sync()
    }
}

/// What the reserve says of the second place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Marker {
    /// Nothing is there.
    Blank,
    /// From this index and attempt on, entries may be there.
    From { index: u64, attempt: u64 },
    /// It cannot be read.
    Unreadable,
}

const MARKER_LEN: usize = 64;

impl Marker {
    fn line(self) -> String {
        let text = match self {
            Self::From { index, attempt } => format!("{index:020} {attempt:020} second"),
            Self::Blank | Self::Unreadable => String::new(),
        };
        format!("{text:<63}\n")
    }

    fn parse(line: &str) -> Option<Self> {
        let text = line.strip_suffix('\n')?.trim_end();
        if text.is_empty() {
            return Some(Self::Blank);
        }
        let (index, rest) = text.split_once(' ')?;
        let attempt = rest.strip_suffix(" second")?.parse().ok()?;
        let index = index.parse().ok()?;
        let marker = Self::From { index, attempt };
        (marker.line() == line).then_some(marker)
    }

    /// The marker of the reserve in this folder.
    pub(super) fn read(
        folder: &dyn Folder,
        name: &str,
        origin: &Origin,
    ) -> Result<Self, JournalError> {
        let mut begin = vec![0; header(origin, true).len()];
        let mut file = folder.read(name).map_err(of_io)?;
        match file.read_exact(&mut begin) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Ok(Self::Unreadable);
            }
            Err(error) => return Err(of_io(error)),
        }
        let marker = core::str::from_utf8(&begin[begin.len() - MARKER_LEN..]);
        Ok(marker
            .ok()
            .and_then(Self::parse)
            .unwrap_or(Self::Unreadable))
    }
}

/// How many lines a file has before its entries.
pub(super) const fn lines_of_header(is_reserve: bool) -> usize {
    if is_reserve { 2 } else { 1 }
}

/// What a file begins with; the reserve with a marker.
fn header(origin: &Origin, is_reserve: bool) -> String {
    let marker = match is_reserve {
        true => Marker::Blank.line(),
        false => String::new(),
    };
    format!("{}\n{marker}", header_line(origin))
}

pub(super) fn header_line(origin: &Origin) -> String {
    format!("phi-seal reserve 1 {origin}")
}

const OTHER: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "the reserve, or the file in the second place, does not begin as this journal's; keep it, and find \
     out who changed it",
);
