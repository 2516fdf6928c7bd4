//! Searching by blind indexes: what is found, what is recorded, and what nobody learns.
#![cfg(all(feature = "index", feature = "derive", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod absent;
mod bound;
mod clock;
mod doubles;
mod events;
mod exits;
mod found;
mod keys;
mod permits;
mod policy;
mod prepare;
mod stored;
mod tenants;
mod types;
mod update;
mod verify;
mod ward;
