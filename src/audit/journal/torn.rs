//! What a crash left torn at a journal's end: kept beside the segments, and told by the next entry.

use alloc::boxed::Box;
use alloc::format;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::entry::Dropped;
use super::folder::{Folder, LogFile, append};
use super::segment::{Lines, NextLine};

/// What was cut off and is not recorded yet. If the process ends before it is, the next one finds it
/// under this name and tells it.
const UNRECORDED: &str = "dropped";

/// How many bytes follow the first `good` ones of a file, or `None` if there is a line among them that
/// satisfies `is_impossible`.
pub(super) fn len(
    folder: &dyn Folder,
    name: &str,
    good: u64,
    is_impossible: impl Fn(&[u8]) -> bool,
) -> io::Result<Option<u64>> {
    let mut lines = Lines::new(behind(folder, name, good)?);
    loop {
        match lines.next()? {
            NextLine::Whole(line) if is_impossible(line) => return Ok(None),
            NextLine::Whole(_) | NextLine::Torn => {}
            NextLine::End => return Ok(Some(lines.offset())),
        }
    }
}

/// Keeps `len` bytes that follow the first `good` ones of a file, behind those that an earlier process
/// kept and did not record. Describes both; `None` if there is nothing.
pub(super) fn keep(
    folder: &dyn Folder,
    name: &str,
    good: u64,
    len: u64,
) -> io::Result<Option<Dropped>> {
    let earlier = len_of(folder)?;
    if earlier == 0 && len == 0 {
        return Ok(None);
    }
    // It was kept, and not cut off before the process ended.
    let is_kept = len == 0 || (earlier >= len && is_end(folder, name, good, earlier - len)?);
    let mut copy = Copy::default();
    if earlier > 0 {
        copy.read(folder.read(UNRECORDED)?)?;
    }
    if is_kept {
        return Ok(Some(copy.describe(true)));
    }
    const DRAFT: &str = "dropped.new";
    let _ = folder.remove(DRAFT);
    copy = Copy {
        file: folder.create(DRAFT).ok(),
        ..Copy::default()
    };
    if earlier > 0 {
        copy.read(folder.read(UNRECORDED)?)?;
    }
    copy.read(behind(folder, name, good)?)?;
    let mut file = copy.file.take();
    let kept = file.as_mut().is_some_and(|file| file.sync().is_ok())
        && folder.rename(DRAFT, UNRECORDED).is_ok()
        && folder.sync().is_ok();
    if !kept {
        // A full disk is no reason not to go on.
        let _ = folder.remove(DRAFT);
    }
    Ok(Some(copy.describe(kept)))
}

/// Gives what was kept behind so many entries its name, once it is recorded.
pub(super) fn has_recorded(folder: &dyn Folder, entries: u64) {
    // If that fails, the next process tells it once more.
    let _ = folder.rename(UNRECORDED, &format!("{entries:020}.torn"));
    let _ = folder.sync();
}

/// How much was kept and not recorded.
fn len_of(folder: &dyn Folder) -> io::Result<u64> {
    match folder.names()?.iter().any(|name| name == UNRECORDED) {
        true => io::copy(&mut folder.read(UNRECORDED)?, &mut io::sink()),
        false => Ok(0),
    }
}

/// Whether what was kept is, from `at` on, what follows the first `good` bytes of a file.
fn is_end(folder: &dyn Folder, name: &str, good: u64, at: u64) -> io::Result<bool> {
    let (mut kept, mut torn) = (Copy::default(), Copy::default());
    kept.read(behind(folder, UNRECORDED, at)?)?;
    torn.read(behind(folder, name, good)?)?;
    Ok(kept.hash.finalize() == torn.hash.finalize())
}

fn behind(folder: &dyn Folder, name: &str, good: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut file = folder.read(name)?;
    io::copy(&mut (&mut file).take(good), &mut io::sink())?;
    Ok(file)
}

/// Hashes what it reads, and writes it to a file as long as that takes it.
#[derive(Default)]
struct Copy {
    file: Option<Box<dyn LogFile>>,
    hash: Sha256,
    bytes: u64,
}

impl Copy {
    fn read(&mut self, mut from: Box<dyn Read + Send>) -> io::Result<()> {
        let mut piece = [0; 1 << 13];
        loop {
            let count = match from.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.bytes += count as u64;
            self.hash.update(&piece[..count]);
            let is_whole =
                |file: &mut Box<dyn LogFile>| append(&mut **file, &piece[..count]).is_ok();
            self.file = self
                .file
                .take()
                .and_then(|mut file| is_whole(&mut file).then_some(file));
        }
    }

    fn describe(self, kept: bool) -> Dropped {
        Dropped::new(self.bytes, self.hash.finalize().into(), kept)
    }
}
