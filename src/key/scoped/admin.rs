//! What operators do to keys in a store.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashSet;
use std::time::Duration;

use super::ScopedKeys;
use super::held::{Held, minimum_version};
use super::roots::{HeldRoot, NO_TENANT, active_of};
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::root::RootKey;
use crate::key::scope::{KeyScope, KeyUse};
use crate::key::state::{KeyInfo, KeyState};
use crate::key::store::{KeyChange, KeyQuery, StoredKey};
use crate::label::TenantId;

/// Each of these reads the store anew, and makes one change to it as a whole. If somebody else
/// changed the same meanwhile, nothing is changed: [`KeyErrorKind::Conflict`], try again. This
/// process knows of the change at once, others by the end of what they hold
/// ([`longest_use_elsewhere`](Self::longest_use_elsewhere)).
impl ScopedKeys {
    /// Gives a tenant its root key, drawn by the KMS. Does nothing if it has one.
    ///
    /// # Errors
    ///
    /// Those of store and KMS. If two processes add it at once, one key remains and both succeed.
    pub async fn add_tenant(&self, tenant: &TenantId<'_>) -> Result<(), KeyError> {
        let tenant = &tenant.clone().into_owned();
        let _turn = self.changes.turn(&RootKey::scope_of(tenant)).await;
        if !self.read_roots(tenant).await?.is_empty() {
            return Ok(());
        }
        let (root, row) = self.create_root(tenant, 1).await?;
        match self.apply(&[KeyChange::Add(row.clone())]).await {
            Ok(()) => {
                self.roots.know(tenant, Vec::from([row]), self.moment());
                self.roots.keep(tenant, root);
                Ok(())
            }
            Err(error) if error.kind() == KeyErrorKind::Conflict => {
                self.read_roots(tenant).await.map(drop)
            }
            Err(error) => Err(error),
        }
    }

    /// All versions of a scope's key, the oldest first.
    ///
    /// # Errors
    ///
    /// Those of store and KMS; [`KeyErrorKind::Tampered`] for a row that was edited.
    pub async fn keys(&self, scope: &KeyScope) -> Result<Vec<KeyInfo>, KeyError> {
        let rows = self.authentic_rows(scope).await?;
        Ok(rows.iter().map(|(row, _)| info(row)).collect())
    }

    /// Makes a new active key. The old one still opens what it sealed.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`] if the scope has no key yet, [`KeyErrorKind::Destroyed`] if it has
    /// none any more, and those of store and KMS.
    pub async fn rotate(&self, scope: &KeyScope) -> Result<KeyId, KeyError> {
        let _turn = self.changes.turn(scope).await;
        let rows = self.authentic_rows(scope).await?;
        self.rotate_rows(scope, rows).await
    }

    /// The same if the active key is older than `age` by the wall clock. A key that was made in what
    /// is the future now is not.
    ///
    /// # Errors
    ///
    /// As [`rotate`](Self::rotate).
    pub async fn rotate_if_older_than(
        &self,
        scope: &KeyScope,
        age: Duration,
    ) -> Result<Option<KeyId>, KeyError> {
        let _turn = self.changes.turn(scope).await;
        let rows = self.authentic_rows(scope).await?;
        let now = self.unix_time();
        let is_older = |row: &StoredKey| now.saturating_sub(row.created) > age.as_secs();
        let active = rows.iter().find(|(row, _)| row.state == KeyState::Active);
        match active {
            Some((row, _)) if !is_older(row) => Ok(None),
            _ => self.rotate_rows(scope, rows).await.map(Some),
        }
    }

