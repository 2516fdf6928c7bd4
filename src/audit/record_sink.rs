//! Where events go that somebody has changed on their way.

use alloc::sync::Arc;
use core::fmt::Debug;

use super::record::EventRecord;
use super::sink::AuditError;

/// Takes events as owned data: the far side of a sink that changes what it is given before it is
/// written, such as `SealedDetails`.
///
/// Whoever implements it is mostly an [`AuditSink`](super::AuditSink) as well. By itself it is none: what
/// is appended here was recorded by no session.
pub trait RecordSink: Debug + Send + Sync {
    /// Appends one event, and returns once it is as durable as this sink promises.
    ///
    /// # Errors
    ///
    /// As [`AuditSink::record`](super::AuditSink::record): nothing is released then.
    fn append(&self, event: &EventRecord) -> Result<(), AuditError>;
}

impl<S: RecordSink + ?Sized> RecordSink for Arc<S> {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        (**self).append(event)
    }
}
