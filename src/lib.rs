//! Field-level protection for patient data.
#![forbid(unsafe_code)]

extern crate alloc;

pub mod access;
mod aead;
pub mod audit;
mod category;
pub mod codec;
mod context;
pub mod danger;
mod envelope;
mod error;
mod integration;
pub mod key;
mod label;
mod phi;
mod release;
mod sealed;
mod secret;
mod shape;
mod vault;

pub use crate::access::{
    Access, ActionKind, Actor, Decision, Policy, Purpose, Request, RolePolicy, Rule,
};
pub use crate::audit::{AuditError, AuditSink, Event};
pub use crate::category::{Category, Label, Labels};
#[cfg(feature = "serde")]
pub use crate::codec::Serde;
pub use crate::context::{Field, FieldInfo, RecordRef, RecordType};
pub use crate::envelope::{Inspection, KeyId, OVERHEAD, inspect};
pub use crate::error::{Error, ErrorKind};
pub use crate::key::Keyring;
pub use crate::label::{ActorId, RecordId, SubjectId, TenantId};
pub use crate::phi::Phi;
#[cfg(feature = "serde")]
pub use crate::phi::{JsonError, JsonReason, from_json};
pub use crate::release::{Pending, Permit, Release};
pub use crate::sealed::Sealed;
pub use crate::secret::SecretBytes;
pub use crate::shape::{Protected, ProtectedSealed};
pub use crate::vault::{Lease, Needs, Opening, Sealing, Session, Vault, VaultBuilder};
