//! Records in sessions: each function is one action and one event.

use super::one::{open_one, seal_one};
use super::{Record, RecordField, RecordFields, SealedRecord};
use crate::error::{Error, ErrorKind};
use crate::shape::Protected;
use crate::vault::Session;

impl Session {
    /// Seals all sensitive fields of a record: one action, one event that lists them.
    ///
    /// The record stays as it is; its plain fields are cloned into the row.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied) unless the policy permits every field, and the others of
    /// [`seal_value`](Session::seal_value), naming the field. Nothing is sealed then.
    ///
    /// # Example
    ///
    /// See [`PhiRecord`](derive@crate::PhiRecord).
    pub fn seal<R: Record>(&self, record: &R) -> Result<R::Row, Error> {
        let place = record.place()?;
        self.seal_with(|mut sealing| {
            let sealed = seal_one(record, place.record_ref(), &mut sealing)?;
            sealed.finish(&sealing.record()?)
        })
    }

    /// Opens all sealed fields of a row: one action, one event that lists them.
    ///
    /// All or nothing: one field that is denied, corrupt or from another place fails the record.
    /// The event says how each field fared, and so reports the sound ones of a failed record too.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied) unless the policy permits every field, and the others of
    /// [`open_value`](Session::open_value), naming the field. No plaintext was released then.
    ///
    /// # Example
    ///
    /// See [`PhiRecord`](derive@crate::PhiRecord).
    pub fn open<W: SealedRecord>(&self, row: &W) -> Result<W::Record, Error> {
        let place = row.place()?;
        self.open_with(|mut opening| {
            let opened = open_one(row, place.record_ref(), &mut opening)?;
            opened.finish(&opening.record()?)
        })
    }

    /// Opens some fields of a row and leaves the others alone: one action, one event that lists
    /// these fields only. All or nothing, as [`open`](Session::open).
    ///
    /// # Errors
    ///
    /// Those of [`open`](Session::open) for these fields, and
    /// [`InvalidInput`](ErrorKind::InvalidInput) when one is named twice.
    ///
    /// # Example
    ///
    /// See [`PhiRecord`](derive@crate::PhiRecord).
    pub fn open_fields<F: RecordFields>(
        &self,
        row: &<F::Record as Record>::Row,
        fields: F,
    ) -> Result<F::Plain, Error> {
        let place = SealedRecord::place(row)?;
        let infos = fields.infos();
        let infos = infos.as_ref();
        if (1..infos.len()).any(|at| infos[..at].contains(&infos[at])) {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "name each field of the record once",
            ));
        }
        self.open_with(|mut opening| {
            let permit = opening.authorize(place.record_ref(), infos)?;
            permit.demand_all()?;
            let waiting = fields.open_in(row, &mut opening, &permit);
            let release = opening.record()?;
            F::release(waiting, &release)
        })
    }

    /// Seals a new value for one field of a row: one action, one event that lists this field.
    ///
    /// The other fields are neither opened nor sealed anew. They stay bound to the row as it is,
    /// so a record with a binding that changes with every update is sealed as a whole instead.
    ///
    /// # Errors
    ///
    /// Those of [`seal_value`](Session::seal_value). The row is unchanged then.
    ///
    /// # Example
    ///
    /// See [`PhiRecord`](derive@crate::PhiRecord).
    pub fn update_field<R: Record, P: Protected>(
        &self,
        row: &mut R::Row,
        field: RecordField<R, P>,
        value: &P,
    ) -> Result<(), Error> {
        let place = SealedRecord::place(row)?;
        let sealed = self.seal_value(&field, place.record_ref(), value)?;
        // It borrows from the row.
        drop(place);
        field.replace(row, sealed);
        Ok(())
    }
}
