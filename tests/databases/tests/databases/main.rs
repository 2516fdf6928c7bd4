//! Columns of sealed values and of index values in real databases: a PostgreSQL server that the
//! tests start themselves, and SQLite.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    // What both databases have is one file, compiled for each.
    clippy::duplicate_mod
)]

#[path = "../../../canary/detector.rs"]
mod detector;
mod errors;
#[path = "../../../../examples/postgres/server.rs"]
mod server;
mod server_ends;
mod spoiled;
mod throwaway;
mod ward;
mod with_diesel;
mod with_sea_orm;
mod with_sqlx;
