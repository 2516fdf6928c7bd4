//! `diesel` 2: columns of sealed values and of index values.
//!
//! `Binary` columns are written over any backend, so that nobody compiles a backend for this; what
//! depends on one is in a file and a feature of its own. PostgreSQL and SQLite are tested.

#[cfg(feature = "diesel-2-postgres")]
mod postgres;
#[cfg(feature = "diesel-2-sqlite")]
mod sqlite;

use alloc::string::String;
use alloc::vec::Vec;

use ::diesel::backend::Backend;
use ::diesel::deserialize::{self, FromSql, FromSqlRow};
use ::diesel::expression::AsExpression;
use ::diesel::serialize::{self, Output, ToSql};
#[cfg(all(feature = "diesel-2-postgres", feature = "index"))]
use ::diesel::sql_types::{Array, Nullable};
use ::diesel::sql_types::{Binary, Text};

use crate::Sealed;
use crate::codec::Value;
#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};

macro_rules! column {
    ($cell:ident<$param:ident: $bound:ident>, $from_bytes:expr) => {
        impl<DB: Backend, $param: $bound> ToSql<Binary, DB> for $cell<$param>
        where
            [u8]: ToSql<Binary, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
                self.as_bytes().to_sql(out)
            }
        }

        /// What is neither an envelope nor an index value is an [`Error`](crate::Error) inside
        /// diesel's, which names the column.
        impl<DB: Backend, $param: $bound> FromSql<Binary, DB> for $cell<$param>
        where
            Vec<u8>: FromSql<Binary, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok($from_bytes(Vec::<u8>::from_sql(value)?)?)
            }
        }

        /// As [`FromSql<Binary, _>`](FromSql).
        impl<DB: Backend, $param: $bound> FromSql<Text, DB> for $cell<$param>
        where
            String: FromSql<Text, DB>,
        {
            fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
                Ok(Self::from_text(&String::from_sql(value)?)?)
            }
        }
    };
}

column!(Sealed<T: Value>, Sealed::from_bytes);
#[cfg(feature = "index")]
column!(IndexValue<I: Index>, |bytes: Vec<u8>| IndexValue::from_bytes(&bytes));

// What diesel derives for a type of the application it derives here for the type inside. The
// structs themselves are nothing.

#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = Binary, sql_type = Text)]
#[expect(dead_code, reason = "read by the derive only")]
struct SealedProxy<T>(Sealed<T>);

#[cfg(feature = "index")]
#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = Binary, sql_type = Text)]
#[expect(dead_code, reason = "read by the derive only")]
struct IndexValueProxy<I>(IndexValue<I>);

#[cfg(feature = "index")]
#[derive(AsExpression, FromSqlRow)]
#[diesel(foreign_derive, sql_type = Binary)]
#[cfg_attr(feature = "diesel-2-postgres", diesel(sql_type = Array<Binary>))]
#[cfg_attr(feature = "diesel-2-postgres", diesel(sql_type = Array<Nullable<Binary>>))]
#[expect(dead_code, reason = "read by the derive only")]
struct IndexSetProxy<I>(IndexSet<I>);
