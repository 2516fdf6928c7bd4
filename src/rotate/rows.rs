//! Sealing one page of rows anew.

use alloc::vec::Vec;

use crate::context::{FieldInfo, RecordRef};
use crate::envelope::Envelope;
#[cfg(feature = "index")]
use crate::envelope::KeyId;
use crate::error::Error;
#[cfg(feature = "index")]
use crate::index::{Index, IndexInfo, IndexVersion, StoredIndex};
#[cfg(feature = "index")]
use crate::record::{IndexVisitor, envelope_of_field};
use crate::record::{Place, Record, SealedRecord};
use crate::vault::{Resealing, Session};

impl Session {
    /// Seals anew what is stale in these rows: values under another key than the active one, and
    /// index values of another version than the current. `None` for a row in which nothing is:
    /// it is neither decrypted nor recorded.
    ///
    /// One action, one event for all of them, which lists what was sealed anew; no plaintext is
    /// released. Values, encodings, paddings and plain fields stay as they are.
    ///
    /// The policy is asked for [`ActionKind::Reseal`](crate::ActionKind::Reseal) of the fields that
    /// each row has, before any key is looked at: a row of which one is denied is an error, is not
    /// said to be current or stale, and stands in the event. Of stale rows it is asked again, for
    /// the stale fields.
    ///
    /// Writing the result back is a race with other writers: see
    /// [`Reseal`](crate::rotate::Reseal).
    ///
    /// # Errors
    ///
    /// As a whole only when the event could not be recorded or the session has expired. Errors of
    /// single rows name their [`index`](Error::index) and lose no other row; nothing of such a row
    /// is sealed anew. A row whose id names nothing is in no event, since it is no row.
    ///
    /// # Example
    ///
    /// See [`Census`](crate::rotate::Census).
    pub fn reseal_rows<W: SealedRecord>(
        &self,
        rows: &[W],
    ) -> Result<Vec<Result<Option<W>, Error>>, Error> {
        self.reseal_stale(rows, Current::default())
    }

