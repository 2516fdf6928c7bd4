//! Where entries go while the journal's disk takes none: a reserve for emergencies that was
//! allocated beforehand, and a second place. `docs/journal.md`, section "A full disk".

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use std::io::{self, Read};

use super::Origin;
use super::error::{JournalError, of_io};
use super::folder::{Folder, LogFile, append};
use super::line::Line;
use super::segment::{Lines, NextLine};
use super::tree::{Hash, leaf_hash};

/// The reserve's name beside the segments.
pub(super) const RESERVE: &str = "reserve";

/// The entries that are elsewhere.
#[derive(Debug)]
pub(super) struct Spill {
    origin: Origin,
    reserve: Option<Area>,
    second: Option<Second>,
    /// How many: the last ones of the log.
    pub(super) count: u64,
    /// A failed write may have left something that looks like an entry.
    in_doubt: bool,
}

/// A second folder, on another disk.
#[derive(Debug)]
pub(super) struct Second {
    folder: Box<dyn Folder>,
    area: Option<Area>,
}

#[derive(Debug)]
struct Area {
    file: Box<dyn LogFile>,
    used: u64,
    /// Within this, nothing has to be allocated.
    capacity: Option<u64>,
}

impl Spill {
    /// Opens what there is.
    pub(super) fn open(
        origin: &Origin,
        folder: &dyn Folder,
        second: Option<Box<dyn Folder>>,
    ) -> Result<Self, JournalError> {
        let header = header(origin).len() as u64;
        let names = folder.names().map_err(of_io)?;
        let reserve = match names.iter().any(|name| name == RESERVE) {
            true => {
                let file = folder.open(RESERVE).map_err(of_io)?;
                let capacity = Some(file.len().unwrap_or(header));
                Some(Area {
                    file,
                    used: header,
                    capacity,
                })
            }
            false => None,
        };
        let second = match second {
            None => None,
            Some(folder) => {
                let name = second_name(origin);
                let is_there = folder.names().map_err(of_io)?.contains(&name);
                let area = match is_there {
                    true => Some(Area {
                        file: folder.open(&name).map_err(of_io)?,
                        used: header,
                        capacity: None,
                    }),
                    false => None,
                };
                Some(Second { folder, area })
            }
        };
        Ok(Self {
            origin: origin.clone(),
            reserve,
            second,
            count: 0,
            in_doubt: false,
        })
    }

    /// Whether any entries are elsewhere.
    pub(super) const fn is_used(&self) -> bool {
        self.count > 0
    }

    /// How many bytes the reserve has left.
    pub(super) fn reserve_left(&self) -> u64 {
        let left = |area: &Area| area.capacity.unwrap_or(0).saturating_sub(area.used);
        self.reserve.as_ref().map_or(0, left)
    }

    /// Puts one entry's line where there is room, on the disk for good.
    pub(super) fn put(&mut self, index: u64, line: &[u8], is_emergency: bool) -> io::Result<()> {
        if self.in_doubt {
            return Err(io::ErrorKind::Other.into());
        }
        let mut bytes = format!("{index:020} ").into_bytes();
        bytes.extend_from_slice(line);
        let reserve = self.reserve.as_mut().filter(|_| is_emergency);
        let mut result = Err(io::ErrorKind::StorageFull.into());
        if let Some(area) = reserve.filter(|area| area.has_room(bytes.len())) {
            result = area.put(&bytes);
            self.in_doubt = result.is_err() && area.take_back().is_err();
        }
        if result.is_err() && !self.in_doubt {
            let Some(second) = &mut self.second else {
                return result;
            };
            let area = second.area(&self.origin)?;
            result = area.put(&bytes);
            self.in_doubt = result.is_err() && area.take_back().is_err();
        }
        self.count += u64::from(result.is_ok());
        result
    }

    /// What is elsewhere, in the order of the entries.
    pub(super) fn read(&self, folder: &dyn Folder) -> io::Result<Spilled> {
        let mut spilled = Spilled::default();
        if self.reserve.is_some() {
            spilled.add(folder.read(RESERVE), &self.origin)?;
        }
        if let Some(second) = &self.second
            && second.area.is_some()
        {
            spilled.add(second.folder.read(&second_name(&self.origin)), &self.origin)?;
        }
        Ok(spilled)
    }

    /// Takes over what an earlier process had put elsewhere.
    pub(super) fn resume(&mut self, source: usize, end: u64) {
        self.count += 1;
        let second = self.second.as_mut().and_then(|second| second.area.as_mut());
        let mut areas = self.reserve.iter_mut().chain(second);
        if let Some(area) = areas.nth(source) {
            area.used = end;
        }
    }

    /// Forgets what is elsewhere, because it stands in the segments now.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let header = header(&self.origin).len() as u64;
        if let Some(area) = &mut self.reserve {
            let used = usize::try_from(area.used - header).unwrap_or(0);
            area.file.overwrite(header, &alloc::vec![0; used])?;
            area.file.sync()?;
            area.used = header;
        }
        if let Some(second) = &mut self.second
            && let Some(area) = &mut second.area
        {
            area.file.truncate(header)?;
            area.file.sync()?;
            area.used = header;
        }
        self.count = 0;
        self.in_doubt = false;
        Ok(())
    }

    /// Makes a reserve of `capacity` bytes if there is none. On a disk that is full there is none until
    /// there is space.
    pub(super) fn ensure_reserve(&mut self, folder: &dyn Folder, capacity: u64) {
        if self.reserve.is_none() && create_reserve(folder, &self.origin, capacity).is_ok() {
            let used = header(&self.origin).len() as u64;
            self.reserve = folder.open(RESERVE).ok().map(|file| Area {
                file,
                used,
                capacity: Some(capacity),
            });
        }
    }
}

