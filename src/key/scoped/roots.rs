//! The tenants' root keys in memory, and the only calls to the KMS.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::lock::Mutex as AsyncMutex;

use super::ScopedKeys;
use super::held::Moment;
use crate::envelope::KeyId;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::root::RootKey;
use crate::key::state::KeyState;
use crate::key::store::StoredKey;
use crate::label::TenantId;

pub(super) struct Roots {
    tenants: Mutex<HashMap<TenantId<'static>, Tenant>>,
    /// Each KMS call holds one.
    lanes: Box<[AsyncMutex<()>]>,
}

/// What is known of one tenant's roots.
struct Tenant {
    rows: Vec<StoredKey>,
    read: Moment,
    roots: Vec<HeldRoot>,
}

/// A root key, and when the KMS unwrapped it.
#[derive(Clone)]
pub(super) struct HeldRoot {
    pub(super) key: Arc<RootKey>,
    pub(super) loaded: Moment,
}

impl Roots {
    pub(super) fn new(concurrency: usize) -> Self {
        Self {
            tenants: Mutex::default(),
            lanes: (0..concurrency).map(|_| AsyncMutex::default()).collect(),
        }
    }

    pub(super) fn clear(&self) {
        self.tenants().clear();
    }

    /// Takes note of a tenant's rows. Roots that are not among them are forgotten.
    fn know(&self, tenant: &TenantId<'static>, rows: Vec<StoredKey>, read: Moment) {
        let mut tenants = self.tenants();
        if rows.is_empty() {
            tenants.remove(tenant);
            return;
        }
        let known = tenants.remove(tenant);
        let mut roots = known.map(|tenant| tenant.roots).unwrap_or_default();
        roots.retain(|root| rows.iter().any(|row| row.id == *root.key.id()));
        let state = Tenant { rows, read, roots };
        tenants.insert(tenant.clone(), state);
    }

    fn with<R>(&self, tenant: &TenantId<'static>, f: impl FnOnce(&mut Tenant) -> R) -> Option<R> {
        self.tenants().get_mut(tenant).map(f)
    }

    fn row(&self, tenant: &TenantId<'static>, id: &KeyId) -> Option<StoredKey> {
        let find = |state: &mut Tenant| state.rows.iter().find(|row| row.id == *id).cloned();
        self.with(tenant, find)?
    }

    fn held(&self, tenant: &TenantId<'static>, id: &KeyId) -> Option<HeldRoot> {
        self.with(tenant, |state| {
            let mut roots = state.roots.iter();
            roots.find(|root| root.key.id() == id).cloned()
        })?
    }

    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId<'static>, Tenant>> {
        // Nothing panics while it is held.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ScopedKeys {
    /// Whether a tenant's root rows were read lately.
    pub(super) fn knows_roots(&self, tenant: &TenantId<'static>, now: Moment) -> bool {
        let is_fresh = |state: &mut Tenant| now.since(state.read) < self.max_age;
        self.roots.with(tenant, is_fresh).unwrap_or(false)
    }

    /// Takes note of the root rows that the store has.
    pub(super) fn know_roots(
        &self,
        tenant: &TenantId<'static>,
        rows: Vec<StoredKey>,
        read: Moment,
    ) {
        self.roots.know(tenant, rows, read);
    }

    /// Whether this id is that of a root in the store, as far as known.
    pub(super) fn knows_root(&self, tenant: &TenantId<'static>, id: &KeyId) -> bool {
        self.roots.row(tenant, id).is_some()
    }

    /// The root that wraps new keys.
    pub(super) async fn active_root(
        &self,
        tenant: &TenantId<'static>,
    ) -> Result<HeldRoot, KeyError> {
        let active = |state: &mut Tenant| {
            let mut rows = state.rows.iter();
            rows.find(|row| row.state == KeyState::Active)
                .map(|row| row.id)
        };
        let id = self.roots.with(tenant, active).ok_or(NO_TENANT)?;
        self.root(tenant, &id.ok_or(NO_ACTIVE_ROOT)?).await
    }

    /// A root of the tenant, from memory or from the KMS: one call, however many wait for it.
    pub(super) async fn root(
        &self,
        tenant: &TenantId<'static>,
        id: &KeyId,
    ) -> Result<HeldRoot, KeyError> {
        loop {
            let row = self.roots.row(tenant, id).ok_or(UNKNOWN_ROOT)?;
            let (claim, others) = self.flights.join([RootKey::scope_of(tenant)]);
            // Looked at after the claim: who held it before has kept what he loaded by now.
            let now = self.moment();
            let held = self.roots.held(tenant, id);
            let fresh = held
                .clone()
                .filter(|root| now.since(root.loaded) < self.max_age);
            if let Some(root) = fresh {
                // The row may be younger than the key in memory.
                root.key.check(&row)?;
                RootKey::check_state(&row)?;
                return Ok(root);
            }
            let result = match claim {
                Some(claim) => {
                    let loaded = self.load_root(&row).await;
                    let result = loaded.map(|key| {
                        let root = HeldRoot {
                            key: Arc::new(key),
                            loaded: now,
                        };
                        self.keep_root(tenant, root.clone());
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
                        // It may have been another root of the tenant, or nobody ended it.
                        Some(Ok(())) | None => continue,
                    }
                }
            };
            return result.or_else(|error| {
                let lifetime = self.longest_use_elsewhere();
                held.filter(|root| is_passing(error) && now.since(root.loaded) < lifetime)
                    .ok_or(error)
            });
        }
    }

    /// The root of this row by a KMS call of its own.
    async fn load_root(&self, row: &StoredKey) -> Result<RootKey, KeyError> {
        let lane = usize::from(row.id.as_bytes()[0]) % self.roots.lanes.len();
        let _lane = self.roots.lanes[lane].lock().await;
        self.counters.kms_calls(1);
        RootKey::load(&*self.kms, row).await
    }

    /// The root that a row names, which another process may have made since this one looked.
    pub(super) async fn root_of(
        &self,
        tenant: &TenantId<'static>,
        row: &StoredKey,
        now: Moment,
    ) -> Result<HeldRoot, KeyError> {
        let id = RootKey::referred_by(row).ok_or(NOT_A_REFERENCE)?;
        if self.roots.row(tenant, &id).is_none() {
            self.read_roots(tenant, now).await?;
        }
        self.root(tenant, &id).await
    }

    /// Keeps a root of which the row is known.
    pub(super) fn keep_root(&self, tenant: &TenantId<'static>, root: HeldRoot) {
        self.roots.with(tenant, |state| {
            state.roots.retain(|other| other.key.id() != root.key.id());
            state.roots.push(root);
        });
    }
}

/// Whether trying again later may help: the only errors that a grace is for.
pub(super) fn is_passing(error: KeyError) -> bool {
    matches!(
        error.kind(),
        KeyErrorKind::Unavailable | KeyErrorKind::Throttled | KeyErrorKind::Io
    )
}

const NO_TENANT: KeyError = KeyError::new(
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

const UNKNOWN_ROOT: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "a row of the key store names a root key that its tenant does not have; put it back from a \
     backup",
);
