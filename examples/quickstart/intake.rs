//! From the FHIR file, through `Phi`, into sealed rows.

use std::fs;
use std::time::{Duration, Instant};

use phi_seal::{SecretBytes, Session, from_json};

use crate::patient::{Patient, RestrictedNote};
use crate::rows::Database;
use crate::terminal::Terminal;
use crate::{Outcome, ensure, fhir};

#[derive(Default)]
pub(crate) struct Records {
    pub(crate) patients: Vec<Patient>,
    pub(crate) restricted_notes: Vec<RestrictedNote>,
}

pub(crate) fn read_records(terminal: &mut Terminal) -> Outcome<Records> {
    terminal.step("Read FHIR patients straight into Phi<T>")?;
    // The file's content is plaintext too: it is wiped when this function ends.
    let body = SecretBytes::from_vec(fs::read(FHIR)?);
    let mut records = Records::default();
    for line in body.as_slice().split(|byte| *byte == b'\n') {
        if !line.is_empty() {
            let (patient, note) = from_json::<fhir::Patient>(line)?.into_records();
            records.patients.push(patient);
            records.restricted_notes.extend(note);
        }
    }
    let (patients, notes) = (records.patients.len(), records.restricted_notes.len());
    ensure(patients == 25 && notes == 5, "other patients than expected")?;
    terminal.line(
        "read",
        format!("{patients} patients, {notes} notes under a security label"),
    )?;
    let patient = records.patients.first().ok_or("no patient")?;
    terminal.line("in a log", format!("{patient:?}"))?;

    let bad_body = br#"{"id": "p-026", "name": "Ada Lovelace"}"#;
    let error = from_json::<fhir::Patient>(bad_body)
        .err()
        .ok_or("it was accepted")?;
    ensure(
        !format!("{error} {error:?}").contains("Ada"),
        "an error quotes its input",
    )?;
    terminal.refused("a wrong body", error)?;
    terminal.remark("An error says where and why, and never what.")?;
    Ok(records)
}

pub(crate) fn seal_all(
    terminal: &mut Terminal,
    intake: &Session,
    records: &Records,
    database: &mut Database,
) -> Outcome<()> {
    terminal.step("Seal each patient as one recorded action, into SQLite")?;
    let clock = Instant::now();
    let mut patients = Vec::new();
    for patient in &records.patients {
        patients.push(intake.seal(patient)?);
    }
    let mut notes = Vec::new();
    for note in &records.restricted_notes {
        notes.push(intake.seal(note)?);
    }
    let elapsed = clock.elapsed();
    database.save_all(&patients, &notes)?;

    let fields = patients.len() * Patient::SCHEMA.fields().len()
        + notes.len() * RestrictedNote::SCHEMA.fields().len();
    terminal.good(
        "sealed",
        format!(
            "{} patients, {} notes: {fields} fields",
            patients.len(),
            notes.len()
        ),
    )?;
    terminal.line("time", timing(elapsed, patients.len() + notes.len()))?;
    terminal.remark("Missing values stay NULL, but for the note, which seals its absence too.")?;
    Ok(())
}

pub(crate) fn timing(elapsed: Duration, actions: usize) -> String {
    let all = elapsed.as_secs_f64() * 1000.0;
    let each = all / actions as f64;
    format!("{all:.0} ms, {each:.1} ms a record, each audit event synced to the disk")
}

const FHIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/patients.ndjson");
