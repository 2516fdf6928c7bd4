//! Field-level protection for patient data.
#![forbid(unsafe_code)]

extern crate alloc;

mod category;
pub mod codec;
mod error;
mod label;
mod phi;
mod secret;

pub use crate::category::{Category, Label, Labels};
pub use crate::error::{Error, ErrorKind};
pub use crate::label::{ActorId, RecordId, SubjectId, TenantId};
pub use crate::phi::Phi;
#[cfg(feature = "serde")]
pub use crate::phi::{JsonError, JsonReason, from_json};
pub use crate::secret::SecretBytes;