    /// Rotates every key of the store whose active version is older than `age`, tenants' roots
    /// excepted, and gives their number. What somebody else rotates or destroys meanwhile is left to
    /// him.
    ///
    /// Reads the whole store, a page of 1,000 rows at a time.
    ///
    /// # Errors
    ///
    /// Those of store and KMS; what was rotated before one remains so. Rows that were edited, or whose
    /// root cannot be used, are passed by: all others are rotated first, and then the first such error
    /// is returned.
    pub async fn rotate_all_older_than(&self, age: Duration) -> Result<u64, KeyError> {
        let mut after = None;
        let mut rotated = 0;
        let mut refusal = None;
        loop {
            self.counters.store_query();
            let page = self.store.page(after.as_ref(), 1_000).await?;
            let Some(last) = page.rows.last() else {
                return refusal.map_or(Ok(rotated), Err);
            };
            after = Some(last.id);
            let active = page.rows.iter().filter(|row| row.state == KeyState::Active);
            for row in active.filter(|row| row.scope.key_use() != KeyUse::Root) {
                let error = match self.rotate_if_older_than(&row.scope, age).await {
                    Ok(new) => {
                        rotated += u64::from(new.is_some());
                        continue;
                    }
                    Err(error) => error,
                };
                match error.kind() {
                    KeyErrorKind::Conflict | KeyErrorKind::Destroyed => {}
                    KeyErrorKind::Tampered
                    | KeyErrorKind::WrongKey
                    | KeyErrorKind::Missing
                    | KeyErrorKind::Disabled => refusal = refusal.or(Some(error)),
                    _ => return Err(error),
                }
            }
        }
    }

    /// Takes a key from use until it is enabled again.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for the active key, which is to be rotated first, and for a
    /// destroyed one; [`KeyErrorKind::NotFound`].
    pub async fn disable(&self, scope: &KeyScope, version: u32) -> Result<(), KeyError> {
        self.change(scope, version, |state| match state {
            KeyState::Active => Err(ACTIVE),
            KeyState::Destroyed => Err(DESTROYED),
            KeyState::DecryptOnly | KeyState::Disabled => Ok(KeyState::Disabled),
        })
        .await
    }

    /// Lets a disabled key open again what it sealed.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for a destroyed key; [`KeyErrorKind::NotFound`].
    pub async fn enable(&self, scope: &KeyScope, version: u32) -> Result<(), KeyError> {
        self.change(scope, version, |state| match state {
            KeyState::Disabled => Ok(KeyState::DecryptOnly),
            KeyState::Destroyed => Err(DESTROYED),
            KeyState::Active | KeyState::DecryptOnly => Ok(state),
        })
        .await
    }

    /// Destroys one version that is not active, for good. To erase a patient,
    /// see `Session::shred`.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for the active key; [`KeyErrorKind::NotFound`].
    pub async fn destroy(&self, scope: &KeyScope, version: u32) -> Result<(), KeyError> {
        self.change(scope, version, |state| match state {
            KeyState::Active => Err(ACTIVE),
            _ => Ok(KeyState::Destroyed),
        })
        .await
    }

    /// Refuses all versions of a scope's key below this one, at once and until it is set lower again:
    /// for when an old key got out. No version's own state changes.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::InvalidState`] for 0, and above the active version, which must stay usable;
    /// [`KeyErrorKind::Missing`] without an active key.
    pub async fn set_minimum_version(
        &self,
        scope: &KeyScope,
        version: u32,
    ) -> Result<(), KeyError> {
        let _turn = self.changes.turn(scope).await;
        let mut rows = self.authentic_rows(scope).await?;
        let active = rows
            .iter_mut()
            .rfind(|(row, _)| row.state == KeyState::Active);
        let (row, root) = active.ok_or(NO_ACTIVE)?;
        if version == 0 || version > row.version {
            return Err(ABOVE_ACTIVE);
        }
        let to = root.key.with_minimum(row, version, self.unix_time());
        self.replace(row, to).await?;
        self.put(scope, &rows);
        Ok(())
    }

