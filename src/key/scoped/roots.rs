//! The tenants' root keys in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::ScopedKeys;
use super::flight::Flights;
use super::held::Moment;
use crate::envelope::KeyId;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::root::RootKey;
use crate::key::state::KeyState;
use crate::key::store::{KeyQuery, StoredKey};
use crate::label::TenantId;

#[derive(Default)]
pub(super) struct Roots {
    known: Mutex<Known>,
    /// By tenant and id: that one root cannot be used is nothing to the others.
    flights: Flights<(TenantId<'static>, KeyId)>,
}

#[derive(Default)]
struct Known {
    tenants: HashMap<TenantId<'static>, Tenant>,
    /// What was read before this in sequence was to be forgotten.
    cleared: u64,
}

/// What is known of one tenant's roots.
struct Tenant {
    rows: Vec<StoredKey>,
    read: Moment,
    /// Whether a row could not be used: it may have been put right, or wrapped anew.
    is_doubted: bool,
    roots: Vec<HeldRoot>,
}

/// A root key, and when the KMS unwrapped it.
#[derive(Clone)]
pub(super) struct HeldRoot {
    pub(super) key: Arc<RootKey>,
    pub(super) loaded: Moment,
}

impl Roots {
    /// Forgets everything, also what is being read now.
    pub(super) fn clear(&self, now: Moment) {
        let mut known = self.known();
        known.cleared = known.cleared.max(now.sequence);
        known.tenants.clear();
    }

    /// Takes note of a tenant's rows. Roots that are not among them are forgotten.
    pub(super) fn know(&self, tenant: &TenantId<'static>, rows: Vec<StoredKey>, read: Moment) {
        let mut known = self.known();
        let old = known.tenants.get(tenant).map(|state| state.read.sequence);
        // Answers may overtake each other.
        if read.sequence < known.cleared.max(old.unwrap_or(0)) {
            return;
        }
        let old = known.tenants.remove(tenant);
        // Whom nobody added is not remembered, however many are asked for.
        if rows.is_empty() {
            return;
        }
        let mut roots = old.map(|state| state.roots).unwrap_or_default();
        roots.retain(|root| rows.iter().any(|row| row.id == *root.key.id()));
        let state = Tenant {
            rows,
            read,
            is_doubted: false,
            roots,
        };
        known.tenants.insert(tenant.clone(), state);
    }

    /// The rows of a tenant, however old; none if they are not known.
    pub(super) fn rows(&self, tenant: &TenantId<'static>) -> Vec<StoredKey> {
        let rows = self.with(tenant, |state| state.rows.clone());
        rows.unwrap_or_default()
    }

    /// Keeps a root of which the row is known.
    pub(super) fn keep(&self, tenant: &TenantId<'static>, root: HeldRoot) {
        let mut known = self.known();
        if root.loaded.sequence < known.cleared {
            return;
        }
        if let Some(state) = known.tenants.get_mut(tenant) {
            state.roots.retain(|other| other.key.id() != root.key.id());
            state.roots.push(root);
        }
    }

    /// A row of these could not be used: they are read anew at the next load.
    pub(super) fn doubt(&self, tenant: &TenantId<'static>) {
        self.with(tenant, |state| state.is_doubted = true);
    }

    fn held(&self, tenant: &TenantId<'static>, id: &KeyId) -> Option<HeldRoot> {
        self.with(tenant, |state| {
            let mut roots = state.roots.iter();
            roots.find(|root| root.key.id() == id).cloned()
        })?
    }

