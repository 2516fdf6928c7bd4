//! One sensitive field of a record: the descriptor, and where it stands in the row.

use core::fmt;
use core::ops::Deref;

use super::Record;
use crate::context::{Field, FieldInfo};
use crate::error::{Error, ErrorKind};
use crate::release::{Pending, Permit, Release};
use crate::shape::Protected;
use crate::vault::Opening;

/// A [`Field`] of a record, with its place in the row: the constant that `#[derive(PhiRecord)]`
/// makes for each sensitive field, such as `Patient::NAME`.
///
/// `P` is the field's type in the record, `Phi<T>` or `Option<Phi<T>>`. It dereferences to the
/// [`Field`], so it serves wherever that is asked for.
pub struct RecordField<R: Record, P: Protected> {
    field: Field<P::Value>,
    sealed: fn(&R::Row) -> &P::Sealed,
    sealed_mut: fn(&mut R::Row) -> &mut P::Sealed,
}

impl<R: Record, P: Protected> RecordField<R, P> {
    #[doc(hidden)]
    pub const fn new(
        field: Field<P::Value>,
        sealed: fn(&R::Row) -> &P::Sealed,
        sealed_mut: fn(&mut R::Row) -> &mut P::Sealed,
    ) -> Self {
        Self {
            field,
            sealed,
            sealed_mut,
        }
    }

    /// The descriptor; usable in constants, where dereferencing is not.
    pub const fn field(&self) -> &Field<P::Value> {
        &self.field
    }

    /// Its ciphertext in a row.
    pub fn sealed<'r>(&self, row: &'r R::Row) -> &'r P::Sealed {
        (self.sealed)(row)
    }

    pub(super) fn replace(&self, row: &mut R::Row, sealed: P::Sealed) {
        *(self.sealed_mut)(row) = sealed;
    }
}

impl<R: Record, P: Protected> Deref for RecordField<R, P> {
    type Target = Field<P::Value>;

    fn deref(&self) -> &Field<P::Value> {
        &self.field
    }
}

impl<R: Record, P: Protected> Clone for RecordField<R, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R: Record, P: Protected> Copy for RecordField<R, P> {}

impl<R: Record, P: Protected> fmt::Debug for RecordField<R, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}

/// Fields of one record: a tuple of 1 to 16 [`RecordField`]s.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of fields of one record",
    note = "name 1 to 16 of its fields, such as `(Patient::NAME, Patient::SSN)`; one field is \
            `(Patient::NAME,)`"
)]
pub trait RecordFields: private::Closed {
    /// The record they belong to.
    type Record: Record;
    /// What they open to, in the same order.
    type Plain;

    #[doc(hidden)]
    type Infos: AsRef<[FieldInfo]>;
    #[doc(hidden)]
    type Waiting<'o>;

    #[doc(hidden)]
    fn infos(&self) -> Self::Infos;

    #[doc(hidden)]
    fn open_in<'o, 'a>(
        &self,
        row: &<Self::Record as Record>::Row,
        opening: &mut Opening<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o>;

    #[doc(hidden)]
    fn release<'o>(waiting: Self::Waiting<'o>, release: &Release<'o>)
    -> Result<Self::Plain, Error>;
}

/// Refuses fields of which one is named twice.
pub(super) fn check_distinct(infos: &[FieldInfo]) -> Result<(), Error> {
    if (1..infos.len()).any(|at| infos[..at].contains(&infos[at])) {
        return Err(Error::new(
            ErrorKind::InvalidInput,
            "name each field of the record once",
        ));
    }
    Ok(())
}

mod private {
    pub trait Closed {}
}

macro_rules! tuples {
    ($($len:literal: $($shape:ident $at:tt),+;)*) => {$(
        impl<R: Record, $($shape: Protected),+> private::Closed for ($(RecordField<R, $shape>,)+) {}

        impl<R: Record, $($shape: Protected),+> RecordFields for ($(RecordField<R, $shape>,)+) {
            type Record = R;
            type Plain = ($($shape,)+);
            type Infos = [FieldInfo; $len];
            type Waiting<'o> = ($(Pending<'o, $shape>,)+);

            fn infos(&self) -> Self::Infos {
                [$(self.$at.info()),+]
            }

            fn open_in<'o, 'a>(
                &self,
                row: &R::Row,
                opening: &mut Opening<'o, 'a>,
                permit: &Permit<'o, 'a>,
            ) -> Self::Waiting<'o> {
                ($(opening.open(permit, &self.$at, self.$at.sealed(row)),)+)
            }

            fn release<'o>(
                waiting: Self::Waiting<'o>,
                release: &Release<'o>,
            ) -> Result<Self::Plain, Error> {
                Ok(($(release.release(waiting.$at)?,)+))
            }
        }
    )*};
}

tuples! {
    1: A 0;
    2: A 0, B 1;
    3: A 0, B 1, C 2;
    4: A 0, B 1, C 2, D 3;
    5: A 0, B 1, C 2, D 3, E 4;
    6: A 0, B 1, C 2, D 3, E 4, F 5;
    7: A 0, B 1, C 2, D 3, E 4, F 5, G 6;
    8: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7;
    9: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8;
    10: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9;
    11: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10;
    12: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11;
    13: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12;
    14: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13;
    15: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14;
    16: A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11, M 12, N 13, O 14, P 15;
}
