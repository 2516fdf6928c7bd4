//! Why tiles were not written or not believed.

use core::fmt;
use std::io;

use super::address::TileAddress;
use crate::audit::journal::checkpoint::{CheckpointError, CheckpointErrorKind};

/// Why tiles were not written, or are not a journal's. Names the tile; quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilesError {
    kind: TilesErrorKind,
    tile: Option<TileAddress>,
}

impl TilesError {
    /// What is wrong, for `match`.
    pub const fn kind(&self) -> TilesErrorKind {
        self.kind
    }

    /// The tile or bundle concerned, if it is one.
    pub const fn tile(&self) -> Option<TileAddress> {
        self.tile
    }

    pub(super) const fn at(mut self, tile: TileAddress) -> Self {
        self.tile = Some(tile);
        self
    }
}

impl From<TilesErrorKind> for TilesError {
    fn from(kind: TilesErrorKind) -> Self {
        Self { kind, tile: None }
    }
}

/// An error may hold a text that a file system chose: only its kind is kept.
impl From<io::Error> for TilesError {
    fn from(error: io::Error) -> Self {
        Self::from(match error.kind() {
            io::ErrorKind::NotFound => TilesErrorKind::Missing,
            kind => TilesErrorKind::Io(kind),
        })
    }
}

impl From<CheckpointError> for TilesError {
    fn from(error: CheckpointError) -> Self {
        Self::from(TilesErrorKind::Checkpoint(error.kind()))
    }
}

impl core::error::Error for TilesError {}

impl fmt::Display for TilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.detail())?;
        if let TilesErrorKind::Io(kind) = self.kind {
            write!(f, " ({kind})")?;
        }
        match self.tile {
            Some(tile) => write!(f, ": {tile}"),
            None => Ok(()),
        }
    }
}

/// The kinds of [`TilesError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum TilesErrorKind {
    /// The file system refused.
    Io(io::ErrorKind),
    /// Another export holds the folder.
    Locked,
    /// The checkpoint in the folder, or the one to publish, does not verify, for this reason.
    Checkpoint(CheckpointErrorKind),
    /// A tile, a bundle or the checkpoint is not there.
    Missing,
    /// A tile or bundle is too short, too long or no regular file.
    Malformed,
    /// A tile holds other hashes than the entries or the tiles below it give.
    Mismatch,
    /// The tiles agree with each other and not with the checkpoint.
    WrongRoot,
    /// The folder's checkpoint is larger than the one to publish.
    Behind,
    /// The entries do not lead from the folder's checkpoint to the one to publish: one of them
    /// is not of this history.
    Diverged,
    /// There were fewer entries than the checkpoint counts.
    TooFewEntries,
    /// An entry does not fit into a bundle.
    EntryTooLong,
}

impl TilesErrorKind {
    pub(super) const fn detail(self) -> &'static str {
        match self {
            Self::Io(_) => "reading or writing failed",
            Self::Locked => "another export is writing into this folder; try again later",
            Self::Checkpoint(_) => "the folder's checkpoint is not to be believed under this key",
            Self::Missing => "a file that the checkpoint asks for is missing",
            Self::Malformed => "not as long as a tile or bundle of this width is",
            Self::Mismatch => "its hashes are not those of what lies below it",
            Self::WrongRoot => "the tiles do not lead to the checkpoint's root",
            Self::Behind => "the folder already holds a later checkpoint",
            Self::Diverged => "the entries contradict the checkpoints; nothing new was published",
            Self::TooFewEntries => "the entries ended before the checkpoint's size",
            Self::EntryTooLong => "an entry has more than 65,535 bytes",
        }
    }
}
