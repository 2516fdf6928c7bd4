//! Versions of the tables.

use super::fault::{DAMAGED_TABLES, NEWER_TABLES, NO_TABLES};
use crate::key::KeyError;

/// One step of a key store's tables, from the version before to its own.
///
/// For a DBA who runs what a program may not: in the order of versions, each in one transaction,
/// exactly as it stands. Its last statement notes the version.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migration {
    /// From 1.
    pub version: u32,
    /// What it does, in some words.
    pub name: &'static str,
    /// One or more statements, each with its semicolon.
    pub sql: &'static str,
}

/// What remains to do in a database of this version; 0 before the first.
pub(super) fn missing(
    all: &'static [Migration],
    version: i64,
) -> Result<&'static [Migration], KeyError> {
    let done = usize::try_from(version).map_err(|_| DAMAGED_TABLES)?;
    all.get(done..).ok_or(NEWER_TABLES)
}

/// That the tables are of the version which this crate reads and writes.
pub(super) fn check(all: &'static [Migration], version: i64) -> Result<(), KeyError> {
    match missing(all, version)? {
        [] => Ok(()),
        _ => Err(NO_TABLES),
    }
}
