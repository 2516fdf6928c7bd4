//! Keys of tenants and patients out of a store: millions of them, few KMS calls.

mod admin;
mod cache;
mod counts;
mod flight;
mod held;
mod identify;
mod load;
mod metered;
mod owner;
mod roots;

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::HashSet;
use std::sync::Mutex;
use std::time::Duration;

pub use counts::KeyCounts;
pub use owner::SubjectKeys;

use self::cache::Cache;
use self::counts::Counters;
use self::flight::Flights;
use self::held::{Held, Moment};
use self::metered::Metered;
use self::owner::Owner;
use self::roots::Roots;
use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::kms::Kms;
use super::provider::{BoxFuture, KeyLease, KeyNeed, KeyProvider};
use super::scope::{KeyScope, Scope};
use super::state::KeyInfo;
use super::store::KeyStore;
use crate::clock::{Clock, SystemClock};
use crate::envelope::KeyId;
use crate::label::TenantId;

/// A [`KeyProvider`] over a [`KeyStore`] and a [`Kms`], for keys of tenants and of their patients.
///
/// A tenant's root key is wrapped by the KMS; it wraps the tenant's other keys in this process, and
/// authenticates their rows. So a million patients of ten tenants are ten KMS calls.
///
/// - [`prepare`](KeyProvider::prepare), which [`Session::prepare`](crate::Session::prepare) calls,
///   loads all keys that a page of rows names: one query to the store and at most one KMS call for
///   a tenant whose root is not loaded. Who needs the same at the same time waits for the same.
/// - A patient's first key, and a tenant's first data key, are made when something is prepared to be
///   sealed under them. A tenant itself is added on purpose: [`add_tenant`](Self::add_tenant).
/// - Lending never waits: what was not prepared is [`KeyErrorKind::Unavailable`].
/// - Nothing is spawned: who loads for all is the caller who came first. Poll such a future to its end
///   or drop it. One that is kept and not polled holds up who needs the same.
///
/// # How old a key may get in memory
///
/// After [`max_age`](ScopedKeysBuilder::max_age) `prepare` asks store and KMS anew. If they cannot
/// be reached, or ask to slow down, it goes on with what it has for the
/// [`grace`](ScopedKeysBuilder::grace), and counts that; if they *refuse*, it does not. Nothing is
/// lent that was loaded longer ago than both together: that is how long another process may go
/// on opening after a key was disabled or destroyed in this one.
///
/// # Not promised
///
/// Whoever can write to the store can put an older row back, which is authentic: a disabled key is
/// enabled by that, and a destroyed one revived if a copy of it was kept (`docs/keys.md` says how
/// that is noticed). He can also delete rows: their keys are missing then, and a patient of whom no row
/// is left gets a first key like anybody unknown.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use phi_seal::audit::MemorySink;
/// use phi_seal::danger::PermitAll;
/// use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
/// use phi_seal::{
///     Access, Actor, Category, Field, Needs, Phi, Purpose, RecordId, RecordRef, RecordType,
///     SubjectId, TenantId, Vault,
/// };
///
/// const NOTE: Field<String> =
///     RecordType::new("patient").subject_keyed().field("note", Category::Clinical);
///
/// # pollster::block_on(async {
/// let keys = Arc::new(ScopedKeys::builder(MemoryStore::new(), LocalKms::generate()?).build());
/// let tenant = TenantId::new("st-mary")?;
/// keys.add_tenant(&tenant).await?;
///
/// let vault = Vault::builder(keys.clone(), PermitAll, MemorySink::new()).build();
/// let access = Access::new(tenant, Actor::new("clinician-17")?, Purpose::Treatment);
/// let session = vault.session(access)?;
///
/// let (patient, id) = (SubjectId::new("p-1")?, RecordId::new("p-1")?);
/// let record = RecordRef::new(&id, &patient);
/// let lease = session.prepare(&Needs::new().seal(&NOTE, record)).await?;
/// let sealed = session.seal_value(&NOTE, record, &Phi::new(String::from("asthma")))?;
/// drop(lease);
///
/// // What is not loaded any more is not waited for.
/// keys.evict_all();
/// assert!(session.open_value(&NOTE, record, &sealed).is_err());
/// let _lease = session.prepare(&Needs::new().open(&NOTE, record, &sealed)).await?;
/// assert_eq!(session.open_value(&NOTE, record, &sealed)?.expose(), "asthma");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct ScopedKeys {
    store: Box<dyn KeyStore>,
    kms: Metered,
    clock: Box<dyn Clock>,
    subject_keys: SubjectKeys,
    max_age: Duration,
    grace: Duration,
    cache: Cache,
    roots: Roots,
    /// Scopes that are being loaded.
    flights: Flights<KeyScope>,
    /// Scopes that are being changed, one change after another.
    changes: Flights<KeyScope>,
    counters: Counters,
    sequence: AtomicU64,
    /// Destroyed according to the audit log, though the store has them.
    refused: Mutex<Arc<HashSet<KeyScope>>>,
}

