//! Sealed details of audit events, through the public interface.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod canary;
mod disclosing;
mod erasing;
mod failing;
mod journal;
mod moved;
mod reviewing;
mod size;
mod threads;
mod ward;
