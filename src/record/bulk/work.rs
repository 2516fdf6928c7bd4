//! What is done with a page: one action over its items.

use alloc::vec::Vec;

use crate::error::Error;
use crate::record::one::{open_one, seal_one};
use crate::record::{AsRecord, AsRow, Place, Record, SealedRecord};
use crate::vault::Session;

/// What a [`Bulk`](super::Bulk) does with its items: [`Seal`] or [`Open`].
pub trait Work<T>: private::Closed {
    /// What comes of an item.
    type Done;

    #[doc(hidden)]
    fn act(session: &Session, items: &[T]) -> Result<Vec<Result<Self::Done, Error>>, Error>;
}

/// Seals records into rows.
#[derive(Clone, Copy, Debug)]
pub struct Seal;

/// Opens rows into records.
#[derive(Clone, Copy, Debug)]
pub struct Open;

impl<T: AsRecord> Work<T> for Seal {
    type Done = <T::Record as Record>::Row;

    fn act(session: &Session, items: &[T]) -> Result<Vec<Result<Self::Done, Error>>, Error> {
        let places: Vec<_> = items.iter().map(|item| item.as_record().place()).collect();
        if let Some(refused) = all_refused(&places) {
            return Ok(refused);
        }
        session.seal_with(|mut sealing| {
            sealing.make_room(items.len() * T::Record::FIELDS.len());
            let sealed: Vec<_> = places
                .iter()
                .zip(items)
                .map(|(place, item)| {
                    let place = place.as_ref().map_err(|error| *error)?;
                    seal_one(item.as_record(), place.record_ref(), &mut sealing)
                })
                .collect();
            let release = sealing.record()?;
            let rows = sealed.into_iter().map(|sealed| sealed?.finish(&release));
            Ok(rows.collect())
        })
    }
}

impl<T: AsRow> Work<T> for Open {
    type Done = <T::Row as SealedRecord>::Record;

    fn act(session: &Session, items: &[T]) -> Result<Vec<Result<Self::Done, Error>>, Error> {
        let places: Vec<_> = items.iter().map(|item| item.as_row().place()).collect();
        if let Some(refused) = all_refused(&places) {
            return Ok(refused);
        }
        session.open_with(|mut opening| {
            opening.make_room(items.len() * <Self::Done as Record>::FIELDS.len());
            let opened: Vec<_> = places
                .iter()
                .zip(items)
                .map(|(place, item)| {
                    let place = place.as_ref().map_err(|error| *error)?;
                    open_one(item.as_row(), place.record_ref(), &mut opening)
                })
                .collect();
            let release = opening.record()?;
            let records = opened.into_iter().map(|opened| opened?.finish(&release));
            Ok(records.collect())
        })
    }
}

/// The results of a page none of whose items can be named: there is nothing to act on.
fn all_refused<T>(places: &[Result<Place<'_>, Error>]) -> Option<Vec<Result<T, Error>>> {
    places
        .iter()
        .map(|place| place.as_ref().err().map(|error| Err(*error)))
        .collect()
}

mod private {
    pub trait Closed {}
    impl Closed for super::Seal {}
    impl Closed for super::Open {}
}
