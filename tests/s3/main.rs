//! The anchor in S3, over the wire: against moto, which the tests start, and against servers of canned
//! answers for what moto does not do.
//!
//! moto refuses a second object by `If-None-Match: *`, locks in buckets without object lock, and the deletion
//! of locked versions, as S3 does. It does not slow down, hang up, hide locks or lists' ends, and its
//! listing leaves out one version where a page begins after a key that is not there.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod canned;
mod denied;
mod failures;
mod forging;
mod keeping;
mod listing;
mod logs;
mod runtimes;
mod world;

#[path = "../moto/mod.rs"]
mod moto;
