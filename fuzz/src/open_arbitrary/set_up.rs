//! How the vault is set up, and what is done with it.

use phi_seal::key::{KeyScope, KeyUse};
use phi_seal::{Decision, Policy, Request, SubjectId, TenantId};

use super::super::input::Input;
use super::super::place::Place;

/// All of it.
#[derive(Clone, Copy)]
pub(super) struct SetUp {
    pub(super) action: Action,
    pub(super) forgery: Forgery,
    pub(super) key: u8,
    scope: Limit,
    pub(super) is_denied: bool,
    pub(super) sink_fails: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Action {
    OpenOne,
    /// Together with a genuine value, which must not suffer.
    OpenPage,
    /// Opened, and then the closure returns without recording.
    Abandon,
    Rebind,
}

#[derive(Clone, Copy)]
pub(super) enum Forgery {
    Edited,
    Raw,
    /// As it is, but naming the key that we hold, so that it gets as far as the cipher.
    RawUnderOurKey,
}

/// Whom the data key belongs to.
#[derive(Clone, Copy)]
pub(super) enum Limit {
    Shared,
    Tenant,
    Patient,
    Index,
}

impl SetUp {
    pub(super) fn read(input: &mut Input<'_>) -> Self {
        use Action::{Abandon, OpenOne, OpenPage, Rebind};
        use Limit::{Index, Patient, Shared, Tenant};
        Self {
            action: input.choice(&[OpenOne, OpenPage, Abandon, Rebind]),
            forgery: input.choice(&[Forgery::Edited, Forgery::Raw, Forgery::RawUnderOurKey]),
            key: input.choice(&[0, 1]),
            scope: input.choice(&[Shared, Shared, Tenant, Patient, Index]),
            is_denied: input.byte() == 1,
            sink_fails: input.byte() == 1,
        }
    }

    pub(super) fn scope(self) -> KeyScope {
        let tenant = || TenantId::new("clinic").expect("a valid id");
        let patient = || SubjectId::new("p-1").expect("a valid id");
        match self.scope {
            Limit::Shared => KeyScope::default(),
            Limit::Tenant => KeyScope::tenant(tenant(), KeyUse::Seal),
            Limit::Patient => KeyScope::subject(tenant(), patient()),
            Limit::Index => KeyScope::shared(KeyUse::Index),
        }
    }

    /// Whether the key may serve this place.
    pub(super) fn admits(self, place: &Place) -> bool {
        let is_clinic = place.tenant == "clinic";
        match self.scope {
            Limit::Shared => true,
            Limit::Tenant => is_clinic,
            Limit::Patient => is_clinic && place.subject.as_deref() == Some("p-1"),
            Limit::Index => false,
        }
    }
}

#[derive(Debug)]
pub(super) struct DenyAll;

impl Policy for DenyAll {
    fn authorize(&self, _: &Request<'_>) -> Decision {
        Decision::deny("no")
    }
}
