//! `ScopedKeys`: what it asks of store and KMS, what it lends and for how long, and what it refuses.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod cache;
mod coalescing;
mod costs;
mod edits;
mod faults;
mod grace;
mod kms;
mod model;
mod operations;
mod processes;
mod secrecy;
mod store;
mod subject_keyed;
mod tasks;
mod threads;
mod ward;
