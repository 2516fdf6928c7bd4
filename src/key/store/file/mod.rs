//! A store in a file that several processes share.

mod format;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use super::table::Table;
use super::{KeyChange, KeyPage, KeyQuery, KeyStore, StoredKey};
use crate::envelope::KeyId;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::file::{self, Disk, Files, Seen};
use crate::key::provider::BoxFuture;

/// Keys in one file, every change of which is on the disk before it counts.
///
/// `docs/keys.md` specifies the file. A change takes a lock (`<name>.lock` beside it, which stays),
/// reads the file as it is then, writes the new content beside, synchronises it, renames it into
/// place and synchronises the folder. Several processes may share the file: of two changes that
/// cannot both hold, the later one is a [`KeyErrorKind::Conflict`], and each sees at once what the
/// others did. What a reader is given is on the disk too: no power cut takes back a key that
/// somebody has used.
///
/// A file that is missing or damaged is an error, never a reason to begin anew, but to
/// [`create`](FileStore::create) and [`open_or_create`](FileStore::open_or_create). Damage is told
/// by a digest over the whole, which protects against accidents; against forgery, each row is
/// authenticated by the provider. Nothing in the file tells that a row was left out, or an
/// older copy put in its place, if the digest was made for it.
///
/// On Unix a file that its group may write, or others may do anything with, is refused with
/// [`KeyErrorKind::Permissions`]: the keys are wrapped, but **tenants and subjects stand in it in
/// clear**. The group may read it (0640, say for a backup), until a change makes it 0600 again. The
/// folder's permissions are not checked. Elsewhere than on Unix, protecting the file is up to you.
///
/// # Cost
///
/// Its futures block the thread that polls them, for reading, writing and the disk. Each change
/// reads and writes the whole file, and the first look-up after one reads it: at 10,000 keys, 4.3 MB,
/// 35 and 24 ms at best, some 130 and 80 ms on a busy machine, beside what the disk takes to
/// synchronise. It is for some ten thousand keys that seldom change, and holds 64 MiB; an
/// asynchronous service asks it on a thread for blocking work, or keeps its keys in a database.
///
/// The file system needs hard links, and locks and renames that hold across its users.
///
/// # Example
///
/// ```
/// use phi_seal::key::{FileStore, KeyErrorKind, KeyStore};
///
/// # pollster::block_on(async {
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("keys.json");
/// assert_eq!(FileStore::open(&path).unwrap_err().kind(), KeyErrorKind::NotFound);
///
/// let store = FileStore::open_or_create(&path)?;
/// assert!(store.page(None, 10).await?.rows.is_empty());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct FileStore {
    path: PathBuf,
    files: Box<dyn Files>,
    known: Mutex<Option<Known>>,
}

/// What was read, and from which file.
struct Known {
    seen: Seen,
    table: Table,
}

impl FileStore {
    /// Makes a file without keys. Never overwrites.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::AlreadyExists`]; [`KeyErrorKind::NotFound`] for a missing folder;
    /// [`KeyErrorKind::Permissions`] or [`KeyErrorKind::Io`].
    pub fn create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        file::create(&Disk, path.as_ref(), &format::write(&Table::default()))?;
        Self::open(path)
    }

    /// Opens a file that is there.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`]; [`KeyErrorKind::Malformed`] if it is damaged, cut short or no
    /// such file; [`KeyErrorKind::Unsupported`] if a later version of this crate wrote it;
    /// [`KeyErrorKind::Permissions`] if this process may not read it, or others may do more than
    /// [they should](FileStore); [`KeyErrorKind::Io`].
    pub fn open(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        // A rename onto a symbolic link would replace the link.
        Self::open_on(Box::new(Disk), file::resolve(path.as_ref())?)
    }

    /// Opens the file, or makes it if there is none. When several processes do this at once, all
    /// end with the same.
    ///
    /// A missing file is taken for a first start: where it can mean that a volume is not mounted,
    /// use [`open`](FileStore::open) and [`create`](FileStore::create).
    ///
    /// # Errors
    ///
    /// As both.
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let path = path.as_ref();
        match Self::open(path) {
            Err(error) if error.kind() == KeyErrorKind::NotFound => {}
            opened => return opened,
        }
        match Self::create(path) {
            Err(error) if error.kind() == KeyErrorKind::AlreadyExists => Self::open(path),
            created => created,
        }
    }

    fn open_on(files: Box<dyn Files>, path: PathBuf) -> Result<Self, KeyError> {
        let known = Mutex::new(None);
        let store = Self { path, files, known };
        store.read_by(|_| ())?;
        Ok(store)
    }

    /// Hands the rows over as they stand in the file now.
    fn read_by<R>(&self, read: impl FnOnce(&Table) -> R) -> Result<R, KeyError> {
        // Whoever panics while it is held leaves a whole table.
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let current = match known.take() {
            Some(current) if self.files.is_still(&self.path, &current.seen) => current,
            _ => self.load()?,
        };
        Ok(read(&known.insert(current).table))
    }

    fn load(&self) -> Result<Known, KeyError> {
        let content = self.files.read(&self.path, LIMIT)?;
        let table = format::parse(&content.bytes)?;
        // Another process may have renamed it into place and not have come to this. A key that is
        // lent from here seals data, and must not be less safe than they are.
        file::sync_folder(&*self.files, &self.path)?;
        let seen = content.seen;
        Ok(Known { seen, table })
    }

    fn change_by(&self, changes: &[KeyChange]) -> Result<(), KeyError> {
        let row = |change: &KeyChange| match change {
            KeyChange::Add(row) | KeyChange::Replace { to: row, .. } => row.is_well_formed(),
        };
        if !changes.iter().all(row) {
            return Err(UNREADABLE);
        }
        let _held = file::lock(&*self.files, &self.path)?;
        // Not what is known: that may be told from what stands there only while nobody writes
        // into the file.
        let mut table = format::parse(&self.files.read(&self.path, LIMIT)?.bytes)?;
        table.apply(changes)?;
        let content = format::write(&table);
        if content.len() as u64 > LIMIT {
            return Err(FULL);
        }
        file::replace(&*self.files, &self.path, &content)
    }
}

impl KeyStore for FileStore {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        Box::pin(async { self.read_by(|table| table.find(queries)) })
    }

    /// # Errors
    ///
    /// As [`KeyStore::apply`]; [`KeyErrorKind::Malformed`] for a row that is none, such as an active
    /// one without a key; and those of [`open`](FileStore::open). After [`KeyErrorKind::Io`] the
    /// changes may have been made, as after an answer of a database that was lost: look.
    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(async { self.change_by(changes) })
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        Box::pin(async move { self.read_by(|table| table.page(after, limit)) })
    }
}

impl fmt::Debug for FileStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStore").finish_non_exhaustive()
    }
}

/// Longest file, in bytes: some 150,000 keys.
const LIMIT: u64 = 64 << 20;

const UNREADABLE: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "a row that the key store could not read back was not written; nothing was changed",
);

const FULL: KeyError = KeyError::new(
    KeyErrorKind::Io,
    "the file of keys would become longer than 64 MiB; nothing was changed, move the keys to a \
     database",
);

#[cfg(test)]
mod tests;
