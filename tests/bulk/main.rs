//! Records in bulk: results in order, errors by item, one action and one event for each page.
#![cfg(all(feature = "derive", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod events;
mod failures;
mod keys;
mod nonces;
mod order;
mod panics;
mod source;
#[cfg(feature = "threads")]
mod threads;
mod ward;
