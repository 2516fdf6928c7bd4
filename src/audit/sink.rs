//! Where events go.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt::{self, Debug};

use super::event::Event;
use crate::error::{Error, ErrorKind};
use crate::key::{BoxFuture, KeyLease};
use crate::label::{SubjectId, TenantId};

/// Records audit events. What it does not record is not released.
pub trait AuditSink: Debug + Send + Sync {
    /// Records one event, and returns once it is as durable as this sink promises.
    ///
    /// # Errors
    ///
    /// Any error keeps the plaintext in: the action fails with
    /// [`ErrorKind::Audit`](crate::ErrorKind::Audit). An event that failed may or may not be
    /// found in the record later; over-reporting is right, under-reporting is a bug.
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError>;

    /// Loads what recording events about these patients of this tenant will take, such as the keys that
    /// details are sealed under. It stays loaded while the lease lives. Sessions call it wherever they
    /// [`prepare`](crate::Session::prepare), for each patient named there, also if the action will be
    /// denied: that is recorded too.
    ///
    /// A sink that needs nothing is ready at once, which is the default. One around another hands the
    /// call on.
    ///
    /// # Errors
    ///
    /// When it cannot be had; recording would fail.
    fn prepare<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, AuditError>> {
        let _ = (tenant, subjects);
        Box::pin(core::future::ready(Ok(KeyLease::default())))
    }
}

impl<S: AuditSink + ?Sized> AuditSink for Arc<S> {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        (**self).record(event)
    }

    fn prepare<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, AuditError>> {
        (**self).prepare(tenant, subjects)
    }
}

/// An event was not recorded. Holds a fixed sentence.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditError(&'static str);

impl AuditError {
    /// `detail` is lower case, has no full stop, and says what to do.
    pub const fn new(detail: &'static str) -> Self {
        Self(detail)
    }
}

impl core::error::Error for AuditError {}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Debug for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AuditError").field(&self.0).finish()
    }
}

impl From<AuditError> for Error {
    fn from(error: AuditError) -> Self {
        Self::new(ErrorKind::Audit, error.0)
    }
}

/// Records nothing; through [`danger`](crate::danger) only.
///
/// For benchmarks. With it, nobody can tell later who saw what.
#[derive(Clone, Copy, Debug, Default)]
pub struct DiscardAudit;

impl AuditSink for DiscardAudit {
    fn record(&self, _: &Event<'_>) -> Result<(), AuditError> {
        Ok(())
    }
}
