//! Index values of a record: made when it is sealed, made anew when it is resealed.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::any::Any;

use super::{Record, SealedRecord};
use crate::codec::{Content, Encoder, Value};
use crate::context::FieldInfo;
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::index::{
    ActiveKeys, Encoded, Index, IndexInfo, IndexKey, IndexVersion, StoredIndex, stored,
};
use crate::phi::Phi;
use crate::release::{Pending, Permit};
use crate::secret::SecretBytes;
use crate::shape::Protected;
use crate::vault::{Action, Resealing, Sealing};

/// An [`Index`] of a record: what `#[phi(index)]` makes, such as `Patient::SSN_INDEX`.
///
/// Not meant to be implemented by hand.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no index of a record",
    note = "`#[phi(index)]` on a field of `Patient` makes one, such as `Patient::SSN_INDEX`"
)]
pub trait RecordIndex: Index {
    /// The record whose rows have it.
    type Record: Record;

    /// Its column in a row.
    fn stored(row: &<Self::Record as Record>::Row) -> &Self::Stored;
}

/// Does something with each index of a row.
#[doc(hidden)]
pub trait IndexVisitor {
    fn visit<I: Index>(&mut self, stored: &I::Stored) -> Result<(), Error>;
}

/// As [`IndexVisitor`], for changes.
#[doc(hidden)]
pub trait IndexVisitorMut {
    fn visit<I: Index>(&mut self, stored: &mut I::Stored) -> Result<(), Error>;
}

/// A field's value, ready to be indexed.
#[doc(hidden)]
pub trait Indexable {
    fn encoded(&self) -> Result<Encoded, Error>;
}

impl<P: Protected> Indexable for P {
    fn encoded(&self) -> Result<Encoded, Error> {
        self.present().map(encode).transpose()
    }
}

pub(super) fn encode<T: Value>(value: &Phi<T>) -> Result<(Content, SecretBytes), Error> {
    let mut buffer = SecretBytes::with_capacity(value.expose().size_hint().min(MAX_HINT));
    value
        .expose()
        .encode(&mut Encoder::new(&mut buffer))
        .map_err(|error| Error::new(ErrorKind::Unencodable, error.reason()))?;
    Ok((T::CONTENT, buffer))
}

/// How much is allocated on a value's word: 1 MiB.
const MAX_HINT: usize = 1 << 20;

/// What the row will store of an index, for these values of its fields in their order. It waits,
/// as what is sealed does.
#[doc(hidden)]
pub fn index_in<'o, 'a, I: Index>(
    sealing: &mut Sealing<'o, 'a>,
    permit: &Permit<'o, 'a>,
    parts: &[&dyn Indexable],
) -> Pending<'o, I::Stored> {
    let action = sealing.action();
    if let Err(error) = demand_parts::<I>(action, permit) {
        return Pending::new(Err(error));
    }
    let made = parts
        .iter()
        .map(|part| part.encoded())
        .collect::<Result<Vec<_>, _>>()
        .and_then(|parts| store::<I>(action, &parts));
    Pending::new(made.map_err(|error| spoil::<I>(action, permit, error)))
}

/// What the row will store of an index after resealing: the same, if that is of the current
/// version. Whether it is right, [`Session::verify_indexes`](crate::Session::verify_indexes) says.
#[doc(hidden)]
pub fn reindex_in<'o, 'a, I: Index>(
    resealing: &mut Resealing<'o, 'a>,
    permit: &Permit<'o, 'a>,
    row: &impl SealedRecord,
    stored: &I::Stored,
) -> Pending<'o, I::Stored> {
    if !I::INFO
        .parts()
        .iter()
        .all(|part| permit.has_announced(part.field()))
    {
        return Pending::new(Ok(stored.clone()));
    }
    let action = resealing.action();
    if let Err(error) = demand_parts::<I>(action, permit) {
        return Pending::new(Err(error));
    }
    let made = active_version(action, &I::INFO).and_then(|current| {
        let values = stored.values();
        let mut parts = I::INFO.parts().iter();
        let is_current = match values {
            [] => parts.any(|part| envelope_of_field(row, part.field()).is_none()),
            _ => values.iter().all(|value| value.version() == current),
        };
        if is_current {
            return Ok(stored.clone());
        }
        let parts = open_parts(action, permit, row, &I::INFO)?;
        store::<I>(action, &parts)
    });
    Pending::new(made.map_err(|error| spoil::<I>(action, permit, error)))
}

/// Refuses an index of which a field is not permitted: a row's code may be written by hand.
fn demand_parts<'a, I: Index>(
    action: &mut Action<'a>,
    permit: &Permit<'_, 'a>,
) -> Result<(), Error> {
    let mut parts = I::INFO.parts().iter();
    parts.try_for_each(|part| action.demand(permit, part.field()).map(drop))
}

/// The values of an index's fields in a row, for the crate's own use.
pub(super) fn open_parts<'a>(
    action: &mut Action<'a>,
    permit: &Permit<'_, 'a>,
    row: &impl SealedRecord,
    index: &IndexInfo,
) -> Result<Vec<Encoded>, Error> {
    index
        .parts()
        .iter()
        .map(|part| open_part(action, permit, row, part.field()))
        .collect()
}

