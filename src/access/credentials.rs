//! What an application states about the caller when it asks a vault for a session.

use alloc::string::String;
use core::fmt;
use core::net::IpAddr;
use std::time::SystemTime;

use super::actor::Actor;
use super::purpose::Purpose;
use crate::error::{Error, ErrorKind};
use crate::label::{TenantId, is_name};

/// Who, why, for which tenant, from where, and how proven.
///
/// The application vouches for all of it: this crate checks the form, keeps the record and
/// enforces the policy, but authenticates nobody.
///
/// # Example
///
/// ```
/// use phi_seal::{Access, Actor, Purpose, TenantId};
/// use std::time::SystemTime;
///
/// let access = Access::new(
///     TenantId::new("mercy-hospital")?,
///     Actor::new("clinician-17")?.role("physician"),
///     Purpose::Treatment,
/// )
/// .source_ip([203, 0, 113, 9].into())
/// .request_id("req-8f2c")
/// .mfa(SystemTime::now());
/// assert_eq!(access.purpose().code(), "TREAT");
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone)]
pub struct Access {
    tenant: TenantId<'static>,
    actor: Actor,
    purpose: Purpose,
    reason: Option<String>,
    source_ip: Option<IpAddr>,
    request_id: Option<String>,
    auth_strength: AuthStrength,
    authenticated_at: Option<SystemTime>,
    started_at: Option<SystemTime>,
    last_activity: Option<SystemTime>,
}

impl Access {
    /// An access of `actor` to the data of `tenant`.
    pub fn new(tenant: TenantId<'_>, actor: Actor, purpose: Purpose) -> Self {
        Self {
            tenant: tenant.into_owned(),
            actor,
            purpose,
            reason: None,
            source_ip: None,
            request_id: None,
            auth_strength: AuthStrength::Unstated,
            authenticated_at: None,
            started_at: None,
            last_activity: None,
        }
    }

    /// Why in particular, as a code of the application such as `unconscious-patient`; demanded
    /// with [`Purpose::BreakGlass`].
    ///
    /// Recorded in clear: a code of 1 to 64 ASCII letters, digits, `-`, `_` or `.`, never text
    /// about a patient.
    #[must_use]
    pub fn reason(mut self, code: impl Into<String>) -> Self {
        self.reason = Some(code.into());
        self
    }

    /// The address the request came from.
    #[must_use]
    pub fn source_ip(mut self, address: IpAddr) -> Self {
        self.source_ip = Some(address);
        self
    }

    /// The id that links this access to the application's own logs: 1 to 128 visible ASCII
    /// characters.
    #[must_use]
    pub fn request_id(mut self, id: impl Into<String>) -> Self {
        self.request_id = Some(id.into());
        self
    }

    /// The actor proved who they are with several factors at this time.
    #[must_use]
    pub fn mfa(self, at: SystemTime) -> Self {
        self.authenticated(AuthStrength::MultiFactor, at)
    }

    /// The actor proved who they are in this way at this time.
    #[must_use]
    pub fn authenticated(mut self, strength: AuthStrength, at: SystemTime) -> Self {
        self.auth_strength = strength;
        self.authenticated_at = Some(at);
        self
    }

    /// When the user's session began, for servers that make a [`Session`](crate::Session) per
    /// request. Without it, age counts from the time the vault admits the session.
    #[must_use]
    pub fn started_at(mut self, at: SystemTime) -> Self {
        self.started_at = Some(at);
        self
    }

    /// When the user was last active *before* this request, likewise.
    #[must_use]
    pub fn last_activity(mut self, at: SystemTime) -> Self {
        self.last_activity = Some(at);
        self
    }

    /// The tenant whose data it is.
    pub const fn tenant(&self) -> &TenantId<'static> {
        &self.tenant
    }

    /// Who acts.
    pub const fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Why.
    pub const fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Why in particular, as a code.
    pub fn reason_code(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// From where.
    pub const fn address(&self) -> Option<IpAddr> {
        self.source_ip
    }

    /// The application's own request id.
    pub fn correlation(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How the actor proved who they are.
    pub const fn auth_strength(&self) -> AuthStrength {
        self.auth_strength
    }

    /// When they did.
    pub const fn authenticated_at(&self) -> Option<SystemTime> {
        self.authenticated_at
    }

    /// When the user's session began, as stated.
    pub const fn session_start(&self) -> Option<SystemTime> {
        self.started_at
    }

    /// When the user was last active before this access, as stated.
    pub const fn previous_activity(&self) -> Option<SystemTime> {
        self.last_activity
    }

    /// Refuses to break the glass without a reason.
    pub(crate) fn check_reason(&self) -> Result<(), Error> {
        if self.purpose == Purpose::BreakGlass && self.reason.is_none() {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "breaking the glass demands a reason code",
            ));
        }
        Ok(())
    }

    /// Checks the form of everything stated.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.actor.check()?;
        if !self.reason.as_deref().is_none_or(is_name) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a reason is a code of 1 to 64 of a-z A-Z 0-9 - _ .",
            ));
        }
        let is_visible =
            |id: &str| (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_graphic());
        if !self.request_id.as_deref().is_none_or(is_visible) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "a request id has 1 to 128 visible ascii characters",
            ));
        }
        Ok(())
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("purpose", &self.purpose)
            .field("auth_strength", &self.auth_strength)
            .finish_non_exhaustive()
    }
}

/// How an actor proved who they are, as far as the application states it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum AuthStrength {
    /// Not stated.
    Unstated,
    /// One factor, such as a password.
    SingleFactor,
    /// A service by its credential: client certificate, signed token, workload identity.
    Service,
    /// Two or more factors of different kinds.
    MultiFactor,
    /// Several factors with a phishing-resistant one, such as WebAuthn or a smart card.
    PhishingResistant,
}

impl AuthStrength {
    /// The stable spelling in audit events.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unstated => "unstated",
            Self::SingleFactor => "single_factor",
            Self::Service => "service",
            Self::MultiFactor => "multi_factor",
            Self::PhishingResistant => "phishing_resistant",
        }
    }
}
