//! The negative matrix: what must not open, on every way there is to a plaintext.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod bytes;
mod contexts;
mod keys;
mod noise;
mod nulls;
#[path = "../place/mod.rs"]
mod place;
mod refusal;
mod swaps;
mod text;
