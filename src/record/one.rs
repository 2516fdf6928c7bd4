//! One record within an action, whether it is the action's only one or one of a page.

use super::{Record, SealedRecord};
use crate::context::RecordRef;
use crate::error::Error;
use crate::release::Release;
use crate::vault::{Opening, Sealing};

/// A record whose fields were sealed, and wait for the action to be recorded.
pub(super) struct SealedOne<'r, 'o, R: Record> {
    record: &'r R,
    waiting: R::Waiting<'o>,
}

/// Seals all fields of a record, or none: where the policy permits some only, it is refused
/// before the first is touched.
pub(super) fn seal_one<'r, 'o, 'a, R: Record>(
    record: &'r R,
    place: RecordRef<'a>,
    sealing: &mut Sealing<'o, 'a>,
) -> Result<SealedOne<'r, 'o, R>, Error> {
    let permit = sealing.authorize(place, R::FIELDS)?;
    permit.demand_all()?;
    let waiting = record.seal_in(sealing, &permit);
    Ok(SealedOne { record, waiting })
}

impl<'o, R: Record> SealedOne<'_, 'o, R> {
    /// The row, once the action is recorded.
    pub(super) fn finish(self, release: &Release<'o>) -> Result<R::Row, Error> {
        self.record.finish_row(self.waiting, release)
    }
}

/// A row whose fields were opened, and wait for the action to be recorded.
pub(super) struct OpenedOne<'r, 'o, W: SealedRecord> {
    row: &'r W,
    waiting: W::Waiting<'o>,
}

/// Opens all fields of a row, or none; as [`seal_one`].
pub(super) fn open_one<'r, 'o, 'a, W: SealedRecord>(
    row: &'r W,
    place: RecordRef<'a>,
    opening: &mut Opening<'o, 'a>,
) -> Result<OpenedOne<'r, 'o, W>, Error> {
    let permit = opening.authorize(place, <W::Record as Record>::FIELDS)?;
    permit.demand_all()?;
    let waiting = row.open_in(opening, &permit);
    Ok(OpenedOne { row, waiting })
}

impl<'o, W: SealedRecord> OpenedOne<'_, 'o, W> {
    /// The record, once the action is recorded.
    pub(super) fn finish(self, release: &Release<'o>) -> Result<W::Record, Error> {
        self.row.finish_record(self.waiting, release)
    }
}
