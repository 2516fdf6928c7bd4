//! Whom the law forbids to forget.

use alloc::sync::Arc;
use core::fmt::Debug;

use crate::error::Error;
use crate::key::BoxFuture;
use crate::label::{SubjectId, TenantId};

/// Knows which patients' records must be kept: for litigation, an investigation, or because their
/// retention has not ended.
///
/// Asked at every erasure, right before it is announced, and again if that has to be repeated.
pub trait LegalHolds: Debug + Send + Sync {
    /// Whether this patient is under a hold now.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unavailable`](crate::ErrorKind::Unavailable) when that is not known: then nothing
    /// is erased.
    fn check<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subject: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>>;
}

/// The answer of [`LegalHolds`].
///
/// Exhaustive on purpose: whoever asks must treat both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegalHold {
    /// Nothing forbids to erase.
    None,
    /// The records must be kept.
    Held,
}

impl<H: LegalHolds + ?Sized> LegalHolds for Arc<H> {
    fn check<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subject: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        (**self).check(tenant, subject)
    }
}
