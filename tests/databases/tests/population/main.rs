//! Searching and resealing 100,000 synthetic patients in PostgreSQL and SQLite.
//!
//! Nobody in here exists: names are drawn from lists and syllables, SSNs from areas that are never
//! issued.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations
)]

mod hospital;
mod names;
mod patient;
mod people;
mod postgres;
mod random;
mod reseal;
mod search;
#[path = "../../../../examples/postgres/server.rs"]
#[expect(dead_code, reason = "the example says where its folder is")]
mod server;
mod sqlite;
#[path = "../databases/throwaway.rs"]
mod throwaway;
