//! Exporting a journal as tiles.

use alloc::string::ToString as _;
use alloc::vec::Vec;
use std::path::Path;

use super::address::{FULL, TileAddress};
use super::bundle;
use super::disk::{self, CHECKPOINT, Folder, incomplete_bundle};
use super::error::{TilesError, TilesErrorKind};
use super::levels::Levels;
use crate::audit::journal::checkpoint::SignedCheckpoint;
use crate::audit::journal::signing::VerifierKey;
use crate::audit::journal::tree::{Hash, leaf_hash};

/// An export of a journal into a folder of C2SP `tlog-tiles`, up to a checkpoint.
///
/// Goes on where the folder's last export ended: only entries since then are read, in memory that
/// does not grow with the journal. Entries go in from [`next_index`](Self::next_index) on, in
/// order; [`finish`](Self::finish) publishes the checkpoint when they lead to it. Every file
/// appears whole, and the checkpoint last, after all others are on the disk: a reader never sees
/// one whose tiles are missing. An export that was interrupted is simply begun again.
///
/// That the folder's last checkpoint is the beginning of this one is checked by building the new
/// tree on the old one's right edge. Tiles further left are not read again; [`Tiles`](super::Tiles)
/// does that.
///
/// The folder is made with mode 0700 and files with 0600, because entries are PHI.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Checkpoint, Frontier, JournalKey, Origin, TileExport, Tiles, TilesError, leaf_hash,
/// };
///
/// let key = JournalKey::generate(Origin::new("hospital.example/audit")?)?;
/// let entries = [b"first".to_vec(), b"second".to_vec()];
/// let mut tree = Frontier::new();
/// entries.iter().for_each(|entry| tree.push(leaf_hash(entry)));
/// let signed = key.sign(&Checkpoint::new(key.origin().clone(), tree.len(), tree.root()));
///
/// # let folder = tempfile::tempdir()?;
/// # let folder = folder.path().join("tiles");
/// let mut export = TileExport::begin(&folder, &signed, &key.verifier())?;
/// let from = usize::try_from(export.next_index())?;
/// export.extend(entries[from..].iter().cloned().map(Ok::<_, TilesError>))?;
/// assert_eq!(export.finish()?.entries(), 2);
///
/// assert!(folder.join("tile/entries/000.p/2").is_file());
/// Tiles::open(&folder, &key.verifier())?.verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TileExport {
    folder: Folder,
    target: SignedCheckpoint,
    /// The size of the folder's last export.
    old_size: u64,
    /// The leaves of its incomplete tile, which have to come again.
    known: Vec<Hash>,
    levels: Levels,
    /// The incomplete entry bundle.
    bundle: Vec<u8>,
    files: u64,
    /// Why it cannot go on.
    failed: Option<TilesError>,
}

impl TileExport {
    /// Looks at what is in the folder, which is made if there is none.
    ///
    /// # Errors
    ///
    /// [`TilesErrorKind::Locked`], [`TilesErrorKind::Checkpoint`] if `target` or the folder's
    /// checkpoint is not this key's, [`TilesErrorKind::Behind`], [`TilesErrorKind::Diverged`] if
    /// they are of one size and two roots, the errors of [`Tiles::verify`](super::Tiles::verify)
    /// about the right edge of what is there, or [`TilesErrorKind::Io`].
    pub fn begin(
        folder: impl AsRef<Path>,
        target: &SignedCheckpoint,
        key: &VerifierKey,
    ) -> Result<Self, TilesError> {
        let root = folder.as_ref();
        let target = SignedCheckpoint::verify(target.as_str(), key)?;
        let folder = Folder::lock(root)?;
        let mut levels = match disk::read_checkpoint(root)? {
            None => Levels::default(),
            Some(note) => exported(root, &note, &target, key)?,
        };
        let old_size = levels.size();
        Ok(Self {
            folder,
            target,
            old_size,
            known: levels.cut_lowest(),
            levels,
            bundle: Vec::new(),
            files: 0,
            failed: None,
        })
    }

    /// The index of the entry that has to come next.
    ///
    /// At first that of the folder's last export, rounded down to a whole bundle of 256.
    pub const fn next_index(&self) -> u64 {
        self.levels.size()
    }