    fn with<R>(&self, tenant: &TenantId<'static>, f: impl FnOnce(&mut Tenant) -> R) -> Option<R> {
        self.known().tenants.get_mut(tenant).map(f)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ScopedKeys {
    /// Whether a tenant's root rows were read lately, and could be used.
    pub(super) fn knows_roots(&self, tenant: &TenantId<'static>, now: Moment) -> bool {
        let is_fresh =
            |state: &mut Tenant| !state.is_doubted && now.since(state.read) < self.max_age;
        self.roots.with(tenant, is_fresh).unwrap_or(false)
    }

    /// Reads a tenant's root rows anew.
    pub(super) async fn read_roots(
        &self,
        tenant: &TenantId<'static>,
    ) -> Result<Vec<StoredKey>, KeyError> {
        let now = self.moment();
        self.counters.store_query();
        let query = [KeyQuery::Scope(RootKey::scope_of(tenant))];
        let rows = self.store.find(&query).await?;
        self.roots.know(tenant, rows.clone(), now);
        Ok(rows)
    }

    /// The root that wraps new keys.
    pub(super) async fn active_root(
        &self,
        tenant: &TenantId<'static>,
    ) -> Result<HeldRoot, KeyError> {
        let mut rows = self.roots.rows(tenant);
        if rows.is_empty() {
            rows = self.read_roots(tenant).await?;
        }
        if rows.is_empty() {
            return Err(NO_TENANT);
        }
        let active = active_of(&rows).ok_or(NO_ACTIVE_ROOT)?;
        self.root(tenant, active).await
    }

    /// The root that a row names, which another process may have made since this one looked.
    pub(super) async fn root_of(
        &self,
        tenant: &TenantId<'static>,
        row: &StoredKey,
    ) -> Result<HeldRoot, KeyError> {
        let id = RootKey::referred_by(row).ok_or(NOT_A_REFERENCE)?;
        let find = |rows: Vec<StoredKey>| rows.into_iter().find(|row| row.id == id);
        let root = match find(self.roots.rows(tenant)) {
            Some(root) => root,
            None => find(self.read_roots(tenant).await?).ok_or(UNKNOWN_ROOT)?,
        };
        self.root(tenant, &root).await
    }

    /// The root of this row, from memory or from the KMS: one call, however many wait for it.
    pub(super) async fn root(
        &self,
        tenant: &TenantId<'static>,
        row: &StoredKey,
    ) -> Result<HeldRoot, KeyError> {
        let result = self.find_root(tenant, row).await;
        if result.as_ref().is_err_and(|error| !is_passing(*error)) {
            self.roots.doubt(tenant);
        }
        result
    }

    async fn find_root(
        &self,
        tenant: &TenantId<'static>,
        row: &StoredKey,
    ) -> Result<HeldRoot, KeyError> {
        RootKey::check_state(row)?;
        loop {
            let (claim, others) = self.roots.flights.join([(tenant.clone(), row.id)]);
            // Looked at after the claim: who held it before has kept what he loaded by now.
            let now = self.moment();
            let held = self.roots.held(tenant, &row.id);
            let is_fresh = |root: &HeldRoot| now.since(root.loaded) < self.max_age;
            if let Some(root) = held.as_ref().filter(|root| is_fresh(root)) {
                return root.vouching_for(row);
            }
            let result = match claim {
                Some(claim) => {
                    let loaded = RootKey::load(&self.kms, row).await;
                    let result = loaded.map(|key| {
                        let root = HeldRoot {
                            key: Arc::new(key),
                            loaded: now,
                        };
                        self.roots.keep(tenant, root.clone());
                        root
                    });
                    let outcome = result.as_ref().map(|_| ()).map_err(|error| *error);
                    claim.finish(outcome);
                    result
                }
                None => {
                    let mut outcome = None;
                    for other in others {
                        outcome = other.wait().await;
                    }
                    match outcome {
                        Some(Err(error)) => Err(error),
                        // It is there now, or nobody ended it.
                        Some(Ok(())) | None => continue,
                    }
                }
            };
            return result.or_else(|error| {
                let lifetime = self.longest_use_elsewhere();
                let is_alive = |root: &HeldRoot| now.since(root.loaded) < lifetime;
                held.filter(|root| is_passing(error) && is_alive(root))
                    .ok_or(error)?
                    .vouching_for(row)
            });
        }
    }
}

impl HeldRoot {
    /// Itself, if the row is its own and was not edited since.
    fn vouching_for(&self, row: &StoredKey) -> Result<Self, KeyError> {
        self.key.check(row)?;
        Ok(self.clone())
    }
}

/// The newest, should somebody have put an older one back.
pub(super) fn active_of(rows: &[StoredKey]) -> Option<&StoredKey> {
    rows.iter()
        .filter(|row| row.state == KeyState::Active)
        .max_by_key(|row| row.version)
}

/// Whether trying again later may help: the only errors that a grace is for.
pub(super) fn is_passing(error: KeyError) -> bool {
    matches!(
        error.kind(),
        KeyErrorKind::Unavailable | KeyErrorKind::Throttled | KeyErrorKind::Io
    )
}

pub(super) const NO_TENANT: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "this tenant has no root key; add the tenant first",
);

const NO_ACTIVE_ROOT: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "none of this tenant's root keys is active; rotate it",
);

pub(super) const NOT_A_REFERENCE: KeyError = KeyError::new(
    KeyErrorKind::Tampered,
    "a row of the key store does not name the root key that wrapped it",
);

pub(super) const UNKNOWN_ROOT: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "a row of the key store names a root key that its tenant does not have; put it back from a \
     backup",
);
