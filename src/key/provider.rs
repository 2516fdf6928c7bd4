//! Where the sealing path gets its keys.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::fmt::{self, Debug};
use core::pin::Pin;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::scope::Scope;
#[cfg(feature = "scoped-keys")]
use super::scoped::ScopedKeys;
use super::state::KeyInfo;
use crate::envelope::KeyId;
use crate::label::TenantId;

/// A boxed future, as the asynchronous traits of this crate return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Something that lends data keys.
///
/// A key is lent to a callback, so no reference count, lock or pin escapes. An implementation
/// calls the callback exactly once, or returns an error without calling it; the crate refuses
/// anything else, and also a key with another fingerprint or of another scope. Of
/// [`with_each`](KeyProvider::with_each), which calls it once for each key, it refuses no key at
/// all, one key twice, and another first one than the active; a key that is left out goes unseen,
/// and rows under it are not found. The lending methods must not wait on a network: that is what
/// [`prepare`](KeyProvider::prepare) is for.
pub trait KeyProvider: Debug + Send + Sync {
    /// Lends the key that new values of this scope are sealed under.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`] without an active key, [`KeyErrorKind::Unavailable`] when it is
    /// not loaded.
    fn with_active(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey))
    -> Result<(), KeyError>;

    /// Lends the key of this id, if it belongs to the scope.
    ///
    /// For a key of another scope the answer is [`KeyErrorKind::Missing`], whatever its state:
    /// one tenant does not learn what became of another's keys.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`], [`KeyErrorKind::Disabled`], [`KeyErrorKind::Destroyed`] or
    /// [`KeyErrorKind::Unavailable`].
    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError>;

    /// Lends, one after another, each key under which values of this scope may have been made and
    /// may still be read, the active one first: for index values, which name no key to ask for.
    ///
    /// # Errors
    ///
    /// As [`with_active`](KeyProvider::with_active). A provider that does not implement it
    /// answers [`KeyErrorKind::Unsupported`]: a search that knew the active key alone would miss
    /// rows after a rotation.
    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        let _ = (scope, lend);
        Err(KeyError::new(
            KeyErrorKind::Unsupported,
            "this key provider does not list its keys, so it cannot serve searches",
        ))
    }

    /// Loads the keys that are needed, so that lending them does not fail for want of a network.
    /// They stay loaded while the lease lives, unless destroyed.
    ///
    /// Ids that do not exist are no error here: who may not open must not learn of them.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] and its like.
    fn prepare<'a>(
        &'a self,
        needs: &'a [KeyNeed<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, KeyError>> {
        let _ = needs;
        Box::pin(core::future::ready(Ok(KeyLease::default())))
    }

    /// Which keys these are: scope, state and version of those among them that are this tenant's, or
    /// that all tenants share. What is unknown or another tenant's is left out, and so is what was edited.
    ///
    /// [`Session::review`](crate::Session::review) asks it, because the sealed details of an audit event
    /// name a key and no patient.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] and its like. A provider that does not implement it answers
    /// [`KeyErrorKind::Unsupported`].
    fn identify<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        ids: &'a [KeyId],
    ) -> BoxFuture<'a, Result<Vec<KeyInfo>, KeyError>> {
        let _ = (tenant, ids);
        Box::pin(core::future::ready(Err(KeyError::new(
            KeyErrorKind::Unsupported,
            "this key provider does not say whose a key is, so it cannot serve reviews",
        ))))
    }

    /// The keys that [`Session::shred`](crate::Session::shred) destroys a patient's of. A provider
    /// around [`ScopedKeys`] hands the question on; the default says none.
    #[cfg(feature = "scoped-keys")]
    fn scoped_keys(&self) -> Option<&ScopedKeys> {
        None
    }
}

/// One key that an action will ask for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct KeyNeed<'a> {
    /// Whom and what it is for.
    pub scope: Scope<'a>,
    /// The key's id, or `None` for the scope's active key; in a scope of index values, for every
    /// key that [`KeyProvider::with_each`] lends.
    pub id: Option<KeyId>,
}

impl<'a> KeyNeed<'a> {
    /// The scope's active key.
    pub const fn active(scope: Scope<'a>) -> Self {
        Self { scope, id: None }
    }

    /// The key of this id.
    pub const fn by_id(scope: Scope<'a>, id: KeyId) -> Self {
        Self {
            scope,
            id: Some(id),
        }
    }
}

/// Keeps prepared keys loaded until it is dropped.
///
/// It holds whatever its provider put in, such as an `Arc` of a cache entry. The default lease
/// pins nothing, which is right for a provider that evicts nothing.
#[derive(Default)]
pub struct KeyLease {
    pin: Option<Box<dyn Any + Send + Sync>>,
    is_in_grace: bool,
}

impl KeyLease {
    /// A lease that owns `pin` for as long as it lives.
    pub fn pinning(pin: impl Any + Send + Sync) -> Self {
        Self {
            pin: Some(Box::new(pin)),
            is_in_grace: false,
        }
    }

