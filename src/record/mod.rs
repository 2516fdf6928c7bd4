//! Records: structs whose sensitive fields are sealed together, as one action and one event.
//!
//! `#[derive(PhiRecord)]` writes everything here for a struct: the sealed twin, the two traits,
//! a [`RecordField`] for each sensitive field, and the [`Schema`]. The work is done by
//! [`Session::seal`](crate::Session::seal), [`open`](crate::Session::open),
//! [`open_fields`](crate::Session::open_fields) and
//! [`update_field`](crate::Session::update_field); many records by
//! [`seal_all`](crate::Session::seal_all) and [`open_all`](crate::Session::open_all), see [`bulk`].

mod as_record;
pub mod bulk;
#[cfg(feature = "derive")]
mod derive;
mod disclosing;
mod fields;
#[cfg(feature = "index")]
mod indexing;
mod one;
mod place;
mod prepare;
mod schema;
#[cfg(feature = "index")]
mod search;
mod session;
#[cfg(feature = "index")]
mod verify;

pub use as_record::{AsRecord, AsRow};
#[cfg(feature = "derive")]
pub use derive::{PhiRecord, PhiValue};
pub use fields::{RecordField, RecordFields};
#[cfg(feature = "index")]
pub(crate) use indexing::envelope_of_field;
#[cfg(feature = "index")]
pub use indexing::{IndexVisitor, IndexVisitorMut, Indexable, RecordIndex, index_in, reindex_in};
pub use place::{AsBinding, AsId, Place};
pub use schema::{FieldShape, Length, PlainField, PlainRole, Schema, SchemaField};
#[cfg(feature = "index")]
pub use search::{Hit, Search, SearchTerms};
#[cfg(feature = "index")]
pub use verify::{IndexState, IndexVerdict};

use crate::context::{FieldInfo, RecordType};
use crate::error::Error;
use crate::release::{Permit, Release};
use crate::shape::{Protected, ProtectedSealed};
use crate::vault::{Opening, Resealing, Sealing};

/// A struct with sensitive fields: what `#[derive(PhiRecord)]` implements.
///
/// Not meant to be written by hand: its hidden items may change in any release.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a record",
    note = "put `#[derive(PhiRecord)]` on the struct with the `Phi` fields"
)]
pub trait Record: Sized + AsRecord<Record = Self> {
    /// The sealed twin: the same struct with `Sealed<T>` for each `Phi<T>`.
    type Row: SealedRecord<Record = Self>;

    /// The fields, their categories and what their envelopes show.
    const SCHEMA: &'static Schema = &Schema::of::<Self>();

    /// Which row it is: what its envelopes are bound to beside the tenant and the field.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when an id is empty or longer
    /// than 1024 bytes.
    fn place(&self) -> Result<Place<'_>, Error>;

    #[doc(hidden)]
    const RECORD_TYPE: RecordType;
    #[doc(hidden)]
    const FIELDS: &'static [FieldInfo];
    #[doc(hidden)]
    const SHAPES: &'static [FieldShape];
    #[doc(hidden)]
    const PLAIN: &'static [PlainField];
    #[cfg(feature = "index")]
    #[doc(hidden)]
    const INDEXES: &'static [crate::index::IndexInfo] = &[];
    #[doc(hidden)]
    type Waiting<'o>;

    #[doc(hidden)]
    fn seal_in<'o, 'a>(
        &self,
        sealing: &mut Sealing<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o>;

    #[doc(hidden)]
    fn finish_row<'o>(
        &self,
        waiting: Self::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self::Row, Error>;
}

/// The sealed twin of a [`Record`]: what databases, JSON and queues hold.
///
/// Not meant to be written by hand: its hidden items may change in any release.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the sealed twin of a record",
    note = "`#[derive(PhiRecord)]` on `Patient` makes the twin `PatientRow`; `seal` takes the \
            record and `open` the twin"
)]
pub trait SealedRecord: Sized + AsRow<Row = Self> {
    /// What it is when opened.
    type Record: Record<Row = Self>;

    /// Which row it is; as [`Record::place`].
    ///
    /// # Errors
    ///
    /// As [`Record::place`].
    fn place(&self) -> Result<Place<'_>, Error>;

    #[doc(hidden)]
    type Waiting<'o>;

    #[doc(hidden)]
    fn open_in<'o, 'a>(
        &self,
        opening: &mut Opening<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> Self::Waiting<'o>;

    #[doc(hidden)]
    fn finish_record<'o>(
        &self,
        waiting: Self::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self::Record, Error>;

    /// The envelope of the sealed field that stands there in [`Record::FIELDS`].
    #[doc(hidden)]
    fn envelope_at(&self, at: usize) -> Option<&[u8]>;

    #[doc(hidden)]
    fn reseal_in<'o, 'a>(
        &self,
        resealing: &mut Resealing<'o, 'a>,
        permit: &Permit<'o, 'a>,
    ) -> <Self::Record as Record>::Waiting<'o>;

    #[doc(hidden)]
    fn finish_resealed<'o>(
        &self,
        waiting: <Self::Record as Record>::Waiting<'o>,
        release: &Release<'o>,
    ) -> Result<Self, Error>;

    #[cfg(feature = "index")]
    #[doc(hidden)]
    fn visit_indexes<V: IndexVisitor>(&self, visitor: &mut V) -> Result<(), Error> {
        let _ = visitor;
        Ok(())
    }

    #[cfg(feature = "index")]
    #[doc(hidden)]
    fn visit_indexes_mut<V: IndexVisitorMut>(&mut self, visitor: &mut V) -> Result<(), Error> {
        let _ = visitor;
        Ok(())
    }
}

/// The envelope of a field, unless the value is absent.
#[doc(hidden)]
pub fn envelope_of<S: ProtectedSealed>(sealed: &S) -> Option<&[u8]> {
    sealed.present().map(crate::sealed::Sealed::as_bytes)
}

/// Whether two fields of a record hold the same value, for `#[phi(ct_eq)]`.
///
/// Whether they are present is compared openly.
#[doc(hidden)]
pub fn ct_eq<P: Protected>(a: &P, b: &P) -> bool {
    match (a.present(), b.present()) {
        (Some(a), Some(b)) => a.ct_eq(b),
        (None, None) => true,
        _ => false,
    }
}

/// A field that is not sealed: cloned from record to row and back.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot pass through to the row",
    label = "a plain field is cloned, and this type is not `Clone`",
    note = "a record within a record is not sealed with it: keep it as one of its own, or as one \
            value, such as `Phi<Serde<{Self}>>` without a `Phi` inside"
)]
pub trait Plain: Clone {}

#[diagnostic::do_not_recommend]
impl<T: Clone> Plain for T {}

#[doc(hidden)]
pub fn pass_through<T: Plain>(field: &T) -> T {
    field.clone()
}
