//! Field-level protection for patient data: typed, sealed, access-checked and audited.
//!
//! An application wraps its sensitive fields in [`Phi`]. Plaintext then leaves a [`Vault`] in
//! exactly one way: somebody named, for a stated purpose, was allowed to see it, and that was
//! recorded first. Everything else sees [`Sealed`] or nothing.
//!
//! - [`Phi<T>`](Phi) is plaintext in memory, [`Sealed<T>`](Sealed) its ciphertext; [`codec`] says
//!   what `T` may be.
//! - A [`RecordType`] has [`Field`]s; a [`RecordRef`] names one row. Together with the session's
//!   tenant they are the context that every envelope authenticates.
//! - `#[derive(PhiRecord)]` makes all of that from a struct, and its sealed twin; [`record`] says
//!   what it generates and [`inventory()`] prints the application's PHI. [`record::bulk`] seals
//!   and opens any number of them.
//! - A [`Vault`] holds a [`KeyProvider`](key::KeyProvider), a [`Policy`] and an [`AuditSink`]. It
//!   admits an [`Access`] as a [`Session`], which seals, opens and rebinds.
//! - [`key`] keeps data keys in a [`Keyring`], and at rest in a wrapped keyset under a
//!   [`Kms`](key::Kms).
//! - With the feature `scoped-keys`, `key::ScopedKeys` gives each tenant and each patient a key of their
//!   own, and `erase` destroys a patient's.
//! - [`danger`] has what weakens a promise, visible at the import.
//!
//! The README begins with an example; `cargo run --release --example quickstart` shows the whole.
//!
//! # What is guaranteed, and what is not
//!
//! A value opens only at the tenant, subject, record, field and binding it was sealed for, under
//! the key its envelope names, after the policy permitted it and the sink recorded it. Not
//! promised: hiding lengths (unless padded), freshness, secrecy from a process that can read our
//! memory, and the truth of the [`Access`] that the application states. `docs/threat-model.md`
//! goes through the attackers one by one.
//!
//! # Features
//!
//! `derive` and `serde` (default); `index` and `index-phonetic` for searches; `threads`; `jiff-0_2`,
//! `chrono-0_4`, `time-0_3`, `uuid-1`; columns in databases by `sqlx-0_9`, `diesel-2` and
//! `sea-orm-2`, each also with `-postgres`, the first two with `-sqlite`; `aws-kms` and
//! `pkcs11` for keys in AWS KMS and in an HSM; `scoped-keys`; `journal` for the tamper-evident audit log,
//! its forwarder and reports, `s3` for its anchor in object storage, `tracing-0_1` for events as lines;
//! `cli` for the command-line tool. Features only add.
#![forbid(unsafe_code)]

extern crate alloc;

pub mod access;
mod aead;
pub mod audit;
mod category;
#[cfg(feature = "cli")]
pub mod cli;
mod clock;
pub mod codec;
mod context;
pub mod danger;
mod envelope;
#[cfg(feature = "scoped-keys")]
pub mod erase;
mod error;
#[cfg(feature = "index")]
pub mod index;
pub mod integration;
mod inventory;
pub mod key;
mod label;
mod phi;
pub mod record;
mod release;
#[cfg(feature = "journal")]
pub mod report;
pub mod rotate;
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
pub use crate::inventory::{Inventory, inventory};
pub use crate::key::Keyring;
pub use crate::label::{ActorId, RecordId, SubjectId, TenantId};
pub use crate::phi::Phi;
#[cfg(feature = "serde")]
pub use crate::phi::{JsonError, JsonReason, from_json};
#[cfg(feature = "derive")]
pub use crate::record::{PhiRecord, PhiValue};
pub use crate::record::{Record, RecordField, Schema, SealedRecord};
pub use crate::release::{Pending, Permit, Release};
pub use crate::sealed::{AsText, Sealed};
pub use crate::secret::SecretBytes;
pub use crate::shape::{Protected, ProtectedSealed};
pub use crate::vault::{Lease, Needs, Opening, Resealing, Sealing, Session, Vault, VaultBuilder};
#[cfg(feature = "journal")]
pub use crate::vault::{ReviewedEvent, Reviewing, SealedDetails};

#[cfg(all(doctest, feature = "derive", feature = "serde"))]
#[doc = include_str!("../README.md")]
struct Readme;
