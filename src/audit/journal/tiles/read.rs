//! Reading an export back and checking every byte of it.

use std::path::{Path, PathBuf};

use super::address::{FULL, TileAddress};
use super::bundle;
use super::disk::{self, incomplete_bundle};
use super::error::{TilesError, TilesErrorKind};
use super::levels::Levels;
use crate::audit::journal::checkpoint::SignedCheckpoint;
use crate::audit::journal::signing::VerifierKey;
use crate::audit::journal::tree::leaf_hash;

/// A folder of C2SP `tlog-tiles`, and the checkpoint that it is measured by.
#[derive(Clone, Debug)]
pub struct Tiles {
    root: PathBuf,
    checkpoint: SignedCheckpoint,
}

impl Tiles {
    /// The folder with its own checkpoint, which `key` must have signed.
    ///
    /// # Errors
    ///
    /// [`TilesErrorKind::Missing`] or [`TilesErrorKind::Checkpoint`].
    pub fn open(folder: impl AsRef<Path>, key: &VerifierKey) -> Result<Self, TilesError> {
        let root = folder.as_ref();
        let note = disk::read_checkpoint(root)?.ok_or(TilesErrorKind::Missing)?;
        Ok(Self::at(root, disk::verify_checkpoint(&note, key)?))
    }

    /// The folder, measured by a checkpoint held elsewhere, such as an older one that was
    /// anchored. Also finds a truncated tail, which the folder's own checkpoint cannot show.
    pub fn at(folder: impl AsRef<Path>, checkpoint: SignedCheckpoint) -> Self {
        Self {
            root: folder.as_ref().into(),
            checkpoint,
        }
    }

    /// The checkpoint.
    pub const fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// Checks every tile and bundle that the checkpoint asks for: the entries against the leaves,
    /// each level against the one above, and all against the root.
    ///
    /// Reads one bundle at a time, of at most 16.8 MB. Files that the checkpoint does not ask for
    /// are ignored. What is not guaranteed: that this is the newest checkpoint.
    ///
    /// # Errors
    ///
    /// The first thing wrong: [`TilesErrorKind::Missing`], [`TilesErrorKind::Malformed`] or
    /// [`TilesErrorKind::Mismatch`] with the tile, [`TilesErrorKind::WrongRoot`], or
    /// [`TilesErrorKind::Io`].
    pub fn verify(&self) -> Result<(), TilesError> {
        let size = self.checkpoint.checkpoint().size();
        let mut levels = Levels::default();
        let full = (0..size / FULL as u64).map(|index| TileAddress::entries(index, FULL));
        for bundle in full.chain(incomplete_bundle(size)) {
            self.read_bundle(bundle, &mut levels)?;
        }
        for (tile, hashes) in levels.partials() {
            self.compare(tile, hashes)?;
        }
        match levels.root() == *self.checkpoint.checkpoint().root() {
            true => Ok(()),
            false => Err(TilesErrorKind::WrongRoot.into()),
        }
    }

    fn read_bundle(&self, address: TileAddress, levels: &mut Levels) -> Result<(), TilesError> {
        let (bytes, count) = disk::read_bundle(&self.root, address)?;
        let entries = bundle::parse(&bytes, count)
            .ok_or_else(|| TilesError::from(TilesErrorKind::Malformed).at(address))?;
        for entry in &entries[..usize::from(address.width())] {
            levels.push(leaf_hash(entry), |tile, hashes| self.compare(tile, hashes))?;
        }
        Ok(())
    }

    fn compare(&self, tile: TileAddress, hashes: &[[u8; 32]]) -> Result<(), TilesError> {
        match disk::read_hashes(&self.root, tile)? == hashes {
            true => Ok(()),
            false => Err(TilesError::from(TilesErrorKind::Mismatch).at(tile)),
        }
    }
}