    /// Adds a key that came from elsewhere, such as a keyring that a store takes the place of. It
    /// opens what it sealed.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::AlreadyExists`] if the store has it; [`KeyErrorKind::InvalidState`] for a key
    /// that all tenants share; [`KeyErrorKind::Missing`] for a tenant without root;
    /// [`KeyErrorKind::Destroyed`] for a scope whose keys were all destroyed.
    pub async fn add_decrypt_only(&self, key: &DataKey) -> Result<u32, KeyError> {
        let scope = key.scope();
        let tenant = scope.tenant_id().ok_or(SHARED)?;
        let _turn = self.changes.turn(scope).await;
        let mut rows = self.authentic_rows(scope).await?;
        if rows.iter().any(|(row, _)| row.id == *key.id()) {
            return Err(KNOWN);
        }
        if is_erased(&rows) || self.is_refused(scope) {
            return Err(ERASED);
        }
        let root = self.active_root(tenant).await?;
        let version = rows.last().map_or(1, |(row, _)| row.version + 1);
        let now = self.unix_time();
        let mut row = root.key.store(key, version, now)?;
        row.minimum_version = minimum(&rows);
        let row = root.key.change(&row, KeyState::DecryptOnly, now);
        let change = [KeyChange::Add(row.clone())];
        if let Err(error) = self.apply_to(scope, &change).await {
            self.counters.store_query();
            let same = self.store.find(&[KeyQuery::Id(row.id)]).await?;
            // Under another scope, since ids do not depend on them.
            return Err(if same.is_empty() { error } else { KNOWN });
        }
        rows.push((row, root));
        self.put(scope, &rows);
        Ok(version)
    }

    /// Makes a new root for a tenant, drawn by the KMS. Keys that the old one wrapped stay under it.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`] for an unknown tenant, and those of store and KMS.
    pub async fn rotate_root(&self, tenant: &TenantId<'_>) -> Result<KeyId, KeyError> {
        let tenant = &tenant.clone().into_owned();
        let _turn = self.changes.turn(&RootKey::scope_of(tenant)).await;
        let mut rows = self.read_roots(tenant).await?;
        let active = active_of(&rows).ok_or(NO_ACTIVE)?.clone();
        let old = self.root(tenant, &active).await?;
        // Rows of roots are authenticated one by one, when they are used.
        let last = rows.iter().map(|row| row.version).max().unwrap_or(0);
        let version = last.checked_add(1).ok_or(NO_MORE_VERSIONS)?;
        let (new_root, new) = self.create_root(tenant, version).await?;
        let id = new.id;
        let now = self.unix_time();
        let retired = old.key.change(&active, KeyState::DecryptOnly, now);
        let changes = [
            KeyChange::Replace {
                from: active,
                to: retired.clone(),
            },
            KeyChange::Add(new.clone()),
        ];
        self.apply(&changes).await?;
        rows.retain(|row| row.id != retired.id);
        rows.extend([retired, new]);
        self.roots.know(tenant, rows, self.moment());
        self.roots.keep(tenant, new_root);
        Ok(id)
    }

    /// Has the KMS wrap a tenant's roots anew under its current key, which with a
    /// [`KmsChain`](crate::key::KmsChain) may be that of another service. No other row changes.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Missing`] for an unknown tenant, and those of store and KMS;
    /// [`KeyErrorKind::WrongKey`] if what was wrapped anew gives another key.
    pub async fn rewrap_roots(&self, tenant: &TenantId<'_>) -> Result<(), KeyError> {
        let tenant = &tenant.clone().into_owned();
        let _turn = self.changes.turn(&RootKey::scope_of(tenant)).await;
        let mut rows = self.read_roots(tenant).await?;
        if rows.is_empty() {
            return Err(NO_TENANT);
        }
        let mut changes = Vec::with_capacity(rows.len());
        for row in rows.iter_mut().filter(|row| row.wrapped.is_some()) {
            let rewrapped = RootKey::rewrap(&self.kms, row, self.unix_time()).await;
            let to = rewrapped.inspect_err(|_| self.roots.doubt(tenant))?;
            let from = core::mem::replace(row, to.clone());
            changes.push(KeyChange::Replace { from, to });
        }
        self.apply(&changes).await?;
        self.roots.know(tenant, rows, self.moment());
        Ok(())
    }

