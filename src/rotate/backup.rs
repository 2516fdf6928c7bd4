//! Whether a keyset, such as a backup of one, holds the keys that a census names.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::census::{Census, KeyUsage};
use crate::envelope::KeyId;
#[cfg(feature = "index")]
use crate::index::IndexVersion;
use crate::key::{KeyError, KeyErrorKind, KeyInfo, KeyState, KeyUse, Keyset, Kms};

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
        let index_keys = index_keys(self, census);
        let is_named = |key: &KeyInfo| match key.scope().key_use() {
            KeyUse::Seal => census.usage(key.id()).values > 0,
            #[cfg(feature = "index")]
            KeyUse::Index => index_keys.values().any(|id| id == key.id()),
            _ => false,
        };
        let tried = self.try_unwrap(kms, is_named).await?;
        let minimum = self.minimum_version();
        let held: BTreeMap<KeyId, (u32, KeyUse, Holding)> = tried
            .iter()
            .map(|(key, unwrapped)| {
                let holding = Holding::of(key, *unwrapped, minimum);
                (*key.id(), (key.version(), key.scope().key_use(), holding))
            })
            .collect();
        let find = |id: &KeyId, key_use| match held.get(id) {
            Some((version, held_use, holding)) if *held_use == key_use => {
                (Some(*version), *holding)
            }
            _ => (None, Holding::Missing),
        };
        let keys = census.keys().map(|(id, usage)| {
            let (version, holding) = find(id, KeyUse::Seal);
            NamedKey {
                id: *id,
                usage,
                version,
                holding,
            }
        });
        Ok(CensusReport {
            keys: keys.collect(),
            #[cfg(feature = "index")]
            index_versions: census
                .indexes()
                .map(|usage| {
                    let id = index_keys.get(&usage.version);
                    let found = id.map(|id| find(id, KeyUse::Index));
                    let (version, holding) = found.unwrap_or((None, Holding::Missing));
                    NamedIndexVersion {
                        index_version: usage.version,
                        rows: usage.rows,
                        version,
                        holding,
                    }
                })
                .collect(),
        })
    }
}

/// The keys for index values that the versions of a census belong to.
#[cfg(feature = "index")]
fn index_keys(keyset: &Keyset, census: &Census) -> BTreeMap<IndexVersion, KeyId> {
    let keys = keyset.keys();
    let of_indexes = keys
        .iter()
        .filter(|key| key.scope().key_use() == KeyUse::Index);
    let mut found = BTreeMap::new();
    for key in of_indexes {
        for counted in census.indexes.values() {
            for version in counted.versions_under(key.id()) {
                if counted.rows.contains_key(&version) {
                    found.insert(version, *key.id());
                }
            }
        }
    }
    found
}

/// What [`Keyset::verify_census`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CensusReport {
    keys: Vec<NamedKey>,
    #[cfg(feature = "index")]
    index_versions: Vec<NamedIndexVersion>,
}

impl CensusReport {
    /// Whether the keyset holds every key that the census names, each unwrapped and compared.
    /// Disabled keys and those below the minimum version count: their operator can admit them.
    ///
    /// `false` when the census names no key at all: a query that found no row by mistake must not
    /// say that a backup is whole.
    pub fn holds_all(&self) -> bool {
        !self.keys.is_empty() && self.holdings().all(Holding::is_held)
    }

    /// Whether, on top of that, every one of them opens as the keyset stands.
    pub fn opens_all(&self) -> bool {
        !self.keys.is_empty() && self.holdings().all(|holding| holding == Holding::Opens)
    }

    /// The keys that the census's values name, in order of their ids.
    pub fn keys(&self) -> &[NamedKey] {
        &self.keys
    }

    /// The versions of index values in the census, in its order.
    ///
    /// A version of which no key is found can also be one of an index that was declared otherwise
    /// when its rows were written. No search finds those rows by it; what they hold is not lost,
    /// since index values are made from the fields.
    #[cfg(feature = "index")]
    pub fn index_versions(&self) -> &[NamedIndexVersion] {
        &self.index_versions
    }

    fn holdings(&self) -> impl Iterator<Item = Holding> {
        let of_keys = self.keys.iter().map(|key| key.holding);
        #[cfg(feature = "index")]
        let of_keys = of_keys.chain(self.index_versions.iter().map(|it| it.holding));
        of_keys
    }
}

/// A key that a census names.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedKey {
    /// The key's fingerprint.
    pub id: KeyId,
    /// What the census found under it.
    pub usage: KeyUsage,
    /// Its version in the keyset, if it is there.
    pub version: Option<u32>,
    /// What the keyset has of it.
    pub holding: Holding,
}

/// A version of index values in a census, and the key it belongs to.
#[cfg(feature = "index")]
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIndexVersion {
    /// What each of the values begins with.
    pub index_version: IndexVersion,
    /// Rows with values of it.
    pub rows: u64,
    /// Its key's version in the keyset, if it is there.
    pub version: Option<u32>,
    /// What the keyset has of its key.
    pub holding: Holding,
}

/// What a keyset has of a key.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// The key unwraps, has its fingerprint, and opens.
    Opens,
    /// It unwraps and is disabled; `enable` it.
    Disabled,
    /// It unwraps and lies below the minimum version; lower that.
    BelowMinimum,
    /// It was destroyed: a tombstone is left.
    Destroyed,
    /// The keyset never had it, or not yet.
    Missing,
    /// It is there and does not unwrap now, for this reason.
    Unreadable(KeyErrorKind),
}

impl Holding {
    /// The stable spelling in the command-line tool's JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Opens => "opens",
            Self::Disabled => "disabled",
            Self::BelowMinimum => "below-minimum",
            Self::Destroyed => "destroyed",
            Self::Missing => "missing",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Whether the key's bytes are there and proved.
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Opens | Self::Disabled | Self::BelowMinimum)
    }

    fn of(key: &KeyInfo, unwrapped: Result<(), KeyError>, minimum: u32) -> Self {
        match (unwrapped, key.state()) {
            (_, KeyState::Destroyed) => Self::Destroyed,
            (Err(error), _) => Self::Unreadable(error.kind()),
            (Ok(()), KeyState::Disabled) => Self::Disabled,
            (Ok(()), _) if key.version() < minimum => Self::BelowMinimum,
            (Ok(()), _) => Self::Opens,
        }
    }
}
