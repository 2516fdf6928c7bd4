//! The journal on real disks, through its public interface: killed, torn, tampered with, full, and
//! in any order of events. What a power cut leaves is in `src/audit/journal/tests`, on a disk that
//! forgets.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, missing_docs)]

mod full;
mod kill;
mod life;
mod properties;
mod tamper;
mod torn;
mod ward;