    /// Destroys all versions of a scope's key, the active one too, if they are `known`: the caller
    /// erases, and has said which. From then on this process refuses the scope.
    pub(crate) async fn destroy_exactly(
        &self,
        scope: &KeyScope,
        known: &[KeyId],
    ) -> Result<Vec<KeyInfo>, KeyError> {
        let _turn = self.changes.turn(scope).await;
        let mut rows = self.authentic_rows(scope).await?;
        if rows.iter().any(|(row, _)| !known.contains(&row.id)) {
            return Err(CHANGED);
        }
        let now = self.unix_time();
        let mut changes = Vec::with_capacity(rows.len());
        for (row, root) in &mut rows {
            if row.state != KeyState::Destroyed {
                let from = row.clone();
                *row = root.key.change(row, KeyState::Destroyed, now);
                let to = row.clone();
                changes.push(KeyChange::Replace { from, to });
            }
        }
        let applied = match changes.is_empty() {
            true => Ok(()),
            false => self.apply_to(scope, &changes).await,
        };
        // A key that was added meanwhile is in nobody's way, and so is not a conflict to the store. And
        // a store that says it failed may have done it.
        let left = self.undestroyed(core::slice::from_ref(scope)).await;
        if matches!(&left, Ok(left) if left.is_empty()) {
            Arc::make_mut(&mut *self.refused()).insert(scope.clone());
            self.put(scope, &rows);
            return Ok(rows.iter().map(|(row, _)| info(row)).collect());
        }
        // It may have happened, or may yet: what is in memory does not count.
        self.evict(scope);
        applied?;
        left?;
        Err(CHANGED)
    }

    /// How many keys the store has destroyed so far.
    ///
    /// # Errors
    ///
    /// Those of the store.
    pub async fn generation(&self) -> Result<u64, KeyError> {
        self.counters.store_query();
        Ok(self.store.page(None, 0).await?.generation)
    }

    /// Those of these scopes that have a row which is not destroyed, in the store as it is now.
    pub(crate) async fn undestroyed(&self, scopes: &[KeyScope]) -> Result<Vec<KeyScope>, KeyError> {
        let mut undestroyed = Vec::new();
        for scopes in scopes.chunks(1_000) {
            let queries: Vec<_> = scopes.iter().cloned().map(KeyQuery::Scope).collect();
            self.counters.store_query();
            let rows = self.store.find(&queries).await?;
            // Whatever else is wrong with a row: its key must not be there.
            let is_left =
                |row: &StoredKey| row.state != KeyState::Destroyed || row.wrapped.is_some();
            let left: HashSet<_> = rows
                .iter()
                .filter(|row| is_left(row))
                .map(|row| &row.scope)
                .collect();
            undestroyed.extend(left.into_iter().cloned());
        }
        Ok(undestroyed)
    }

