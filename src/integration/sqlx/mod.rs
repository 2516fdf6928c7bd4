//! `sqlx` 0.9: columns of sealed values and of index values; with the feature `scoped-keys`, key
//! stores in PostgreSQL and SQLite.
//!
//! Written over any driver, in terms of its columns of bytes and of text, so that nobody compiles a
//! driver for this; what only one driver has is in a file and a feature of its own. PostgreSQL and
//! SQLite are tested.

#[cfg(all(
    feature = "scoped-keys",
    any(feature = "sqlx-0_9-postgres", feature = "sqlx-0_9-sqlite")
))]
mod key_store;
#[cfg(feature = "sqlx-0_9-postgres")]
mod postgres;
#[cfg(all(feature = "sqlx-0_9-sqlite", feature = "index"))]
mod sqlite;

use alloc::string::String;
use alloc::vec::Vec;

use ::sqlx::encode::{Encode, IsNull};
use ::sqlx::error::{BoxDynError, UnexpectedNullError};
use ::sqlx::{Database, Decode, Type, ValueRef};

use crate::codec;
#[cfg(feature = "index")]
use crate::index::{Index, IndexValue};
use crate::{AsText, Sealed};
#[cfg(all(
    feature = "scoped-keys",
    any(feature = "sqlx-0_9-postgres", feature = "sqlx-0_9-sqlite")
))]
pub use key_store::Migration;
#[cfg(all(feature = "scoped-keys", feature = "sqlx-0_9-postgres"))]
pub use key_store::PgKeyStore;
#[cfg(all(feature = "scoped-keys", feature = "sqlx-0_9-sqlite"))]
pub use key_store::SqliteKeyStore;

macro_rules! column {
    ($cell:ident<$param:ident: $bound:path>, $from_bytes:expr) => {
        impl<DB: Database, $param> Type<DB> for $cell<$param>
        where
            Vec<u8>: Type<DB>,
            String: Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                Vec::<u8>::type_info()
            }

            fn compatible(column: &DB::TypeInfo) -> bool {
                Vec::<u8>::compatible(column) || String::compatible(column)
            }
        }

        /// As bytes; as text inside [`AsText`].
        impl<'q, DB: Database, $param: $bound> Encode<'q, DB> for $cell<$param>
        where
            for<'a> &'a [u8]: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, out: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.as_bytes().encode(out)
            }

            fn size_hint(&self) -> usize {
                self.as_bytes().len()
            }
        }

        /// Bytes or text, as the column's type says. What is neither an envelope nor an index
        /// value is an [`Error`](crate::Error) inside the driver's, which names the column.
        impl<'r, DB: Database, $param: $bound> Decode<'r, DB> for $cell<$param>
        where
            Vec<u8>: Decode<'r, DB>,
            &'r str: Decode<'r, DB>,
            String: Type<DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
                // SQLite's driver reads a NULL as no bytes.
                if value.is_null() {
                    return Err(UnexpectedNullError.into());
                }
                if String::compatible(&value.type_info()) {
                    return Ok(Self::from_text(<&str>::decode(value)?)?);
                }
                Ok($from_bytes(Vec::<u8>::decode(value)?)?)
            }
        }

        impl<'q, DB: Database, $param: $bound> Encode<'q, DB> for AsText<$cell<$param>>
        where
            String: Encode<'q, DB>,
        {
            fn encode_by_ref(&self, out: &mut DB::ArgumentBuffer) -> Result<IsNull, BoxDynError> {
                self.0.to_text().encode(out)
            }
        }
    };
}

column!(Sealed<T: codec::Value>, Sealed::from_bytes);
#[cfg(feature = "index")]
column!(IndexValue<I: Index>, |bytes: Vec<u8>| IndexValue::from_bytes(&bytes));

impl<DB: Database, S: Type<DB>> Type<DB> for AsText<S>
where
    String: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        String::type_info()
    }

    fn compatible(column: &DB::TypeInfo) -> bool {
        S::compatible(column)
    }
}

impl<'r, DB: Database, S: Decode<'r, DB>> Decode<'r, DB> for AsText<S> {
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        S::decode(value).map(AsText)
    }
}
