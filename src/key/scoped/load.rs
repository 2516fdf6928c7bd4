//! From the store into memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::{MutexGuard, PoisonError};

use futures_util::future::join_all;

use super::ScopedKeys;
use super::flight::Claim;
use super::held::{Held, Moment, Pin, Terms};
use super::owner::Owner;
use super::roots::{HeldRoot, NOT_A_REFERENCE, UNKNOWN_ROOT, is_passing};
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::provider::{KeyLease, KeyNeed};
use crate::key::root::RootKey;
use crate::key::scope::{KeyScope, KeyUse};
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

/// Roots, or why they cannot be used, by their tenants and ids.
type NamedRoots<'r> = HashMap<(&'r TenantId<'static>, KeyId), Result<HeldRoot, KeyError>>;

/// What keeps scopes in memory.
#[derive(Default)]
struct Pins {
    pins: Vec<Pin>,
    is_in_grace: bool,
}

impl ScopedKeys {
    /// Loads what an action will ask for.
    pub(super) async fn load_needs(&self, needs: &[KeyNeed<'_>]) -> Result<KeyLease, KeyError> {
        let begun = self.moment();
        let mut wanted = HashMap::new();
        for need in lendable(needs) {
            if need.id.is_none() {
                wanted.insert(self.subject_keys.sealing(need.scope), Want::Active);
                continue;
            }
            for owner in self.subject_keys.asked_first(need.scope) {
                wanted.entry(owner).or_insert(Want::Read);
            }
        }
        let asked: HashSet<_> = wanted.keys().copied().collect();
        let mut pins = Pins::default();
        self.hold(wanted, begun, false, &mut pins).await?;
        let mut elsewhere = self.not_found(needs);
        elsewhere.retain(|owner, _| !asked.contains(owner));
        self.hold(elsewhere, begun, false, &mut pins).await?;
        // Another process may have made the key since this one looked.
        let renewed = self.not_found(needs);
        self.hold(renewed, begun, true, &mut pins).await?;
        Ok(KeyLease::pinning(pins.pins).in_grace(pins.is_in_grace))
    }

    /// Where keys might be that were asked for by id and are not in memory.
    fn not_found<'n>(&self, needs: &'n [KeyNeed<'_>]) -> HashMap<Owner<'n>, Want> {
        let mut owners = HashMap::new();
        for need in lendable(needs) {
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
        let asked = missing.len();
        missing = self.pin_loaded(missing, begun, renewed, pins);
        self.counters.prepared(asked - missing.len(), missing.len());
        let mut attempts = 0;
        while !missing.is_empty() {
            let (was_own, result) = self.load_or_wait(&missing, &mut pins.pins).await;
            missing = self.pin_loaded(missing, begun, renewed, pins);
            match result {
                Err(error) if !missing.is_empty() && !renewed => {
                    return self.hold_in_grace(error, missing, pins);
                }
                Err(error) if !missing.is_empty() => return Err(error),
                Ok(()) | Err(_) => {}
            }
            // Others may be dropped as often as they like.
            attempts += usize::from(was_own);
            if attempts == ATTEMPTS && !missing.is_empty() {
                return Err(BUSY);
            }
        }
        Ok(())
    }

    /// Pins what is there, and says what is not.
    fn pin_loaded<'o>(
        &self,
        wanted: Vec<(Owner<'o>, Want)>,
        begun: Moment,
        renewed: bool,
        pins: &mut Pins,
    ) -> Vec<(Owner<'o>, Want)> {
        let now = self.moment();
        let in_grace = Cell::new(0);
        let missing = self.cache.pin(wanted, &mut pins.pins, |held, want| {
            // Also if it turned out to be broken, which who asks for the key is told.
            let is_new = held.loaded.sequence > begun.sequence;
            let is_there = (is_new || !renewed && held.is_fresh(now, self.max_age))
                && (want == Want::Read || held.has_keys());
            in_grace.set(in_grace.get() + usize::from(is_there && held.is_in_grace));
            if is_there && !is_new {
                held.mark_used();
            }
            is_there
        });
        self.serve_in_grace(in_grace.get(), pins);
        missing
    }

    /// Loads what nobody else is loading, and waits for the rest. Says whether there was anything to
    /// load.
    async fn load_or_wait(
        &self,
        missing: &[(Owner<'_>, Want)],
        pins: &mut Vec<Pin>,
    ) -> (bool, Result<(), KeyError>) {
        let wants: HashMap<_, _> = missing
            .iter()
            .map(|(owner, want)| (owner.to_scope(), *want))
            .collect();
        let (claim, others) = self.flights.join(wants.keys().cloned());
        let was_own = claim.is_some();
        let mut result = Ok(());
        if let Some(claim) = claim {
            let claimed: Vec<_> = claim
                .keys()
                .iter()
                .map(|scope| (scope.clone(), wants[scope]))
                .collect();
            let loaded = self.load(&claimed, &claim).await;
            claim.finish(loaded.as_ref().map(|_| ()).map_err(|error| *error));
            // Pinned at once: a page of more scopes than the cache holds would push itself out.
            result = loaded.map(|loaded| pins.extend(loaded));
        }
        // After its own is done: nobody holds what others wait for while waiting for others.
        for other in others {
            if let Some(Err(error)) = other.wait().await {
                result = result.and(Err(error));
            }
        }
        (was_own, result)
    }

    /// Goes on with keys that are too old, if `error` is that store or KMS are out of reach. If they
    /// refuse, these keys are forgotten: they are not lent to who overlooks the error either.
    fn hold_in_grace(
        &self,
        error: KeyError,
        missing: Vec<(Owner<'_>, Want)>,
        pins: &mut Pins,
    ) -> Result<(), KeyError> {
        let now = self.moment();
        if !is_passing(error) {
            for (owner, _) in missing {
                let is_overdue = |held: &Held| !held.is_fresh(now, self.max_age);
                self.cache.remove_if(owner, |held| {
                    is_overdue(held) && error.kind() != KeyErrorKind::Conflict
                });
            }
            return Err(error);
        }
        let asked = missing.len();
        let rest = self.cache.pin(missing, &mut pins.pins, |held, want| {
            held.is_fresh(now, self.longest_use_elsewhere())
                && (want == Want::Read || held.has_keys())
        });
        if !rest.is_empty() {
            return Err(error);
        }
        self.serve_in_grace(asked, pins);
        Ok(())
    }

    fn serve_in_grace(&self, scopes: usize, pins: &mut Pins) {
        self.counters.served_in_grace(scopes);
        pins.is_in_grace |= scopes > 0;
    }

    /// Loads these scopes, makes the keys they lack, and gives what pins them.
    async fn load(
        &self,
        wanted: &[(KeyScope, Want)],
        claim: &Claim<'_, KeyScope>,
    ) -> Result<Vec<Pin>, KeyError> {
        let now = self.moment();
        let scopes = wanted.iter().map(|(scope, _)| scope);
        let mut rows = self.find(scopes, now).await?;
        let made = self.create_missing(wanted, &mut rows, now).await;
        // That one cannot be made is not the matter of who waits for the others.
        if made.is_err() {
            rows.retain(|_, rows| !rows.is_empty());
        }
        let pins = self.insert(&rows, now, claim).await?;
        made.map(|()| pins)
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
                self.roots.know(tenant, rows, now);
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
            let mut roots: HashMap<&TenantId<'static>, HeldRoot> = HashMap::new();
            for scope in &lacking {
                let tenant = scope.tenant_id().ok_or(NOT_ASKED_FOR)?;
                let root = match roots.get(tenant) {
                    Some(root) => root.clone(),
                    None => self.active_root(tenant).await?,
                };
                let key = DataKey::generate((*scope).clone())?;
                changes.push(KeyChange::Add(root.key.store(&key, 1, now.unix())?));
                roots.insert(tenant, root);
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

    /// Unwraps the keys of these rows and puts them into the cache, but for those that were changed
    /// or evicted meanwhile.
    async fn insert(
        &self,
        rows: &Rows,
        now: Moment,
        claim: &Claim<'_, KeyScope>,
    ) -> Result<Vec<Pin>, KeyError> {
        let roots = self.roots_of(rows).await?;
        let root_of = |row: &StoredKey| {
            let named = row.scope.tenant_id().zip(RootKey::referred_by(row));
            let root = named.and_then(|named| roots.get(&named).cloned());
            root.unwrap_or(Err(NOT_A_REFERENCE))
        };
        // Should there be more by the end, what is loaded here is outdated.
        let refused = Arc::clone(&self.refused());
        let held = rows.iter().map(|(scope, rows)| {
            let rows = rows.iter().map(|row| (row, root_of(row)));
            (scope, Held::of_rows(rows, now, self.terms(&refused)))
        });
        let held = held.collect();
        Ok(self.cache.insert(held, |scope| claim.is_outdated(scope)))
    }

    /// The roots that these rows refer to, all of them at once. That one cannot be used is its rows'
    /// matter; that the KMS cannot be reached is everybody's.
    async fn roots_of<'r>(&self, rows: &'r Rows) -> Result<NamedRoots<'r>, KeyError> {
        let mut needed: HashMap<&TenantId<'static>, HashSet<KeyId>> = HashMap::new();
        for row in rows.values().flatten() {
            if let Some((tenant, id)) = row.scope.tenant_id().zip(RootKey::referred_by(row)) {
                needed.entry(tenant).or_default().insert(id);
            }
        }
        let mut named = Vec::new();
        for (tenant, ids) in needed {
            let mut known = self.roots.rows(tenant);
            let is_known = |known: &[StoredKey], id: &KeyId| known.iter().any(|row| row.id == *id);
            if !ids.iter().all(|id| is_known(&known, id)) {
                // Another process rotated the root since its rows were read.
                known = self.read_roots(tenant).await?;
            }
            named.extend(ids.into_iter().map(|id| {
                let row = known.iter().find(|row| row.id == id).cloned();
                (tenant, id, row)
            }));
        }
        let loads = named.into_iter().map(async |(tenant, id, row)| {
            let root = match &row {
                Some(row) => self.root(tenant, row).await,
                None => Err(UNKNOWN_ROOT),
            };
            ((tenant, id), root)
        });
        let roots: NamedRoots<'r> = join_all(loads).await.into_iter().collect();
        let failure = roots.values().find_map(|root| match root {
            Err(error) if is_passing(*error) || error.kind() == KeyErrorKind::Denied => {
                Some(*error)
            }
            _ => None,
        });
        failure.map_or(Ok(roots), Err)
    }

    pub(super) fn refused(&self) -> MutexGuard<'_, Arc<HashSet<KeyId>>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) const fn terms<'t>(&self, refused: &'t HashSet<KeyId>) -> Terms<'t> {
        Terms {
            max_age: self.max_age,
            lifetime: self.longest_use_elsewhere(),
            refused,
        }
    }
}

/// Roots never are.
fn lendable<'a, 'n>(needs: &'a [KeyNeed<'n>]) -> impl Iterator<Item = &'a KeyNeed<'n>> {
    needs
        .iter()
        .filter(|need| need.scope.key_use != KeyUse::Root)
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