    /// Which keys make index values, of all tenants.
    #[cfg(feature = "index")]
    pub(crate) async fn index_key_ids(&self) -> Result<Vec<KeyId>, KeyError> {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            self.counters.store_query();
            let page = self.store.page(after.as_ref(), 1_000).await?;
            let Some(last) = page.rows.last() else {
                return Ok(ids);
            };
            after = Some(last.id);
            let of_indexes = page.rows.iter();
            let of_indexes = of_indexes.filter(|row| row.scope.key_use() == KeyUse::Index);
            ids.extend(of_indexes.map(|row| row.id));
        }
    }

    /// Of each of these keys that the store has, whether it unwraps, and its scope's minimum version.
    pub(crate) async fn try_unwrap(
        &self,
        ids: &[KeyId],
    ) -> Result<Vec<(KeyInfo, u32, Result<(), KeyError>)>, KeyError> {
        let mut tried = Vec::new();
        for ids in ids.chunks(1_000) {
            let queries: Vec<_> = ids.iter().map(|id| KeyQuery::Id(*id)).collect();
            self.counters.store_query();
            let named = self.store.find(&queries).await?;
            let now = self.moment();
            let scopes: HashSet<_> = named.iter().map(|row| &row.scope).collect();
            let rows = self.find(scopes.into_iter(), now).await?;
            for (scope, rows) in rows {
                let minimum = minimum_version(rows.iter());
                for row in rows.iter().filter(|row| ids.contains(&row.id)) {
                    let unwrapped = match scope.tenant_id() {
                        Some(tenant) => self.root_of(tenant, row).await,
                        None => Err(SHARED),
                    };
                    let unwrapped = unwrapped.and_then(|root| root.key.unwrap(row).map(drop));
                    tried.push((info(row), minimum, unwrapped));
                }
            }
        }
        Ok(tried)
    }

    /// From now on the keys of these scopes are destroyed for this process, whatever the store says, and
    /// no new one is made.
    pub(crate) fn refuse(&self, scopes: &[KeyScope]) {
        Arc::make_mut(&mut *self.refused()).extend(scopes.iter().cloned());
        for scope in scopes {
            self.evict(scope);
        }
    }

    pub(super) fn is_refused(&self, scope: &KeyScope) -> bool {
        self.refused().contains(scope)
    }

    async fn create_root(
        &self,
        tenant: &TenantId<'static>,
        version: u32,
    ) -> Result<(HeldRoot, StoredKey), KeyError> {
        let loaded = self.moment();
        let (key, row) = RootKey::create(&self.kms, tenant, version, loaded.unix()).await?;
        let key = Arc::new(key);
        Ok((HeldRoot { key, loaded }, row))
    }

    async fn rotate_rows(
        &self,
        scope: &KeyScope,
        mut rows: Vec<(StoredKey, HeldRoot)>,
    ) -> Result<KeyId, KeyError> {
        let tenant = scope.tenant_id().ok_or(SHARED)?;
        let last = rows.last().map(|(row, _)| row.version).ok_or(NO_ACTIVE)?;
        if is_erased(&rows) || self.is_refused(scope) {
            return Err(ERASED);
        }
        let now = self.unix_time();
        let minimum = minimum(&rows);
        let mut changes = Vec::with_capacity(2);
        for (row, root) in &mut rows {
            if row.state == KeyState::Active {
                let from = row.clone();
                *row = root.key.change(row, KeyState::DecryptOnly, now);
                let to = row.clone();
                changes.push(KeyChange::Replace { from, to });
            }
        }
        let root = self.active_root(tenant).await?;
        let key = DataKey::generate(scope.clone())?;
        let version = last.checked_add(1).ok_or(NO_MORE_VERSIONS)?;
        let new = root.key.store(&key, version, now)?;
        let new = root.key.with_minimum(&new, minimum, now);
        changes.push(KeyChange::Add(new.clone()));
        self.apply_to(scope, &changes).await?;
        rows.push((new, root));
        self.put(scope, &rows);
        Ok(*key.id())
    }

    async fn change(
        &self,
        scope: &KeyScope,
        version: u32,
        to: impl FnOnce(KeyState) -> Result<KeyState, KeyError>,
    ) -> Result<(), KeyError> {
        let _turn = self.changes.turn(scope).await;
        let mut rows = self.authentic_rows(scope).await?;
        let found = rows.iter_mut().find(|(row, _)| row.version == version);
        let (row, root) = found.ok_or(NOT_FOUND)?;
        let state = to(row.state)?;
        if state != row.state {
            let to = root.key.change(row, state, self.unix_time());
            self.replace(row, to).await?;
        }
        // Also if another process has done it: this one may not know yet.
        self.put(scope, &rows);
        Ok(())
    }

    async fn replace(&self, row: &mut StoredKey, to: StoredKey) -> Result<(), KeyError> {
        let from = core::mem::replace(row, to.clone());
        let scope = to.scope.clone();
        self.apply_to(&scope, &[KeyChange::Replace { from, to }])
            .await
    }

    /// Has the store make changes to one scope. If the caller gives up in the middle, nobody knows
    /// whether they were made, and so the scope is forgotten.
    async fn apply_to(&self, scope: &KeyScope, changes: &[KeyChange]) -> Result<(), KeyError> {
        let mut unsure = Unsure {
            keys: Some(self),
            scope,
        };
        let result = self.apply(changes).await;
        unsure.keys = None;
        result
    }

    /// The rows of a scope as the store has them now, each with the root that authenticates it, in
    /// order of their versions.
    async fn authentic_rows(
        &self,
        scope: &KeyScope,
    ) -> Result<Vec<(StoredKey, HeldRoot)>, KeyError> {
        if scope.key_use() == KeyUse::Root {
            return Err(A_ROOT);
        }
        let tenant = scope.tenant_id().ok_or(SHARED)?;
        let now = self.moment();
        let mut rows = self.find(core::iter::once(scope), now).await?;
        let mut rows = rows.remove(scope).unwrap_or_default();
        rows.sort_unstable_by_key(|row| row.version);
        let mut authentic = Vec::with_capacity(rows.len());
        for row in rows {
            let root = self.root_of(tenant, &row).await?;
            root.key.check(&row)?;
            authentic.push((row, root));
        }
        Ok(authentic)
    }

    /// What the store has now, in memory as well, in the place of what is there or on its way.
    ///
    /// Waits for nothing: a change that the store has made cannot be lost to this process by a caller
    /// who gives up, or by a KMS that is out of reach.
    fn put(&self, scope: &KeyScope, rows: &[(StoredKey, HeldRoot)]) {
        // Held until the end: nobody refuses a key between the look and the insertion.
        let refused = self.refused();
        let rows = rows.iter().map(|(row, root)| (row, Ok(root.clone())));
        let terms = self.terms(refused.contains(scope));
        let held = Held::of_rows(rows, self.moment(), terms);
        self.flights.outdate(scope);
        self.cache.insert(Vec::from([(scope, held)]), |_| false);
    }
}

