//! Events in memory.

use alloc::vec::Vec;
use core::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::event::Event;
use super::record::EventRecord;
use super::record_sink::RecordSink;
use super::sink::{AuditError, AuditSink};

/// Keeps events in memory, for tests: they are gone when the process ends.
///
/// Share it with an `Arc`. [`fail_with`](MemorySink::fail_with) makes it a dead sink, so that an
/// application can test that nothing comes out then.
///
/// # Example
///
/// ```
/// use phi_seal::AuditError;
/// use phi_seal::audit::MemorySink;
/// use std::sync::Arc;
///
/// let sink = Arc::new(MemorySink::new());
/// // let vault = Vault::builder(keys, policy, sink.clone()).build();
/// assert!(sink.events().is_empty());
/// sink.fail_with(AuditError::new("the audit store is down; try again"));
/// // Every action fails now with `ErrorKind::Audit`.
/// sink.recover();
/// ```
#[derive(Default)]
pub struct MemorySink(Mutex<State>);

#[derive(Default)]
struct State {
    events: Vec<EventRecord>,
    failure: Option<AuditError>,
}

impl MemorySink {
    /// An empty sink.
    pub fn new() -> Self {
        Self::default()
    }

    /// The events so far, in the order they were recorded.
    pub fn events(&self) -> Vec<EventRecord> {
        self.state().events.clone()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.state().events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the events.
    pub fn clear(&self) {
        self.state().events.clear();
    }

    /// From now on, records nothing and fails.
    pub fn fail_with(&self, error: AuditError) {
        self.state().failure = Some(error);
    }

    /// Records again.
    pub fn recover(&self) {
        self.state().failure = None;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for MemorySink {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        self.append(&event.to_record())
    }
}

impl RecordSink for MemorySink {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        let mut state = self.state();
        if let Some(error) = state.failure {
            return Err(error);
        }
        state.events.push(event.clone());
        Ok(())
    }
}

impl fmt::Debug for MemorySink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemorySink")
            .field("events", &self.len())
            .finish_non_exhaustive()
    }
}
