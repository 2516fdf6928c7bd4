//! `sea-orm` 2: columns of sealed values and of index values.
//!
//! A model is turned into SQL values before a database is known, so each type here is written in
//! one form on all of them.

mod error;
#[cfg(feature = "sea-orm-2-postgres")]
mod postgres;

use alloc::string::String;
use alloc::vec::Vec;

use ::sea_orm::sea_query::{
    ArrayType, ColumnType, Nullable, StringLen, Value, ValueType, ValueTypeErr,
};
use ::sea_orm::{ActiveValue, ColIdx, IntoActiveValue, QueryResult, TryGetError, TryGetable};

use crate::codec;
#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};
use crate::{AsText, Sealed};

macro_rules! column {
    ($cell:ident<$param:ident: $bound:path>, $into_bytes:expr, $from_bytes:expr) => {
        impl<$param: $bound> From<$cell<$param>> for Value {
            fn from(cell: $cell<$param>) -> Self {
                Self::Bytes(Some($into_bytes(cell)))
            }
        }

        impl<$param> Nullable for $cell<$param> {
            fn null() -> Value {
                Value::Bytes(None)
            }
        }

        impl<$param: $bound> ValueType for $cell<$param> {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                let bytes = <Vec<u8> as ValueType>::try_from(value)?;
                $from_bytes(bytes).map_err(|_| ValueTypeErr)
            }

            fn type_name() -> String {
                stringify!($cell).into()
            }

            fn array_type() -> ArrayType {
                ArrayType::Bytes
            }

            fn column_type() -> ColumnType {
                ColumnType::VarBinary(StringLen::None)
            }
        }

        impl<$param: $bound> IntoActiveValue<$cell<$param>> for $cell<$param> {
            fn into_active_value(self) -> ActiveValue<$cell<$param>> {
                ActiveValue::Set(self)
            }
        }
    };
}

/// From a column of bytes or of text, for types that have both forms.
macro_rules! readable {
    ($cell:ident<$param:ident: $bound:path>, $from_bytes:expr) => {
        /// Bytes or text, whichever the column holds. What is neither an envelope nor an index
        /// value is an [`Error`](crate::Error) inside sea-orm's, with the column's name between.
        impl<$param: $bound> TryGetable for $cell<$param> {
            fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Self, TryGetError> {
                match Vec::<u8>::try_get_by(row, column) {
                    // SQLite's driver hands out text as bytes. No value has both forms.
                    Ok(bytes) => {
                        let text = core::str::from_utf8(&bytes).ok();
                        match text.and_then(|text| Self::from_text(text).ok()) {
                            Some(cell) => Ok(cell),
                            None => $from_bytes(bytes),
                        }
                        .map_err(|error| error::in_column(column, error))
                    }
                    Err(TryGetError::Null(column)) => Err(TryGetError::Null(column)),
                    // Of another type than bytes; what the driver says of text is as good.
                    Err(TryGetError::DbErr(_)) => {
                        Self::from_text(&String::try_get_by(row, column)?)
                            .map_err(|error| error::in_column(column, error))
                    }
                }
            }
        }

        impl<$param: $bound> From<AsText<$cell<$param>>> for Value {
            fn from(AsText(cell): AsText<$cell<$param>>) -> Self {
                Self::String(Some(cell.to_text()))
            }
        }

        impl<$param> Nullable for AsText<$cell<$param>> {
            fn null() -> Value {
                Value::String(None)
            }
        }

        impl<$param: $bound> ValueType for AsText<$cell<$param>> {
            fn try_from(value: Value) -> Result<Self, ValueTypeErr> {
                let text = <String as ValueType>::try_from(value)?;
                $cell::from_text(&text).map(Self).map_err(|_| ValueTypeErr)
            }

            fn type_name() -> String {
                concat!("AsText<", stringify!($cell), ">").into()
            }

            fn array_type() -> ArrayType {
                ArrayType::String
            }

            fn column_type() -> ColumnType {
                ColumnType::Text
            }
        }

        impl<$param: $bound> IntoActiveValue<Self> for AsText<$cell<$param>> {
            fn into_active_value(self) -> ActiveValue<Self> {
                ActiveValue::Set(self)
            }
        }

        impl<$param: $bound> TryGetable for AsText<$cell<$param>> {
            fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Self, TryGetError> {
                $cell::try_get_by(row, column).map(Self)
            }
        }
    };
}

column!(Sealed<T: codec::Value>, Sealed::into_bytes, Sealed::from_bytes);
readable!(Sealed<T: codec::Value>, Sealed::from_bytes);

#[cfg(feature = "index")]
column!(
    IndexValue<I: Index>,
    |value: IndexValue<I>| value.as_bytes().to_vec(),
    |bytes: Vec<u8>| IndexValue::from_bytes(&bytes)
);
#[cfg(feature = "index")]
readable!(IndexValue<I: Index>, |bytes: Vec<u8>| IndexValue::from_bytes(&bytes));

#[cfg(feature = "index")]
column!(IndexSet<I: Index>, concatenated, split);

#[cfg(feature = "index")]
fn concatenated<I: Index>(set: IndexSet<I>) -> Vec<u8> {
    let values = set.as_slice().iter().map(IndexValue::as_bytes);
    values.collect::<Vec<_>>().concat()
}

#[cfg(feature = "index")]
fn split<I: Index>(bytes: Vec<u8>) -> Result<IndexSet<I>, crate::Error> {
    let values = bytes
        .chunks(IndexValue::<I>::LEN)
        .map(IndexValue::from_bytes);
    values.collect::<Result<Vec<_>, _>>().map(IndexSet::new)
}

/// One `BLOB` or `BYTEA`: the values one after the other, each [`IndexValue::LEN`] bytes. Under
/// `sea-orm-2-postgres` a `BYTEA[]` is read too; to write one, use a `Vec` of [`IndexValue`]s.
#[cfg(feature = "index")]
impl<I: Index> TryGetable for IndexSet<I> {
    fn try_get_by<C: ColIdx>(row: &QueryResult, column: C) -> Result<Self, TryGetError> {
        match Vec::<u8>::try_get_by(row, column) {
            Ok(bytes) => split(bytes).map_err(|error| error::in_column(column, error)),
            #[cfg(feature = "sea-orm-2-postgres")]
            Err(TryGetError::DbErr(error)) => postgres::set(row, column, error),
            Err(error) => Err(error),
        }
    }
}
