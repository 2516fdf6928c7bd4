//! Whether index values are those of the fields beside them.

use alloc::vec::Vec;

use super::indexing::{IndexVisitor, envelope_of_field};
use super::{Place, Record, SealedRecord};
use crate::context::FieldInfo;
use crate::error::Error;
use crate::index::{Encoded, Index, IndexInfo, IndexKey, StoredIndex, readable_keys, stored};
use crate::vault::{Opening, Session};

/// What [`Session::verify_indexes`] says of one index of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexVerdict {
    index: &'static str,
    state: IndexState,
}

impl IndexVerdict {
    /// The index's name.
    pub const fn index(&self) -> &'static str {
        self.index
    }

    /// How its column stands.
    pub const fn state(&self) -> IndexState {
        self.state
    }
}

/// How the column of an index stands to the fields that it is of.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum IndexState {
    /// Made from these fields, under the active key.
    Current,
    /// Made from these fields, under an earlier key: resealing makes it anew.
    Stale,
    /// Not made from these fields: another row's, an earlier value's, or put there by somebody.
    /// Searches miss the row, or find it and drop it.
    Wrong,
    /// Made under a key or form that cannot be read now, such as under a disabled key.
    Unknown,
}

impl Session {
    /// Compares the index values of rows with the fields beside them: finds those that somebody
    /// put there, that were left behind by an update, or that are under an old key.
    ///
    /// One action, recorded as an opening of the indexed fields; no plaintext is released, only
    /// what this says of each index of each row, in the order of the indexes in the record. A row
    /// that fails to open is an error in its place that names its [`index`](Error::index), and
    /// loses no other.
    ///
    /// Slow indexes take their time: one Argon2id for each key and row.
    ///
    /// # Errors
    ///
    /// As a whole only when the event could not be recorded or the session has expired; of a row,
    /// those of [`open`](Session::open) for the indexed fields, and
    /// [`MissingKey`](crate::ErrorKind::MissingKey) without a key for index values.
    ///
    /// # Example
    ///
    /// ```
    /// # use phi_seal::danger::{DiscardAudit, PermitAll};
    /// # use phi_seal::key::{DataKey, KeyScope, KeyUse};
    /// # use phi_seal::{Access, Actor, Keyring, Phi, PhiRecord, Purpose, TenantId, Vault};
    /// use phi_seal::record::IndexState;
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
    /// let other = session.seal(&Patient { id: "p-2".into(), ssn: Phi::new("900-01-9999".into()) })?;
    /// let poisoned = PatientRow { ssn_index: other.ssn_index, ..row.clone() };
    ///
    /// let states: Vec<_> = session
    ///     .verify_indexes(&[row, poisoned])?
    ///     .into_iter()
    ///     .map(|verdicts| verdicts.map(|of_row| of_row[0].state()))
    ///     .collect::<Result<_, _>>()?;
    /// assert_eq!(states, [IndexState::Current, IndexState::Wrong]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn verify_indexes<W: SealedRecord>(
        &self,
        rows: &[W],
    ) -> Result<Vec<Result<Vec<IndexVerdict>, Error>>, Error> {
        let fields = indexed_fields(W::Record::INDEXES);
        if fields.is_empty() {
            return Ok(rows.iter().map(|_| Ok(Vec::new())).collect());
        }
        let places: Vec<_> = rows.iter().map(SealedRecord::place).collect();
        if places.iter().all(Result::is_err) {
            // There is nothing to act on.
            let refused = places.iter().enumerate();
            return Ok(refused
                .filter_map(|(at, place)| place.as_ref().err().map(|e| Err(e.at_index(at))))
                .collect());
        }
        let mut keys = Vec::new();
        self.open_with(|mut opening| {
            let verdicts = rows
                .iter()
                .zip(&places)
                .enumerate()
                .map(|(at, (row, place))| {
                    let place = place.as_ref().map_err(|error| *error);
                    place
                        .and_then(|place| judge_row(&mut opening, row, place, &fields, &mut keys))
                        .map_err(|error| error.at_index(at))
                });
            let verdicts = verdicts.collect();
            opening.record()?;
            Ok(verdicts)
        })
    }
}

/// Each field that one of the indexes is of, once.
pub(super) fn indexed_fields(indexes: &[IndexInfo]) -> Vec<FieldInfo> {
    let mut fields: Vec<FieldInfo> = Vec::new();
    for part in indexes.iter().flat_map(IndexInfo::parts) {
        if !fields.contains(part.field()) {
            fields.push(*part.field());
        }
    }
    fields
}

type Keys = Vec<(IndexInfo, Vec<IndexKey>)>;

fn judge_row<'a, W: SealedRecord>(
    opening: &mut Opening<'_, 'a>,
    row: &W,
    place: &'a Place<'_>,
    fields: &'a [FieldInfo],
    keys: &mut Keys,
) -> Result<Vec<IndexVerdict>, Error> {
    let permit = opening.authorize(place.record_ref(), fields)?;
    permit.demand_all()?;
    let action = opening.action();
    let mut values: Vec<(FieldInfo, Encoded)> = Vec::new();
    for field in fields {
        let value = action.inspect(&permit, field, envelope_of_field(row, field))?;
        values.push((*field, value));
    }
    let mut judge = Judge {
        session: action.session,
        values,
        keys,
        verdicts: Vec::new(),
    };
    match row.visit_indexes(&mut judge) {
        Ok(()) => Ok(judge.verdicts),
        Err(error) => {
            action.fail_all(&permit, error.kind());
            Err(error)
        }
    }
}

struct Judge<'j> {
    session: &'j Session,
    values: Vec<(FieldInfo, Encoded)>,
    keys: &'j mut Keys,
    verdicts: Vec<IndexVerdict>,
}

impl IndexVisitor for Judge<'_> {
    fn visit<I: Index>(&mut self, column: &I::Stored) -> Result<(), Error> {
        if !self.keys.iter().any(|(known, _)| *known == I::INFO) {
            let keys = readable_keys(self.session, &I::INFO)?;
            self.keys.push((I::INFO, keys));
        }
        let keys = self.keys.iter().find(|(known, _)| *known == I::INFO);
        let keys = keys.map_or(&[][..], |(_, keys)| keys);
        let parts: Vec<&Encoded> = I::INFO
            .parts()
            .iter()
            .filter_map(|part| self.values.iter().find(|(field, _)| field == part.field()))
            .map(|(_, value)| value)
            .collect();
        self.verdicts.push(IndexVerdict {
            index: I::INFO.name(),
            state: judge::<I>(keys, &parts, column)?,
        });
        Ok(())
    }
}

fn judge<I: Index>(
    keys: &[IndexKey],
    parts: &[&Encoded],
    column: &I::Stored,
) -> Result<IndexState, Error> {
    let is_readable = |value: &crate::index::IndexValue<I>| {
        keys.iter().any(|key| key.version() == value.version())
    };
    if !column.values().iter().all(is_readable) {
        return Ok(IndexState::Unknown);
    }
    for (at, key) in keys.iter().enumerate() {
        if stored::<I>(key, parts)?.values() == column.values() {
            return Ok(match at {
                0 => IndexState::Current,
                _ => IndexState::Stale,
            });
        }
    }
    Ok(IndexState::Wrong)
}