impl Second {
    fn area(&mut self, origin: &Origin) -> io::Result<&mut Area> {
        if self.area.is_none() {
            let mut file = self.folder.create(&second_name(origin))?;
            let header = header(origin);
            append(&mut *file, header.as_bytes())?;
            file.sync()?;
            self.folder.sync()?;
            self.area = Some(Area {
                file,
                used: header.len() as u64,
                capacity: None,
            });
        }
        Ok(self.area.as_mut().expect("made just before"))
    }
}

impl Area {
    fn has_room(&self, len: usize) -> bool {
        self.capacity
            .is_none_or(|capacity| self.used + len as u64 <= capacity)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self.capacity {
            Some(_) => self.file.overwrite(self.used, bytes)?,
            None => append(&mut *self.file, bytes)?,
        }
        self.file.sync()?;
        self.used += bytes.len() as u64;
        Ok(())
    }

    /// Sees to it that what a failed write left is not taken for an entry.
    fn take_back(&mut self) -> io::Result<()> {
        match self.capacity {
            Some(capacity) if self.used < capacity => self.file.overwrite(self.used, &[0])?,
            Some(_) => {}
            None => self.file.truncate(self.used)?,
        }
        self.file.sync()
    }
}

/// Makes the reserve: its blocks are allocated by writing them.
fn create_reserve(folder: &dyn Folder, origin: &Origin, capacity: u64) -> io::Result<()> {
    const DRAFT: &str = "reserve.new";
    let _ = folder.remove(DRAFT);
    let header = header(origin);
    let make = || {
        let mut file = folder.create(DRAFT)?;
        append(&mut *file, header.as_bytes())?;
        let zeros = [0; 1 << 16];
        let mut left = capacity.saturating_sub(header.len() as u64);
        while left > 0 {
            let count = left.min(zeros.len() as u64);
            append(&mut *file, &zeros[..count as usize])?;
            left -= count;
        }
        file.sync()?;
        folder.rename(DRAFT, RESERVE)?;
        folder.sync()
    };
    make().inspect_err(|_: &io::Error| {
        let _ = folder.remove(DRAFT);
    })
}

fn header(origin: &Origin) -> String {
    format!("phi-seal reserve 1 {origin}\n")
}

/// Of several journals that share a second folder, each has a file of its own.
pub(super) fn second_name(origin: &Origin) -> String {
    let hash = leaf_hash(origin.as_str().as_bytes());
    let digits = u64::from_be_bytes(*hash.first_chunk().expect("a hash has 32 bytes"));
    format!("second-{digits:016x}.log")
}

impl SpilledEntry {
    /// The entry itself.
    pub(super) fn entry(&self) -> &[u8] {
        match Line::split(&self.line) {
            Some((_, entry)) => &entry[..entry.len() - 1],
            None => &[],
        }
    }
}

/// Entries that are elsewhere, from up to two files, in order.
#[derive(Debug, Default)]
pub(super) struct Spilled {
    sources: Vec<Source>,
}

#[derive(Debug)]
struct Source {
    lines: Lines,
    next: Option<SpilledEntry>,
}

/// One entry that is elsewhere.
#[derive(Debug)]
pub(super) struct SpilledEntry {
    pub(super) index: u64,
    pub(super) hash: Hash,
    /// The line of a segment, with its newline.
    pub(super) line: Vec<u8>,
    /// Where it ends in its file.
    pub(super) end: u64,
}

impl Spilled {
    /// Reads a file too; one that belongs to another journal, or was cut in its header, is as if
    /// it were empty.
    pub(super) fn add(
        &mut self,
        file: io::Result<Box<dyn Read + Send>>,
        origin: &Origin,
    ) -> io::Result<()> {
        let mut lines = Lines::new(file?);
        let is_ours = match lines.next()? {
            NextLine::Whole(line) => line == header(origin).trim_end().as_bytes(),
            NextLine::End | NextLine::Torn => false,
        };
        let mut source = Source { lines, next: None };
        if is_ours {
            source.advance()?;
        }
        self.sources.push(source);
        Ok(())
    }

    /// The next one, and the number of the file it is from.
    pub(super) fn next(&mut self) -> io::Result<Option<(usize, SpilledEntry)>> {
        let index = |source: &Source| source.next.as_ref().map(|entry| entry.index);
        let sources = self.sources.iter().enumerate();
        let first = sources
            .filter_map(|(number, source)| Some((index(source)?, number)))
            .min();
        let Some((_, number)) = first else {
            return Ok(None);
        };
        let source = &mut self.sources[number];
        let entry = source.next.take();
        source.advance()?;
        Ok(entry.map(|entry| (number, entry)))
    }
}

impl Source {
    /// Reads on to the next entry; a torn one is the end.
    fn advance(&mut self) -> io::Result<()> {
        let NextLine::Whole(line) = self.lines.next()? else {
            return Ok(());
        };
        let Some((index, rest)) = line.split_at_checked(21) else {
            return Ok(());
        };
        let index = core::str::from_utf8(index)
            .ok()
            .and_then(|index| index.strip_suffix(' '))
            .and_then(|index| index.parse().ok());
        if let (Some(index), Some(Line::Entry { hash, .. })) = (index, Line::parse(rest)) {
            let mut line = rest.to_vec();
            line.push(b'\n');
            self.next = Some(SpilledEntry {
                index,
                hash,
                line,
                end: self.lines.offset(),
            });
        }
        Ok(())
    }
}
