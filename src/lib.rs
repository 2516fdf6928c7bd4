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
pub mod key;
mod label;
mod phi;
mod secret;

pub use crate::access::{
    Access, ActionKind, Actor, Decision, Policy, Purpose, Request, RolePolicy, Rule,
};
pub use crate::audit::{AuditError, AuditSink, Event};
pub use crate::category::{Category, Label, Labels};
pub use crate::context::{Field, FieldInfo, RecordRef, RecordType};
pub use crate::envelope::{Inspection, KeyId, OVERHEAD, inspect};
pub use crate::error::{Error, ErrorKind};
pub use crate::label::{ActorId, RecordId, SubjectId, TenantId};
pub use crate::phi::Phi;
pub use crate::secret::SecretBytes;
