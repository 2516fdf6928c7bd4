//! A store that ends with the process.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::table::Table;
use super::{KeyChange, KeyPage, KeyQuery, KeyStore, StoredKey};
use crate::envelope::KeyId;
use crate::key::error::KeyError;
use crate::key::provider::BoxFuture;

/// Keys in memory, for tests and for what need not outlive the process.
///
/// **What was sealed under its keys is lost with it.**
#[derive(Default)]
pub struct MemoryStore(Mutex<Table>);

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeyStore for MemoryStore {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        Box::pin(ready(Ok(self.table().find(queries))))
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(ready(self.table().apply(changes)))
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        Box::pin(ready(Ok(self.table().page(after, limit))))
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}
