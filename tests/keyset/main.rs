//! Keysets at rest: the format, edits, other KMSs, and several processes at one file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod chain;
mod edits;
mod file;
mod fixtures;
mod kms;
mod races;
mod rotation;
mod states;
mod unlocking;
