//! From the store into memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::{HashMap, HashSet};
use std::sync::PoisonError;

use futures_util::future::join_all;

use super::ScopedKeys;
use super::held::{DESTROYED, Held, Moment};
use super::owner::Owner;
use super::roots::{HeldRoot, NOT_A_REFERENCE, is_passing};
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::provider::{KeyLease, KeyNeed};
use crate::key::root::RootKey;
use crate::key::scope::KeyScope;
use crate::key::store::{KeyChange, KeyQuery, StoredKey};
use crate::label::TenantId;

/// What may be missing for what was asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// Keys to open with, if there are any.
    Read,
    /// An active key, made if the scope never had one.
    Active,
}

/// Rows by their scope; one without rows has none in the store.
type Rows = HashMap<KeyScope, Vec<StoredKey>>;

/// What keeps scopes in memory.
#[derive(Default)]
struct Pins {
    pins: Vec<Arc<()>>,
    is_in_grace: bool,
}

impl ScopedKeys {
    /// Loads what an action will ask for.
    pub(super) async fn load_needs(&self, needs: &[KeyNeed<'_>]) -> Result<KeyLease, KeyError> {
        let begun = self.moment();
        let mut wanted = HashMap::new();
        for need in needs {
            if need.id.is_none() {
                wanted.insert(self.subject_keys.sealing(need.scope), Want::Active);
                continue;
            }
            for owner in self.subject_keys.asked_first(need.scope) {
                wanted.entry(owner).or_insert(Want::Read);
            }
        }
        let mut pins = Pins::default();
        self.hold(wanted, begun, false, &mut pins).await?;
        let elsewhere = self.not_found(needs);
        self.hold(elsewhere, begun, false, &mut pins).await?;
        // Another process may have made the key since this one looked.
        let renewed = self.not_found(needs);
        self.hold(renewed, begun, true, &mut pins).await?;
        Ok(KeyLease::pinning(pins.pins).in_grace(pins.is_in_grace))
    }

    /// Where keys might be that were asked for by id and are not in memory.
    fn not_found<'n>(&self, needs: &'n [KeyNeed<'_>]) -> HashMap<Owner<'n>, Want> {
        let mut owners = HashMap::new();
        for need in needs {
            let Some(id) = need.id else { continue };
            let holds = |owner| {
                let find = |held: &Held| held.by_id(&id).is_some();
                self.cache.read(owner, find).unwrap_or(false)
            };
            let (likely, other) = self.subject_keys.opening(need.scope);
            let possible = core::iter::once(likely).chain(other);
            if !possible.clone().any(holds) {
                owners.extend(possible.map(|owner| (owner, Want::Read)));
            }
        }
        owners
    }

    /// Sees to it that these scopes are in memory, and pins them. If they are to be `renewed`, what
    /// was loaded before it was `begun` does not count.
    async fn hold(
        &self,
        wanted: HashMap<Owner<'_>, Want>,
        begun: Moment,
        renewed: bool,
        pins: &mut Pins,
    ) -> Result<(), KeyError> {
        let mut missing: Vec<_> = wanted.into_iter().collect();
        for attempt in 0..ATTEMPTS {
            let now = self.moment();
            let asked = missing.len();
            missing = self.cache.pin(missing, &mut pins.pins, |held, want| {
                // Also if it turned out to be broken, which who asks for the key is told.
                let is_new = held.loaded.sequence > begun.sequence;
                (is_new || !renewed && held.is_fresh(now, self.max_age))
                    && (want == Want::Read || held.has_keys())
            });
            if attempt == 0 {
                let hits = asked - missing.len();
                self.counters.prepared(hits, missing.len());
            }
            if missing.is_empty() {
                return Ok(());
            }
            match self.load_or_wait(&missing, &mut pins.pins).await {
                Ok(()) => {}
                Err(error) if !renewed => return self.hold_in_grace(error, missing, pins),
                Err(error) => return Err(error),
            }
        }
        Err(BUSY)
    }

    /// Loads what nobody else is loading, and waits for the rest.
    async fn load_or_wait(
        &self,
        missing: &[(Owner<'_>, Want)],
        pins: &mut Vec<Arc<()>>,
    ) -> Result<(), KeyError> {
        let wants: HashMap<_, _> = missing
            .iter()
            .map(|(owner, want)| (owner.to_scope(), *want))
            .collect();
        let (claim, others) = self.flights.join(wants.keys().cloned());
        let mut result = Ok(());
        if let Some(claim) = claim {
            let claimed: Vec<_> = claim
                .scopes()
                .iter()
                .map(|scope| (scope.clone(), wants[scope]))
                .collect();
            let loaded = self.load(&claimed).await;
            claim.finish(loaded.as_ref().map(|_| ()).map_err(|error| *error));
            // Pinned at once: a page of more scopes than the cache holds would push itself out.
            result = loaded.map(|loaded| pins.extend(loaded));
        }
        for other in others {
            if let Some(Err(error)) = other.wait().await {
                result = result.and(Err(error));
            }
        }
        result
    }

    /// Goes on with keys that are too old, if `error` is that store or KMS are out of reach.
    fn hold_in_grace(
        &self,
        error: KeyError,
        missing: Vec<(Owner<'_>, Want)>,
        pins: &mut Pins,
    ) -> Result<(), KeyError> {
        if !is_passing(error) {
            return Err(error);
        }
        let now = self.moment();
        let lifetime = self.longest_use_elsewhere();
        let asked = missing.len();
        let rest = self.cache.pin(missing, &mut pins.pins, |held, want| {
            held.is_fresh(now, lifetime) && (want == Want::Read || held.has_keys())
        });
        if !rest.is_empty() {
            return Err(error);
        }
        self.counters.served_in_grace(asked);
        pins.is_in_grace = true;
        Ok(())
    }

    /// Loads these scopes, makes the keys they lack, and gives what pins them.
    async fn load(&self, wanted: &[(KeyScope, Want)]) -> Result<Vec<Arc<()>>, KeyError> {
        let now = self.moment();
        let scopes = wanted.iter().map(|(scope, _)| scope);
        let mut rows = self.find(scopes, now).await?;
        self.create_missing(wanted, &mut rows, now).await?;
        self.insert(rows, now).await
    }

    /// The rows of these scopes. What is not known of their tenants' roots is read along.
    pub(super) async fn find<'s>(
        &self,
        scopes: impl Iterator<Item = &'s KeyScope>,
        now: Moment,
    ) -> Result<Rows, KeyError> {
        let mut rows: Rows = scopes.map(|scope| (scope.clone(), Vec::new())).collect();
        let tenants: HashSet<_> = rows
            .keys()
            .filter_map(KeyScope::tenant_id)
            .cloned()
            .collect();
        let unknown = tenants
            .iter()
            .filter(|tenant| !self.knows_roots(tenant, now))
            .map(RootKey::scope_of);
        let roots: HashSet<_> = unknown.collect();
        let queries: Vec<_> = rows
            .keys()
            .chain(&roots)
            .cloned()
            .map(KeyQuery::Scope)
            .collect();
        let mut found_roots: Rows = roots.into_iter().map(|root| (root, Vec::new())).collect();
        for queries in queries.chunks(QUERIES) {
            self.counters.store_query();
            for row in self.store.find(queries).await? {
                let scope = rows
                    .get_mut(&row.scope)
                    .or_else(|| found_roots.get_mut(&row.scope));
                scope.ok_or(NOT_ASKED_FOR)?.push(row);
            }
        }
        for (scope, rows) in found_roots {
            if let Some(tenant) = scope.tenant_id() {
                self.know_roots(tenant, rows, now);
            }
        }
        Ok(rows)
    }

    /// Makes the first keys of scopes that have none. If somebody else makes them meanwhile, his are
    /// taken.
    async fn create_missing(
        &self,
        wanted: &[(KeyScope, Want)],
        rows: &mut Rows,
        now: Moment,
    ) -> Result<(), KeyError> {
        for _ in 0..ATTEMPTS {
            let lacking: Vec<_> = wanted
                .iter()
                .filter(|(scope, want)| {
                    *want == Want::Active && rows.get(scope).is_none_or(Vec::is_empty)
                })
                .map(|(scope, _)| scope)
                .collect();
            if lacking.is_empty() {
                return Ok(());
            }
            let mut changes = Vec::with_capacity(lacking.len());
            for scope in &lacking {
                let tenant = scope.tenant_id().ok_or(NOT_ASKED_FOR)?;
                let root = self.active_root(tenant).await?;
                let key = DataKey::generate((*scope).clone())?;
                changes.push(KeyChange::Add(root.key.store(&key, 1, now.unix())?));
            }
            match self.apply(&changes).await {
                Ok(()) => {
                    for change in changes {
                        if let KeyChange::Add(row) = change {
                            rows.entry(row.scope.clone()).or_default().push(row);
                        }
                    }
                    return Ok(());
                }
                Err(error) if error.kind() == KeyErrorKind::Conflict => {
                    let found = self.find(lacking.into_iter(), now).await?;
                    rows.extend(found);
                }
                Err(error) => return Err(error),
            }
        }
        Err(BUSY)
    }

    pub(super) async fn apply(&self, changes: &[KeyChange]) -> Result<(), KeyError> {
        self.counters.store_query();
        self.store.apply(changes).await
    }

    /// Unwraps the keys of these rows and puts them into the cache.
    pub(super) async fn insert(&self, rows: Rows, now: Moment) -> Result<Vec<Arc<()>>, KeyError> {
        let roots = self.roots_of(&rows, now).await?;
        let mut pins = Vec::with_capacity(rows.len());
        for (scope, rows) in rows {
            let root_of = |row: &StoredKey| match RootKey::referred_by(row) {
                Some(id) => roots.get(&id).cloned().unwrap_or(Err(NOT_A_REFERENCE)),
                None => Err(NOT_A_REFERENCE),
            };
            // Under a root that is served in its grace, nothing gets another full life.
            let oldest = |loaded: Moment, row| match root_of(row) {
                Ok(root) if now.since(root.loaded) >= self.max_age => root.loaded.seen_at(now),
                _ => loaded,
            };
            let loaded = rows.iter().fold(now, oldest);
            let lifetime = self.longest_use_elsewhere();
            let held = Held::of_rows(&rows, loaded, lifetime, |row| {
                let key = root_of(row)?.key.unwrap(row)?;
                match self.is_refused(&row.id) {
                    true => Err(DESTROYED),
                    false => Ok(key),
                }
            });
            pins.push(self.cache.insert(&scope, held));
        }
        Ok(pins)
    }

    fn is_refused(&self, id: &KeyId) -> bool {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.contains(id)
    }

    /// The roots that these rows refer to, all of them at once. That one cannot be used is its rows'
    /// matter; that the KMS cannot be reached is everybody's.
    async fn roots_of(
        &self,
        rows: &Rows,
        now: Moment,
    ) -> Result<HashMap<KeyId, Result<HeldRoot, KeyError>>, KeyError> {
        let mut needed: HashSet<(&TenantId<'static>, KeyId)> = HashSet::new();
        let mut outdated: HashSet<&KeyScope> = HashSet::new();
        for row in rows.values().flatten() {
            let tenant = row.scope.tenant_id();
            if let (Some(tenant), Some(id)) = (tenant, RootKey::referred_by(row)) {
                if !self.knows_root(tenant, &id) {
                    outdated.insert(&row.scope);
                }
                needed.insert((tenant, id));
            }
        }
        // Another process rotated the root since its rows were read.
        for scope in outdated {
            if let Some(tenant) = scope.tenant_id() {
                self.read_roots(tenant, now).await?;
            }
        }
        let loads = needed
            .into_iter()
            .map(async |(tenant, id)| (id, self.root(tenant, &id).await));
        let roots: HashMap<_, _> = join_all(loads).await.into_iter().collect();
        let failure = roots.values().find_map(|root| match root {
            Err(error) if is_passing(*error) || error.kind() == KeyErrorKind::Denied => {
                Some(*error)
            }
            _ => None,
        });
        failure.map_or(Ok(roots), Err)
    }

    /// Reads a tenant's root rows anew.
    pub(super) async fn read_roots(
        &self,
        tenant: &TenantId<'static>,
        now: Moment,
    ) -> Result<Vec<StoredKey>, KeyError> {
        self.counters.store_query();
        let query = [KeyQuery::Scope(RootKey::scope_of(tenant))];
        let rows = self.store.find(&query).await?;
        self.know_roots(tenant, rows.clone(), now);
        Ok(rows)
    }
}

/// How often something is tried anew because others were quicker.
const ATTEMPTS: usize = 8;

/// Of how many scopes a store is asked at once.
const QUERIES: usize = 1_000;

const BUSY: KeyError = KeyError::new(
    KeyErrorKind::Conflict,
    "others keep changing or evicting these keys; try again, or allow for more of them",
);

const NOT_ASKED_FOR: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the key store gave a row that it was not asked for",
);