    /// Takes the next entry. Those beyond the checkpoint are ignored.
    ///
    /// # Errors
    ///
    /// [`TilesErrorKind::EntryTooLong`], [`TilesErrorKind::Diverged`] if the entry is not the one
    /// exported before at this index, or [`TilesErrorKind::Io`]. Says the same again
    /// from then on: the export has to be begun anew.
    pub fn push(&mut self, entry: &[u8]) -> Result<(), TilesError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let result = self.append(entry);
        self.failed = result.err();
        result
    }

    /// Takes entries until they end or one is an error.
    ///
    /// # Errors
    ///
    /// The first error among the entries, or what [`push`](Self::push) says.
    pub fn extend<E: From<TilesError>>(
        &mut self,
        entries: impl IntoIterator<Item = Result<Vec<u8>, E>>,
    ) -> Result<(), E> {
        entries
            .into_iter()
            .try_for_each(|entry| Ok(self.push(&entry?)?))
    }

    /// Publishes the checkpoint, if the entries lead to it.
    ///
    /// # Errors
    ///
    /// [`TilesErrorKind::TooFewEntries`], [`TilesErrorKind::Diverged`] if their root is not the
    /// checkpoint's, what a [`push`](Self::push) before said, or [`TilesErrorKind::Io`]. The folder's last checkpoint stays in place.
    pub fn finish(mut self) -> Result<TilesWritten, TilesError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let size = self.levels.size();
        if size < self.target.checkpoint().size() {
            return Err(TilesErrorKind::TooFewEntries.into());
        }
        if self.levels.root() != *self.target.checkpoint().root() {
            return Err(TilesErrorKind::Diverged.into());
        }
        if let Some(bundle) = incomplete_bundle(size) {
            self.put_bundle(bundle)?;
        }
        for (tile, hashes) in self.levels.partials() {
            self.files += 1;
            self.folder.put(&tile.to_string(), hashes.as_flattened())?;
        }
        self.folder.sync()?;
        self.folder
            .put(CHECKPOINT, self.target.as_str().as_bytes())?;
        self.folder.sync()?;
        let was_partial = Levels::incomplete(self.old_size).chain(incomplete_bundle(self.old_size));
        for tile in was_partial.filter(|tile| tile.filled().fits(size)) {
            self.folder.remove_partials(tile);
        }
        Ok(TilesWritten {
            entries: size - self.old_size,
            files: self.files,
        })
    }

    fn append(&mut self, entry: &[u8]) -> Result<(), TilesError> {
        let index = self.next_index();
        if index >= self.target.checkpoint().size() {
            return Ok(());
        }
        let leaf = leaf_hash(entry);
        let place = (index % FULL as u64) as usize;
        if index < self.old_size && self.known.get(place) != Some(&leaf) {
            return Err(TilesErrorKind::Diverged.into());
        }
        bundle::append(&mut self.bundle, entry).ok_or(TilesErrorKind::EntryTooLong)?;
        if place + 1 == FULL {
            self.put_bundle(TileAddress::entries(index / FULL as u64, FULL))?;
        }
        let Self {
            levels,
            folder,
            files,
            ..
        } = self;
        levels.push(leaf, |tile, hashes| {
            *files += 1;
            folder.put(&tile.to_string(), hashes.as_flattened())
        })
    }

    fn put_bundle(&mut self, bundle: TileAddress) -> Result<(), TilesError> {
        self.files += 1;
        self.folder.put(&bundle.to_string(), &self.bundle)?;
        self.bundle.clear();
        Ok(())
    }
}

/// What an export did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TilesWritten {
    entries: u64,
    files: u64,
}

impl TilesWritten {
    /// How many entries the folder has gained.
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// How many tiles and bundles were written, those that replace partial ones included.
    pub const fn files(&self) -> u64 {
        self.files
    }
}

/// The tree of the folder's checkpoint, if `target` can go on from it.
fn exported(
    root: &Path,
    note: &[u8],
    target: &SignedCheckpoint,
    key: &VerifierKey,
) -> Result<Levels, TilesError> {
    let old = disk::verify_checkpoint(note, key)?;
    let (old, target) = (old.checkpoint(), target.checkpoint());
    if old.size() > target.size() {
        return Err(TilesErrorKind::Behind.into());
    }
    if old.size() == target.size() && old.root() != target.root() {
        return Err(TilesErrorKind::Diverged.into());
    }
    let levels = Levels::load(old.size(), |tile| disk::read_hashes(root, tile))?;
    match levels.root() == *old.root() {
        true => Ok(levels),
        false => Err(TilesErrorKind::WrongRoot.into()),
    }
}