impl ScopedKeys {
    /// Keys that rest in `store`, under tenant roots that `kms` wraps.
    pub fn builder(store: impl KeyStore + 'static, kms: impl Kms + 'static) -> ScopedKeysBuilder {
        ScopedKeysBuilder {
            store: Box::new(store),
            kms: Box::new(kms),
            clock: Box::new(SystemClock::default()),
            subject_keys: SubjectKeys::Declared,
            max_age: Duration::from_secs(3600),
            grace: Duration::from_secs(900),
            capacity: 100_000,
            capacity_per_tenant: 100_000,
            kms_concurrency: 16,
        }
    }

    /// What was counted since this object was made.
    pub fn counts(&self) -> KeyCounts {
        let (held, evictions) = (self.cache.len(), self.cache.evictions());
        self.counters.read(held, evictions, self.kms.calls())
    }

    /// Forgets the keys of this scope, so that they are loaded anew when needed. What a lease holds
    /// is forgotten too, and what is being loaded now.
    pub fn evict(&self, scope: &KeyScope) {
        self.flights.outdate(scope);
        if let Some(owner) = Owner::of(scope) {
            self.cache.remove_if(owner, |_| true);
        }
    }

    /// Forgets all keys, those of the tenants' roots included.
    pub fn evict_all(&self) {
        self.flights.outdate_all();
        self.cache.clear();
        self.roots.clear(self.moment());
    }

    /// For how long at most another process may still lend a key that this one destroyed or disabled,
    /// if it is configured like this one.
    pub const fn longest_use_elsewhere(&self) -> Duration {
        self.max_age.saturating_add(self.grace)
    }

    fn moment(&self) -> Moment {
        Moment::of(&*self.clock, self.sequence.fetch_add(1, Ordering::Relaxed))
    }

    /// Seconds since 1970.
    fn unix_time(&self) -> u64 {
        self.moment().unix()
    }

    /// What `f` makes of the keys of a scope, if they are loaded and not too old.
    fn with_held<R>(&self, owner: Owner<'_>, f: impl FnOnce(&Held) -> R) -> Option<R> {
        let now = self.clock.monotonic();
        self.cache
            .read(owner, |held| (now < held.lent_until).then(|| f(held)))?
    }
}

