//! Key stores in memory and on a file: one suite for both, and the file's own.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod damage;
mod file;
mod memory;
mod processes;
mod suite;
