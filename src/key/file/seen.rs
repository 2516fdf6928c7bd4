//! Telling cheaply whether a file is still the one that was read.

use std::fs::{File, Metadata};

/// Which file was read.
///
/// Holds it open: as long as it is, no other file gets its number, however often the name is given
/// to a new one. Times and length are only for those who write into the file instead of replacing
/// it, or who change its mode.
#[derive(Debug)]
pub(in crate::key) struct Seen(Option<(File, Stamp)>);

impl Seen {
    pub(super) fn new(file: File, metadata: &Metadata) -> Self {
        Self(stamp(metadata).map(|stamp| (file, stamp)))
    }

    /// Never the same as another.
    #[cfg(test)]
    pub(in crate::key) const fn unknown() -> Self {
        Self(None)
    }

    pub(super) fn is_still(&self, metadata: &Metadata) -> bool {
        let now = stamp(metadata);
        self.0.as_ref().is_some_and(|(_, then)| now == Some(*then))
    }
}

/// Device, number, length, and both times with their nanoseconds.
type Stamp = (u64, u64, u64, [i64; 4]);

#[cfg(unix)]
fn stamp(metadata: &Metadata) -> Option<Stamp> {
    use std::os::unix::fs::MetadataExt;

    let times = [
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ];
    Some((metadata.dev(), metadata.ino(), metadata.size(), times))
}

/// Nothing tells one file from another there, so each is read.
#[cfg(not(unix))]
fn stamp(_: &Metadata) -> Option<Stamp> {
    None
}
