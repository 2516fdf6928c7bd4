//! Reading a file as a whole.

use alloc::vec::Vec;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

#[cfg(feature = "scoped-keys")]
use super::seen::Seen;
use super::{TOO_LONG, of_io, refuse_irregular, refuse_modes};
use crate::key::error::KeyError;

/// A file as it was read.
#[derive(Debug)]
pub(in crate::key) struct Content {
    pub(in crate::key) bytes: Vec<u8>,
    #[cfg(feature = "scoped-keys")]
    pub(in crate::key) seen: Seen,
}

/// As [`Files::read`](super::Files::read), from the disk.
pub(super) fn read(path: &Path, limit: u64) -> Result<Content, KeyError> {
    // Opening a pipe would wait for its other end; what counts is the opened file, below.
    refuse_irregular(&fs::metadata(path).map_err(of_io)?)?;
    let file = File::open(path).map_err(of_io)?;
    let metadata = file.metadata().map_err(of_io)?;
    refuse_irregular(&metadata)?;
    refuse_modes(
        &metadata,
        0o027,
        "the file of keys may be written by its group, or is open to everybody; chmod it to 0600, \
         or 0640 if its group should read it",
    )?;
    let mut bytes = Vec::new();
    (&file)
        .take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(of_io)?;
    if bytes.len() as u64 > limit {
        return Err(TOO_LONG);
    }
    Ok(Content {
        bytes,
        #[cfg(feature = "scoped-keys")]
        seen: Seen::new(file, &metadata),
    })
}
