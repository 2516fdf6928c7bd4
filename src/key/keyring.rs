//! Data keys in memory, with versions and states.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::provider::{BoxFuture, KeyProvider};
use super::ring::Ring;
use super::roster::{Roster, now};
use super::scope::{KeyScope, Scope};
use super::state::KeyInfo;
use crate::envelope::KeyId;
use crate::label::TenantId;

/// Versioned data keys in memory.
///
/// Lending takes no lock and counts no reference; changes are serialised, and each becomes
/// visible at once and as a whole. Versions count from 1 over all scopes. Each scope has exactly
/// one active key; a request gets the active key of the most specific scope that admits it:
/// subject over tenant over shared. A change copies the table, so it suits some thousand keys.
///
/// A keyring stores nothing. One that came from [`Keyset::unlock`](super::Keyset::unlock) mirrors
/// its keyset and refuses every change but [`replace`](Keyring::replace): a key that was rotated
/// in here only would be lost with the process, and with it all that it sealed.
///
/// # Example
///
/// ```
/// use phi_seal::key::{KeyState, Keyring};
///
/// let keyring = Keyring::generate()?;
/// keyring.rotate()?;
/// keyring.disable(1)?;
/// let states: Vec<_> = keyring.keys().iter().map(|key| key.state()).collect();
/// assert_eq!(states, [KeyState::Disabled, KeyState::Active]);
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
pub struct Keyring {
    ring: ArcSwap<Ring>,
    writer: Mutex<()>,
}

impl Keyring {
    /// One fresh key for sealing that all tenants share, for tests and demonstrations.
    ///
    /// **Everything sealed under it is lost when the process ends.** Use a keyset for data that
    /// should last.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] if the operating system has no randomness to give.
    pub fn generate() -> Result<Self, KeyError> {
        DataKey::generate(KeyScope::default()).map(Self::from_key)
    }

    /// One key, active in its scope, of version 1.
    pub fn from_key(key: DataKey) -> Self {
        let (id, scope) = (*key.id(), key.scope().clone());
        let roster = Roster::with_first(id, scope, now(), Arc::new(key));
        Self::of(Ring::new(roster, false))
    }

    /// The unlocked keys of a keyset.
    #[cfg(feature = "serde")]
    pub(super) fn mirroring(roster: Roster<Arc<DataKey>>) -> Self {
        Self::of(Ring::new(roster, true))
    }

    /// Adds a key and gives its version. It becomes the active key of its scope, and the scope's
    /// earlier one decrypt-only.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::AlreadyExists`] if the key is, or once was, in this keyring;
    /// [`KeyErrorKind::InvalidState`] if it mirrors a keyset.
    pub fn add(&self, key: DataKey) -> Result<u32, KeyError> {
        let (id, scope) = (*key.id(), key.scope().clone());
        self.change(|roster| roster.add(id, scope, now(), Arc::new(key)))
    }

    /// Adds a key that opens and finds at once and seals nothing until it is
    /// [activated](Keyring::activate), and gives its version. The scope's active key stays.
    ///
    /// # Errors
    ///
    /// As [`add`](Keyring::add); [`KeyErrorKind::NotFound`] if the scope has no key yet, since its
    /// first one is its active one.
    pub fn add_decrypt_only(&self, key: DataKey) -> Result<u32, KeyError> {
        let (id, scope) = (*key.id(), key.scope().clone());
        self.change(|roster| roster.add_decrypt_only(id, scope, now(), Arc::new(key)))
    }

    /// Makes a decrypt-only key the active one of its scope, and the earlier one decrypt-only.
    ///
    /// Forward only: a key of a lower version than the active one, such as one that was rotated
    /// out because it leaked, is refused.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for such a key or one of another state, or if the keyring
    /// mirrors a keyset; [`KeyErrorKind::NotFound`] for an unknown version.
    pub fn activate(&self, version: u32) -> Result<(), KeyError> {
        self.change(|roster| roster.activate(version))
    }

    /// Puts a fresh active key into the shared scope for sealing; the old one becomes
    /// decrypt-only.
    ///
    /// # Errors
    ///
    /// As [`rotate_scope`](Keyring::rotate_scope).
    pub fn rotate(&self) -> Result<KeyId, KeyError> {
        self.rotate_scope(&KeyScope::default())
    }

