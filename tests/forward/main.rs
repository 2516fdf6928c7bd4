//! Forwarding a journal's entries: exactly once, in order, bounded, and in the form that was asked for.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod batches;
mod failures;
mod forms;
mod processes;
mod world;
