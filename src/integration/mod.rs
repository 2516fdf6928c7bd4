//! Key management services and key stores, each behind a feature of its name: the modules below.
//!
//! Also types of other crates as values, and columns in databases, each behind a feature that names
//! the other crate's major version: implementations only, with nothing to name here.
//!
//! Everything here could be written outside of this crate: it uses the public interface only.

#[cfg(feature = "aws-kms")]
pub mod aws_kms;
#[cfg(feature = "chrono-0_4")]
mod chrono;
#[cfg(feature = "diesel-2")]
mod diesel;
#[cfg(feature = "jiff-0_2")]
mod jiff;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
#[cfg(feature = "s3")]
pub mod s3;
#[cfg(feature = "sea-orm-2")]
mod sea_orm;
#[cfg(feature = "sqlx-0_9")]
pub mod sqlx;
#[cfg(feature = "time-0_3")]
mod time;
#[cfg(feature = "tracing-0_1")]
pub mod tracing;
#[cfg(feature = "uuid-1")]
mod uuid;
