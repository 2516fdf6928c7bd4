//! `#[derive(PhiRecord, PhiValue)]` and what sessions do with records.
#![cfg(all(feature = "derive", feature = "serde", feature = "uuid-1"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod actions;
mod binding;
mod denials;
mod evolution;
mod ids;
mod inventory;
mod lints;
mod nulls;
mod on_request;
mod row;
mod secrecy;
mod shapes;
mod swaps;
mod values;
mod ward;
