//! Records in sessions: each function is one action and one event.

use super::fields::check_distinct;
#[cfg(feature = "index")]
use super::indexing::FieldIndexes;
use super::one::{open_one, seal_one};
use super::{Record, RecordField, RecordFields, SealedRecord};
use crate::error::Error;
use crate::shape::Protected;
use crate::vault::Session;

impl Session {
    /// Seals all sensitive fields of a record: one action, one event that lists them.
    ///
    /// The record stays as it is; its plain fields are cloned into the row.
    ///
    /// # Errors
    ///
    /// [`Denied`](crate::ErrorKind::Denied) unless the policy permits every field, and the others of
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
    /// [`Denied`](crate::ErrorKind::Denied) unless the policy permits every field, and the others of
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
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) when one is named twice.
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
        check_distinct(infos)?;
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
    /// The field's index values are made anew with it. The other fields are neither opened nor
    /// sealed anew. They stay bound to the row as it is, so a record with a binding that changes
    /// with every update is sealed as a whole instead.
    ///
    /// # Errors
    ///
    /// Those of [`seal_value`](Session::seal_value), and
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) for a field of a compound index, which takes the
    /// other fields too: seal the record as a whole. The row is unchanged then.
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
        #[cfg(feature = "index")]
        FieldIndexes::check::<R>(&field.info())?;
        let fields = [field.info()];
        let made = self.seal_with(|mut sealing| {
            let permit = sealing.authorize(place.record_ref(), &fields)?;
            let sealed = sealing.seal(&permit, &field, value);
            #[cfg(feature = "index")]
            let indexes = FieldIndexes::make(&mut sealing, &permit, row, &fields[0], value);
            let release = sealing.record()?;
            Ok((
                release.release(sealed)?,
                #[cfg(feature = "index")]
                indexes?,
            ))
        })?;
        // It borrows from the row.
        drop(place);
        #[cfg(feature = "index")]
        made.1.put_into(row)?;
        field.replace(row, made.0);
        Ok(())
    }
}
