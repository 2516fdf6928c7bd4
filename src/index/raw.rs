//! Index values with a bare key: no policy, no audit. Public through `danger` only.

use alloc::vec::Vec;

use super::{Index, IndexInfo, IndexKey, IndexSet, IndexValue, compound, terms};
use crate::codec::Content;
use crate::error::{Error, ErrorKind};
use crate::key::{DataKey, Scope};
use crate::label::TenantId;
use crate::secret::SecretBytes;

/// What a row with these values stores: the encoding of each of the index's fields, as
/// [`Value::encode`](crate::codec::Value::encode) writes it.
///
/// Empty if one of them has no normal form. The index's width and its normal forms decide what is
/// equal.
///
/// # Errors
///
/// [`ErrorKind::MissingKey`] if the key is not one for indexes of this tenant;
/// [`ErrorKind::InvalidInput`] for another number of values or other contents than the index has;
/// [`ErrorKind::Unencodable`] for more words than an index of them takes;
/// [`ErrorKind::Unavailable`] if a slow index gets no memory.
///
/// # Security
///
/// Nobody is asked and nothing is recorded. Whoever can call this with a key finds out by trial
/// what stands in a column.
pub fn index_values_unrecorded<I: Index>(
    key: &DataKey,
    tenant: &TenantId<'_>,
    values: &[(Content, &[u8])],
) -> Result<IndexSet<I>, Error> {
    let key = derive(key, tenant, &I::INFO)?;
    check_contents(&I::INFO, values)?;
    let values: Vec<_> = values.iter().copied().map(Some).collect();
    terms(&I::INFO, &values)?
        .iter()
        .map(|term| key.value(term))
        .collect::<Result<Vec<_>, _>>()
        .map(IndexSet::new)
}

/// What to look up in a column for these values: see [`index_values_unrecorded`]. Of words, the
/// longest. What is found holds false positives.
///
/// # Errors
///
/// As [`index_values_unrecorded`]; [`ErrorKind::InvalidInput`] also for a value without normal
/// form.
///
/// # Security
///
/// As [`index_values_unrecorded`].
pub fn index_lookup_unrecorded<I: Index>(
    key: &DataKey,
    tenant: &TenantId<'_>,
    values: &[(Content, &[u8])],
) -> Result<IndexValue<I>, Error> {
    let key = derive(key, tenant, &I::INFO)?;
    check_contents(&I::INFO, values)?;
    let lookups = I::INFO
        .parts()
        .iter()
        .zip(values)
        .map(|(part, (content, encoded))| {
            let question = part.normal().question(*content, encoded);
            question
                .map(|question| question.lookup)
                .map_err(|error| part.field().blame(error))
        })
        .collect::<Result<Vec<SecretBytes>, _>>()?;
    key.value(&compound(&lookups))
}

fn derive(key: &DataKey, tenant: &TenantId<'_>, info: &IndexInfo) -> Result<IndexKey, Error> {
    if key.scope().admits(Scope::indexing(tenant)) {
        Ok(IndexKey::derive(key, tenant, info))
    } else {
        Err(Error::new(
            ErrorKind::MissingKey,
            "the key given does not belong to this tenant, or to indexes",
        ))
    }
}

fn check_contents(info: &IndexInfo, values: &[(Content, &[u8])]) -> Result<(), Error> {
    let parts = info.parts();
    let are_alike = parts.len() == values.len()
        && parts
            .iter()
            .zip(values)
            .all(|(part, (content, _))| part.content() == *content);
    are_alike.then_some(()).ok_or(Error::new(
        ErrorKind::InvalidInput,
        "give one value for each field of the index, with that field's content",
    ))
}
