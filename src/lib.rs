//! Field-level protection for patient data.
#![forbid(unsafe_code)]

extern crate alloc;

mod aead;
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

pub use crate::category::{Category, Label, Labels};
pub use crate::context::{Field, FieldInfo, RecordRef, RecordType};
pub use crate::envelope::{Inspection, KeyId, OVERHEAD, inspect};
pub use crate::error::{Error, ErrorKind};
pub use crate::key::Keyring;
pub use crate::label::{ActorId, RecordId, SubjectId, TenantId};
pub use crate::phi::Phi;
pub use crate::secret::SecretBytes;
