//! The keys of one scope in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use super::roots::HeldRoot;
use crate::clock::Clock;
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::root::TOMBSTONE;
use crate::key::state::KeyState;
use crate::key::store::StoredKey;

/// All versions of one scope's key, as the store had them at one moment.
pub(super) struct Held {
    /// The newest first.
    keys: Vec<HeldKey>,
    /// Why the rows cannot be used: they were edited, say.
    broken: Option<KeyError>,
    /// Whether the rows say all there is to say. A root that could not be used may be usable at the
    /// next try.
    is_settled: bool,
    pub(super) loaded: Moment,
    /// By the monotonic clock.
    pub(super) lent_until: Duration,
    /// Whether the KMS could not be reached for a root that was too old.
    pub(super) is_in_grace: bool,
    /// Shared with what takes its place.
    leases: Leases,
    /// Whether it was prepared again since it was loaded, or since an eviction last came by.
    used: AtomicBool,
}

/// A key, or why it is not lent.
struct HeldKey {
    id: KeyId,
    version: u32,
    /// Only if it is authentic.
    is_active: bool,
    key: Result<DataKey, KeyError>,
}

/// How long keys are lent, and which are not.
#[derive(Clone, Copy)]
pub(super) struct Terms<'t> {
    pub(super) max_age: Duration,
    pub(super) lifetime: Duration,
    pub(super) refused: &'t HashSet<KeyId>,
}

impl Held {
    /// Of the rows of one scope as they were read `now`, each with its root.
    pub(super) fn of_rows<'r>(
        rows: impl IntoIterator<Item = (&'r StoredKey, Result<HeldRoot, KeyError>)>,
        now: Moment,
        terms: Terms<'_>,
    ) -> Self {
        let mut held = Self {
            keys: Vec::new(),
            broken: None,
            is_settled: true,
            loaded: now,
            lent_until: Duration::ZERO,
            is_in_grace: false,
            leases: Leases::default(),
            used: AtomicBool::new(false),
        };
        // All rows are authenticated, also those whose keys are not lent.
        let mut authentic = Vec::new();
        for (row, root) in rows {
            if let Ok(root) = &root
                && now.since(root.loaded) >= terms.max_age
            {
                // Under a root that is served in its grace, nothing gets another full life.
                held.loaded = held.loaded.no_younger_than(root.loaded);
                held.is_in_grace = true;
            }
            match root.and_then(|root| root.key.unwrap(row)) {
                Ok(key) => authentic.push((row, Some(key))),
                Err(error) if row.state == KeyState::Destroyed && error == TOMBSTONE => {
                    authentic.push((row, None));
                }
                Err(error) => held.keys.push(HeldKey {
                    id: row.id,
                    version: row.version,
                    is_active: false,
                    key: Err(error),
                }),
            }
        }
        held.is_settled = held.keys.is_empty();
        let unusable = || held.keys.iter().filter_map(|key| key.key.as_ref().err());
        let is_edited = |error: &&KeyError| {
            matches!(
                error.kind(),
                KeyErrorKind::Tampered | KeyErrorKind::WrongKey
            )
        };
        let has_active = authentic
            .iter()
            .any(|(row, _)| row.state == KeyState::Active);
        // Without the active row nobody knows from which version on keys are lent.
        let broken = unusable().find(|error| is_edited(error) || !has_active);
        held.broken = broken.copied();
        let minimum = minimum_version(authentic.iter().map(|(row, _)| *row));
        for (row, key) in authentic {
            let is_refused = terms.refused.contains(&row.id);
            held.keys.push(HeldKey {
                id: row.id,
                version: row.version,
                is_active: row.state == KeyState::Active,
                key: lendable(row, minimum, is_refused).and_then(|()| key.ok_or(TOMBSTONE)),
            });
        }
        held.keys
            .sort_unstable_by_key(|key| core::cmp::Reverse(key.version));
        held.lent_until = held.loaded.monotonic.saturating_add(terms.lifetime);
        held
    }

