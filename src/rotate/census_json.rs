//! A census as JSON, as `docs/rotation.md` specifies it.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::census::{Census, KeyUsage};
use crate::envelope::KeyId;
use crate::error::{Error, ErrorKind};

impl Census {
    /// The census as indented JSON without a line end, for `phi-seal keyset destroy --census` and
    /// for other machines.
    ///
    /// Key ids are in it in full: under subject keys those are pseudonyms of patients. Nothing in it
    /// is authenticated: whoever may change it decides whether a key looks free.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::rotate::Census;
    ///
    /// # let envelope = [&[1, 2][..], &[7; 32], &[0; 24], &[0; 5], &[0; 16]].concat();
    /// let mut census = Census::new();
    /// census.count_value(&envelope)?;
    ///
    /// let read = Census::from_json(census.to_json().as_bytes())?;
    /// assert_eq!(read, census);
    /// # Ok::<(), phi_seal::Error>(())
    /// ```
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(&Document::of(self))
            .expect("a document of strings and integers can always be written")
    }

    /// Reads what [`to_json`](Self::to_json) wrote. White space and the order of members are free,
    /// nothing else is, and the counts must agree with each other.
    ///
    /// Never panics, whatever the bytes are.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`], also for a later format, and for one with index values where the
    /// feature `index` is off.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        // serde's own errors may quote their input, so none of them leaves this function.
        let Probe { census } = serde_json::from_slice(json).map_err(|_| NOT_A_CENSUS)?;
        if census > FORMAT {
            return Err(Error::new(
                ErrorKind::Malformed,
                "a later version of this crate wrote the census; upgrade",
            ));
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| NOT_A_CENSUS)?;
        document.into_census()
    }
}

