//! Of a keyset.

use alloc::collections::BTreeMap;
#[cfg(feature = "index")]
use alloc::vec::Vec;

#[cfg(feature = "index")]
use super::index_keys;
use super::{CensusReport, Holding};
use crate::key::{KeyError, KeyInfo, KeyUse, Keyset, Kms};
use crate::rotate::Census;

impl Keyset {
    /// Says of each key that a census names whether this keyset holds it, by unwrapping it and
    /// comparing its fingerprint: before a backup is restored, and before the old one is gone.
    ///
    /// Only the keys that the census names are unwrapped; of the others nothing is said. Keys of a key
    /// store are not in a keyset, and are missing here.
    ///
    /// # Errors
    ///
    /// As [`verify`](Keyset::verify). What is wrong with a single key stands in the report.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::{Access, Actor, Category, Field, Phi, Purpose, RecordId, RecordRef};
    /// # use phi_seal::{RecordType, SubjectId, TenantId, Vault};
    /// use phi_seal::key::{Keyset, LocalKms};
    /// use phi_seal::rotate::{Census, Holding};
    ///
    /// # const NAME: Field<String> = RecordType::new("patient").field("name", Category::Name);
    /// # pollster::block_on(async {
    /// let kms = LocalKms::generate()?;
    /// let backup = Keyset::generate(&kms).await?;
    /// let mut keyset = backup.clone();
    /// keyset.rotate(&kms).await?; // after the backup was made
    /// # let vault = Vault::builder(keyset.unlock(&kms).await?, PermitAll, DiscardAudit).build();
    /// # let access = Access::new(TenantId::new("t")?, Actor::new("a")?, Purpose::Treatment);
    /// # let session = vault.session(access)?;
    /// # let (id, patient) = (RecordId::new("p-1")?, SubjectId::new("p-1")?);
    /// # let row = RecordRef::new(&id, &patient);
    /// let sealed = session.seal_value(&NAME, row, &Phi::new(String::from("Ada")))?;
    ///
    /// let mut census = Census::new();
    /// census.count_value(sealed.as_bytes())?;
    /// assert!(keyset.verify_census(&kms, &census).await?.holds_all());
    /// let report = backup.verify_census(&kms, &census).await?;
    /// assert!(!report.holds_all());
    /// assert_eq!(report.keys()[0].holding, Holding::Missing);
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// # })?;
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub async fn verify_census(
        &self,
        kms: &dyn Kms,
        census: &Census,
    ) -> Result<CensusReport, KeyError> {
        #[cfg(feature = "index")]
        let index_keys = {
            let keys = self.keys();
            let of_indexes = keys
                .iter()
                .filter(|key| key.scope().key_use() == KeyUse::Index);
            let ids: Vec<_> = of_indexes.map(|key| *key.id()).collect();
            index_keys(&ids, census)
        };
        let is_named = |key: &KeyInfo| match key.scope().key_use() {
            KeyUse::Seal => census.usage(key.id()).values > 0,
            #[cfg(feature = "index")]
            KeyUse::Index => index_keys.values().any(|id| id == key.id()),
            _ => false,
        };
        let tried = self.try_unwrap(kms, is_named).await?;
        let minimum = self.minimum_version();
        let held: BTreeMap<_, _> = tried
            .iter()
            .map(|(key, unwrapped)| {
                let holding = Holding::of(key, *unwrapped, minimum);
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
