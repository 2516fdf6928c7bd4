//! PostgreSQL: arrays.

use alloc::string::String;
use alloc::vec::Vec;

#[cfg(feature = "index")]
use ::sqlx::Postgres;
use ::sqlx::postgres::{PgHasArrayType, PgTypeInfo};
#[cfg(feature = "index")]
use ::sqlx::{
    Decode, Encode, Type,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgValueRef},
};

#[cfg(feature = "index")]
use crate::index::{Index, IndexSet, IndexValue};
use crate::{AsText, Sealed};

macro_rules! array {
    ($cell:ident<$param:ident>) => {
        /// `BYTEA[]`; `TEXT[]` is read too.
        impl<$param> PgHasArrayType for $cell<$param> {
            fn array_type_info() -> PgTypeInfo {
                Vec::<u8>::array_type_info()
            }

            fn array_compatible(column: &PgTypeInfo) -> bool {
                Vec::<u8>::array_compatible(column) || String::array_compatible(column)
            }
        }
    };
}

array!(Sealed<T>);
#[cfg(feature = "index")]
array!(IndexValue<I>);

/// `TEXT[]`.
impl<S: PgHasArrayType> PgHasArrayType for AsText<S> {
    fn array_type_info() -> PgTypeInfo {
        String::array_type_info()
    }

    fn array_compatible(column: &PgTypeInfo) -> bool {
        S::array_compatible(column)
    }
}

/// `BYTEA[]`, for `@>`, `&&` and a GIN index.
#[cfg(feature = "index")]
impl<I> Type<Postgres> for IndexSet<I> {
    fn type_info() -> PgTypeInfo {
        Vec::<IndexValue<I>>::type_info()
    }

    fn compatible(column: &PgTypeInfo) -> bool {
        Vec::<IndexValue<I>>::compatible(column)
    }
}

#[cfg(feature = "index")]
impl<'q, I: Index> Encode<'q, Postgres> for IndexSet<I> {
    fn encode_by_ref(&self, out: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        self.as_slice().encode(out)
    }
}

#[cfg(feature = "index")]
impl<'r, I: Index> Decode<'r, Postgres> for IndexSet<I> {
    fn decode(value: PgValueRef<'r>) -> Result<Self, BoxDynError> {
        Vec::<IndexValue<I>>::decode(value).map(Self::new)
    }
}
