//! The journal's notes, checkpoints, proofs and tiles, against published vectors, an independent
//! tree and packages that others wrote.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod checkpoints;
mod damage;
mod entry_proofs;
mod interop;
mod keys;
mod proofs;
mod properties;
mod resuming;
mod tiles;
mod ward;
