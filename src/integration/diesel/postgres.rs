//! PostgreSQL: text, and sets of index values as arrays.

#[cfg(feature = "index")]
use alloc::vec::Vec;
use std::io::Write;

use ::diesel::pg::Pg;
use ::diesel::serialize::{self, IsNull, Output, ToSql};
use ::diesel::sql_types::Text;
#[cfg(feature = "index")]
use ::diesel::{
    deserialize::{self, FromSql},
    pg::PgValue,
    sql_types::{Array, Binary, Nullable},
};

use crate::Sealed;
#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};

impl<T> ToSql<Text, Pg> for Sealed<T> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.to_text().as_bytes())?;
        Ok(IsNull::No)
    }
}

#[cfg(feature = "index")]
impl<I: Index> ToSql<Text, Pg> for IndexValue<I> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.to_text().as_bytes())?;
        Ok(IsNull::No)
    }
}

/// `BYTEA[]`, for `@>`, `&&` and a GIN index.
#[cfg(feature = "index")]
impl<I: Index> ToSql<Array<Binary>, Pg> for IndexSet<I> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Array<Binary>, Pg>::to_sql(self.as_slice(), out)
    }
}

#[cfg(feature = "index")]
impl<I: Index> FromSql<Array<Binary>, Pg> for IndexSet<I> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        let values: Vec<IndexValue<I>> = FromSql::<Array<Binary>, Pg>::from_sql(value)?;
        Ok(Self::new(values))
    }
}

/// The same, as `diesel print-schema` describes any array. A NULL within one is an error.
#[cfg(feature = "index")]
impl<I: Index> ToSql<Array<Nullable<Binary>>, Pg> for IndexSet<I> {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Array<Nullable<Binary>>, Pg>::to_sql(self.as_slice(), out)
    }
}

#[cfg(feature = "index")]
impl<I: Index> FromSql<Array<Nullable<Binary>>, Pg> for IndexSet<I> {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Array<Binary>, Pg>::from_sql(value)
    }
}
