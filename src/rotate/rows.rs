//! Sealing one page of rows anew.

use alloc::vec::Vec;

use crate::context::{FieldInfo, RecordRef};
use crate::envelope::Envelope;
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
    /// released. The policy is asked for [`ActionKind::Reseal`](crate::ActionKind::Reseal) of the
    /// stale fields of each row. Values, encodings, paddings and plain fields stay as they are.
    ///
    /// Writing the result back is a race with other writers: see
    /// [`Reseal`](crate::rotate::Reseal).
    ///
    /// # Errors
    ///
    /// As a whole only when the event could not be recorded or the session has expired. Errors of
    /// single rows name their [`index`](Error::index) and lose no other row; nothing of such a row
    /// is sealed anew.
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
        let is_live = self.is_live_again();
        let places: Vec<_> = rows.iter().map(SealedRecord::place).collect();
        let stale: Vec<Vec<FieldInfo>> = rows
            .iter()
            .zip(&places)
            .map(|(row, place)| match place {
                Ok(place) => current.stale_fields(self, row, place.record_ref()),
                Err(_) => Vec::new(),
            })
            .collect();
        let has_work = places.iter().any(Result::is_err) || !stale.iter().all(Vec::is_empty);
        // In an expired session the action says so, whether or not a row is stale.
        if is_live && !has_work {
            return Ok(rows.iter().map(|_| Ok(None)).collect());
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
    /// first. Public data: it opens nothing and is not recorded.
    ///
    /// # Errors
    ///
    /// [`MissingKey`](crate::ErrorKind::MissingKey) without a key for index values, and others of
    /// the key provider.
    #[cfg(feature = "index")]
    pub fn index_versions<I: Index>(
        &self,
        index: I,
    ) -> Result<Vec<(crate::envelope::KeyId, IndexVersion)>, Error> {
        let _ = index;
        let mut versions = Vec::new();
        self.with_each_index_key(|key| {
            versions.push((*key.id(), IndexVersion::under(key.id(), &I::INFO)));
        })?;
        Ok(versions)
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
