//! Changes to a keyset: verify, change, count, authenticate.

use alloc::boxed::Box;
use core::time::Duration;

use super::{Keyset, NO_RANDOMNESS, metadata};
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::kms::{Kms, WrappedKey};
use crate::key::payload::{rewrap_data_key, wrap_data_key, wrap_secret};
use crate::key::roster::{Roster, now};
use crate::key::scope::KeyScope;
use crate::key::wrap::WrapContext;
use crate::secret::SecretKey;

impl Keyset {
    /// Adds a key and gives its version. It becomes the active key of its scope, and the scope's
    /// earlier one decrypt-only.
    ///
    /// # Errors
    ///
    /// As [`unlock`](Keyset::unlock); [`KeyErrorKind::AlreadyExists`] for a key that is, or once
    /// was, in this keyset.
    pub async fn add(&mut self, key: &DataKey, kms: &dyn Kms) -> Result<u32, KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        let wrapped = wrap_data_key(kms, key, self.roster.next_version()?).await?;
        self.commit(&mac_secret, |roster| {
            roster.add(*key.id(), key.scope().clone(), now(), wrapped)
        })
    }

    /// Adds a key that opens and finds at once and seals nothing until it is
    /// [activated](Keyset::activate), and gives its version. The scope's active key stays.
    ///
    /// For several processes: once all have it, any may activate it, and none is ever shown a
    /// value or an index value under a key that it does not know.
    ///
    /// # Errors
    ///
    /// As [`add`](Keyset::add); [`KeyErrorKind::NotFound`] if the scope has no key yet, since its
    /// first one is its active one.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::key::{DataKey, KeyScope, Keyset, LocalKms};
    ///
    /// # pollster::block_on(async {
    /// let kms = LocalKms::generate()?;
    /// let mut keyset = Keyset::generate(&kms).await?;
    /// let next = DataKey::generate(KeyScope::default())?;
    /// let version = keyset.add_decrypt_only(&next, &kms).await?;
    /// // Store it, and have every process unlock it and replace its keyring. Then:
    /// keyset.activate(version, &kms).await?;
    /// // Store it and have them do so once more, in any order.
    /// let codes: Vec<_> = keyset.keys().iter().map(|key| key.state().code()).collect();
    /// assert_eq!(codes, ["decrypt-only", "active"]);
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// # })?;
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// ```
    pub async fn add_decrypt_only(
        &mut self,
        key: &DataKey,
        kms: &dyn Kms,
    ) -> Result<u32, KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        let wrapped = wrap_data_key(kms, key, self.roster.next_version()?).await?;
        self.commit(&mac_secret, |roster| {
            roster.add_decrypt_only(*key.id(), key.scope().clone(), now(), wrapped)
        })
    }

    /// Makes a decrypt-only key the active one of its scope, and the earlier one decrypt-only.
    ///
    /// Forward only: a key of a lower version than the active one, such as one that was rotated
    /// out because it leaked, is refused.
    ///
    /// # Errors
    ///
    /// As [`verify`](Keyset::verify); [`KeyErrorKind::InvalidState`] for such a key or one of
    /// another state; [`KeyErrorKind::NotFound`] for an unknown version.
    pub async fn activate(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        self.commit(&mac_secret, |roster| roster.activate(version))
    }

    /// Puts a fresh active key into the shared scope for sealing; the old one becomes
    /// decrypt-only.
    ///
    /// # Errors
    ///
    /// As [`rotate_scope`](Keyset::rotate_scope).
    pub async fn rotate(&mut self, kms: &dyn Kms) -> Result<KeyId, KeyError> {
        self.rotate_scope(&KeyScope::default(), kms).await
    }

    /// Puts a fresh active key into this scope; the old one becomes decrypt-only.
    ///
    /// # Errors
    ///
    /// As [`unlock`](Keyset::unlock); [`KeyErrorKind::NotFound`] if the scope has no key yet:
    /// [`add`](Keyset::add) one.
    pub async fn rotate_scope(
        &mut self,
        scope: &KeyScope,
        kms: &dyn Kms,
    ) -> Result<KeyId, KeyError> {
        if !self.roster.has_scope(scope) {
            return Err(NO_KEY_TO_ROTATE);
        }
        let key = DataKey::generate(scope.clone())?;
        self.add(&key, kms).await?;
        Ok(*key.id())
    }

    /// As [`rotate`](Keyset::rotate), if the shared scope's active key for sealing is older than
    /// `age`; otherwise nothing changes and the answer is `None`.
    ///
    /// # Errors
    ///
    /// As [`rotate_scope_if_older_than`](Keyset::rotate_scope_if_older_than).
    pub async fn rotate_if_older_than(
        &mut self,
        age: Duration,
        kms: &dyn Kms,
    ) -> Result<Option<KeyId>, KeyError> {
        self.rotate_scope_if_older_than(&KeyScope::default(), age, kms)
            .await
    }

    /// As [`rotate_scope`](Keyset::rotate_scope), if this scope's active key is older than `age`;
    /// otherwise nothing changes and the answer is `None`. For a job that runs every day, say.
    ///
    /// A key's age counts in whole seconds since it joined the keyset, by the clocks of the machine
    /// that made it and of this one. One that joined in the future, because a clock was set back, is
    /// not older than anything: until the clock has caught up, nothing is rotated. The metadata is
    /// verified before the time in it is believed.
    ///
    /// The new key is active at once, which is right for one process, or while nobody writes; where
    /// several processes write, see [`add_decrypt_only`](Keyset::add_decrypt_only).
    ///
    /// # Errors
    ///
    /// As [`rotate_scope`](Keyset::rotate_scope), also when nothing is due.
    ///
    /// # Example
    ///
    /// ```
    /// use core::time::Duration;
    /// use phi_seal::key::{KeyScope, Keyset, LocalKms};
    ///
    /// # pollster::block_on(async {
    /// let kms = LocalKms::generate()?;
    /// let mut keyset = Keyset::generate(&kms).await?;
    ///
    /// let quarter = Duration::from_secs(90 * 24 * 60 * 60);
    /// assert!(keyset.rotate_if_older_than(quarter, &kms).await?.is_none()); // made just now
    /// assert_eq!(keyset.generation(), 1);
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// # })?;
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// ```
    pub async fn rotate_scope_if_older_than(
        &mut self,
        scope: &KeyScope,
        age: Duration,
        kms: &dyn Kms,
    ) -> Result<Option<KeyId>, KeyError> {
        self.verify(kms).await?;
        let joined = self.roster.active_since(scope).ok_or(NO_KEY_TO_ROTATE)?;
        if Duration::from_secs(now().saturating_sub(joined)) <= age {
            return Ok(None);
        }
        self.rotate_scope(scope, kms).await.map(Some)
    }

    /// Takes a decrypt-only key out of use, until it is enabled again.
    ///
    /// # Errors
    ///
    /// As [`verify`](Keyset::verify); [`KeyErrorKind::InvalidState`] for a key of another state;
    /// [`KeyErrorKind::NotFound`] for an unknown version.
    pub async fn disable(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        self.commit(&mac_secret, |roster| roster.disable(version))
    }

    /// Lets a disabled key open again; it does not become active.
    ///
    /// # Errors
    ///
    /// As [`disable`](Keyset::disable).
    pub async fn enable(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        self.commit(&mac_secret, |roster| roster.enable(version))
    }

    /// Drops the wrapped bytes of a decrypt-only or disabled key; a tombstone stays.
    ///
    /// Backups of the keyset still hold them, as do running processes until they replace their
    /// keyring: what it sealed is gone when those are.
    ///
    /// # Errors
    ///
    /// As [`disable`](Keyset::disable).
    pub async fn destroy(&mut self, version: u32, kms: &dyn Kms) -> Result<(), KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        self.commit(&mac_secret, |roster| roster.destroy(version))
    }

    /// Refuses all keys of lower versions; a lower minimum admits them again.
    ///
    /// # Errors
    ///
    /// As [`verify`](Keyset::verify); [`KeyErrorKind::InvalidState`] for 0, or a version above
    /// the lowest active one of any scope.
    pub async fn set_minimum_version(
        &mut self,
        version: u32,
        kms: &dyn Kms,
    ) -> Result<(), KeyError> {
        let mac_secret = self.verified_mac_secret(kms).await?;
        self.commit(&mac_secret, |roster| roster.set_minimum_version(version))
    }

    /// Wraps every key anew under another KMS key, or the new version of the same; the metadata
    /// gets a fresh MAC key. The data keys stay: rotate too if the old KMS key leaked.
    ///
    /// Where `to` owns the old wrapping key too and can [`rewrap`](Kms::rewrap), it does that
    /// itself, and `from` is asked for the metadata only; otherwise `from` unwraps and `to` wraps.
    /// Each key is read back either way.
    ///
    /// # Errors
    ///
    /// As [`unlock`](Keyset::unlock).
    pub async fn rewrap(&mut self, from: &dyn Kms, to: &dyn Kms) -> Result<(), KeyError> {
        self.verified_mac_secret(from).await?;
        let roster = self
            .roster
            .convert(|info, wrapped| Box::pin(rewrap_data_key(from, to, wrapped, info)))
            .await?;
        let mac_secret = SecretKey::generate().ok_or(NO_RANDOMNESS)?;
        let mac_key = wrap_secret(to, &mac_secret, &WrapContext::of_keyset(&self.id)).await?;
        let mut changed = Self {
            roster,
            mac_key,
            ..self.clone()
        };
        changed.commit(&mac_secret, |_| Ok(()))?;
        *self = changed;
        Ok(())
    }

    /// Makes a change and the next generation of it, or neither.
    fn commit<R>(
        &mut self,
        mac_secret: &SecretKey,
        f: impl FnOnce(&mut Roster<WrappedKey>) -> Result<R, KeyError>,
    ) -> Result<R, KeyError> {
        let mut changed = self.clone();
        let result = f(&mut changed.roster)?;
        changed.generation = self.generation.checked_add(1).ok_or(KeyError::new(
            KeyErrorKind::InvalidState,
            "all 2^64 - 1 generations are used up; begin a new keyset",
        ))?;
        changed.mac = metadata::mac(&changed, mac_secret);
        *self = changed;
        Ok(result)
    }
}

const NO_KEY_TO_ROTATE: KeyError = KeyError::new(
    KeyErrorKind::NotFound,
    "this scope has no key to rotate; add one",
);