/// Only to tell a later format from something else.
#[derive(Deserialize)]
struct Probe {
    census: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    census: u64,
    rows: u64,
    values: u64,
    keys: Vec<Key>,
    suites: Vec<Suite>,
    indexes: Vec<Index>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: String,
    rows: u64,
    values: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    suite: u8,
    values: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Index {
    record_type: String,
    index: String,
    descriptions: Vec<String>,
    versions: Vec<Version>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Version {
    version: String,
    rows: u64,
}

impl Document {
    fn of(census: &Census) -> Self {
        let key = |(id, usage): (&KeyId, KeyUsage)| Key {
            id: id.to_hex(),
            rows: usage.rows,
            values: usage.values,
        };
        Self {
            census: FORMAT,
            rows: census.rows,
            values: census.values,
            keys: census.keys().map(key).collect(),
            suites: census
                .suites()
                .map(|(suite, values)| Suite { suite, values })
                .collect(),
            indexes: indexes::of(census),
        }
    }

    fn into_census(self) -> Result<Census, Error> {
        #[cfg(feature = "index")]
        let indexes = indexes::read(self.indexes, self.rows)?;
        #[cfg(not(feature = "index"))]
        indexes::read(self.indexes, self.rows)?;
        let read = || {
            let mut keys = BTreeMap::new();
            for Key { id, rows, values } in self.keys {
                let id = KeyId::from_bytes(from_hex(&id)?.try_into().ok()?);
                let is_next = keys.last_key_value().is_none_or(|(last, _)| *last < id);
                if !is_next || values == 0 || rows > values || rows > self.rows {
                    return None;
                }
                keys.insert(id, KeyUsage { rows, values });
            }
            let mut suites = BTreeMap::new();
            for Suite { suite, values } in self.suites {
                let is_next = suites
                    .last_key_value()
                    .is_none_or(|(last, _)| *last < suite);
                if !is_next || values == 0 {
                    return None;
                }
                suites.insert(suite, values);
            }
            let is_consistent = self.census == FORMAT
                && self.rows.max(self.values) <= GREATEST
                && sum(keys.values().map(|usage| usage.values)) == Some(self.values)
                && sum(suites.values().copied()) == Some(self.values);
            is_consistent.then_some(Census {
                rows: self.rows,
                values: self.values,
                keys,
                suites,
                #[cfg(feature = "index")]
                indexes,
            })
        };
        read().ok_or(CONTRADICTION)
    }
}

#[cfg(feature = "index")]
mod indexes {
    use alloc::borrow::Cow;
    use alloc::collections::BTreeMap;
    use alloc::string::{String, ToString};
    use alloc::vec::Vec;

    use super::{CONTRADICTION, Index, Version, from_hex, to_hex};
    use crate::error::Error;
    use crate::index::IndexVersion;
    use crate::rotate::census::{Census, IndexCount, IndexName};

    pub(super) fn of(census: &Census) -> Vec<Index> {
        let index = |((record_type, index), counted): (&IndexName, &IndexCount)| Index {
            record_type: record_type.to_string(),
            index: index.to_string(),
            descriptions: counted.descriptions.iter().map(|it| to_hex(it)).collect(),
            versions: counted
                .rows
                .iter()
                .map(|(version, rows)| Version {
                    version: version.to_string(),
                    rows: *rows,
                })
                .collect(),
        };
        census.indexes.iter().map(index).collect()
    }

    pub(super) fn read(
        indexes: Vec<Index>,
        rows: u64,
    ) -> Result<BTreeMap<IndexName, IndexCount>, Error> {
        let mut read = BTreeMap::new();
        for index in indexes {
            let name = (Cow::Owned(index.record_type), Cow::Owned(index.index));
            let counted = count(index.descriptions, index.versions, rows).ok_or(CONTRADICTION)?;
            let is_next = read.last_key_value().is_none_or(|(last, _)| *last < name);
            if !is_next {
                return Err(CONTRADICTION);
            }
            read.insert(name, counted);
        }
        Ok(read)
    }

    fn count(descriptions: Vec<String>, versions: Vec<Version>, rows: u64) -> Option<IndexCount> {
        let mut counted = IndexCount::default();
        for description in descriptions {
            let description = from_hex(&description)?;
            if counted.descriptions.last() >= Some(&description) {
                return None;
            }
            counted.descriptions.insert(description);
        }
        for version in versions {
            let id = IndexVersion(from_hex(&version.version)?.try_into().ok()?);
            let last = counted.rows.last_key_value().map(|(last, _)| *last);
            if last >= Some(id) || !(1..=rows).contains(&version.rows) {
                return None;
            }
            counted.rows.insert(id, version.rows);
        }
        let is_empty = counted.descriptions.is_empty() || counted.rows.is_empty();
        (!is_empty).then_some(counted)
    }
}

#[cfg(not(feature = "index"))]
mod indexes {
    use alloc::vec::Vec;

    use super::{Census, Error, ErrorKind, Index};

    pub(super) fn of(_: &Census) -> Vec<Index> {
        Vec::new()
    }

    pub(super) fn read(indexes: Vec<Index>, _: u64) -> Result<(), Error> {
        if indexes.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Malformed,
            "this census counts index values; read it with the feature index",
        ))
    }
}

fn sum(mut counts: impl Iterator<Item = u64>) -> Option<u64> {
    counts.try_fold(0, u64::checked_add)
}

#[cfg(feature = "index")]
fn to_hex(bytes: &[u8]) -> String {
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    nibbles
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .collect()
}

/// Strict: lower case.
fn from_hex(text: &str) -> Option<Vec<u8>> {
    let nibble = |digit: u8| {
        let value = char::from(digit).to_digit(16)?;
        (!digit.is_ascii_uppercase()).then_some(value as u8)
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let bytes = pairs
        .iter()
        .map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?));
    bytes.collect()
}

/// The format that this version reads and writes.
const FORMAT: u64 = 1;

/// What every reader of JSON reads exactly: 2^53 - 1.
const GREATEST: u64 = (1 << 53) - 1;

const NOT_A_CENSUS: Error = Error::new(
    ErrorKind::Malformed,
    "not a census, or a part of one; count again",
);

const CONTRADICTION: Error = Error::new(
    ErrorKind::Malformed,
    "the census contradicts itself or spells a value wrongly; count again",
);
