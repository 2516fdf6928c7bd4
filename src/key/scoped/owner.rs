//! Whose key serves what.

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
        let at_once = match self {
            Self::Declared => 1,
            Self::All => 2,
        };
        self.opening(scope).take(at_once)
    }

    /// Whose keys may open, the likelier first.
    pub(super) fn opening(self, scope: Scope<'_>) -> impl Iterator<Item = Owner<'_>> {
        let likely = self.sealing(scope);
        let other = match likely.subject {
            Some(_) => Owner::tenant(scope),
            None => Owner::narrowest(scope),
        };
        let is_possible = other != likely && !scope.subject_keyed;
        [Some(likely), is_possible.then_some(other)]
            .into_iter()
            .flatten()
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

    /// Only values are ever sealed under a patient's key.
    fn narrowest(scope: Scope<'a>) -> Self {
        Self {
            subject: scope.subject.filter(|_| scope.key_use == KeyUse::Seal),
            ..Self::tenant(scope)
        }
    }

    pub(super) fn to_scope(self) -> KeyScope {
        let tenant = self.tenant.clone().into_owned();
        match self.subject {
            Some(subject) => KeyScope::subject(tenant, subject.clone().into_owned()),
            None => KeyScope::tenant(tenant, self.key_use),
        }
    }

    fn order(&self) -> (u8, Option<&str>, Option<&str>) {
        (
            self.key_use as u8,
            Some(self.tenant.as_str()),
            self.subject.map(SubjectId::as_str),
        )
    }
}

impl Hash for Owner<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.order().hash(state);
    }
}

impl Equivalent<KeyScope> for Owner<'_> {
    fn equivalent(&self, scope: &KeyScope) -> bool {
        self.order() == scope.order()
    }
}