/// A change of which the answer is due.
struct Unsure<'k> {
    keys: Option<&'k ScopedKeys>,
    scope: &'k KeyScope,
}

impl Drop for Unsure<'_> {
    fn drop(&mut self) {
        if let Some(keys) = self.keys {
            keys.evict(self.scope);
        }
    }
}

fn is_erased(rows: &[(StoredKey, HeldRoot)]) -> bool {
    let is_destroyed = |(row, _): &(StoredKey, HeldRoot)| row.state == KeyState::Destroyed;
    !rows.is_empty() && rows.iter().all(is_destroyed)
}

pub(super) fn info(row: &StoredKey) -> KeyInfo {
    KeyInfo {
        id: row.id,
        version: row.version,
        state: row.state,
        created: row.created,
        scope: row.scope.clone(),
    }
}

fn minimum(rows: &[(StoredKey, HeldRoot)]) -> u32 {
    minimum_version(rows.iter().map(|(row, _)| row))
}

const fn invalid(detail: &'static str) -> KeyError {
    KeyError::new(KeyErrorKind::InvalidState, detail)
}

const ACTIVE: KeyError = invalid("this key is active; rotate first");
const DESTROYED: KeyError = invalid("this key is destroyed, which is final");
const ABOVE_ACTIVE: KeyError =
    invalid("the minimum version lies between 1 and the active key's version");
const SHARED: KeyError = invalid("a key store has keys of tenants and patients only");
const A_ROOT: KeyError = invalid("a tenant's root key has functions of its own");

const KNOWN: KeyError = KeyError::new(
    KeyErrorKind::AlreadyExists,
    "the store has this key already",
);

const CHANGED: KeyError = KeyError::new(
    KeyErrorKind::Conflict,
    "somebody else made a key of this scope meanwhile; try again",
);

const NOT_FOUND: KeyError = KeyError::new(
    KeyErrorKind::NotFound,
    "the scope has no key of this version",
);

const NO_MORE_VERSIONS: KeyError = KeyError::new(
    KeyErrorKind::Tampered,
    "a row of the key store has the last version there is; put it back from a backup",
);

const NO_ACTIVE: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "the scope has no active key in this store",
);

const ERASED: KeyError = KeyError::new(
    KeyErrorKind::Destroyed,
    "the keys of this scope were destroyed; it gets no other one",
);
