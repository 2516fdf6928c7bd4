//! The tool `phi-seal`, as a program.
//!
//! Whatever a test has it say, no key is in it: `place::Place::run` looks each time.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod asking;
mod audit;
mod changing;
mod completing;
mod counting;
mod destroying;
#[cfg(feature = "pkcs11")]
mod hsm;
mod inspecting;
mod leaks;
mod listing;
mod own_kms;
mod pipes;
mod place;
mod races;
mod rewrapping;
mod rotating;
mod usage;
mod verifying;
mod ward;
