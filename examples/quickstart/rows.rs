//! SQL for the sealed twins: an id in clear to find a row by, a flag that is nobody's secret, and
//! envelopes. Nothing here can see a plaintext.

use std::error::Error;
use std::path::Path;

use phi_seal::Sealed;
use phi_seal::codec::Value;
use rusqlite::{Connection, Row, named_params, params};

use crate::patient::{PatientRow, RestrictedNoteRow};

const SCHEMA: &str = "
    CREATE TABLE patient (
        id TEXT PRIMARY KEY, active INTEGER NOT NULL,
        names BLOB, birth_date BLOB, gender BLOB, ssn BLOB, mrn BLOB,
        phones BLOB, emails BLOB, addresses BLOB, note BLOB
    );
    CREATE TABLE restricted_note (patient_id TEXT PRIMARY KEY, text BLOB NOT NULL);
";

const SAVE_PATIENT: &str = "
    INSERT OR REPLACE INTO patient VALUES (
        :id, :active, :names, :birth_date, :gender, :ssn, :mrn, :phones, :emails, :addresses, :note
    )
";

pub(crate) struct Database(Connection);

impl Database {
    pub(crate) fn create(path: &Path) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(connection))
    }

    pub(crate) fn save_all(
        &mut self,
        patients: &[PatientRow],
        notes: &[RestrictedNoteRow],
    ) -> rusqlite::Result<()> {
        let transaction = self.0.transaction()?;
        for row in patients {
            save_patient(&transaction, row)?;
        }
        for row in notes {
            transaction.execute(
                "INSERT INTO restricted_note VALUES (?1, ?2)",
                params![row.patient_id, row.text.as_bytes()],
            )?;
        }
        transaction.commit()
    }

    pub(crate) fn save(&self, row: &PatientRow) -> rusqlite::Result<()> {
        save_patient(&self.0, row)
    }

    pub(crate) fn patients(&self) -> Result<Vec<PatientRow>, Box<dyn Error>> {
        let mut statement = self.0.prepare("SELECT * FROM patient ORDER BY id")?;
        let mut rows = statement.query([])?;
        let mut patients = Vec::new();
        while let Some(row) = rows.next()? {
            patients.push(read_patient(row)?);
        }
        Ok(patients)
    }

    pub(crate) fn patient(&self, id: &str) -> Result<PatientRow, Box<dyn Error>> {
        let mut statement = self.0.prepare("SELECT * FROM patient WHERE id = ?1")?;
        let mut rows = statement.query([id])?;
        read_patient(rows.next()?.ok_or("no such patient")?)
    }

    pub(crate) fn restricted_note(&self, id: &str) -> Result<RestrictedNoteRow, Box<dyn Error>> {
        let query = "SELECT text FROM restricted_note WHERE patient_id = ?1";
        let envelope: Vec<u8> = self.0.query_row(query, [id], |row| row.get(0))?;
        Ok(RestrictedNoteRow {
            patient_id: id.into(),
            text: Sealed::from_bytes(envelope)?,
        })
    }

    /// What somebody with write access to the database can do.
    pub(crate) fn swap_ssns(&self, one: &str, other: &str) -> rusqlite::Result<()> {
        let ssn = |id| -> rusqlite::Result<Option<Vec<u8>>> {
            let query = "SELECT ssn FROM patient WHERE id = ?1";
            self.0.query_row(query, [id], |row| row.get(0))
        };
        let (first, second) = (ssn(one)?, ssn(other)?);
        let update = "UPDATE patient SET ssn = ?2 WHERE id = ?1";
        self.0.execute(update, params![one, second])?;
        self.0.execute(update, params![other, first])?;
        Ok(())
    }

    /// Likewise.
    pub(crate) fn delete_note(&self, id: &str) -> rusqlite::Result<()> {
        let update = "UPDATE patient SET note = NULL WHERE id = ?1";
        self.0.execute(update, [id]).map(drop)
    }
}

fn save_patient(connection: &Connection, row: &PatientRow) -> rusqlite::Result<()> {
    connection
        .prepare_cached(SAVE_PATIENT)?
        .execute(named_params! {
            ":id": row.id,
            ":active": row.active,
            ":names": bytes(&row.names),
            ":birth_date": bytes(&row.birth_date),
            ":gender": bytes(&row.gender),
            ":ssn": bytes(&row.ssn),
            ":mrn": bytes(&row.mrn),
            ":phones": bytes(&row.phones),
            ":emails": bytes(&row.emails),
            ":addresses": bytes(&row.addresses),
            ":note": bytes(&row.note),
        })
        .map(drop)
}

fn read_patient(row: &Row<'_>) -> Result<PatientRow, Box<dyn Error>> {
    Ok(PatientRow {
        id: row.get("id")?,
        active: row.get("active")?,
        names: sealed(row, "names")?,
        birth_date: sealed(row, "birth_date")?,
        gender: sealed(row, "gender")?,
        ssn: sealed(row, "ssn")?,
        mrn: sealed(row, "mrn")?,
        phones: sealed(row, "phones")?,
        emails: sealed(row, "emails")?,
        addresses: sealed(row, "addresses")?,
        note: sealed(row, "note")?,
    })
}

fn bytes<T>(cell: &Option<Sealed<T>>) -> Option<&[u8]> {
    cell.as_ref().map(Sealed::as_bytes)
}

/// Takes nothing but an envelope: a plaintext in this column is an error that does not quote it.
fn sealed<T: Value>(row: &Row<'_>, column: &str) -> Result<Option<Sealed<T>>, Box<dyn Error>> {
    let cell: Option<Vec<u8>> = row.get(column)?;
    Ok(cell.map(Sealed::from_bytes).transpose()?)
}
