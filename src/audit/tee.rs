//! Several sinks.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::event::Event;
use super::sink::{AuditError, AuditSink};
use crate::key::{BoxFuture, KeyLease};
use crate::label::{SubjectId, TenantId};

/// Records each event in several sinks; fails if one of them fails.
///
/// Every sink is tried, also after one has failed: the event then stands in some records and not
/// in others, though nothing was released. That is the right way round, because a read that is
/// reported and did not happen misleads less than one that happened and is missing where somebody
/// looks. Sinks record one after another, in the order they were added.
///
/// # Example
///
/// ```
/// use phi_seal::audit::Tee;
/// use phi_seal::{AuditError, AuditSink, Event};
/// use std::sync::Arc;
///
/// #[derive(Debug)]
/// struct Siem;
///
/// impl AuditSink for Siem {
///     fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
///         // Queue the event for the forwarder.
///         Ok(())
///     }
/// }
///
/// let shared = Arc::new(Siem);
/// let sink: Arc<dyn AuditSink> = Arc::new(Tee::new(Siem).and(shared.clone()));
/// assert!(format!("{sink:?}").contains("Siem"));
/// ```
#[derive(Debug)]
pub struct Tee {
    sinks: Vec<Box<dyn AuditSink>>,
}

impl Tee {
    /// Records in `sink`. There is always one: a tee without sinks would record nothing.
    pub fn new(sink: impl AuditSink + 'static) -> Self {
        Self {
            sinks: Vec::from([Box::new(sink) as Box<dyn AuditSink>]),
        }
    }

    /// Records in `sink` too.
    #[must_use]
    pub fn and(mut self, sink: impl AuditSink + 'static) -> Self {
        self.sinks.push(Box::new(sink));
        self
    }
}

impl AuditSink for Tee {
    /// # Errors
    ///
    /// The error of the first sink that failed, in the order they were added.
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        let mut result = Ok(());
        for sink in &self.sinks {
            let recorded = sink.record(event);
            result = result.and(recorded);
        }
        result
    }

    /// # Errors
    ///
    /// The error of the first sink that cannot be prepared: it could not record.
    fn prepare<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, AuditError>> {
        Box::pin(async move {
            let mut leases = Vec::with_capacity(self.sinks.len());
            for sink in &self.sinks {
                leases.push(sink.prepare(tenant, subjects).await?);
            }
            let is_in_grace = leases.iter().any(KeyLease::is_in_grace);
            Ok(KeyLease::pinning(leases).in_grace(is_in_grace))
        })
    }
}
