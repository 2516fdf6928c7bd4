//! A row as a database holds it.

use phi_seal::Sealed;

use crate::common::patient::{FIELDS, PatientRow};

/// What a database holds of a row: its id and twelve columns of bytes.
pub(crate) struct Columns(String, [Vec<u8>; FIELDS]);

impl Columns {
    pub(crate) fn of(row: &PatientRow) -> Self {
        let columns = [
            &row.family,
            &row.given,
            &row.birth,
            &row.street,
            &row.city,
            &row.phone,
            &row.email,
            &row.ssn,
            &row.mrn,
            &row.plan,
            &row.allergies,
            &row.note,
        ]
        .map(|sealed| sealed.as_bytes().to_vec());
        Self(row.id.clone(), columns)
    }

    pub(crate) fn into_row(self) -> PatientRow {
        let Self(id, columns) = self;
        let [
            family,
            given,
            birth,
            street,
            city,
            phone,
            email,
            ssn,
            mrn,
            plan,
            allergies,
            note,
        ] = columns.map(|bytes| Sealed::from_bytes(bytes).unwrap());
        PatientRow {
            id,
            family,
            given,
            birth,
            street,
            city,
            phone,
            email,
            ssn,
            mrn,
            plan,
            allergies,
            note,
        }
    }
}