    /// The key that seals.
    pub(super) fn active(&self) -> Result<&DataKey, KeyError> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        match self.keys.iter().find(|key| key.is_active) {
            Some(active) => active.key.as_ref().map_err(|error| *error),
            None if self.keys.is_empty() => Err(NO_KEY),
            // The scope was given up, not forgotten: it gets no new key by itself.
            None if self.keys.iter().all(HeldKey::is_destroyed) => Err(ERASED),
            None => Err(NO_ACTIVE_KEY),
        }
    }

    /// The key of this id, if it is one of the scope.
    pub(super) fn by_id(&self, id: &KeyId) -> Option<Result<&DataKey, KeyError>> {
        let held = self.keys.iter().find(|key| key.id == *id)?;
        Some(match (self.broken, &held.key) {
            (None, Ok(key)) => Ok(key),
            (None | Some(_), Err(error)) => Err(*error),
            (Some(error), Ok(_)) => Err(error),
        })
    }

    /// The keys that may open, the active one first.
    pub(super) fn readable(&self) -> impl Iterator<Item = &DataKey> {
        let of = |is_active| {
            let keys = self.keys.iter();
            keys.filter(move |key| key.is_active == is_active)
                .filter_map(|key| key.key.as_ref().ok())
        };
        of(true).chain(of(false))
    }

    /// Why nothing of the scope is lent.
    pub(super) const fn broken(&self) -> Option<KeyError> {
        self.broken
    }

    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether it need not be loaded again at `now`.
    pub(super) fn is_fresh(&self, now: Moment, max_age: Duration) -> bool {
        self.is_settled && now.since(self.loaded) < max_age
    }

    pub(super) fn mark_used(&self) {
        self.used.store(true, Ordering::Relaxed);
    }

    /// Whether it was used since this was asked last.
    pub(super) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    /// Keeps it from being evicted, and what takes its place too.
    pub(super) fn pin(&self) -> Pin {
        self.leases.pin()
    }

    pub(super) fn is_pinned(&self) -> bool {
        self.leases.count() > 0
    }

    /// Goes on with the leases of what was there before.
    pub(super) fn succeed(&mut self, old: &Self) {
        self.leases = Leases(Arc::clone(&old.leases.0));
        self.mark_used();
    }
}

/// How many leases there are of a scope. Counted here and not by the `Arc`, which what was taken out
/// of the map holds as well until the map lets go of it.
#[derive(Default)]
struct Leases(Arc<AtomicUsize>);

impl Leases {
    fn pin(&self) -> Pin {
        self.0.fetch_add(1, Ordering::Relaxed);
        Pin(Arc::clone(&self.0))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// A part of a lease.
pub(super) struct Pin(Arc<AtomicUsize>);

impl Drop for Pin {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl HeldKey {
    fn is_destroyed(&self) -> bool {
        matches!(&self.key, Err(error) if error.kind() == KeyErrorKind::Destroyed)
    }
}

/// From which version on keys of these rows' scope are lent. Of two active ones, of which somebody
/// must have put one back, the newer says it.
pub(super) fn minimum_version<'r>(rows: impl Iterator<Item = &'r StoredKey> + Clone) -> u32 {
    let active = rows.clone().filter(|row| row.state == KeyState::Active);
    match active.max_by_key(|row| row.version) {
        Some(active) => active.minimum_version,
        None => rows.map(|row| row.minimum_version).max().unwrap_or(1),
    }
}

fn lendable(row: &StoredKey, minimum: u32, is_refused: bool) -> Result<(), KeyError> {
    match row.state {
        _ if is_refused => Err(TOMBSTONE),
        KeyState::Disabled => Err(DISABLED),
        KeyState::Destroyed => Err(TOMBSTONE),
        _ if row.version < minimum => Err(BELOW_MINIMUM),
        KeyState::Active | KeyState::DecryptOnly => Ok(()),
    }
}

/// A time by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Moment {
    pub(super) monotonic: Duration,
    wall: SystemTime,
    /// What came first, should the clocks stand still.
    pub(super) sequence: u64,
}

impl Moment {
    pub(super) fn of(clock: &dyn Clock, sequence: u64) -> Self {
        Self {
            monotonic: clock.monotonic(),
            wall: clock.wall(),
            sequence,
        }
    }

    /// The same in sequence, and at most as young as `other`.
    fn no_younger_than(self, other: Self) -> Self {
        Self {
            monotonic: self.monotonic.min(other.monotonic),
            wall: self.wall.min(other.wall),
            sequence: self.sequence,
        }
    }

    /// By the clock that moved further: turning the wall clock back makes nothing younger, and
    /// neither does suspending the machine.
    pub(super) fn since(self, earlier: Self) -> Duration {
        let monotonic = self.monotonic.saturating_sub(earlier.monotonic);
        let wall = self.wall.duration_since(earlier.wall).unwrap_or_default();
        monotonic.max(wall)
    }

    pub(super) fn unix(self) -> u64 {
        self.wall
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs())
    }
}

const NO_KEY: KeyError = KeyError::new(
    KeyErrorKind::Missing,
    "no active key for this tenant, subject and use; prepare what is to be sealed",
);

const NO_ACTIVE_KEY: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "none of this scope's keys is active; rotate it",
);

const ERASED: KeyError = KeyError::new(
    KeyErrorKind::Destroyed,
    "the keys of this scope were destroyed; it gets no other one by itself",
);

const DISABLED: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "the key of this id is disabled; enable it to read what it sealed",
);

const BELOW_MINIMUM: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "the key of this id is below the minimum version",
);
