//! Key stores in memory and on a file: one suite for both, and the file's own.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub
)]

mod damage;
mod file;
mod memory;
mod processes;
mod suite;
