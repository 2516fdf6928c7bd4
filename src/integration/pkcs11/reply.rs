//! What a caller waits for while another thread works.

use alloc::sync::Arc;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::SecretBytes;
use crate::key::{KeyError, KeyErrorKind};

type Outcome = Result<SecretBytes, KeyError>;

/// The place where the answer to one call appears.
#[derive(Debug, Default)]
pub(super) struct Reply(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    outcome: Option<Outcome>,
    waker: Option<Waker>,
    is_worked_on: bool,
    /// Nobody waits any more: answered, given up, or the caller went away.
    is_over: bool,
    is_replaced: bool,
}

impl Reply {
    /// Says whether the work is still wanted, and that it begins.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.lock();
        state.is_worked_on = !state.is_over;
        state.is_worked_on
    }

    /// Whether nobody waits for it.
    pub(super) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Whether nobody waits for it or works on it.
    pub(super) fn is_done(&self) -> bool {
        let state = self.lock();
        state.is_over && !state.is_worked_on
    }

    /// Gives the outcome, if anybody still wants it. Says whether the thread that worked on it was
    /// replaced in the meantime.
    pub(super) fn settle(&self, outcome: Outcome) -> bool {
        let mut state = self.lock();
        state.is_worked_on = false;
        let is_replaced = state.is_replaced;
        Self::finish(state, outcome);
        is_replaced
    }

    /// Lets the caller go when the time is up. `replace` is asked for another thread in the place of
    /// the one that hangs in it, if one does.
    pub(super) fn give_up(&self, replace: impl FnOnce() -> bool) {
        let mut state = self.lock();
        state.is_replaced = state.is_worked_on && replace();
        Self::finish(state, Err(OVERDUE));
    }

    fn finish(mut state: MutexGuard<'_, State>, outcome: Outcome) {
        if mem::replace(&mut state.is_over, true) {
            return;
        }
        state.outcome = Some(outcome);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The caller's end of a [`Reply`].
pub(super) struct Answer(pub(super) Arc<Reply>);

impl Future for Answer {
    type Output = Outcome;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Outcome> {
        let mut state = self.0.lock();
        match state.outcome.take() {
            Some(outcome) => Poll::Ready(outcome),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.is_over = true;
        // What came too late is wiped now, not when the last of the threads lets go.
        state.outcome = None;
    }
}

const OVERDUE: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the token did not answer in time; see that it is there, and try again",
);
