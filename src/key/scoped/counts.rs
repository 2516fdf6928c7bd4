//! What happened, in numbers.

use core::sync::atomic::{AtomicU64, Ordering};

/// Numbers of a [`ScopedKeys`](super::ScopedKeys) since it was made, for metrics.
///
/// Scopes are counted when they are prepared; lending counts nothing, so that threads that only lend
/// share no memory they write to.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Scopes whose keys are in memory now.
    pub held: u64,
    /// Prepared scopes that were in memory.
    pub hits: u64,
    /// Prepared scopes that were not, were too old, or did not have the key that was asked for.
    pub misses: u64,
    /// Scopes that were pushed out by others.
    pub evictions: u64,
    /// Queries to the store, and changes.
    pub store_queries: u64,
    /// Calls to the KMS.
    pub kms_calls: u64,
    /// Prepared scopes that were served beyond their age because store or KMS were out of reach.
    pub served_in_grace: u64,
}

#[derive(Default)]
pub(super) struct Counters {
    hits: AtomicU64,
    misses: AtomicU64,
    store_queries: AtomicU64,
    served_in_grace: AtomicU64,
}

impl Counters {
    pub(super) fn prepared(&self, hits: usize, misses: usize) {
        self.hits.fetch_add(hits as u64, Ordering::Relaxed);
        self.misses.fetch_add(misses as u64, Ordering::Relaxed);
    }

    pub(super) fn store_query(&self) {
        self.store_queries.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn served_in_grace(&self, scopes: usize) {
        self.served_in_grace
            .fetch_add(scopes as u64, Ordering::Relaxed);
    }

    pub(super) fn read(&self, held: usize, evictions: u64, kms_calls: u64) -> KeyCounts {
        KeyCounts {
            held: held as u64,
            hits: self.hits.load(Ordering::Relaxed),
            misses: self.misses.load(Ordering::Relaxed),
            evictions,
            store_queries: self.store_queries.load(Ordering::Relaxed),
            kms_calls,
            served_in_grace: self.served_in_grace.load(Ordering::Relaxed),
        }
    }
}
