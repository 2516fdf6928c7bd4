//! Every exit of an action is recorded exactly once, and plaintext comes out of none but the
//! recorded ones.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod batches;
mod closures;
mod denial;
mod disclosing;
mod doubles;
mod events;
mod expiry;
mod panics;
mod prepare;
#[cfg(all(feature = "derive", feature = "index"))]
mod searching;
mod sinks;
mod table;
mod world;
