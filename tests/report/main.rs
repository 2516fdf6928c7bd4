//! Reports on events that a vault made.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod accounting;
mod corrections;
mod failures;
mod fhir;
mod merging;
mod queries;
mod tables;
mod ward;