    /// Says that keys are lent beyond their age, because they could not be loaded anew. The session
    /// records it.
    #[must_use]
    pub fn in_grace(self, is_in_grace: bool) -> Self {
        Self {
            is_in_grace,
            ..self
        }
    }

    /// Whether keys are lent beyond their age.
    pub const fn is_in_grace(&self) -> bool {
        self.is_in_grace
    }
}

impl Debug for KeyLease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyLease")
            .field("pins", &self.pin.is_some())
            .field("is_in_grace", &self.is_in_grace)
            .finish_non_exhaustive()
    }
}

impl<P: KeyProvider + ?Sized> KeyProvider for Arc<P> {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        (**self).with_active(scope, lend)
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        (**self).with_key(scope, id, lend)
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        (**self).with_each(scope, lend)
    }

    fn prepare<'a>(
        &'a self,
        needs: &'a [KeyNeed<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, KeyError>> {
        (**self).prepare(needs)
    }

    fn identify<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        ids: &'a [KeyId],
    ) -> BoxFuture<'a, Result<Vec<KeyInfo>, KeyError>> {
        (**self).identify(tenant, ids)
    }

    #[cfg(feature = "scoped-keys")]
    fn scoped_keys(&self) -> Option<&ScopedKeys> {
        (**self).scoped_keys()
    }
}

/// Runs `f` on the active key of `scope`, holding the provider to its contract.
pub(crate) fn lend_active<R>(
    provider: &dyn KeyProvider,
    scope: Scope<'_>,
    f: impl FnOnce(&DataKey) -> R,
) -> Result<R, KeyError> {
    lend(scope, None, f, |callback| {
        provider.with_active(scope, callback)
    })
}

/// Runs `f` on the key of this id, holding the provider to its contract.
pub(crate) fn lend_by_id<R>(
    provider: &dyn KeyProvider,
    scope: Scope<'_>,
    id: &KeyId,
    f: impl FnOnce(&DataKey) -> R,
) -> Result<R, KeyError> {
    lend(scope, Some(id), f, |callback| {
        provider.with_key(scope, id, callback)
    })
}

/// Runs `f` on each readable key of `scope`, the active one first, holding the provider to its
/// contract: at least one key, none of another scope, none twice, and the first one is what
/// [`with_active`](KeyProvider::with_active) lends. That a readable key is left out cannot be seen.
#[cfg(feature = "index")]
pub(crate) fn lend_each(
    provider: &dyn KeyProvider,
    scope: Scope<'_>,
    mut f: impl FnMut(&DataKey),
) -> Result<(), KeyError> {
    let ask_active = || lend_active(provider, scope, |key| *key.id());
    let active = ask_active()?;
    let mut lent = alloc::vec::Vec::new();
    let mut result = Ok(());
    provider.with_each(scope, &mut |key| {
        // The first breach counts, and no key that comes after.
        result = result.and_then(|()| {
            if !key.scope().admits(scope) {
                return Err(FOREIGN);
            }
            if lent.contains(key.id()) {
                return Err(LENT_TWICE);
            }
            lent.push(*key.id());
            f(key);
            Ok(())
        });
    })?;
    result?;
    match lent.first() {
        None => Err(NOT_LENT),
        Some(first) if *first == active => Ok(()),
        // It may have changed in between; then there is nothing to compare with.
        Some(_) if ask_active()? != active => Ok(()),
        Some(_) => Err(NOT_ACTIVE_FIRST),
    }
}

/// Refuses zero calls, a second call, another fingerprint and another scope.
fn lend<R>(
    scope: Scope<'_>,
    id: Option<&KeyId>,
    f: impl FnOnce(&DataKey) -> R,
    ask: impl FnOnce(&mut dyn FnMut(&DataKey)) -> Result<(), KeyError>,
) -> Result<R, KeyError> {
    let mut f = Some(f);
    let mut result = Err(NOT_LENT);
    ask(&mut |key| {
        result = match f.take() {
            None => Err(KeyError::new(
                KeyErrorKind::Contract,
                "the key provider lent two keys for one request",
            )),
            Some(_) if id.is_some_and(|id| id != key.id()) => Err(KeyError::new(
                KeyErrorKind::Contract,
                "the key provider lent another key than the one asked for",
            )),
            Some(_) if !key.scope().admits(scope) => Err(FOREIGN),
            Some(f) => Ok(f(key)),
        };
    })?;
    result
}

const NOT_LENT: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the key provider reported success without lending a key",
);

#[cfg(feature = "index")]
const LENT_TWICE: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the key provider lent one key twice for one request",
);

#[cfg(feature = "index")]
const NOT_ACTIVE_FIRST: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the key provider did not lend the active key first",
);

const FOREIGN: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "no key of this id belongs to this tenant and subject",
);
