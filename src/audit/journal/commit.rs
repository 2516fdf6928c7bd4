//! Group commit: threads that record at the same time share one write, one synchronisation and one
//! checkpoint.

use alloc::vec::Vec;
use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::log::Incoming;
use crate::audit::AuditError;

/// Entries that wait for the log. Whoever finds nobody at work does the work for all that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    /// A batch is done: those of even number, and those of odd number, so that the end of one does not
    /// wake all threads of the next.
    done: [Condvar; 2],
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Incoming>,
    /// The number of the first of them.
    first: u64,
    /// The number of the batch that they are.
    batch: u64,
    /// Batches with smaller numbers are decided.
    decided: u64,
    /// Those of them that were refused and whose threads do not know yet.
    refused: HashMap<u64, AuditError>,
    is_at_work: bool,
}

impl Queue {
    /// Waits until `add` was called with a batch that holds `entry`, and returns what it said of it.
    pub(super) fn submit(
        &self,
        entry: Incoming,
        add: impl FnOnce(&[Incoming]) -> Vec<Result<(), AuditError>>,
    ) -> Result<(), AuditError> {
        let mut state = self.lock();
        let number = state.first + state.waiting.len() as u64;
        let batch = state.batch;
        state.waiting.push(entry);
        let done = self.done_with(batch);
        while state.is_at_work && batch >= state.decided {
            state = done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if batch >= state.decided {
            state.is_at_work = true;
            let entries = core::mem::take(&mut state.waiting);
            let first = state.first;
            state.first += entries.len() as u64;
            state.batch += 1;
            drop(state);
            let mut work = Work {
                queue: self,
                batch,
                first,
                count: entries.len(),
                results: Vec::new(),
            };
            work.results = add(&entries);
            drop(work);
            state = self.lock();
        }
        state.refused.remove(&number).map_or(Ok(()), Err)
    }

    const fn done_with(&self, batch: u64) -> &Condvar {
        &self.done[(batch % 2) as usize]
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A batch at work. Its threads are told when it is dropped, also by a panic.
struct Work<'a> {
    queue: &'a Queue,
    batch: u64,
    first: u64,
    count: usize,
    results: Vec<Result<(), AuditError>>,
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut state = self.queue.lock();
        let results = self.results.iter().copied();
        let all = results.chain(core::iter::repeat(Err(ENDED)));
        for (number, result) in (self.first..).zip(all).take(self.count) {
            if let Err(error) = result {
                state.refused.insert(number, error);
            }
        }
        state.decided = self.batch + 1;
        state.is_at_work = false;
        drop(state);
        self.queue.done_with(self.batch).notify_all();
        // One of those that wait for the next batch does its work.
        self.queue.done_with(self.batch + 1).notify_one();
    }
}

const ENDED: AuditError = AuditError::new("the journal's writer ended; open the journal anew");
