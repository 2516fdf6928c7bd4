//! Where entries go while the journal's disk takes none: a reserve for emergencies that was
//! allocated beforehand, and a second place. `docs/journal.md`, section "A full disk".

mod area;
mod read;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::io;

pub(super) use read::Spilled;

use self::area::{Area, Marker};
use super::Origin;
use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::Folder;
use super::tree::leaf_hash;

/// The reserve's name beside the segments.
pub(super) const RESERVE: &str = "reserve";

const RESERVE_NUMBER: usize = 0;
const SECOND_NUMBER: usize = 1;

/// The entries that are elsewhere.
#[derive(Debug)]
pub(super) struct Spill {
    origin: Origin,
    reserve: Option<Area>,
    second: Option<Second>,
    /// What the reserve says of the second place.
    marker: Marker,
    /// How many: the last ones of the log.
    pub(super) count: u64,
    /// The last attempt to put an entry elsewhere.
    pub(super) attempt: u64,
    /// The last one that a note in the segments has settled.
    settled: u64,
}

/// A second folder, on another disk.
#[derive(Debug)]
struct Second {
    folder: Box<dyn Folder>,
    area: Option<Area>,
}

impl Spill {
    /// Opens what there is.
    pub(super) fn open(
        origin: &Origin,
        folder: &dyn Folder,
        second: Option<Box<dyn Folder>>,
    ) -> Result<Self, JournalError> {
        let names = folder.names().map_err(of_io)?;
        let has_reserve = names.iter().any(|name| name == RESERVE);
        let (mut reserve, mut marker) = (None, Marker::Blank);
        if has_reserve {
            reserve = Some(Area::open(folder, RESERVE, origin, true)?);
            marker = Marker::read(folder, RESERVE, origin)?;
        }
        let second = match second {
            Some(folder) => Some(Second::open(folder, origin)?),
            None => None,
        };
        Ok(Self {
            origin: origin.clone(),
            reserve,
            second,
            marker,
            count: 0,
            attempt: 0,
            settled: 0,
        })
    }

    /// Whether an entry is elsewhere, or may look as if it were.
    pub(super) const fn is_open(&self) -> bool {
        self.attempt > self.settled
    }

    /// How many bytes the reserve has left.
    pub(super) fn reserve_left(&self) -> u64 {
        self.reserve.as_ref().map_or(0, Area::left)
    }

    /// Puts one entry's line where there is room, on the disk for good.
    pub(super) fn put(&mut self, index: u64, line: &[u8], is_emergency: bool) -> io::Result<()> {
        let mut put = Err(io::ErrorKind::StorageFull.into());
        if is_emergency && let Some(reserve) = &mut self.reserve {
            self.attempt += 1;
            let bytes = numbered(index, self.attempt, line);
            if reserve.has_room(bytes.len()) {
                put = reserve.put(&bytes);
            }
        }
        if put.is_err() && self.second.is_some() {
            self.attempt += 1;
            put = self.put_second(index, line);
        }
        self.count += u64::from(put.is_ok());
        put
    }

    fn put_second(&mut self, index: u64, line: &[u8]) -> io::Result<()> {
        let Some(second) = &mut self.second else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let area = second.area(&self.origin)?;
        if self.marker == Marker::Blank {
            // So that nobody goes on without the second place while entries are there.
            let reserve = self.reserve.as_mut().ok_or(io::ErrorKind::NotFound)?;
            let attempt = self.attempt;
            let marker = Marker::From { index, attempt };
            // Also if that fails: it may stand there.
            self.marker = Marker::Unreadable;
            reserve.mark(marker)?;
            self.marker = marker;
        }
        area.put(&numbered(index, self.attempt, line))
    }

    /// What is elsewhere, in the order of the entries.
    pub(super) fn read(&self, folder: &dyn Folder) -> io::Result<Spilled> {
        let mut spilled = Spilled::default();
        if self.reserve.is_some() {
            spilled.add(RESERVE_NUMBER, folder.read(RESERVE)?, &self.origin)?;
        }
        if let Some(second) = &self.second
            && second.area.is_some()
        {
            let file = second.folder.read(&second_name(&self.origin))?;
            spilled.add(SECOND_NUMBER, file, &self.origin)?;
        }
        Ok(spilled)
    }

