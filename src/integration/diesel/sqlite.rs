//! SQLite: text, and sets of index values, which it has no arrays for.

#[cfg(feature = "index")]
use alloc::vec::Vec;

use ::diesel::serialize::{self, IsNull, Output, ToSql};
use ::diesel::sql_types::Text;
use ::diesel::sqlite::Sqlite;
#[cfg(feature = "index")]
use ::diesel::{
    deserialize::{self, FromSql},
    sql_types::Binary,
    sqlite::SqliteValue,
};

use crate::Sealed;
#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};

impl<T> ToSql<Text, Sqlite> for Sealed<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_text());
        Ok(IsNull::No)
    }
}

#[cfg(feature = "index")]
impl<I: Index> ToSql<Text, Sqlite> for IndexValue<I> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.to_text());
        Ok(IsNull::No)
    }
}

/// One `BLOB`: the values one after the other, each [`IndexValue::LEN`] bytes.
#[cfg(feature = "index")]
impl<I: Index> ToSql<Binary, Sqlite> for IndexSet<I> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        let values = self.as_slice().iter().map(IndexValue::as_bytes);
        out.set_value(values.collect::<Vec<_>>().concat());
        Ok(IsNull::No)
    }
}

#[cfg(feature = "index")]
impl<I: Index> FromSql<Binary, Sqlite> for IndexSet<I> {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        let values = bytes
            .chunks(IndexValue::<I>::LEN)
            .map(IndexValue::from_bytes);
        Ok(values.collect::<Result<Vec<_>, _>>().map(Self::new)?)
    }
}