impl KeyProvider for ScopedKeys {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.with_held(self.subject_keys.sealing(scope), |held| {
            held.active().map(lend)
        })
        .unwrap_or(Err(NOT_LOADED))
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        // Whether it is there, and if not, whether it might be.
        let mut ask = |owner| {
            self.with_held(owner, |held| match held.by_id(id) {
                Some(key) => Ok(key.map(&mut *lend)),
                None => Err(held.broken()),
            })
        };
        let mut answer = MISSING;
        let (first, other) = self.subject_keys.opening(scope);
        for owner in core::iter::once(first).chain(other) {
            match ask(owner) {
                Some(Ok(result)) => return result,
                Some(Err(None)) => {}
                Some(Err(Some(broken))) => answer = broken,
                None => answer = NOT_LOADED,
            }
        }
        Err(answer)
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        self.with_held(self.subject_keys.sealing(scope), |held| {
            held.active()?;
            held.readable().for_each(lend);
            Ok(())
        })
        .unwrap_or(Err(NOT_LOADED))
    }

    fn prepare<'a>(
        &'a self,
        needs: &'a [KeyNeed<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, KeyError>> {
        Box::pin(self.load_needs(needs))
    }

    fn identify<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        ids: &'a [KeyId],
    ) -> BoxFuture<'a, Result<Vec<KeyInfo>, KeyError>> {
        Box::pin(self.authentic_infos(tenant, ids))
    }

    fn scoped_keys(&self) -> Option<&ScopedKeys> {
        Some(self)
    }
}

impl fmt::Debug for ScopedKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedKeys")
            .field("subject_keys", &self.subject_keys)
            .field("max_age", &self.max_age)
            .field("grace", &self.grace)
            .finish_non_exhaustive()
    }
}

/// Settings of [`ScopedKeys`]; see [`ScopedKeys::builder`].
#[must_use = "nothing is made before `build`"]
pub struct ScopedKeysBuilder {
    store: Box<dyn KeyStore>,
    kms: Box<dyn Kms>,
    clock: Box<dyn Clock>,
    subject_keys: SubjectKeys,
    max_age: Duration,
    grace: Duration,
    capacity: usize,
    capacity_per_tenant: usize,
    kms_concurrency: usize,
}

impl ScopedKeysBuilder {
    /// Which values of a patient are sealed under the patient's own key.
    /// [`Declared`](SubjectKeys::Declared) ones by default.
    pub fn subject_keys(self, subject_keys: SubjectKeys) -> Self {
        Self {
            subject_keys,
            ..self
        }
    }

    /// After what time store and KMS are asked anew. One hour by default.
    pub fn max_age(self, max_age: Duration) -> Self {
        Self { max_age, ..self }
    }

    /// How much longer keys are lent while store or KMS cannot be reached. 15 minutes by default;
    /// zero for none.
    pub fn grace(self, grace: Duration) -> Self {
        Self { grace, ..self }
    }

    /// Of how many scopes, that is patients and tenants, keys are held in memory at most: about 600
    /// bytes each. 100,000 by default. What leases hold comes on top.
    pub fn capacity(self, scopes: usize) -> Self {
        Self {
            capacity: scopes.max(1),
            ..self
        }
    }

    /// The same for each tenant, so that one cannot push out the others. As much as the whole by
    /// default.
    pub fn capacity_per_tenant(self, scopes: usize) -> Self {
        Self {
            capacity_per_tenant: scopes.max(1),
            ..self
        }
    }

    /// How many KMS calls may be under way at once, 1 to 1,024. 16 by default.
    pub fn kms_concurrency(self, calls: usize) -> Self {
        Self {
            kms_concurrency: calls.clamp(1, 1_024),
            ..self
        }
    }

    /// Another clock, for tests.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self {
            clock: Box::new(clock),
            ..self
        }
    }

    /// The provider. Nothing is loaded yet.
    pub fn build(self) -> ScopedKeys {
        ScopedKeys {
            store: self.store,
            kms: Metered::new(self.kms, self.kms_concurrency),
            clock: self.clock,
            subject_keys: self.subject_keys,
            max_age: self.max_age,
            grace: self.grace,
            cache: Cache::new(self.capacity, self.capacity_per_tenant),
            roots: Roots::default(),
            flights: Flights::default(),
            changes: Flights::default(),
            counters: Counters::default(),
            sequence: AtomicU64::new(0),
            refused: Mutex::default(),
        }
    }
}

impl fmt::Debug for ScopedKeysBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedKeysBuilder").finish_non_exhaustive()
    }
}

const NOT_LOADED: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the key is not loaded; prepare what is to be sealed or opened first",
);

const MISSING: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "no key of this id belongs to this tenant and subject",
);
