//! Types of other crates as values, each behind a feature that names its major version.
//!
//! Everything here could be written outside of this crate: it uses the public interface only.

#[cfg(feature = "chrono-0_4")]
mod chrono;
#[cfg(feature = "jiff-0_2")]
mod jiff;
#[cfg(feature = "time-0_3")]
mod time;
#[cfg(feature = "uuid-1")]
mod uuid;
