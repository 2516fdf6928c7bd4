//! Files that appear whole or not at all, and reading no more than a file may hold.

use alloc::collections::BTreeSet;
use alloc::string::ToString as _;
use alloc::vec::Vec;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::address::{FULL, TileAddress};
use super::bundle::MAX_ENTRY;
use super::error::{TilesError, TilesErrorKind};
use crate::audit::journal::checkpoint::{CheckpointErrorKind, SignedCheckpoint};
use crate::audit::journal::note::MAX_NOTE_LEN;
use crate::audit::journal::signing::VerifierKey;
use crate::audit::journal::tree::Hash;

pub(super) const CHECKPOINT: &str = "checkpoint";

/// A folder that nobody else exports into, until this is dropped.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    /// In which files have appeared that a power cut may still take.
    unsynced: BTreeSet<PathBuf>,
    _lock: File,
}

impl Folder {
    pub(super) fn lock(root: &Path) -> Result<Self, TilesError> {
        let is_new = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let new: Vec<_> = root.ancestors().take_while(is_new).collect();
        create_folder(root)?;
        for folder in new.into_iter().filter_map(Path::parent) {
            match folder.as_os_str().is_empty() {
                true => sync_folder(Path::new("."))?,
                false => sync_folder(folder)?,
            }
        }
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let lock = private(&mut options).open(root.join(".lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(TilesErrorKind::Locked.into()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        Ok(Self {
            root: root.into(),
            unsynced: BTreeSet::new(),
            _lock: lock,
        })
    }

    /// Writes a file of this content; whoever looks sees the old file or the new one.
    pub(super) fn put(&mut self, name: &str, content: &[u8]) -> Result<(), TilesError> {
        let path = self.root.join(name);
        if let Some(folder) = path.parent() {
            create_folder(folder)?;
        }
        // One name for all, so that an interrupted export leaves at most one such file.
        let draft = self.root.join(".draft");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        let mut file = private(&mut options).open(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        let above = path.ancestors().skip(1);
        let within = above.take_while(|folder| folder.starts_with(&self.root));
        self.unsynced.extend(within.map(Path::to_path_buf));
        Ok(())
    }

    /// Makes safe what was put so far.
    pub(super) fn sync(&mut self) -> Result<(), TilesError> {
        self.unsynced
            .iter()
            .try_for_each(|folder| sync_folder(folder))?;
        self.unsynced.clear();
        Ok(())
    }

    /// Removes the partial tiles that this full one replaces. They may also stay.
    pub(super) fn remove_partials(&self, tile: TileAddress) {
        let _ = fs::remove_dir_all(self.root.join(tile.partials()));
    }
}

/// The hashes of a tile. When a partial tile is gone, those of the full one, which begins with
/// them.
pub(super) fn read_hashes(root: &Path, tile: TileAddress) -> Result<Vec<Hash>, TilesError> {
    let width = usize::from(tile.width());
    let read = |tile: TileAddress| {
        let width = usize::from(tile.width());
        let bytes = read_file(&root.join(tile.to_string()), width * 32)?;
        match bytes.as_chunks() {
            (hashes, []) if hashes.len() == width => Ok(hashes.to_vec()),
            _ => Err(TilesErrorKind::Malformed.into()),
        }
    };
    let mut hashes = or_filled(tile, read)?;
    hashes.truncate(width);
    Ok(hashes)
}

/// The bytes of a bundle and how many entries they are said to hold: those of the full one, when
/// a partial bundle is gone.
pub(super) fn read_bundle(
    root: &Path,
    bundle: TileAddress,
) -> Result<(Vec<u8>, usize), TilesError> {
    or_filled(bundle, |bundle| {
        let width = usize::from(bundle.width());
        let longest = width * (2 + MAX_ENTRY);
        let bytes = read_file(&root.join(bundle.to_string()), longest)?;
        Ok((bytes, width))
    })
}

/// The folder's checkpoint, unverified; none if there is none.
pub(super) fn read_checkpoint(root: &Path) -> Result<Option<Vec<u8>>, TilesError> {
    match read_file(&root.join(CHECKPOINT), MAX_NOTE_LEN) {
        Ok(note) => Ok(Some(note)),
        Err(error) if error.kind() == TilesErrorKind::Missing => Ok(None),
        Err(error) => Err(error),
    }
}

/// The checkpoint, if the key signed it.
pub(super) fn verify_checkpoint(
    note: &[u8],
    key: &VerifierKey,
) -> Result<SignedCheckpoint, TilesError> {
    let malformed = TilesErrorKind::Checkpoint(CheckpointErrorKind::Malformed);
    let note = str::from_utf8(note).map_err(|_| malformed)?;
    Ok(SignedCheckpoint::verify(note, key)?)
}

fn or_filled<T>(
    tile: TileAddress,
    read: impl Fn(TileAddress) -> Result<T, TilesError>,
) -> Result<T, TilesError> {
    let found = match read(tile) {
        Err(error) if error.kind() == TilesErrorKind::Missing && !tile.is_full() => {
            read(tile.filled())
        }
        found => found,
    };
    found.map_err(|error| error.at(tile))
}

/// A regular file of at most `limit` bytes.
fn read_file(path: &Path, limit: usize) -> Result<Vec<u8>, TilesError> {
    // Looked at first, because opening a pipe would wait for its writer.
    let len = match fs::metadata(path)? {
        file if file.is_file() => file.len(),
        _ => return Err(TilesErrorKind::Malformed.into()),
    };
    if len > limit as u64 {
        return Err(TilesErrorKind::Malformed.into());
    }
    let mut content = Vec::with_capacity(len as usize);
    File::open(path)?
        .take(limit as u64 + 1)
        .read_to_end(&mut content)?;
    match content.len() > limit {
        true => Err(TilesErrorKind::Malformed.into()),
        false => Ok(content),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    match cfg!(unix) {
        true => File::open(folder)?.sync_all(),
        // Elsewhere folders cannot be synchronised.
        false => Ok(()),
    }
}

/// Entries are PHI: nobody but the owner looks in.
fn create_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

/// The incomplete bundle of a tree of this size.
pub(super) fn incomplete_bundle(size: u64) -> Option<TileAddress> {
    let width = (size % FULL as u64) as usize;
    (width > 0).then(|| TileAddress::entries(size / FULL as u64, width))
}
