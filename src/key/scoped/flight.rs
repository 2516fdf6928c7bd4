//! Who needs what somebody is loading already waits for it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::hash::Hash;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::key::error::KeyError;

/// What is being done now, by what it is done to.
///
/// Nothing is spawned: a claim is held by a future that its caller polls. One that is neither polled
/// nor dropped holds up those who wait for it.
pub(super) struct Flights<K: Eq + Hash>(Mutex<HashMap<K, InFlight>>);

struct InFlight {
    flight: Arc<Flight>,
    /// Whether something changed after it began.
    is_outdated: bool,
}

/// What one caller does for all. It holds the lock until it is done, or gave up.
#[derive(Default)]
pub(super) struct Flight(Arc<AsyncMutex<Outcome>>);

/// How it ended, unless its caller was dropped before.
type Outcome = Option<Result<(), KeyError>>;

impl<K: Clone + Eq + Hash> Flights<K> {
    /// Claims what nobody has; the others come back as flights to wait for.
    pub(super) fn join(
        &self,
        wanted: impl IntoIterator<Item = K>,
    ) -> (Option<Claim<'_, K>>, Vec<Arc<Flight>>) {
        let mut claimed = Vec::new();
        let mut others: Vec<Arc<Flight>> = Vec::new();
        let mut known = HashSet::new();
        let mine = Arc::new(Flight::default());
        let mut flights = self.flights();
        for key in wanted {
            match flights.get(&key) {
                Some(other) => {
                    if known.insert(Arc::as_ptr(&other.flight)) {
                        others.push(Arc::clone(&other.flight));
                    }
                }
                None => claimed.push(key),
            }
        }
        // Nobody else has it yet.
        let outcome = mine.0.try_lock_owned();
        let claim = outcome.filter(|_| !claimed.is_empty()).map(|outcome| {
            for key in &claimed {
                let flight = Arc::clone(&mine);
                let is_outdated = false;
                let state = InFlight {
                    flight,
                    is_outdated,
                };
                flights.insert(key.clone(), state);
            }
            Claim {
                flights: self,
                keys: claimed,
                outcome,
            }
        });
        (claim, others)
    }

    /// Waits until nobody else has it.
    pub(super) async fn turn(&self, key: &K) -> Claim<'_, K> {
        loop {
            let (claim, others) = self.join([key.clone()]);
            if let Some(claim) = claim {
                return claim;
            }
            for other in others {
                other.wait().await;
            }
        }
    }

    /// What is being loaded of this may have been read before something changed.
    pub(super) fn outdate(&self, key: &K) {
        if let Some(state) = self.flights().get_mut(key) {
            state.is_outdated = true;
        }
    }

    /// The same of everything.
    pub(super) fn outdate_all(&self) {
        for state in self.flights().values_mut() {
            state.is_outdated = true;
        }
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<K, InFlight>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash> Default for Flights<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl Flight {
    /// `None` if its caller was dropped: somebody else has to do it.
    pub(super) async fn wait(&self) -> Outcome {
        *self.0.lock().await
    }
}

/// What this caller does for all. Dropped, it lets the others go on.
pub(super) struct Claim<'f, K: Clone + Eq + Hash> {
    flights: &'f Flights<K>,
    keys: Vec<K>,
    outcome: OwnedMutexGuard<Outcome>,
}

impl<K: Clone + Eq + Hash> Claim<'_, K> {
    pub(super) fn keys(&self) -> &[K] {
        &self.keys
    }

    /// Whether something changed since it was claimed.
    pub(super) fn is_outdated(&self, key: &K) -> bool {
        let flights = self.flights.flights();
        flights.get(key).is_none_or(|state| state.is_outdated)
    }

    pub(super) fn finish(mut self, result: Result<(), KeyError>) {
        *self.outcome = Some(result);
    }
}

impl<K: Clone + Eq + Hash> Drop for Claim<'_, K> {
    fn drop(&mut self) {
        let mut flights = self.flights.flights();
        for key in &self.keys {
            flights.remove(key);
        }
    }
}
