//! Whose key serves what.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use papaya::Equivalent;

use crate::key::scope::{KeyScope, KeyUse, Scope};
use crate::label::{SubjectId, TenantId};

/// Which values of a patient are sealed under the patient's own key.
///
/// What was sealed before a change stays readable: opening looks for the key that the envelope names
/// among the patient's and the tenant's.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKeys {
    /// Those of record types that are
    /// [`subject_keyed`](crate::RecordType::subject_keyed).
    Declared,
    /// All of records that have a subject.
    All,
}

impl SubjectKeys {
    /// Whose active key seals.
    pub(super) fn sealing(self, scope: Scope<'_>) -> Owner<'_> {
        match self {
            Self::Declared if !scope.subject_keyed => Owner::tenant(scope),
            _ => Owner::narrowest(scope),
        }
    }

    /// Whose keys are looked through first for one that is to open. Patients seldom have keys of their
    /// own, unless all have: then both places are asked at once.
    pub(super) fn asked_first(self, scope: Scope<'_>) -> impl Iterator<Item = Owner<'_>> {
        let (likely, other) = self.opening(scope);
        let at_once = other.filter(|_| self == Self::All);
        core::iter::once(likely).chain(at_once)
    }

    /// Whose keys may open, the likelier first.
    pub(super) fn opening(self, scope: Scope<'_>) -> (Owner<'_>, Option<Owner<'_>>) {
        let likely = self.sealing(scope);
        if scope.subject_keyed || scope.subject.is_none() || scope.key_use != KeyUse::Seal {
            return (likely, None);
        }
        let other = match likely.subject {
            Some(_) => Owner::tenant(scope),
            None => Owner::narrowest(scope),
        };
        (likely, Some(other))
    }
}

/// A [`KeyScope`] that borrows its names: nothing is allocated to look something up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner<'a> {
    pub(super) key_use: KeyUse,
    pub(super) tenant: &'a TenantId<'a>,
    pub(super) subject: Option<&'a SubjectId<'a>>,
}

impl<'a> Owner<'a> {
    const fn tenant(scope: Scope<'a>) -> Self {
        Self {
            key_use: scope.key_use,
            tenant: scope.tenant,
            subject: None,
        }
    }

    /// A patient's key is for values and for the details of audit events, and for nothing else.
    fn narrowest(scope: Scope<'a>) -> Self {
        Self {
            subject: scope
                .subject
                .filter(|_| scope.key_use.may_be_of_a_subject()),
            ..Self::tenant(scope)
        }
    }

    /// The same of a scope that has a tenant.
    pub(super) const fn of(scope: &'a KeyScope) -> Option<Self> {
        match scope.tenant_id() {
            Some(tenant) => Some(Self {
                key_use: scope.key_use(),
                tenant,
                subject: scope.subject_id(),
            }),
            None => None,
        }
    }

    pub(super) fn to_scope(self) -> KeyScope {
        let tenant = self.tenant.clone().into_owned();
        match self.subject {
            Some(subject) if self.key_use == KeyUse::Audit => {
                KeyScope::audit_details(tenant, subject.clone().into_owned())
            }
            Some(subject) => KeyScope::subject(tenant, subject.clone().into_owned()),
            None => KeyScope::tenant(tenant, self.key_use),
        }
    }

    fn parts(&self) -> Parts<'_> {
        Parts {
            key_use: self.key_use,
            tenant: self.tenant.as_str(),
            subject: self.subject.map_or("", SubjectId::as_str),
        }
    }
}

impl Hash for Owner<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

impl Equivalent<Place> for Owner<'_> {
    fn equivalent(&self, place: &Place) -> bool {
        self.parts() == place.parts()
    }
}

/// A [`KeyScope`] as a key of the cache: its names lie together, so that a look-up touches one place
/// in memory for them and not two.
#[derive(PartialEq, Eq)]
pub(super) struct Place {
    key_use: KeyUse,
    /// No name has more than 1024 bytes.
    tenant_len: u16,
    names: Box<str>,
}

impl Place {
    /// The place of a scope that has a tenant.
    pub(super) fn of(scope: &KeyScope) -> Option<Self> {
        let tenant = scope.tenant_id()?.as_str();
        let subject = scope.subject_id().map_or("", |subject| subject.as_str());
        Some(Self {
            key_use: scope.key_use(),
            tenant_len: u16::try_from(tenant.len()).ok()?,
            names: [tenant, subject].concat().into_boxed_str(),
        })
    }

    fn parts(&self) -> Parts<'_> {
        let (tenant, subject) = self.names.split_at(usize::from(self.tenant_len));
        Parts {
            key_use: self.key_use,
            tenant,
            subject,
        }
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// What both forms are compared and hashed by. No id is empty, so that an empty subject is none.
#[derive(PartialEq, Eq)]
struct Parts<'a> {
    key_use: KeyUse,
    tenant: &'a str,
    subject: &'a str,
}

impl Hash for Parts<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(self.tenant.as_bytes());
        state.write(self.subject.as_bytes());
        // Where one ends and the other begins.
        state.write_u32((self.tenant.len() as u32) << 8 | self.key_use as u32);
    }
}
