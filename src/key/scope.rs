//! What a key may be used for.

use core::fmt;

#[cfg(feature = "scoped-keys")]
use super::error::{KeyError, KeyErrorKind};
use crate::context::RecordType;
use crate::label::{SubjectId, TenantId};

/// What a request needs a key for: its tenant, its subject if it has one, and the use.
#[non_exhaustive]
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The session's tenant.
    pub tenant: &'a TenantId<'a>,
    /// The patient concerned, if the record has one.
    pub subject: Option<&'a SubjectId<'a>>,
    /// What the key will do.
    pub key_use: KeyUse,
    /// Whether only a key of the patient's own will do.
    pub subject_keyed: bool,
}

impl<'a> Scope<'a> {
    /// A scope for sealing and opening values.
    pub const fn sealing(tenant: &'a TenantId<'a>, subject: Option<&'a SubjectId<'a>>) -> Self {
        Self {
            tenant,
            subject,
            key_use: KeyUse::Seal,
            subject_keyed: false,
        }
    }

    /// The same for records of this type, which may ask for a key of the patient's own.
    pub const fn of_record(
        tenant: &'a TenantId<'a>,
        subject: Option<&'a SubjectId<'a>>,
        record_type: RecordType,
    ) -> Self {
        Self {
            subject_keyed: record_type.is_subject_keyed(),
            ..Self::sealing(tenant, subject)
        }
    }

    /// A scope for index values: never a subject's own, so that a search finds every patient.
    pub const fn indexing(tenant: &'a TenantId<'a>) -> Self {
        Self {
            tenant,
            subject: None,
            key_use: KeyUse::Index,
            subject_keyed: false,
        }
    }

    /// A scope for the details of audit events about this patient: only a key of the patient's own
    /// will do. Without a subject, for what an event says of no patient: the tenant's key.
    pub const fn audit_details(
        tenant: &'a TenantId<'a>,
        subject: Option<&'a SubjectId<'a>>,
    ) -> Self {
        Self {
            tenant,
            subject,
            key_use: KeyUse::Audit,
            subject_keyed: subject.is_some(),
        }
    }
}

impl fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}

/// What a data key does. A key of one use never serves another.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum KeyUse {
    /// Seals and opens values.
    Seal,
    /// Makes blind index values (`docs/index.md`). Never scoped to a subject: a search is over all
    /// of a tenant's patients.
    Index,
    /// Seals the details of audit events (`docs/audit-privacy.md`).
    Audit,
    /// Wraps the other keys of its tenant. Never lent.
    Root,
}

impl KeyUse {
    /// The stable spelling in wrap contexts, keyset files and key stores.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Seal => "seal",
            Self::Index => "index",
            Self::Audit => "audit",
            Self::Root => "root",
        }
    }

    /// Whether a key of this use may belong to one patient.
    #[cfg(feature = "scoped-keys")]
    pub(super) const fn may_be_of_a_subject(self) -> bool {
        matches!(self, Self::Seal | Self::Audit)
    }

    #[cfg(feature = "serde")]
    pub(super) fn from_code(code: &str) -> Option<Self> {
        [Self::Seal, Self::Index, Self::Audit, Self::Root]
            .into_iter()
            .find(|key_use| key_use.code() == code)
    }
}

/// Whom a data key belongs to; it is refused for everything else.
///
/// The default is a key for sealing that any tenant and subject share: envelopes are still bound
/// to both by their associated data.
#[derive(Clone, Hash, PartialEq, Eq)]
pub struct KeyScope {
    tenant: Option<TenantId<'static>>,
    subject: Option<SubjectId<'static>>,
    key_use: KeyUse,
}

impl KeyScope {
    /// A key that all tenants share.
    pub const fn shared(key_use: KeyUse) -> Self {
        Self {
            tenant: None,
            subject: None,
            key_use,
        }
    }

    /// A key of one tenant.
    pub const fn tenant(tenant: TenantId<'static>, key_use: KeyUse) -> Self {
        Self {
            tenant: Some(tenant),
            subject: None,
            key_use,
        }
    }

    /// A key for values of one patient of one tenant: destroying it, in every backup too, makes what
    /// it sealed unreadable.
    pub const fn subject(tenant: TenantId<'static>, subject: SubjectId<'static>) -> Self {
        Self {
            tenant: Some(tenant),
            subject: Some(subject),
            key_use: KeyUse::Seal,
        }
    }

    /// A key for the details of audit events about one patient of one tenant. Another key than that of
    /// the patient's values: erasing those leaves the log readable.
    pub const fn audit_details(tenant: TenantId<'static>, subject: SubjectId<'static>) -> Self {
        Self {
            tenant: Some(tenant),
            subject: Some(subject),
            key_use: KeyUse::Audit,
        }
    }

    /// The scope that a [`KeyStore`](super::KeyStore) wrote as three texts: [`KeyUse::code`], tenant
    /// and subject, empty where there is none.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`](super::KeyErrorKind::Malformed) for an unknown use, an id that is
    /// none, no tenant, or a subject with a use that has none.
    #[cfg(feature = "scoped-keys")]
    pub fn from_stored(key_use: &str, tenant: &str, subject: &str) -> Result<Self, KeyError> {
        let read = || {
            let subject = match subject {
                "" => None,
                subject => Some(SubjectId::new(subject).ok()?.into_owned()),
            };
            let key_use = KeyUse::from_code(key_use)?;
            let tenant = Some(TenantId::new(tenant).ok()?.into_owned());
            (subject.is_none() || key_use.may_be_of_a_subject()).then_some(Self {
                tenant,
                subject,
                key_use,
            })
        };
        read().ok_or(KeyError::new(
            KeyErrorKind::Malformed,
            "a row of the key store has no readable scope",
        ))
    }

    /// The tenant it is limited to.
    pub const fn tenant_id(&self) -> Option<&TenantId<'static>> {
        self.tenant.as_ref()
    }

    /// The patient it is limited to.
    pub const fn subject_id(&self) -> Option<&SubjectId<'static>> {
        self.subject.as_ref()
    }

    /// What it does.
    pub const fn key_use(&self) -> KeyUse {
        self.key_use
    }

    /// What scopes are sorted and looked up by: the same for equal scopes only.
    pub(super) fn order(&self) -> (u8, Option<&str>, Option<&str>) {
        (
            self.key_use as u8,
            self.tenant.as_ref().map(TenantId::as_str),
            self.subject.as_ref().map(SubjectId::as_str),
        )
    }

    /// Whether a key of this scope may serve the request.
    pub fn admits(&self, scope: Scope<'_>) -> bool {
        let tenant_fits = match &self.tenant {
            Some(tenant) => tenant == scope.tenant,
            None => true,
        };
        let subject_fits = match &self.subject {
            Some(subject) => Some(subject) == scope.subject,
            None => !scope.subject_keyed,
        };
        self.key_use == scope.key_use && tenant_fits && subject_fits
    }
}

impl Default for KeyScope {
    fn default() -> Self {
        Self::shared(KeyUse::Seal)
    }
}

impl fmt::Debug for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyScope")
            .field("key_use", &self.key_use)
            .field("per_tenant", &self.tenant.is_some())
            .field("per_subject", &self.subject.is_some())
            .finish_non_exhaustive()
    }
}
