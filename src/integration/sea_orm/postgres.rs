//! PostgreSQL: arrays.

use alloc::string::String;
use alloc::vec::Vec;
use core::str::FromStr;

#[cfg(feature = "index")]
use ::sea_orm::DbErr;
use ::sea_orm::sea_query::postgres_array::NotU8;
use ::sea_orm::{ColIdx, QueryResult, TryGetError, TryGetable, TryGetableArray};

use super::error;
#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};
use crate::{AsText, Error, Sealed, codec};

/// `BYTEA[]`.
impl<T> NotU8 for Sealed<T> {}

impl<T: codec::Value> TryGetableArray for Sealed<T> {
    fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Vec<Self>, TryGetError> {
        let elements: Vec<Vec<u8>> = TryGetable::try_get_by(row, column)?;
        all(elements, column, Self::from_bytes)
    }
}

/// `BYTEA[]`.
#[cfg(feature = "index")]
impl<I> NotU8 for IndexValue<I> {}

#[cfg(feature = "index")]
impl<I: Index> TryGetableArray for IndexValue<I> {
    fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Vec<Self>, TryGetError> {
        let elements: Vec<Vec<u8>> = TryGetable::try_get_by(row, column)?;
        all(elements, column, |bytes| Self::from_bytes(&bytes))
    }
}

/// `TEXT[]`.
impl<S> NotU8 for AsText<S> {}

impl<S: FromStr<Err = Error>> TryGetableArray for AsText<S> {
    fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Vec<Self>, TryGetError> {
        let elements: Vec<String> = TryGetable::try_get_by(row, column)?;
        all(elements, column, |text| text.parse().map(Self))
    }
}

/// Bytes, not an array: to compare with.
#[cfg(feature = "index")]
impl<I> NotU8 for IndexSet<I> {}

/// As an array, after it was found to be no bytes.
#[cfg(feature = "index")]
pub(super) fn set<I: Index>(
    row: &QueryResult,
    column: impl ColIdx,
    no_bytes: DbErr,
) -> Result<IndexSet<I>, TryGetError> {
    match <Vec<Vec<u8>> as TryGetable>::try_get_by(row, column) {
        Ok(elements) => {
            all(elements, column, |bytes| IndexValue::from_bytes(&bytes)).map(IndexSet::new)
        }
        Err(TryGetError::DbErr(_)) => Err(TryGetError::DbErr(no_bytes)),
        Err(null) => Err(null),
    }
}

fn all<E, S>(
    elements: Vec<E>,
    column: impl ColIdx,
    read: impl Fn(E) -> Result<S, Error>,
) -> Result<Vec<S>, TryGetError> {
    let read = elements.into_iter().map(read);
    read.collect::<Result<_, _>>()
        .map_err(|error| error::in_column(column, error))
}