    /// Puts a fresh active key into this scope; the old one becomes decrypt-only.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`] if the scope has no key yet: [`add`](Keyring::add) one.
    /// [`KeyErrorKind::InvalidState`] if the keyring mirrors a keyset.
    /// [`KeyErrorKind::Unavailable`] if the operating system has no randomness to give.
    pub fn rotate_scope(&self, scope: &KeyScope) -> Result<KeyId, KeyError> {
        self.change(|roster| {
            if !roster.has_scope(scope) {
                return Err(KeyError::new(
                    KeyErrorKind::NotFound,
                    "this scope has no key to rotate; add one",
                ));
            }
            let key = DataKey::generate(scope.clone())?;
            let id = *key.id();
            roster.add(id, scope.clone(), now(), Arc::new(key))?;
            Ok(id)
        })
    }

    /// Takes a decrypt-only key out of use, until it is enabled again.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for a key of another state, or if the keyring mirrors a
    /// keyset; [`KeyErrorKind::NotFound`] for an unknown version.
    pub fn disable(&self, version: u32) -> Result<(), KeyError> {
        self.change(|roster| roster.disable(version))
    }

    /// Lets a disabled key open again; it does not become active.
    ///
    /// # Errors
    ///
    /// As [`disable`](Keyring::disable).
    pub fn enable(&self, version: u32) -> Result<(), KeyError> {
        self.change(|roster| roster.enable(version))
    }

    /// Destroys a decrypt-only or disabled key for good. Its bytes are wiped as soon as no
    /// thread is being lent it; a tombstone stays.
    ///
    /// # Errors
    ///
    /// As [`disable`](Keyring::disable).
    pub fn destroy(&self, version: u32) -> Result<(), KeyError> {
        self.change(|roster| roster.destroy(version))
    }

    /// Refuses all keys of lower versions; a lower minimum admits them again.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for 0, for a version above the lowest active one of any
    /// scope, or if the keyring mirrors a keyset.
    pub fn set_minimum_version(&self, version: u32) -> Result<(), KeyError> {
        self.change(|roster| roster.set_minimum_version(version))
    }

    /// Swaps in all of another keyring at once, while other threads go on sealing and opening.
    pub fn replace(&self, other: Self) {
        let _serialised = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.ring.store(other.ring.into_inner());
    }

    /// The minimum version, at first 1.
    pub fn minimum_version(&self) -> u32 {
        self.ring.load().roster.minimum_version()
    }

    /// What keys there are, destroyed ones included, in order of their versions.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.ring.load().roster.infos()
    }

    fn of(ring: Ring) -> Self {
        Self {
            ring: ArcSwap::from_pointee(ring),
            writer: Mutex::new(()),
        }
    }

    /// Works on a copy under the writers' lock, and publishes it if that succeeds.
    fn change<R>(
        &self,
        f: impl FnOnce(&mut Roster<Arc<DataKey>>) -> Result<R, KeyError>,
    ) -> Result<R, KeyError> {
        let _serialised = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let ring = self.ring.load();
        if ring.mirrors {
            return Err(KeyError::new(
                KeyErrorKind::InvalidState,
                "this keyring mirrors a keyset; change the keyset, unlock it, and replace this",
            ));
        }
        let mut roster = ring.roster.clone();
        drop(ring);
        let result = f(&mut roster)?;
        self.ring.store(Arc::new(Ring::new(roster, false)));
        Ok(result)
    }
}

impl KeyProvider for Keyring {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        lend(self.ring.load().active(scope)?);
        Ok(())
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        lend(self.ring.load().by_id(scope, id)?);
        Ok(())
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        let ring = self.ring.load();
        let active = ring.active(scope)?;
        lend(active);
        ring.readable(scope)
            .filter(|key| key.id() != active.id())
            .for_each(lend);
        Ok(())
    }

    fn identify<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        ids: &'a [KeyId],
    ) -> BoxFuture<'a, Result<Vec<KeyInfo>, KeyError>> {
        let is_own = |info: &KeyInfo| info.scope().tenant_id().is_none_or(|own| own == tenant);
        let mut infos = self.keys();
        infos.retain(|info| ids.contains(info.id()) && is_own(info));
        Box::pin(core::future::ready(Ok(infos)))
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = self.ring.load();
        f.debug_struct("Keyring")
            .field("keys", &ring.roster.entries().len())
            .field("minimum_version", &ring.roster.minimum_version())
            .finish_non_exhaustive()
    }
}
