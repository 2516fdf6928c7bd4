//! After a rotation: which keys are still in use, and sealing old rows anew.
//!
//! A rotated key goes on opening what it sealed. To retire it, [`Reseal`] seals old rows under
//! the active key, beside writers and in steps that can be stopped and resumed; a [`Census`] counts
//! what is left.

#[cfg(feature = "serde")]
mod backup;
mod census;
#[cfg(feature = "serde")]
mod census_json;
mod job;
mod rows;
mod store;

#[cfg(all(feature = "serde", feature = "index"))]
pub use backup::NamedIndexVersion;
#[cfg(feature = "serde")]
pub use backup::{CensusReport, Holding, NamedKey};
#[cfg(feature = "index")]
pub use census::IndexUsage;
pub use census::{Census, KeyUsage};
pub use job::{Progress, Reseal, ResealError, Summary};
#[cfg(feature = "index")]
pub use rows::IndexKeyVersion;
pub use store::{Change, Page, RowStore, StoredRow};
