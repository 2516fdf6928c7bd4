//! A keyset in a file that several processes share.

use core::fmt;
use core::time::Duration;
use std::path::{Path, PathBuf};

use super::Keyset;
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::file::{self, Disk, Files};
use crate::key::keyring::Keyring;
use crate::key::kms::Kms;
use crate::key::scope::KeyScope;
use crate::key::state::KeyInfo;

/// A [`Keyset`] in a file, every change of which is on the disk before it counts.
///
/// A change is a compare-and-swap under a lock file (`<name>.lock`, which stays): if somebody
/// else changed the file since it was loaded, the change is refused with
/// [`KeyErrorKind::Conflict`] and nothing is lost; [`reload`](KeysetFile::reload) and try again.
/// The new content is written beside, synchronised and renamed into place, of mode 0600. A file
/// that is damaged or of another root key is an error, never a reason to begin anew; nor is a
/// missing one, but to [`create`](KeysetFile::create) and
/// [`load_or_create`](KeysetFile::load_or_create).
///
/// On Unix a file that its group may write, or others may read or write, is refused with
/// [`KeyErrorKind::Permissions`]: the keys are wrapped, but who may write it can put back an older
/// generation, and who may read it sees the ids of scoped keys. The group may read it (0640, say for
/// a backup), until a change makes it 0600 again. The folder's permissions are not checked: whoever
/// may write there can put another file in its place. Elsewhere than on Unix, protecting the file
/// is up to you.
///
/// The file system needs hard links, and locks and renames that hold across its users. File
/// operations block the calling thread, mostly for the disk to synchronise.
///
/// # Example
///
/// ```
/// use phi_seal::key::{KeysetFile, LocalKms};
///
/// # pollster::block_on(async {
/// let folder = tempfile::tempdir()?;
/// let kms = LocalKms::create_file(folder.path().join("root.key"))?;
/// let mut file = KeysetFile::create(folder.path().join("keys.json"), &kms).await?;
/// let keyring = file.unlock(&kms).await?;
///
/// file.rotate_into(&keyring, &kms).await?;
/// assert_eq!(keyring.keys().len(), 2);
/// assert_eq!(keyring.keys(), file.keyset().keys());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct KeysetFile {
    path: PathBuf,
    keyset: Keyset,
}

impl KeysetFile {
    /// Makes a file with a new keyset; see [`Keyset::generate`]. Never overwrites.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::AlreadyExists`]; [`KeyErrorKind::NotFound`] for a missing folder;
    /// [`KeyErrorKind::Permissions`], [`KeyErrorKind::Io`], and those of [`Keyset::generate`].
    pub async fn create(path: impl AsRef<Path>, kms: &dyn Kms) -> Result<Self, KeyError> {
        // Before asking the KMS; what decides is the link that `file::create` makes.
        if path.as_ref().exists() {
            return Err(KeyError::new(
                KeyErrorKind::AlreadyExists,
                "there is a file already, which was left as it is",
            ));
        }
        let keyset = Keyset::generate(kms).await?;
        file::create(&Disk, path.as_ref(), keyset.to_json().as_bytes())?;
        Self::load(path)
    }

