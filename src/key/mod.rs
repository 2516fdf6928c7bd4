//! Data keys: what they are, who lends them, how they rest.
//!
//! `docs/keys.md` specifies what is wrapped, bound and stored, byte by byte.

mod chain;
mod data_key;
mod error;
mod file;
mod keyring;
#[cfg(feature = "serde")]
mod keyset;
mod kms;
mod local_kms;
mod local_wrap;
#[cfg(feature = "serde")]
mod payload;
mod provider;
mod ring;
#[cfg(feature = "scoped-keys")]
mod root;
mod roster;
mod scope;
#[cfg(feature = "scoped-keys")]
mod scoped;
mod state;
#[cfg(feature = "scoped-keys")]
mod store;
mod text;
mod wrap;

pub use chain::KmsChain;
pub use data_key::DataKey;
pub use error::{KeyError, KeyErrorKind};
pub use file::read_secret_file;
pub use keyring::Keyring;
#[cfg(feature = "serde")]
pub use keyset::{Keyset, KeysetFile};
pub use kms::{Kms, WrappedKey};
pub use local_kms::LocalKms;
pub use provider::{BoxFuture, KeyLease, KeyNeed, KeyProvider};
pub use scope::{KeyScope, KeyUse, Scope};
#[cfg(feature = "scoped-keys")]
pub use scoped::{KeyCounts, ScopedKeys, ScopedKeysBuilder, SubjectKeys};
pub use state::{KeyInfo, KeyState};
#[cfg(feature = "scoped-keys")]
pub use store::{FileStore, KeyChange, KeyPage, KeyQuery, KeyStore, MemoryStore, StoredKey};
pub use wrap::WrapContext;

#[cfg(feature = "index")]
pub(crate) use provider::lend_each;
pub(crate) use provider::{lend_active, lend_by_id};

#[cfg(test)]
mod tests;
