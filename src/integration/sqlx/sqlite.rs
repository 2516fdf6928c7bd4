//! SQLite: sets of index values, which it has no arrays for.

use alloc::vec::Vec;

use ::sqlx::encode::{Encode, IsNull};
use ::sqlx::error::{BoxDynError, UnexpectedNullError};
use ::sqlx::{Decode, Type, ValueRef};
use ::sqlx_sqlite::{Sqlite, SqliteArgumentsBuffer, SqliteTypeInfo, SqliteValueRef};

use crate::index::{Index, IndexSet, IndexValue};

/// One `BLOB`: the values one after the other, each [`IndexValue::LEN`] bytes.
impl<I> Type<Sqlite> for IndexSet<I> {
    fn type_info() -> SqliteTypeInfo {
        <Vec<u8> as Type<Sqlite>>::type_info()
    }
}

impl<'q, I: Index> Encode<'q, Sqlite> for IndexSet<I> {
    fn encode_by_ref(&self, out: &mut SqliteArgumentsBuffer) -> Result<IsNull, BoxDynError> {
        let values = self.as_slice().iter().map(IndexValue::as_bytes);
        let bytes = values.collect::<Vec<_>>().concat();
        Encode::<Sqlite>::encode(bytes, out)
    }
}

impl<'r, I: Index> Decode<'r, Sqlite> for IndexSet<I> {
    fn decode(value: SqliteValueRef<'r>) -> Result<Self, BoxDynError> {
        if value.is_null() {
            return Err(UnexpectedNullError.into());
        }
        let bytes = <&[u8] as Decode<Sqlite>>::decode(value)?;
        let values = bytes
            .chunks(IndexValue::<I>::LEN)
            .map(IndexValue::from_bytes);
        Ok(values.collect::<Result<Vec<_>, _>>().map(Self::new)?)
    }
}
