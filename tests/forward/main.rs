//! Forwarding a journal's entries: exactly once, in order, bounded, and in the form that was asked for.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::panic, missing_docs)]

mod batches;
mod failures;
mod forms;
mod processes;
mod world;