    /// As [`reseal_rows`](Session::reseal_rows), and makes index values also where a column has
    /// none although all fields of the index are there: for an index that was added to a table
    /// with rows.
    ///
    /// A field without normal form, such as a telephone number without digits, leaves its column
    /// empty: such a row is decrypted and returned each time.
    ///
    /// # Errors
    ///
    /// As [`reseal_rows`](Session::reseal_rows).
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::key::{DataKey, KeyScope, KeyUse};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient", row_derive(Clone))]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Ssn, index(digits))]
    /// #     ssn: Phi<String>,
    /// # }
    /// # let scope = KeyScope::shared(KeyUse::Index);
    /// # let keyring = std::sync::Arc::new(Keyring::generate()?);
    /// # keyring.add(DataKey::generate(scope.clone())?)?;
    /// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
    /// # let patient = Patient { id: "p-1".into(), ssn: Phi::new("900-01-2345".into()) };
    /// let sealed = session.seal(&patient)?;
    /// // As it was before the column was added:
    /// let old = PatientRow { ssn_index: None, ..sealed.clone() };
    ///
    /// let mut filled = session.fill_indexes(&[old, sealed.clone()])?.into_iter();
    /// let row = filled.next().ok_or("a result for each row")??;
    /// assert_eq!(row.and_then(|row| row.ssn_index), sealed.ssn_index);
    /// assert!(filled.next().ok_or("a result for each row")??.is_none()); // it had its value
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "index")]
    pub fn fill_indexes<W: SealedRecord>(
        &self,
        rows: &[W],
    ) -> Result<Vec<Result<Option<W>, Error>>, Error> {
        self.reseal_stale(rows, Current::with_every_index_filled())
    }

    fn reseal_stale<W: SealedRecord>(
        &self,
        rows: &[W],
        mut current: Current,
    ) -> Result<Vec<Result<Option<W>, Error>>, Error> {
        let places: Vec<_> = rows.iter().map(SealedRecord::place).collect();
        let look = self.look();
        let is_live = look.is_live();
        let stale: Vec<Vec<FieldInfo>> = rows
            .iter()
            .zip(&places)
            .map(|(row, place)| match place {
                Ok(place) => {
                    let (record, present) = (place.record_ref(), present_fields(row));
                    match look.permits(record, &present) {
                        true => current.stale_fields(self, row, record),
                        // As if stale: the action asks again, and records the refusal.
                        false => present,
                    }
                }
                Err(_) => Vec::new(),
            })
            .collect();
        look.end();
        if is_live && stale.iter().all(Vec::is_empty) {
            let unchanged = places.iter().enumerate();
            return Ok(unchanged
                .map(|(at, place)| match place {
                    Ok(_) => Ok(None),
                    Err(error) => Err(error.at_index(at)),
                })
                .collect());
        }
        self.reseal_with(|mut resealing| {
            let waiting: Vec<_> = rows
                .iter()
                .zip(&places)
                .zip(&stale)
                .map(|((row, place), stale)| match place {
                    Ok(_) if stale.is_empty() => Ok(None),
                    Ok(place) => reseal_row(&mut resealing, row, place, stale).map(Some),
                    Err(error) => Err(*error),
                })
                .collect();
            let release = resealing.record()?;
            let rows = rows.iter().zip(waiting).enumerate();
            Ok(rows
                .map(|(at, (row, waiting))| {
                    waiting
                        .and_then(|waiting| {
                            waiting
                                .map(|waiting| row.finish_resealed(waiting, &release))
                                .transpose()
                        })
                        .map_err(|error| error.at_index(at))
                })
                .collect())
        })
    }

    /// The versions that values of an index may have, each with the id of its key, the current one
    /// first: those that a search asks for, so the policy is asked for
    /// [`ActionKind::Search`](crate::ActionKind::Search) of the index's fields. It opens nothing, and
    /// only a refusal is recorded.
    ///
    /// Without a session, and for a key that is not at hand, see
    /// [`IndexVersion::under`](crate::index::IndexVersion::under).
    ///
    /// # Errors
    ///
    /// [`Denied`](crate::ErrorKind::Denied), [`Expired`](crate::ErrorKind::Expired);
    /// [`MissingKey`](crate::ErrorKind::MissingKey) without a key for index values, and others of
    /// the key provider.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::key::{DataKey, KeyScope, KeyUse};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// use phi_seal::index::Index;
    /// use phi_seal::rotate::Census;
    ///
    /// # #[derive(PhiRecord)]
    /// # #[phi(record = "patient", row_derive(Clone))]
    /// # struct Patient {
    /// #     #[phi(id, subject)]
    /// #     id: String,
    /// #     #[phi(category = Ssn, index(digits))]
    /// #     ssn: Phi<String>,
    /// # }
    /// # let scope = KeyScope::shared(KeyUse::Index);
    /// # let keyring = std::sync::Arc::new(Keyring::generate()?);
    /// # keyring.add(DataKey::generate(scope.clone())?)?;
    /// # let vault = Vault::builder(keyring.clone(), PermitAll, DiscardAudit).build();
    /// # let session = vault.session(Access::new(
    /// #     TenantId::new("t")?, Actor::new("a")?, Purpose::Operations))?;
    /// # let patient = Patient { id: "p-1".into(), ssn: Phi::new("900-01-2345".into()) };
    /// let row = session.seal(&patient)?;
    /// let key_id = keyring.rotate_scope(&scope)?;
    ///
    /// let versions = session.index_versions(Patient::SSN_INDEX)?;
    /// assert_eq!((versions.len(), versions[0].key_id), (2, key_id));
    /// let mut census = Census::new();
    /// census.count_row(&row);
    /// let rows_of = |at: usize| census.rows_of_index(&PatientSsnIndex::INFO, versions[at].version);
    /// assert_eq!((rows_of(0), rows_of(1)), (0, 1)); // not yet resealed
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "index")]
    pub fn index_versions<I: Index>(&self, index: I) -> Result<Vec<IndexKeyVersion>, Error> {
        let _ = index;
        let parts = I::INFO.parts().iter();
        self.check_search(I::INFO.name(), parts.map(|part| *part.field()).collect())?;
        let mut versions = Vec::new();
        self.with_each_index_key(|key| {
            versions.push(IndexKeyVersion {
                key_id: *key.id(),
                version: IndexVersion::under(key.id(), &I::INFO),
            });
        })?;
        Ok(versions)
    }
}

