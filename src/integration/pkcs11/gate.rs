//! Many calls at a time, or one restart alone.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Calls into a module pass through here, since while it is finalised there must be none.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    calls: usize,
    is_closed: bool,
    /// How often the module was initialised again: sessions of before are void.
    generation: u64,
    closed_last: Option<Instant>,
}

/// A call, or several in a row, that no restart comes between.
#[derive(Debug)]
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    pub(super) generation: u64,
}

impl Gate {
    /// Waits while a restart goes on, until the deadline.
    pub(super) fn enter(&self, deadline: Instant) -> Option<Pass<'_>> {
        let mut state = self.wait(self.lock(), deadline, |state| state.is_closed)?;
        state.calls += 1;
        Some(Pass {
            gate: self,
            generation: state.generation,
        })
    }

    /// Has `restart` run while nobody is inside, unless somebody did since `generation`. Says
    /// whether sessions of a later generation can be had.
    ///
    /// Not within [`REST`] of the last time, so that a token which stays away does not void the
    /// sessions of others all the time.
    pub(super) fn restart(
        &self,
        generation: u64,
        deadline: Instant,
        restart: impl FnOnce() -> bool,
    ) -> bool {
        let Some(mut state) = self.wait(self.lock(), deadline, |state| state.is_closed) else {
            return false;
        };
        if state.generation != generation {
            return true;
        }
        if state.closed_last.is_some_and(|at| at.elapsed() < REST) {
            return false;
        }
        state.is_closed = true;
        let is_empty = match self.wait(state, deadline, |state| state.calls > 0) {
            Some(state) => {
                drop(state);
                true
            }
            // A call that hangs: finalising under it is not defined.
            None => false,
        };
        let is_restarted = is_empty && restart();
        let mut state = self.lock();
        state.is_closed = false;
        if is_empty {
            state.closed_last = Some(Instant::now());
        }
        state.generation += u64::from(is_restarted);
        drop(state);
        self.changed.notify_all();
        is_restarted
    }

    fn wait<'a>(
        &'a self,
        state: MutexGuard<'a, State>,
        deadline: Instant,
        is_waiting: impl Fn(&State) -> bool,
    ) -> Option<MutexGuard<'a, State>> {
        let left = deadline.saturating_duration_since(Instant::now());
        let (state, _) = self
            .changed
            .wait_timeout_while(state, left, |state| is_waiting(state))
            .unwrap_or_else(PoisonError::into_inner);
        (!is_waiting(&state)).then_some(state)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        self.gate.lock().calls -= 1;
        self.gate.changed.notify_all();
    }
}

/// The shortest time between two restarts.
const REST: Duration = Duration::from_secs(1);
