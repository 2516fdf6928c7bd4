//! A marker goes in as plaintext by every public path, and must come out of none but `expose`:
//! not in a log, an error, a panic, an event, a file or a database, in whatever spelling.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod actions;
mod at_rest;
#[cfg(feature = "tracing-0_1")]
#[path = "../tracing/capture.rs"]
mod capture;
mod detector;
mod evidence;
mod ids;
#[cfg(feature = "tracing-0_1")]
mod lines;
mod logs;
mod panics;
mod parsing;
mod records;
#[cfg(all(feature = "derive", feature = "index"))]
mod searching;
mod ward;
