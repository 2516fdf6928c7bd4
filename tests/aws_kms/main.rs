//! AWS KMS over the wire: against moto, which the tests start, and against a server of canned
//! answers for what moto does not do.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod canned;
mod denied;
mod failures;
mod keysets;
mod limits;
mod logs;
mod moto;
mod names;
mod regions;
mod requests;
mod round_trips;
mod world;
