//! What an iterator may yield to be sealed or opened in bulk: records and rows, owned or not.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{Record, SealedRecord};

/// A [`Record`], or something that leads to one: `&R`, `Box<R>`, `Arc<R>`.
///
/// What [`Session::seal_all`](crate::Session::seal_all) takes. `#[derive(PhiRecord)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    note = "`seal_all` takes any iterator of records or of references to them: put \
            `#[derive(PhiRecord)]` on the struct with the `Phi` fields"
)]
pub trait AsRecord {
    /// The record.
    type Record: Record;

    /// The record.
    fn as_record(&self) -> &Self::Record;
}

/// The sealed twin of a record, or something that leads to one: `&W`, `Box<W>`, `Arc<W>`.
///
/// What [`Session::open_all`](crate::Session::open_all) takes. `#[derive(PhiRecord)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the sealed twin of a record",
    note = "`open_all` takes any iterator of rows or of references to them: \
            `#[derive(PhiRecord)]` on `Patient` makes the row `PatientRow`"
)]
pub trait AsRow {
    /// The row.
    type Row: SealedRecord;

    /// The row.
    fn as_row(&self) -> &Self::Row;
}

macro_rules! by_pointer {
    ($($pointer:ty),*) => {$(
        impl<T: AsRecord> AsRecord for $pointer {
            type Record = T::Record;

            fn as_record(&self) -> &T::Record {
                (**self).as_record()
            }
        }

        impl<T: AsRow> AsRow for $pointer {
            type Row = T::Row;

            fn as_row(&self) -> &T::Row {
                (**self).as_row()
            }
        }
    )*};
}

by_pointer!(&T, Box<T>, Arc<T>);
