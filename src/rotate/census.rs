//! What is under which key.

#[cfg(feature = "index")]
use alloc::borrow::Cow;
use alloc::collections::{BTreeMap, BTreeSet};
#[cfg(feature = "index")]
use alloc::vec::Vec;
use core::fmt;

use crate::envelope::{Envelope, KeyId, bytes_of};
use crate::error::Error;
#[cfg(feature = "index")]
use crate::index::{Index, IndexInfo, IndexVersion, StoredIndex, description_of};
use crate::key::{KeyInfo, KeyUse};
#[cfg(feature = "index")]
use crate::record::IndexVisitor;
use crate::record::{Record, SealedRecord};

/// Counts sealed rows and values by key, suite and index version. Needs no key and opens nothing.
///
/// It knows what it was shown: count every table, replica, queue and backup that must go on being
/// readable before a key is destroyed. Key ids in envelopes are not authenticated; a changed one
/// makes a value unreadable, so a census may show keys that never existed.
///
/// # Example
///
/// ```
/// # use phi_seal::danger::{DiscardAudit, PermitAll};
/// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
/// use phi_seal::rotate::Census;
///
/// # #[derive(PhiRecord)]
/// # #[phi(record = "patient")]
/// # struct Patient {
/// #     #[phi(id, subject)]
/// #     id: String,
/// #     #[phi(category = Name)]
/// #     name: Phi<String>,
/// # }
/// # let keyring = std::sync::Arc::new(Keyring::generate()?);
/// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
/// # let session = vault.session(Access::new(
/// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
/// # let patient = Patient { id: "p-1".into(), name: Phi::new("Ada".into()) };
/// let old_key = *keyring.keys()[0].id();
/// let rows = vec![session.seal(&patient)?];
/// keyring.rotate()?;
///
/// let mut census = Census::new();
/// rows.iter().for_each(|row| census.count_row(row));
/// assert!(!census.may_retire(&old_key));
///
/// let resealed = session.reseal_rows(&rows)?;
/// let mut census = Census::new();
/// for row in resealed {
///     census.count_row(&row?.expect("it was under the old key"));
/// }
/// assert!(census.may_retire(&old_key));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Census {
    pub(super) rows: u64,
    pub(super) values: u64,
    pub(super) keys: BTreeMap<KeyId, KeyUsage>,
    pub(super) suites: BTreeMap<u8, u64>,
    /// Those of which there were values, by record type and name.
    #[cfg(feature = "index")]
    pub(super) indexes: BTreeMap<IndexName, IndexCount>,
}

#[cfg(feature = "index")]
pub(super) type IndexName = (Cow<'static, str>, Cow<'static, str>);

#[cfg(feature = "index")]
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct IndexCount {
    /// How the index was declared in the programs that counted: usually one.
    pub(super) descriptions: BTreeSet<Vec<u8>>,
    pub(super) rows: BTreeMap<IndexVersion, u64>,
}

/// How much is under one key.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// Rows with at least one value under it.
    pub rows: u64,
    /// Values under it, of rows and others.
    pub values: u64,
}

/// How many rows have values of one version of an index.
#[cfg(feature = "index")]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexUsage<'c> {
    /// The record type's name.
    pub record_type: &'c str,
    /// The index's name.
    pub index: &'c str,
    /// Which key and declaration the values are of.
    pub version: IndexVersion,
    /// Rows with at least one value of it.
    pub rows: u64,
}

impl Census {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts a row of a record: its values by key and suite, and its index columns.
    pub fn count_row<W: SealedRecord>(&mut self, row: &W) {
        self.rows += 1;
        let mut keys = BTreeSet::new();
        for at in 0..<W::Record as Record>::FIELDS.len() {
            let envelope = row.envelope_at(at).map(Envelope::parse);
            if let Some(Ok(envelope)) = envelope {
                keys.insert(self.count(&envelope));
            }
        }
        for key in keys {
            self.keys.entry(key).or_default().rows += 1;
        }
        #[cfg(feature = "index")]
        row.visit_indexes(&mut CountIndexes(self))
            .expect("counting does not fail");
    }

