//! The keys of one scope in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use crate::clock::Clock;
use crate::envelope::KeyId;
use crate::key::data_key::DataKey;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::state::KeyState;
use crate::key::store::StoredKey;

/// All versions of one scope's key, as the store had them at one moment.
pub(super) struct Held {
    /// The newest first.
    keys: Vec<HeldKey>,
    /// Why the rows cannot be used: they were edited, say.
    broken: Option<KeyError>,
    pub(super) loaded: Moment,
    /// By the monotonic clock.
    pub(super) lent_until: Duration,
    /// Shared with the leases that pin it, and with what takes its place.
    pub(super) pin: Arc<()>,
    /// Whether it was read since an eviction last came by.
    used: AtomicBool,
}

/// A key, or why it is not lent.
pub(super) struct HeldKey {
    id: KeyId,
    is_active: bool,
    key: Result<DataKey, KeyError>,
}

impl Held {
    /// Of the rows of one scope, whose keys `unwrap` gives.
    pub(super) fn of_rows(
        rows: &[StoredKey],
        loaded: Moment,
        lifetime: Duration,
        mut unwrap: impl FnMut(&StoredKey) -> Result<DataKey, KeyError>,
    ) -> Self {
        let minimum = minimum_version(rows.iter());
        let mut newest_first: Vec<_> = rows.iter().collect();
        newest_first.sort_unstable_by_key(|row| core::cmp::Reverse(row.version));
        let mut keys = Vec::with_capacity(rows.len());
        let mut broken = None;
        for row in newest_first {
            // All rows are authenticated, also those whose keys are not lent.
            let key = unwrap(row).and_then(|key| lendable(row, minimum).map(|()| key));
            if let Err(error) = key {
                let is_tampering = matches!(
                    error.kind(),
                    KeyErrorKind::Tampered | KeyErrorKind::WrongKey
                );
                broken = broken.or(is_tampering.then_some(error));
            }
            keys.push(HeldKey {
                id: row.id,
                is_active: row.state == KeyState::Active,
                key,
            });
        }
        Self {
            keys,
            broken,
            loaded,
            lent_until: loaded.monotonic.saturating_add(lifetime),
            pin: Arc::new(()),
            used: AtomicBool::new(true),
        }
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

    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether it need not be loaded again at `now`.
    pub(super) fn is_fresh(&self, now: Moment, max_age: Duration) -> bool {
        self.broken.is_none() && now.since(self.loaded) < max_age
    }

    pub(super) fn mark_used(&self) {
        // Read first: a write would take the cache line from the other threads.
        if !self.used.load(Ordering::Relaxed) {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Whether it was used since this was asked last.
    pub(super) fn take_used(&self) -> bool {
        self.used.swap(false, Ordering::Relaxed)
    }

    pub(super) fn is_pinned(&self) -> bool {
        Arc::strong_count(&self.pin) > 1
    }
}

impl HeldKey {
    fn is_destroyed(&self) -> bool {
        matches!(&self.key, Err(error) if error.kind() == KeyErrorKind::Destroyed)
    }
}

/// From which version on keys of these rows' scope are lent.
pub(super) fn minimum_version<'r>(rows: impl Iterator<Item = &'r StoredKey> + Clone) -> u32 {
    let active = rows.clone().find(|row| row.state == KeyState::Active);
    match active {
        Some(active) => active.minimum_version,
        None => rows.map(|row| row.minimum_version).max().unwrap_or(1),
    }
}

fn lendable(row: &StoredKey, minimum: u32) -> Result<(), KeyError> {
    match row.state {
        KeyState::Disabled => Err(DISABLED),
        KeyState::Destroyed => Err(DESTROYED),
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

    /// The same age, as something that was looked at later.
    pub(super) fn seen_at(self, later: Self) -> Self {
        Self {
            sequence: later.sequence,
            ..self
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

pub(super) const DESTROYED: KeyError =
    KeyError::new(KeyErrorKind::Destroyed, "the key of this id was destroyed");

const DISABLED: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "the key of this id is disabled; enable it to read what it sealed",
);

const BELOW_MINIMUM: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "the key of this id is below the minimum version",
);
