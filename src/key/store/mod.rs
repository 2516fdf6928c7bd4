//! Where wrapped keys rest when tenants and patients have keys of their own.
//!
//! A [`Keyset`](super::Keyset) is one file that is read as a whole; a store answers for the few
//! keys a page of rows needs, out of millions.

mod file;
mod memory;
mod row;
mod table;

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::Debug;

pub use file::FileStore;
pub use memory::MemoryStore;
pub use row::StoredKey;

use super::error::{KeyError, KeyErrorKind};
use super::provider::BoxFuture;
use super::scope::KeyScope;
use super::state::KeyState;
use crate::envelope::KeyId;

/// Keeps wrapped keys.
///
/// Nothing in a store is secret, but who may write to it may lose keys for good. It interprets
/// nothing: what a row says is authenticated by [`ScopedKeys`](super::ScopedKeys), which refuses
/// an edited one.
///
/// # What an implementation guarantees
///
/// - [`apply`](KeyStore::apply) does all of its changes or none, and when it has returned they
///   survive a crash, as far as the store is durable at all.
/// - Of two calls that cannot both hold, one is refused with [`KeyErrorKind::Conflict`].
/// - A row that cannot be read is an error ([`KeyErrorKind::Malformed`]), never left out and never
///   replaced.
pub trait KeyStore: Debug + Send + Sync {
    /// The rows that any of the queries asks for, each once, in any order.
    ///
    /// What does not exist is left out. The crate asks for at most some thousand at once.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`], or [`KeyErrorKind::Malformed`] for an unreadable row.
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>>;

    /// Makes all of these changes, or none.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Conflict`] when an added id or version of a scope exists, when a scope would
    /// have two active keys, or when what is to be replaced is not there any more.
    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>>;

    /// The rows after this id in the order of ids, at most `limit`, and the store's generation.
    ///
    /// # Errors
    ///
    /// As [`find`](KeyStore::find).
    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>>;
}

/// Which rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyQuery {
    /// The key of this id.
    Id(KeyId),
    /// All versions of exactly this scope, whatever their state.
    Scope(KeyScope),
}

/// One change to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyChange {
    /// A new row.
    Add(StoredKey),
    /// A row in the place of another of the same id, scope and version, if that is still there as
    /// it was.
    Replace {
        /// What was read.
        from: StoredKey,
        /// What is to stand there.
        to: StoredKey,
    },
}

impl KeyChange {
    /// Whether a key is gone after it that this store did not know to be gone. The store's
    /// generation counts these, tombstones from another store included, so that it is never lower
    /// than the number of destroyed rows.
    pub fn destroys(&self) -> bool {
        match self {
            Self::Add(row) => row.state == KeyState::Destroyed,
            Self::Replace { from, to } => {
                from.state != KeyState::Destroyed && to.state == KeyState::Destroyed
            }
        }
    }
}

/// Some rows of a store.
#[derive(Clone, Debug, Default)]
pub struct KeyPage {
    /// In increasing order of ids.
    pub rows: Vec<StoredKey>,
    /// How many keys were destroyed in this store so far. It never goes down, unless an older copy
    /// of the store was put in its place.
    pub generation: u64,
}

impl<S: KeyStore + ?Sized> KeyStore for Arc<S> {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        (**self).find(queries)
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        (**self).apply(changes)
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        (**self).page(after, limit)
    }
}

const CONFLICT: KeyError = KeyError::new(
    KeyErrorKind::Conflict,
    "somebody else changed these keys meanwhile; load them and try again",
);
