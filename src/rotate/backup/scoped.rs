//! Of a key store.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

#[cfg(feature = "index")]
use super::index_keys;
use super::{CensusReport, Holding};
use crate::key::{KeyError, ScopedKeys};
use crate::rotate::Census;

impl ScopedKeys {
    /// Says of each key that a census names whether the store holds it, by unwrapping it and comparing its
    /// fingerprint. For a backup: over a `ScopedKeys` of its own, before it is restored.
    ///
    /// One KMS call for each root that the named keys are under. Where the census counted index values,
    /// the whole store is read, a page of 1,000 rows at a time, since index values name no tenant.
    ///
    /// # Errors
    ///
    /// Those of the store; what is wrong with a single key stands in the report.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
    /// use phi_seal::rotate::Census;
    ///
    /// # pollster::block_on(async {
    /// let backup = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate()?).build();
    /// let report = backup.verify_census(&Census::new()).await?;
    /// assert!(!report.holds_all(), "a census of nothing proves nothing");
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// # })?;
    /// # Ok::<(), phi_seal::key::KeyError>(())
    /// ```
    pub async fn verify_census(&self, census: &Census) -> Result<CensusReport, KeyError> {
        #[cfg_attr(not(feature = "index"), expect(unused_mut, reason = "nothing to add"))]
        let mut ids: Vec<_> = census.keys().map(|(id, _)| *id).collect();
        #[cfg(feature = "index")]
        let index_keys = match census.indexes().len() {
            0 => BTreeMap::new(),
            _ => index_keys(&self.index_key_ids().await?, census),
        };
        #[cfg(feature = "index")]
        ids.extend(index_keys.values());
        let tried = self.try_unwrap(&ids).await?;
        let held: BTreeMap<_, _> = tried
            .iter()
            .map(|(key, minimum, unwrapped)| {
                let holding = Holding::of(key, *unwrapped, *minimum);
                (*key.id(), (key.version(), key.scope().key_use(), holding))
            })
            .collect();
        Ok(CensusReport::new(
            census,
            &held,
            #[cfg(feature = "index")]
            &index_keys,
        ))
    }
}