/// One field's value in a row; `None` where it is absent.
pub(super) fn open_part<'a, W: SealedRecord>(
    action: &mut Action<'a>,
    permit: &Permit<'_, 'a>,
    row: &W,
    field: &FieldInfo,
) -> Result<Encoded, Error> {
    let Some(envelope) = envelope_of_field(row, field) else {
        return action.absent(field).map(|()| None);
    };
    let (content, bytes) = action.peek(permit, field, &envelope)?;
    Ok((content != Content::Null).then_some((content, bytes)))
}

/// The envelope of a field in a row.
pub(crate) fn envelope_of_field<'r, W: SealedRecord>(
    row: &'r W,
    field: &FieldInfo,
) -> Option<Envelope<'r>> {
    let fields = <W::Record as Record>::FIELDS;
    let at = fields.iter().position(|known| known == field)?;
    Envelope::parse(row.envelope_at(at)?).ok()
}

/// What a row will store of all indexes of one field, in the order of the row.
pub(super) struct FieldIndexes {
    field: FieldInfo,
    stored: VecDeque<Box<dyn Any>>,
}

impl FieldIndexes {
    /// Refuses a field whose index takes other fields too.
    pub(super) fn check<R: Record>(field: &FieldInfo) -> Result<(), Error> {
        let is_compound = |index: &&IndexInfo| {
            let parts = index.parts();
            parts.len() > 1 && parts.iter().any(|part| part.field() == field)
        };
        match R::INDEXES.iter().find(is_compound) {
            Some(_) => Err(field.blame(Error::new(
                ErrorKind::InvalidInput,
                "the field is part of a compound index: seal the record as a whole",
            ))),
            None => Ok(()),
        }
    }

    /// The values for a new value of the field.
    pub(super) fn make<'a, W: SealedRecord>(
        sealing: &mut Sealing<'_, 'a>,
        permit: &Permit<'_, 'a>,
        row: &W,
        field: &FieldInfo,
        value: &impl Protected,
    ) -> Result<Self, Error> {
        let mut maker = Maker {
            action: sealing.action(),
            field: *field,
            value: [value.encoded()?],
            stored: VecDeque::new(),
        };
        match row.visit_indexes(&mut maker) {
            Ok(()) => Ok(Self {
                field: *field,
                stored: maker.stored,
            }),
            Err(error) => Err(sealing.action().spoil(permit, field, error)),
        }
    }

    /// Puts them into the row from which they were made.
    pub(super) fn put_into<W: SealedRecord>(mut self, row: &mut W) -> Result<(), Error> {
        row.visit_indexes_mut(&mut self)
    }
}

fn is_of(index: &IndexInfo, field: &FieldInfo) -> bool {
    matches!(index.parts(), [part] if part.field() == field)
}

struct Maker<'m, 'a> {
    action: &'m mut Action<'a>,
    field: FieldInfo,
    value: [Encoded; 1],
    stored: VecDeque<Box<dyn Any>>,
}

impl IndexVisitor for Maker<'_, '_> {
    fn visit<I: Index>(&mut self, _: &I::Stored) -> Result<(), Error> {
        if is_of(&I::INFO, &self.field) {
            let stored = store::<I>(self.action, &self.value)?;
            self.stored.push_back(Box::new(stored));
        }
        Ok(())
    }
}

impl IndexVisitorMut for FieldIndexes {
    fn visit<I: Index>(&mut self, stored: &mut I::Stored) -> Result<(), Error> {
        if is_of(&I::INFO, &self.field) {
            let made = self.stored.pop_front().map(|made| made.downcast());
            *stored = *made
                .and_then(Result::ok)
                .expect("the same row was visited in the same order");
        }
        Ok(())
    }
}

fn active_version(action: &mut Action<'_>, index: &IndexInfo) -> Result<IndexVersion, Error> {
    active_key(action, index).map(IndexKey::version)
}

fn store<I: Index>(action: &mut Action<'_>, parts: &[Encoded]) -> Result<I::Stored, Error> {
    let parts: Vec<_> = parts.iter().collect();
    stored::<I>(active_key(action, &I::INFO)?, &parts)
}

/// The key under which values of an index are made now, derived once for the action.
fn active_key<'k>(action: &'k mut Action<'_>, index: &IndexInfo) -> Result<&'k IndexKey, Error> {
    let session = action.session;
    let keys = action
        .index_keys
        .get_or_insert_with(|| Box::new(ActiveKeys::default()))
        .downcast_mut::<ActiveKeys>()
        .expect("nothing else is kept there");
    keys.of(session, index)
}

/// Blames the first field of the index: its item in the event says that the record failed.
fn spoil<'a, I: Index>(action: &mut Action<'a>, permit: &Permit<'_, 'a>, error: Error) -> Error {
    let [first, ..] = I::INFO.parts() else {
        return error;
    };
    action.spoil(permit, first.field(), error)
}
