//! Sealed columns in SQLite, by diesel: `cargo run -p phi-seal-databases --example sqlite`.
//!
//! A database file in a temporary folder. The patients are made up.
// For what `table!` makes.
#![allow(missing_docs)]

#[path = "clinic/mod.rs"]
mod clinic;
#[path = "quickstart/terminal.rs"]
mod terminal;

use std::error::Error;
use std::fs;
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use phi_seal::{Phi, PhiRecord, Session};

use crate::clinic::{PEOPLE, session};
use crate::terminal::{Terminal, cut};

type Db = SqliteConnection;
type Outcome<T> = Result<T, Box<dyn Error>>;

const TABLE: &str = "CREATE TABLE patient (
    id   TEXT PRIMARY KEY NOT NULL,
    name BLOB NOT NULL,
    ssn  BLOB NOT NULL,
    note TEXT
)";

diesel::table! {
    patient (id) {
        id -> Text,
        name -> Binary,
        ssn -> Binary,
        /// An envelope's text form: the column's type is all that it takes.
        note -> Nullable<Text>,
    }
}

/// The derive makes the sealed twin `PatientRow`, which diesel reads and writes.
#[derive(Debug, PhiRecord)]
#[phi(
    record = "patient",
    row_derive(Queryable, Selectable, Insertable),
    row_attr(diesel(table_name = patient))
)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Ssn)]
    ssn: Phi<String>,
    #[phi(category = Clinical)]
    note: Option<Phi<String>>,
}

fn main() -> Outcome<()> {
    let terminal = &mut Terminal::new();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("clinic.db");
    let db = &mut SqliteConnection::establish(&file.display().to_string())?;
    db.batch_execute(TABLE)?;
    let session = session()?;

    seal_all(terminal, &session, db)?;
    show_what_a_thief_sees(terminal, &file, db)?;
    open_all(terminal, &session, db)?;
    detect_tampering(terminal, &session, db)?;
    terminal.summary("All as it should be.")?;
    Ok(())
}

fn seal_all(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Seal each patient as one recorded action, and insert the rows")?;
    let mut rows = Vec::new();
    for person in PEOPLE {
        rows.push(session.seal(&Patient {
            id: person.id.into(),
            name: Phi::new(person.name.into()),
            ssn: Phi::new(person.ssn.into()),
            note: person.note.map(|note| Phi::new(note.into())),
        })?);
    }
    diesel::insert_into(patient::table)
        .values(&rows)
        .execute(db)?;
    terminal.good("inserted", format!("{} patients", rows.len()))?;
    Ok(())
}

fn show_what_a_thief_sees(terminal: &mut Terminal, file: &Path, db: &mut Db) -> Outcome<()> {
    terminal.step("Steal the database file")?;
    let stolen = patient::table
        .find("p-1")
        .select((patient::ssn, patient::note));
    let (ssn, note): (Vec<u8>, Option<String>) = stolen.first(db)?;
    let hex: String = ssn.iter().map(|byte| format!("{byte:02x}")).collect();
    terminal.line("p-1  ssn", cut(&hex, 60))?;
    terminal.line("p-1  note", cut(&note.ok_or("no note")?, 60))?;

    let loot = fs::read(file)?;
    let holds = |text: &str| {
        loot.windows(text.len())
            .any(|bytes| bytes == text.as_bytes())
    };
    for person in PEOPLE {
        if !holds(person.id) || holds(person.name) || holds(person.ssn) {
            return Err("the file holds a plaintext, or not even an id in clear".into());
        }
    }
    terminal.remark("Lengths, types, NULLs and plain columns are to be seen; no value is.")?;
    terminal.good(
        "searched",
        format!("no name and no SSN in {} bytes", loot.len()),
    )?;
    Ok(())
}

fn open_all(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Read the rows, and open them")?;
    let rows = patient::table.select(PatientRow::as_select()).load(db)?;
    terminal.line("in a log", format!("{:?}", rows[0]))?;
    let mut table = vec![["id", "name", "ssn", "note"].map(String::from).to_vec()];
    for row in &rows {
        let Patient {
            id,
            name,
            ssn,
            note,
        } = session.open(row)?;
        let note = note.map_or("–".into(), |note| note.expose().clone());
        table.push(vec![id, name.expose().clone(), ssn.expose().clone(), note]);
    }
    terminal.table(&table)?;
    Ok(())
}

fn detect_tampering(terminal: &mut Terminal, session: &Session, db: &mut Db) -> Outcome<()> {
    terminal.step("Tamper with the file")?;
    db.batch_execute("UPDATE patient SET name = ssn, ssn = name WHERE id = 'p-1'")?;
    let row: PatientRow = patient::table.find("p-1").first(db)?;
    let error = session.open(&row).err().ok_or("swapped columns opened")?;
    terminal.refused("columns swapped", error)?;

    db.batch_execute("UPDATE patient SET note = 'Ada Lovelace' WHERE id = 'p-2'")?;
    let error = patient::table.find("p-2").first::<PatientRow>(db).err();
    let error = error.ok_or("plaintext was read")?;
    terminal.refused("plaintext", &error)?;
    if let Some(reason) = error.source() {
        terminal.refused("", reason)?;
    }
    Ok(())
}