    /// Takes over an entry that an earlier process had put elsewhere.
    pub(super) const fn resume(&mut self, source: usize, end: u64) {
        self.count += 1;
        let area = match (source, &mut self.second) {
            (RESERVE_NUMBER, _) => self.reserve.as_mut(),
            (_, Some(second)) => second.area.as_mut(),
            (_, None) => None,
        };
        if let Some(area) = area {
            area.used = end;
        }
    }

    /// Takes over what an earlier process has left, once all of it was read. `first` is the index of the
    /// last segment's first entry.
    ///
    /// Refuses if entries may be in a second place that is not there.
    pub(super) fn resumed(&mut self, spilled: &Spilled, first: u64) -> Result<(), JournalError> {
        self.settled = spilled.void();
        self.attempt = spilled.latest.max(self.settled);
        let may_hold = match self.marker {
            Marker::Blank => false,
            Marker::From { index, attempt } => {
                self.attempt = self.attempt.max(attempt);
                attempt > self.settled && index >= first
            }
            Marker::Unreadable => true,
        };
        let has_second = self
            .second
            .as_ref()
            .is_some_and(|second| second.area.is_some());
        if may_hold && !has_second {
            return Err(NO_SECOND);
        }
        if self.count == 0 && !may_hold {
            // What is left there is void, or stands in the segments.
            self.settled = self.attempt;
        }
        Ok(())
    }

    /// Forgets what is elsewhere, because a note in the segments says that it stands there now.
    pub(super) fn settle(&mut self) {
        self.settled = self.attempt;
        self.count = 0;
        if let Some(second) = &mut self.second
            && let Some(area) = &mut second.area
        {
            area.clear();
        }
        if let Some(reserve) = &mut self.reserve {
            reserve.clear();
            if self.marker != Marker::Blank && reserve.mark(Marker::Blank).is_ok() {
                self.marker = Marker::Blank;
            }
        }
    }

    /// Makes a reserve of `capacity` bytes if there is none. On a disk that is full there is none until
    /// there is space.
    pub(super) fn ensure_reserve(&mut self, folder: &dyn Folder, capacity: u64) {
        if self.reserve.is_none() {
            self.reserve = Area::create(folder, RESERVE, &self.origin, Some(capacity)).ok();
        }
    }
}

impl Second {
    fn open(folder: Box<dyn Folder>, origin: &Origin) -> Result<Self, JournalError> {
        let name = second_name(origin);
        // A disk that is not there is no reason not to open, unless entries are on it.
        let is_there = folder.names().is_ok_and(|names| names.contains(&name));
        let area = match is_there {
            true => Some(Area::open(&*folder, &name, origin, false)?),
            false => None,
        };
        Ok(Self { folder, area })
    }

    fn area(&mut self, origin: &Origin) -> io::Result<&mut Area> {
        if self.area.is_none() {
            let name = second_name(origin);
            self.area = Some(Area::create(&*self.folder, &name, origin, None)?);
        }
        Ok(self.area.as_mut().expect("made just before"))
    }
}

/// What a reader finds elsewhere, in the folder and in the second place if that is named.
pub(super) fn read_elsewhere(
    folder: &dyn Folder,
    second: Option<&dyn Folder>,
    origin: &Origin,
) -> io::Result<Spilled> {
    let mut spilled = Spilled::default();
    if folder.names()?.iter().any(|name| name == RESERVE) {
        spilled.add(RESERVE_NUMBER, folder.read(RESERVE)?, origin)?;
    }
    let name = second_name(origin);
    if let Some(second) = second
        && second.names()?.contains(&name)
    {
        spilled.add(SECOND_NUMBER, second.read(&name)?, origin)?;
    }
    Ok(spilled)
}

fn numbered(index: u64, attempt: u64, line: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{index:020} {attempt:020} ").into_bytes();
    bytes.extend_from_slice(line);
    bytes
}

/// Of several journals that share a second folder, each has a file of its own.
fn second_name(origin: &Origin) -> String {
    let hash = leaf_hash(origin.as_str().as_bytes());
    let digits = u64::from_be_bytes(*hash.first_chunk().expect("a hash has 32 bytes"));
    format!("second-{digits:016x}.log")
}

const NO_SECOND: JournalError = JournalError::new(
    JournalErrorKind::Behind,
    "entries may lie in the second place, which is not there; name it again, or mount it",
);
