//! No freed heap block holds plaintext, as an allocator sees it that looks into every block on
//! its way out.
#![cfg(all(target_os = "linux", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, unsafe_code)]

mod allocations;
mod controls;
mod failures;
#[cfg(feature = "index")]
mod indexes;
mod round_trips;
mod values;
mod ward;
mod watch;
