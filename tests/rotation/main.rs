//! After a rotation: the census, and sealing old rows anew.
#![cfg(all(feature = "index", feature = "derive", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

mod backup;
mod census;
mod census_json;
#[allow(dead_code, reason = "the searches' own")]
#[path = "../search/doubles.rs"]
mod doubles;
mod histories;
mod job;
mod rows;
mod table;
mod value;
#[allow(dead_code, reason = "the searches' own")]
#[path = "../search/ward.rs"]
mod ward;