/// A key for index values, and the version that values of an index have under it.
#[cfg(feature = "index")]
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexKeyVersion {
    /// The key's fingerprint.
    pub key_id: KeyId,
    /// What each value of the index begins with.
    pub version: IndexVersion,
}

/// The fields that have a value in a row; all of them if none has, since there may be index values.
fn present_fields<W: SealedRecord>(row: &W) -> Vec<FieldInfo> {
    let fields = <W::Record as Record>::FIELDS;
    let present = (0..fields.len()).filter(|at| row.envelope_at(*at).is_some());
    let present: Vec<_> = present.map(|at| fields[at]).collect();
    match present.is_empty() {
        true => fields.to_vec(),
        false => present,
    }
}

fn reseal_row<'o, 'a, W: SealedRecord>(
    resealing: &mut Resealing<'o, 'a>,
    row: &W,
    place: &'a Place<'_>,
    stale: &'a [FieldInfo],
) -> Result<<W::Record as Record>::Waiting<'o>, Error> {
    let permit = resealing.authorize(place.record_ref(), stale)?;
    permit.demand_all()?;
    Ok(row.reseal_in(resealing, &permit))
}

/// What is current, as far as it was asked for.
#[derive(Default)]
struct Current {
    #[cfg(feature = "index")]
    indexes: Vec<(IndexInfo, Option<IndexVersion>)>,
    /// Whether an empty column counts as stale where its fields are there.
    #[cfg(feature = "index")]
    fills: bool,
}

impl Current {
    #[cfg(feature = "index")]
    fn with_every_index_filled() -> Self {
        Self {
            fills: true,
            ..Self::default()
        }
    }

    /// The fields of a row that are under another key, and those of which an index is of another
    /// version.
    fn stale_fields<W: SealedRecord>(
        &mut self,
        session: &Session,
        row: &W,
        record: RecordRef<'_>,
    ) -> Vec<FieldInfo> {
        let fields = <W::Record as Record>::FIELDS;
        let is_stale = |at: usize| {
            let envelope = row
                .envelope_at(at)
                .and_then(|bytes| Envelope::parse(bytes).ok());
            !session.is_current(record, envelope)
        };
        #[cfg_attr(not(feature = "index"), expect(unused_mut, reason = "nothing to add"))]
        let mut stale: Vec<FieldInfo> = (0..fields.len())
            .filter(|at| is_stale(*at))
            .map(|at| fields[at])
            .collect();
        #[cfg(feature = "index")]
        {
            let mut finder = StaleIndexes {
                current: self,
                session,
                row,
                stale: &mut stale,
            };
            row.visit_indexes(&mut finder)
                .expect("finding does not fail");
        }
        stale
    }

    /// `None` if it cannot be told: the action to come asks the policy first and says why then.
    #[cfg(feature = "index")]
    fn version<I: Index>(&mut self, session: &Session) -> Option<IndexVersion> {
        if let Some((_, version)) = self.indexes.iter().find(|(known, _)| *known == I::INFO) {
            return *version;
        }
        let version = session
            .with_index_key(|key| IndexVersion::under(key.id(), &I::INFO))
            .ok();
        self.indexes.push((I::INFO, version));
        version
    }
}

#[cfg(feature = "index")]
struct StaleIndexes<'c, W> {
    current: &'c mut Current,
    session: &'c Session,
    row: &'c W,
    stale: &'c mut Vec<FieldInfo>,
}

#[cfg(feature = "index")]
impl<W: SealedRecord> IndexVisitor for StaleIndexes<'_, W> {
    fn visit<I: Index>(&mut self, stored: &I::Stored) -> Result<(), Error> {
        let current = self.current.version::<I>(self.session);
        let values = stored.values();
        let is_missing = self.current.fills && values.is_empty() && {
            let mut parts = I::INFO.parts().iter();
            parts.all(|part| envelope_of_field(self.row, part.field()).is_some())
        };
        if is_missing || values.iter().any(|value| Some(value.version()) != current) {
            for part in I::INFO.parts() {
                if !self.stale.contains(part.field()) {
                    self.stale.push(*part.field());
                }
            }
        }
        Ok(())
    }
}
