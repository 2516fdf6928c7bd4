//! Whether a keyset or a key store, such as a backup of one, holds the keys that a census names.

mod keyset;
#[cfg(feature = "scoped-keys")]
mod scoped;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::envelope::KeyId;
#[cfg(feature = "index")]
use crate::index::IndexVersion;
#[cfg(doc)]
use crate::key::Keyset;
use crate::key::{KeyError, KeyErrorKind, KeyInfo, KeyState, KeyUse};
use crate::rotate::{Census, KeyUsage};

/// The keys, among these, that the index values of a census belong to.
#[cfg(feature = "index")]
fn index_keys(ids: &[KeyId], census: &Census) -> BTreeMap<IndexVersion, KeyId> {
    let mut found = BTreeMap::new();
    for id in ids {
        for counted in census.indexes.values() {
            for version in counted.versions_under(id) {
                if counted.rows.contains_key(&version) {
                    found.insert(version, *id);
                }
            }
        }
    }
    found
}

/// What was found of keys: version, use, and how it is held.
type Held = BTreeMap<KeyId, (u32, KeyUse, Holding)>;

/// What [`Keyset::verify_census`], or the same of a key store, found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CensusReport {
    keys: Vec<NamedKey>,
    #[cfg(feature = "index")]
    index_versions: Vec<NamedIndexVersion>,
}

impl CensusReport {
    fn new(
        census: &Census,
        held: &Held,
        #[cfg(feature = "index")] index_keys: &BTreeMap<IndexVersion, KeyId>,
    ) -> Self {
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
        Self {
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
        }
    }

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