    /// Loads a file of at most 64 MiB. It is verified when it is unlocked or changed.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`], [`KeyErrorKind::Malformed`], [`KeyErrorKind::Unsupported`] or
    /// [`KeyErrorKind::Io`]; [`KeyErrorKind::Permissions`] if this process may not read it, or
    /// others may do more than [they should](KeysetFile).
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        // A rename onto a symbolic link would replace the link.
        let path = file::resolve(path.as_ref())?;
        let keyset = read(&path)?;
        Ok(Self { path, keyset })
    }

    /// Loads the file, or makes it if there is none. When several processes do this at once, all
    /// end with the same keyset.
    ///
    /// A missing file is taken for a first start: where it can mean that a volume is not mounted,
    /// use [`load`](KeysetFile::load) and [`create`](KeysetFile::create).
    ///
    /// # Errors
    ///
    /// As both.
    pub async fn load_or_create(path: impl AsRef<Path>, kms: &dyn Kms) -> Result<Self, KeyError> {
        let path = path.as_ref();
        match Self::load(path) {
            Err(error) if error.kind() == KeyErrorKind::NotFound => {}
            loaded => return loaded,
        }
        match Self::create(path, kms).await {
            Err(error) if error.kind() == KeyErrorKind::AlreadyExists => Self::load(path),
            created => created,
        }
    }

    /// Loads the file again.
    ///
    /// # Errors
    ///
    /// As [`load`](KeysetFile::load); [`KeyErrorKind::Tampered`] if it holds an older generation
    /// than before, or another keyset.
    pub fn reload(&mut self) -> Result<(), KeyError> {
        let keyset = read(&self.path)?;
        if keyset.id != self.keyset.id || keyset.generation < self.keyset.generation {
            return Err(KeyError::new(
                KeyErrorKind::Tampered,
                "the keyset file was put back to an older one or replaced by another",
            ));
        }
        self.keyset = keyset;
        Ok(())
    }

    /// The keyset as it was loaded or last changed.
    pub const fn keyset(&self) -> &Keyset {
        &self.keyset
    }

    /// As [`Keyset::unlock`], of the keyset as it was loaded or last changed.
    ///
    /// # Errors
    ///
    /// As [`Keyset::unlock`].
    pub async fn unlock(&self, kms: &dyn Kms) -> Result<Keyring, KeyError> {
        self.keyset.unlock(kms).await
    }

    /// As [`Keyset::add`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::add`]; [`KeyErrorKind::Conflict`]; and those of [`load`](KeysetFile::load).
    pub async fn add(&mut self, key: &DataKey, kms: &dyn Kms) -> Result<u32, KeyError> {
        let mut changed = self.keyset.clone();
        let version = changed.add(key, kms).await?;
        self.save(changed)?;
        Ok(version)
    }

    /// As [`Keyset::add_decrypt_only`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::add_decrypt_only`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn add_decrypt_only(
        &mut self,
        key: &DataKey,
        kms: &dyn Kms,
    ) -> Result<u32, KeyError> {
        let mut changed = self.keyset.clone();
        let version = changed.add_decrypt_only(key, kms).await?;
        self.save(changed)?;
        Ok(version)
    }

    /// As [`Keyset::activate`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::activate`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn activate(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.activate(version, kms).await?;
        self.save(changed)
    }

    /// As [`Keyset::rotate`], and saves.
    ///
    /// # Errors
    ///
    /// As [`rotate_scope`](KeysetFile::rotate_scope).
    pub async fn rotate(&mut self, kms: &dyn Kms) -> Result<KeyId, KeyError> {
        self.rotate_scope(&KeyScope::default(), kms).await
    }

    /// As [`rotate`](KeysetFile::rotate), and has the keyring use the new key.
    ///
    /// The new key is unwrapped, then stored, and only then in the keyring: nothing is sealed
    /// under a key that is not on the disk, and a KMS that fails leaves file and keyring as they
    /// were. Other threads go on sealing and opening; what was sealed before keeps opening.
    ///
    /// Keyrings elsewhere do not know the new key and cannot open what is sealed under it: have
    /// other processes [`reload`](KeysetFile::reload), [`unlock`](KeysetFile::unlock) and
    /// [`replace`](Keyring::replace). Where there are others, let them know the key before it is
    /// used: [`add_decrypt_only`](KeysetFile::add_decrypt_only), then
    /// [`activate`](KeysetFile::activate).
    ///
    /// # Errors
    ///
    /// As [`rotate`](KeysetFile::rotate) and [`unlock`](KeysetFile::unlock);
    /// [`KeyErrorKind::InvalidState`] if the keyring holds a key that the file does not, which
    /// would be lost. The keyring is unchanged then, and so is the file, unless it was written
    /// and its folder could not be synchronised ([`KeyErrorKind::Io`]): the next change answers
    /// [`KeyErrorKind::Conflict`] in that case.
    pub async fn rotate_into(
        &mut self,
        keyring: &Keyring,
        kms: &dyn Kms,
    ) -> Result<KeyId, KeyError> {
        let mut changed = self.keyset.clone();
        let id = changed.rotate(kms).await?;
        let unlocked = changed.unlock(kms).await?;
        // Until the keyring is replaced: of two that rotate at once, the later one comes last.
        let _held = self.lock_unchanged()?;
        self.refuse_to_lose_keys_of(keyring)?;
        self.store(changed)?;
        keyring.replace(unlocked);
        Ok(id)
    }

    /// As [`Keyset::rotate_scope`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::rotate_scope`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn rotate_scope(
        &mut self,
        scope: &KeyScope,
        kms: &dyn Kms,
    ) -> Result<KeyId, KeyError> {
        let mut changed = self.keyset.clone();
        let id = changed.rotate_scope(scope, kms).await?;
        self.save(changed)?;
        Ok(id)
    }

    /// As [`Keyset::rotate_if_older_than`], and saves if something changed.
    ///
    /// # Errors
    ///
    /// As [`rotate_scope_if_older_than`](KeysetFile::rotate_scope_if_older_than).
    pub async fn rotate_if_older_than(
        &mut self,
        age: Duration,
        kms: &dyn Kms,
    ) -> Result<Option<KeyId>, KeyError> {
        self.rotate_scope_if_older_than(&KeyScope::default(), age, kms)
            .await
    }

    /// As [`Keyset::rotate_scope_if_older_than`], and saves if something changed.
    ///
    /// Of several processes that do this at once, one rotates and the others have a
    /// [`KeyErrorKind::Conflict`]; when they have reloaded, nothing is due any more.
    ///
    /// # Errors
    ///
    /// As [`Keyset::rotate_scope`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn rotate_scope_if_older_than(
        &mut self,
        scope: &KeyScope,
        age: Duration,
        kms: &dyn Kms,
    ) -> Result<Option<KeyId>, KeyError> {
        let mut changed = self.keyset.clone();
        let rotated = changed.rotate_scope_if_older_than(scope, age, kms).await?;
        if rotated.is_some() {
            self.save(changed)?;
        }
        Ok(rotated)
    }

    /// As [`Keyset::disable`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::disable`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn disable(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.disable(version, kms).await?;
        self.save(changed)
    }

    /// As [`Keyset::enable`], and saves.
    ///
    /// # Errors
    ///
    /// As [`disable`](KeysetFile::disable).
    pub async fn enable(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.enable(version, kms).await?;
        self.save(changed)
    }

    /// As [`Keyset::destroy`], and saves. The disk may keep the old file's blocks.
    ///
    /// # Errors
    ///
    /// As [`disable`](KeysetFile::disable).
    pub async fn destroy(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.destroy(version, kms).await?;
        self.save(changed)
    }

    /// As [`Keyset::set_minimum_version`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::set_minimum_version`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn set_minimum_version(
        &mut self,
        version: u32,
        kms: &dyn Kms,
    ) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.set_minimum_version(version, kms).await?;
        self.save(changed)
    }

    /// As [`Keyset::rewrap`], and saves.
    ///
    /// # Errors
    ///
    /// As [`Keyset::rewrap`]; [`KeyErrorKind::Conflict`]; and those of
    /// [`load`](KeysetFile::load).
    pub async fn rewrap(&mut self, from: &dyn Kms, to: &dyn Kms) -> Result<(), KeyError> {
        let mut changed = self.keyset.clone();
        changed.rewrap(from, to).await?;
        self.save(changed)
    }

    fn save(&mut self, changed: Keyset) -> Result<(), KeyError> {
        let _held = self.lock_unchanged()?;
        self.store(changed)
    }

    /// Keeps others from changing the file until the result is dropped.
    fn lock_unchanged(&self) -> Result<Box<dyn Send>, KeyError> {
        let held = file::lock(&Disk, &self.path)?;
        if read(&self.path)? != self.keyset {
            return Err(KeyError::new(
                KeyErrorKind::Conflict,
                "somebody else changed the keyset file; reload it and try again",
            ));
        }
        Ok(held)
    }

    fn refuse_to_lose_keys_of(&self, keyring: &Keyring) -> Result<(), KeyError> {
        let stored = self.keyset.keys();
        let is_stored = |key: &KeyInfo| stored.iter().any(|other| other.id() == key.id());
        if keyring.keys().iter().all(is_stored) {
            return Ok(());
        }
        Err(KeyError::new(
            KeyErrorKind::InvalidState,
            "this keyring holds a key that the keyset file does not, which would be lost; pass the \
             one that was unlocked from this file",
        ))
    }

    /// Under the lock.
    fn store(&mut self, changed: Keyset) -> Result<(), KeyError> {
        file::replace(&Disk, &self.path, changed.to_json().as_bytes())?;
        self.keyset = changed;
        Ok(())
    }
}

impl fmt::Debug for KeysetFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeysetFile")
            .field("keyset", &self.keyset)
            .finish_non_exhaustive()
    }
}

fn read(path: &Path) -> Result<Keyset, KeyError> {
    Keyset::from_json(&Disk.read(path, 64 << 20)?.bytes)
}