    /// Counts one value, by its envelope in its byte or text form:
    /// [`Sealed::as_bytes`](crate::Sealed::as_bytes), [`Sealed::to_text`](crate::Sealed::to_text).
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) when it is no envelope; nothing is counted
    /// then.
    pub fn count_value(&mut self, envelope: &[u8]) -> Result<(), Error> {
        self.count(&Envelope::parse(&bytes_of(envelope)?)?);
        Ok(())
    }

    /// Adds what another census counted, such as that of another table.
    pub fn merge(&mut self, other: &Self) {
        // Saturating, because a census that was read from a file may say anything.
        let add = |own: &mut u64, others: u64| *own = own.saturating_add(others);
        add(&mut self.rows, other.rows);
        add(&mut self.values, other.values);
        for (key, usage) in &other.keys {
            let own = self.keys.entry(*key).or_default();
            add(&mut own.rows, usage.rows);
            add(&mut own.values, usage.values);
        }
        for (suite, values) in &other.suites {
            add(self.suites.entry(*suite).or_default(), *values);
        }
        #[cfg(feature = "index")]
        for (name, counted) in &other.indexes {
            let own = self.indexes.entry(name.clone()).or_default();
            own.descriptions
                .extend(counted.descriptions.iter().cloned());
            for (version, rows) in &counted.rows {
                add(own.rows.entry(*version).or_default(), *rows);
            }
        }
    }

    /// The rows counted.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The values counted, of rows and others. Absent ones are none.
    pub const fn values(&self) -> u64 {
        self.values
    }

    /// What is under each key, in order of the key ids.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = (&KeyId, KeyUsage)> {
        self.keys.iter().map(|(key, usage)| (key, *usage))
    }

    /// What is under one key.
    pub fn usage(&self, key: &KeyId) -> KeyUsage {
        self.keys.get(key).copied().unwrap_or_default()
    }

    /// Values by the suite that sealed them.
    pub fn suites(&self) -> impl ExactSizeIterator<Item = (u8, u64)> {
        self.suites.iter().map(|(suite, values)| (*suite, *values))
    }

    /// Rows with values of each index and version, in order of record type, index and version.
    #[cfg(feature = "index")]
    pub fn indexes(&self) -> impl ExactSizeIterator<Item = IndexUsage<'_>> {
        let counted = self
            .indexes
            .iter()
            .flat_map(|((record_type, index), counted)| {
                counted.rows.iter().map(move |(version, rows)| IndexUsage {
                    record_type,
                    index,
                    version: *version,
                    rows: *rows,
                })
            });
        counted.collect::<Vec<_>>().into_iter()
    }

    /// Rows with values of an index of this version; see
    /// [`Session::index_versions`](crate::Session::index_versions).
    #[cfg(feature = "index")]
    pub fn rows_of_index(&self, index: &IndexInfo, version: IndexVersion) -> u64 {
        let rows = |counted: &IndexCount| counted.rows.get(&version).copied();
        let counted = self.indexes.get(&name_of(index));
        counted.and_then(rows).unwrap_or_default()
    }

    /// Whether a key may be destroyed for all that was counted: nothing is under it, neither a
    /// value nor an index value.
    ///
    /// `false` when no value was counted at all: a query that found no row by mistake must not say
    /// that a key is free. Index values of rows only: what else keeps some is unknown to it. Nor
    /// does it know under which key values of an index were made that has had another form or
    /// width since; no search finds those.
    pub fn may_retire(&self, key: &KeyId) -> bool {
        self.values > 0 && !self.keys.contains_key(key) && !self.has_index_values_under(key)
    }

    /// Whether a key may be destroyed for all that was counted, as [`may_retire`](Self::may_retire),
    /// and by what it does whether the right things were.
    ///
    /// Of a key for index values, `false` also if no row or no index value was counted: counting
    /// envelopes says nothing about it. `false` for keys of other uses, since nothing that is counted
    /// names them.
    pub fn may_retire_key(&self, key: &KeyInfo) -> bool {
        let was_counted = match key.scope().key_use() {
            KeyUse::Seal => true,
            KeyUse::Index => self.counted_index_values(),
            KeyUse::Audit | KeyUse::Root => false,
        };
        was_counted && self.may_retire(key.id())
    }

    #[cfg(feature = "index")]
    fn counted_index_values(&self) -> bool {
        !self.indexes.is_empty()
    }

    #[cfg(not(feature = "index"))]
    fn counted_index_values(&self) -> bool {
        false
    }

    #[cfg(feature = "index")]
    fn has_index_values_under(&self, key: &KeyId) -> bool {
        self.indexes.values().any(|counted| {
            let mut versions = counted.versions_under(key);
            versions.any(|version| counted.rows.contains_key(&version))
        })
    }

    #[cfg(not(feature = "index"))]
    fn has_index_values_under(&self, _: &KeyId) -> bool {
        false
    }

    fn count(&mut self, envelope: &Envelope<'_>) -> KeyId {
        let key = envelope.key_id();
        self.values += 1;
        self.keys.entry(key).or_default().values += 1;
        *self.suites.entry(envelope.header[0]).or_default() += 1;
        key
    }
}

#[cfg(feature = "index")]
impl IndexCount {
    /// The versions that its values under this key have.
    pub(super) fn versions_under(&self, key: &KeyId) -> impl Iterator<Item = IndexVersion> {
        let descriptions = self.descriptions.iter();
        descriptions.map(|description| IndexVersion::under_description(key, description))
    }
}

#[cfg(feature = "index")]
fn name_of(info: &IndexInfo) -> IndexName {
    let (record_type, name) = (info.record_type().name(), info.name());
    (Cow::Borrowed(record_type), Cow::Borrowed(name))
}

#[cfg(feature = "index")]
struct CountIndexes<'c>(&'c mut Census);

#[cfg(feature = "index")]
impl IndexVisitor for CountIndexes<'_> {
    fn visit<I: Index>(&mut self, stored: &I::Stored) -> Result<(), Error> {
        let versions: BTreeSet<_> = stored
            .values()
            .iter()
            .map(|value| value.version())
            .collect();
        if versions.is_empty() {
            return Ok(());
        }
        let counted = self.0.indexes.entry(name_of(&I::INFO)).or_default();
        counted.descriptions.insert(description_of(&I::INFO));
        for version in versions {
            *counted.rows.entry(version).or_default() += 1;
        }
        Ok(())
    }
}

/// Shows counts, and no key id: under subject keys those are pseudonyms of patients.
impl fmt::Debug for Census {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Census")
            .field("rows", &self.rows)
            .field("values", &self.values)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}
