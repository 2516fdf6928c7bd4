//! Failures that repeat are counted, and none is lost.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod journal;
mod sealed;
mod world;
