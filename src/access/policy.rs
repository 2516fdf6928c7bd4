//! Who decides.

use alloc::borrow::Cow;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use super::credentials::Access;
use super::request::{ActionKind, Request};
use crate::error::Error;
use crate::key::BoxFuture;
use crate::label::{SubjectId, is_name};

/// Decides whether an access may act on fields of a record.
///
/// Asked for every action, once per record, and of one that a search found twice: whether it may
/// be found ([`ActionKind::Search`]) and whether it may be opened. No decision is kept. Also asked,
/// without a record in the audit trail, by [`Session::prepare`](crate::Session::prepare) for what
/// it should load: let a decision have no side effects. [`authorize`](Policy::authorize) must not wait on a network:
/// load what it needs, such as which doctor treats which patient, in
/// [`prepare`](Policy::prepare).
///
/// # Example
///
/// ```
/// use phi_seal::{Decision, Policy, Request};
///
/// /// Only the treating team.
/// #[derive(Debug)]
/// struct Treats(Vec<(String, String)>);
///
/// impl Policy for Treats {
///     fn authorize(&self, request: &Request<'_>) -> Decision {
///         let actor = request.access().actor().id().as_str();
///         let Some(patient) = request.subject() else {
///             return Decision::deny("no-patient");
///         };
///         let treats = |(a, p): &(String, String)| a == actor && p == patient.as_str();
///         if self.0.iter().any(treats) {
///             Decision::permit("treating")
///         } else {
///             Decision::deny("not-treating")
///         }
///     }
/// }
/// ```
pub trait Policy: Debug + Send + Sync {
    /// The decision for one record.
    fn authorize(&self, request: &Request<'_>) -> Decision;

    /// A version for the audit trail, such as a commit or a date: at most 64 bytes, empty if the
    /// policy has none. Longer ones are recorded cut off.
    fn version(&self) -> &str {
        ""
    }

    /// Loads what `authorize` will need for these patients, such as care relations.
    ///
    /// # Errors
    ///
    /// [`PolicyUnavailable`] when that cannot be had now.
    fn prepare<'a>(
        &'a self,
        access: &'a Access,
        action: ActionKind,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<(), PolicyUnavailable>> {
        let _ = (access, action, subjects);
        alloc::boxed::Box::pin(core::future::ready(Ok(())))
    }
}

/// What a policy needs could not be loaded now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyUnavailable;

impl From<PolicyUnavailable> for Error {
    fn from(_: PolicyUnavailable) -> Self {
        Self::new(
            crate::error::ErrorKind::Unavailable,
            "the policy could not load what it decides on; try again",
        )
    }
}

impl core::error::Error for PolicyUnavailable {}

impl fmt::Display for PolicyUnavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the policy could not load what it decides on; try again")
    }
}

impl<P: Policy + ?Sized> Policy for Arc<P> {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        (**self).authorize(request)
    }

    fn version(&self) -> &str {
        (**self).version()
    }

    fn prepare<'a>(
        &'a self,
        access: &'a Access,
        action: ActionKind,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<(), PolicyUnavailable>> {
        (**self).prepare(access, action, subjects)
    }
}

/// The answer of a [`Policy`], with a reason code for the audit trail.
///
/// The caller of a denied action is told "access denied" and nothing else; the reason goes into
/// the audit event only. A reason is a code of 1 to 64 ASCII letters, digits, `-`, `_` or `.`;
/// anything else is recorded as `invalid-reason`, so that no free text gets into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    permitted: Permitted,
    reason: Cow<'static, str>,
    refusal: Cow<'static, str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Permitted {
    None,
    All,
    Only(Vec<bool>),
}

impl Decision {
    /// Permits all fields of the request.
    pub fn permit(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Permitted::All, reason.into())
    }

    /// Permits nothing.
    pub fn deny(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Permitted::None, reason.into())
    }

    /// Permits the fields at the positions of [`Request::fields`] where `permitted` is true;
    /// positions beyond its end are denied.
    pub fn permit_only(reason: impl Into<Cow<'static, str>>, permitted: Vec<bool>) -> Self {
        Self::new(Permitted::Only(permitted), reason.into()).refusing("not-permitted")
    }

    /// The reason for the fields that [`permit_only`](Decision::permit_only) leaves out;
    /// `not-permitted` by default.
    #[must_use]
    pub fn refusing(mut self, reason: impl Into<Cow<'static, str>>) -> Self {
        self.refusal = Self::code(reason.into());
        self
    }

    /// Whether the field at this position of the request is permitted.
    pub fn permits(&self, position: usize) -> bool {
        match &self.permitted {
            Permitted::None => false,
            Permitted::All => true,
            Permitted::Only(permitted) => permitted.get(position).copied().unwrap_or(false),
        }
    }

    /// The reason code for the field at this position of the request.
    pub fn reason(&self, position: usize) -> &str {
        self.reason_code(position)
    }

    pub(crate) fn reason_code(&self, position: usize) -> &Cow<'static, str> {
        if self.permits(position) {
            &self.reason
        } else {
            &self.refusal
        }
    }

    fn new(permitted: Permitted, reason: Cow<'static, str>) -> Self {
        let reason = Self::code(reason);
        Self {
            permitted,
            refusal: reason.clone(),
            reason,
        }
    }

    fn code(reason: Cow<'static, str>) -> Cow<'static, str> {
        if is_name(&reason) {
            reason
        } else {
            Cow::Borrowed("invalid-reason")
        }
    }
}

/// Permits everything to everybody; through [`danger`](crate::danger) only.
///
/// For tests and benchmarks. Access is still recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct PermitAll;

impl Policy for PermitAll {
    fn authorize(&self, _: &Request<'_>) -> Decision {
        Decision::permit("permit-all")
    }

    fn version(&self) -> &str {
        "permit-all"
    }
}
