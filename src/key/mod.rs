//! Data keys: what they are, who lends them, how they rest.

mod data_key;
mod error;
mod provider;
mod scope;

pub use data_key::DataKey;
pub use error::{KeyError, KeyErrorKind};
pub use provider::{BoxFuture, KeyLease, KeyNeed, KeyProvider};
pub use scope::{KeyScope, KeyUse, Scope};

pub(crate) use provider::{lend_active, lend_by_id};
