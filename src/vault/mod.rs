//! The only orchestration: a vault admits sessions, sessions run actions.

mod action;
mod cipher;
#[cfg(feature = "journal")]
mod detail;
mod disclosing;
#[cfg(feature = "scoped-keys")]
mod erasing;
#[cfg(feature = "index")]
mod indexing;
mod opening;
mod prepare;
pub(crate) mod raw;
mod rebind;
mod resealing;
mod sealing;
#[cfg(feature = "index")]
mod searching;
mod session;
mod shared;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

#[cfg(feature = "journal")]
pub use detail::{ReviewedEvent, Reviewing, SealedDetails};
pub use opening::Opening;
pub use prepare::{Lease, Needs};
pub use resealing::Resealing;
pub use sealing::Sealing;
pub use session::Session;

#[cfg(feature = "index")]
pub(crate) use action::Action;
#[cfg(feature = "scoped-keys")]
pub(crate) use erasing::Erased;
#[cfg(feature = "index")]
pub(crate) use searching::Searching;

use crate::access::{Access, Clock, Expiry, Policy, SystemClock};
use crate::audit::AuditSink;
use crate::error::{Error, ErrorKind};
use crate::key::KeyProvider;
use crate::label::is_name;

/// Keys, policy and audit sink in one place: the gate that every plaintext passes.
///
/// Cheap to clone; clones are the same vault.
///
/// # Example
///
/// ```
/// use phi_seal::access::{Access, Actor, Purpose};
/// use phi_seal::danger::{DiscardAudit, PermitAll};
/// use phi_seal::{Category, Field, Keyring, Phi, RecordId, RecordRef, RecordType};
/// use phi_seal::{SubjectId, TenantId, Vault};
///
/// const PATIENT: RecordType = RecordType::new("patient");
/// const NAME: Field<String> = PATIENT.field("name", Category::Name);
///
/// let vault = Vault::builder(Keyring::generate()?, PermitAll, DiscardAudit).build();
/// let session = vault.session(Access::new(
///     TenantId::new("mercy-hospital")?,
///     Actor::new("clinician-17")?.role("physician"),
///     Purpose::Treatment,
/// ))?;
///
/// let (id, patient) = (RecordId::new("p-1")?, SubjectId::new("p-1")?);
/// let row = RecordRef::new(&id, &patient);
/// let sealed = session.seal_value(&NAME, row, &Phi::new(String::from("Zofia Żak")))?;
/// assert_eq!(session.open_value(&NAME, row, &sealed)?.expose(), "Zofia Żak");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    keys: Box<dyn KeyProvider>,
    policy: Box<dyn Policy>,
    sink: Box<dyn AuditSink>,
    clock: Box<dyn Clock>,
    expiry: Expiry,
    observer: String,
}

impl Vault {
    /// A vault over these keys, deciding by this policy, recording in this sink.
    pub fn builder(
        keys: impl KeyProvider + 'static,
        policy: impl Policy + 'static,
        sink: impl AuditSink + 'static,
    ) -> VaultBuilder {
        VaultBuilder(Inner {
            keys: Box::new(keys),
            policy: Box::new(policy),
            sink: Box::new(sink),
            clock: Box::new(SystemClock::default()),
            expiry: Expiry::default(),
            observer: String::from("phi-seal"),
        })
    }

    /// Admits an access as a session.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] when something stated is not of its documented form, which is
    /// not recorded, or when the glass is to be broken without a reason, which is;
    /// [`ErrorKind::Expired`] when the stated start or last activity is too long ago, which is
    /// recorded too; [`ErrorKind::Audit`] when it could not be; [`ErrorKind::Unavailable`] if the
    /// operating system has no randomness to give.
    pub fn session(&self, access: Access) -> Result<Session, Error> {
        Session::admit(self.clone(), access)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault")
            .field("keys", &self.0.keys)
            .field("policy", &self.0.policy)
            .field("sink", &self.0.sink)
            .field("expiry", &self.0.expiry)
            .finish_non_exhaustive()
    }
}

/// Options of a [`Vault`].
pub struct VaultBuilder(Inner);

impl VaultBuilder {
    /// How long sessions may be idle and how old they may get: 15 minutes and 12 hours by
    /// default.
    #[must_use]
    pub fn expiry(mut self, expiry: Expiry) -> Self {
        self.0.expiry = expiry;
        self
    }

    /// Another clock than the operating system's.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.0.clock = Box::new(clock);
        self
    }

    /// The name of this system in audit events, such as `portal-3`; `phi-seal` by default.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] unless it is 1 to 64 ASCII letters, digits, `-`, `_` or `.`,
    /// starting with a letter.
    pub fn observer(mut self, name: impl Into<String>) -> Result<Self, Error> {
        self.0.observer = name.into();
        if is_name(&self.0.observer) {
            Ok(self)
        } else {
            Err(Error::new(
                ErrorKind::InvalidInput,
                "an observer is named by 1 to 64 of a-z A-Z 0-9 - _ .",
            ))
        }
    }

    /// The vault.
    #[must_use]
    pub fn build(self) -> Vault {
        Vault(Arc::new(self.0))
    }
}

impl fmt::Debug for VaultBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VaultBuilder").finish_non_exhaustive()
    }
}

/// A shape that cannot be absent met an absence. Not reachable: see the callers.
const ABSENT: Error = Error::new(ErrorKind::InvalidInput, "a value that cannot be absent was");

const NULL_IS_TAMPERING: Error = Error::new(
    ErrorKind::Integrity,
    "this field seals its nulls, so an absent value was removed by somebody",
);

const EXPIRED: Error = Error::new(
    ErrorKind::Expired,
    "the session has expired; authenticate again",
);
