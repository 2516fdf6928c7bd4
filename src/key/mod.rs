//! Data keys: what they are, who lends them, how they rest.
//!
//! `docs/keys.md` specifies what is wrapped, bound and stored, byte by byte.

mod data_key;
mod error;
mod keyring;
mod provider;
mod ring;
mod roster;
mod scope;
mod state;

pub use data_key::DataKey;
pub use error::{KeyError, KeyErrorKind};
pub use keyring::Keyring;
pub use provider::{BoxFuture, KeyLease, KeyProvider};
pub use scope::{KeyScope, KeyUse, Scope};
pub use state::{KeyInfo, KeyState};

pub(crate) use provider::{lend_active, lend_by_id};
