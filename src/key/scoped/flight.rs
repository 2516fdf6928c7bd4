//! Who needs what somebody is loading already waits for it.

use alloc::sync::Arc;
use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexGuard};

use crate::key::error::KeyError;
use crate::key::scope::KeyScope;

/// What is being loaded now.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<KeyScope, Arc<Flight>>>);

/// Scopes that one caller loads for all. It holds the lock until it is done, or gave up.
#[derive(Default)]
pub(super) struct Flight(Arc<AsyncMutex<Outcome>>);

/// How it ended, unless its loader was dropped before.
type Outcome = Option<Result<(), KeyError>>;

impl Flights {
    /// Claims the scopes that nobody loads; the others come back as flights to wait for.
    pub(super) fn join(
        &self,
        wanted: impl IntoIterator<Item = KeyScope>,
    ) -> (Option<Claim<'_>>, Vec<Arc<Flight>>) {
        let mut claimed = Vec::new();
        let mut others: Vec<Arc<Flight>> = Vec::new();
        let mine = Arc::new(Flight::default());
        let mut flights = self.flights();
        for scope in wanted {
            match flights.get(&scope) {
                Some(flight) => {
                    if !others.iter().any(|other| Arc::ptr_eq(other, flight)) {
                        others.push(Arc::clone(flight));
                    }
                }
                None => claimed.push(scope),
            }
        }
        // Nobody else has it yet.
        let outcome = mine.0.try_lock_owned();
        let claim = outcome.filter(|_| !claimed.is_empty()).map(|outcome| {
            for scope in &claimed {
                flights.insert(scope.clone(), Arc::clone(&mine));
            }
            Claim {
                flights: self,
                scopes: claimed,
                outcome,
            }
        });
        (claim, others)
    }

    fn flights(&self) -> MutexGuard<'_, HashMap<KeyScope, Arc<Flight>>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flight {
    /// `None` if the loader was dropped: somebody else has to do it.
    pub(super) async fn wait(&self) -> Outcome {
        *self.0.lock().await
    }
}

/// Scopes to load. Dropped, it lets the others go on.
pub(super) struct Claim<'f> {
    flights: &'f Flights,
    scopes: Vec<KeyScope>,
    outcome: OwnedMutexGuard<Outcome>,
}

impl Claim<'_> {
    pub(super) fn scopes(&self) -> &[KeyScope] {
        &self.scopes
    }

    pub(super) fn finish(mut self, result: Result<(), KeyError>) {
        *self.outcome = Some(result);
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        let mut flights = self.flights.flights();
        for scope in &self.scopes {
            flights.remove(scope);
        }
    }
}
