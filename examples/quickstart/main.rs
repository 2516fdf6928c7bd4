//! The main job, from a FHIR file to a sealed database and back: `cargo run --example quickstart`.
//!
//! Twenty-five synthetic patients are read, sealed into SQLite, looked at by a thief, opened by a
//! physician, refused to a billing clerk, tampered with, audited, and carried over to a new key.
//! Everything happens in a temporary folder. Whatever goes otherwise than told ends the program
//! with an error.

mod access;
mod audit_trail;
mod fhir;
mod patient;
mod rows;
mod search;
mod terminal;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use phi_seal::audit::{Durability, EventRecord, JsonLines};
use phi_seal::key::{KeyInfo, KeysetFile, LocalKms};
use phi_seal::{
    Keyring, Phi, Purpose, RecordRef, Sealed, SecretBytes, Session, Vault, from_json, inspect,
};
use pollster::block_on;

use crate::access::{access, policy_table, role_policy};
use crate::audit_trail::{AUDIT_COLUMNS, audit_line, read_audit_trail};
use crate::patient::{
    ADDRESSES, FIELD_COUNT, HumanName, NAMES, NOTE, Patient, RESTRICTED_NOTE, RestrictedNote, SSN,
    ids, open_patient, seal_patient, seal_restricted_note,
};
use crate::rows::{Database, PatientRow};
use crate::search::{contains, known_plaintexts};
use crate::terminal::{Terminal, cut};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let started = Instant::now();
    let folder = tempfile::tempdir()?;
    let files = &Files::within(folder.path());
    let terminal = &mut Terminal::new();

    let records = read_records(terminal)?;
    let mut keys = create_keys(terminal, files)?;
    let vault = build_vault(terminal, files, keys.keyring.clone())?;
    let staff = Staff::log_in(&vault)?;
    let mut database = Database::create(&files.database)?;

    seal_all(terminal, &staff.intake, &records, &mut database)?;
    show_what_a_thief_sees(terminal, files, &records, &database)?;
    open_all(terminal, &staff.physician, &database)?;
    refuse_what_is_not_theirs(terminal, &vault, &staff, &database)?;
    detect_tampering(terminal, &staff.physician, &database)?;
    show_audit_trail(terminal, files, &records)?;
    rotate_keys(terminal, &mut keys, &staff, &records, &database)?;

    let patients = records.patients.len();
    let events = read_audit_trail(&files.audit)?.len();
    let elapsed = started.elapsed().as_millis();
    terminal.summary(&format!(
        "All as it should be: {patients} patients, {events} audit events, {elapsed} ms."
    ))?;
    Ok(())
}

fn read_records(terminal: &mut Terminal) -> Outcome<Records> {
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

fn create_keys(terminal: &mut Terminal, files: &Files) -> Outcome<Keys> {
    terminal.step("Create a data key, wrapped by a root key")?;
    // For one machine. In production a KMS or an HSM keeps the root key: whoever takes a disk with
    // the root key and the database on it has both.
    let kms = LocalKms::create_file(&files.root_key)?;
    let file = block_on(KeysetFile::create(&files.keyset, &kms))?;
    let keyring = Arc::new(block_on(file.unlock(&kms))?);

    terminal.line(
        "root.key",
        "for its owner only (0600); unwraps the data keys",
    )?;
    terminal.line(
        "keys.json",
        "wrapped data keys: no key byte is in it in clear",
    )?;
    let json = fs::read_to_string(&files.keyset)?;
    let keys = json.lines().skip_while(|line| !line.contains("\"keys\""));
    for line in keys.take_while(|line| !line.contains("\"mac\"")) {
        terminal.line("", cut(line.strip_prefix("  ").unwrap_or(line), 64))?;
    }
    let other_kms = LocalKms::generate()?;
    let error = block_on(file.unlock(&other_kms))
        .err()
        .ok_or("any root key unlocks it")?;
    terminal.refused("another root key", error)?;
    Ok(Keys { kms, file, keyring })
}

fn build_vault(terminal: &mut Terminal, files: &Files, keyring: Arc<Keyring>) -> Outcome<Vault> {
    terminal.step("Say who may do what, and record all they do")?;
    let policy = role_policy();
    // Synced: nothing is given out before the disk has confirmed the audit event.
    let audit = JsonLines::open(&files.audit, Durability::Synced)?;

    terminal.table(&policy_table(&policy))?;
    terminal.remark(
        "Everything else is denied. Notes on HIV, psychotherapy and addiction (42 CFR Part 2)",
    )?;
    terminal
        .remark("bear labels, and a rule that does not name the labels does not reach them.")?;
    Ok(Vault::builder(keyring, policy, audit)
        .observer("quickstart")?
        .build())
}

fn seal_all(
    terminal: &mut Terminal,
    intake: &Session,
    records: &Records,
    database: &mut Database,
) -> Outcome<()> {
    terminal.step("Seal each patient as one recorded action, into SQLite")?;
    let clock = Instant::now();
    let mut patients = Vec::new();
    for patient in &records.patients {
        patients.push(seal_patient(intake, patient)?);
    }
    let mut notes = Vec::new();
    for note in &records.restricted_notes {
        notes.push(seal_restricted_note(intake, note)?);
    }
    let elapsed = clock.elapsed();
    database.save_all(&patients, &notes)?;

    let (sealed, fields) = (patients.len(), patients.len() * FIELD_COUNT + notes.len());
    terminal.good(
        "sealed",
        format!("{sealed} patients, {} notes: {fields} fields", notes.len()),
    )?;
    terminal.line("time", timing(elapsed, patients.len() + notes.len()))?;
    terminal.remark("Missing values stay NULL, but for the note, which seals its absence too.")?;
    Ok(())
}

fn show_what_a_thief_sees(
    terminal: &mut Terminal,
    files: &Files,
    records: &Records,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Steal the database file")?;
    let row = database.patient("p-001")?;
    let ssn = row.ssn.as_ref().ok_or("no SSN")?;
    let gender = row.gender.as_ref().ok_or("no gender")?;
    terminal.line("p-001  ssn", ssn.to_text())?;
    terminal.line("", about(ssn)?)?;
    terminal.line("p-001  gender", gender.to_text())?;
    terminal.line("", about(gender)?)?;

    let loot = fs::read(&files.database)?;
    let known = known_plaintexts(&records.patients);
    ensure(
        contains(&loot, "p-001"),
        "the search does not even find an id in clear",
    )?;
    ensure(
        !known.iter().any(|text| contains(&loot, text)),
        "a plaintext is in the database",
    )?;
    terminal.good(
        "searched",
        format!(
            "{} names, SSNs and MRNs in {} bytes: none found",
            known.len(),
            loot.len()
        ),
    )?;
    terminal.remark(
        "Not hidden: ids, what is missing, the type and size of each value, and the key's id.",
    )?;
    Ok(())
}

fn open_all(terminal: &mut Terminal, physician: &Session, database: &Database) -> Outcome<()> {
    terminal.step("Open them as the treating physician")?;
    let rows = database.patients()?;
    let clock = Instant::now();
    let mut patients = Vec::new();
    for row in &rows {
        patients.push(open_patient(physician, row)?);
    }
    let elapsed = clock.elapsed();

    let mut table = vec![
        ["id", "born", "MRN", "name", "note"]
            .map(String::from)
            .to_vec(),
    ];
    let shown = patients
        .iter()
        .filter(|patient| SHOWN.contains(&&*patient.id));
    table.extend(shown.map(chart_line));
    ensure(table.len() == 1 + SHOWN.len(), "a patient is missing")?;
    terminal.table(&table)?;
    terminal.remark("PHI in clear, on purpose: in this table and in the next step.")?;
    terminal.good(
        "opened",
        format!("{} patients of {FIELD_COUNT} fields", patients.len()),
    )?;
    terminal.line("time", timing(elapsed, patients.len()))?;
    Ok(())
}

fn refuse_what_is_not_theirs(
    terminal: &mut Terminal,
    vault: &Vault,
    staff: &Staff,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Refuse what is not theirs to see")?;
    let row = database.patient("p-004")?;
    let (id, subject) = ids(&row.id)?;
    let record = RecordRef::new(&id, &subject);
    terminal.remark("The billing clerk, for payment:")?;
    let names = staff
        .clerk
        .open_value(&NAMES, record, &row.names)?
        .ok_or("no name")?;
    let name = names.expose().as_inner().first().ok_or("no name")?;
    terminal.good("name", name.in_full())?;
    let addresses = staff.clerk.open_value(&ADDRESSES, record, &row.addresses)?;
    let addresses = addresses.ok_or("no address")?;
    let address = addresses.expose().as_inner().first().ok_or("no address")?;
    terminal.good("address", address.on_one_line())?;
    let error = refusal(staff.clerk.open_value(&NOTE, record, &row.note))?;
    ensure(
        error.is_denied(),
        "the clerk was refused for another reason",
    )?;
    terminal.refused("clinical note", error)?;

    let note = database.restricted_note("p-009")?;
    let (id, subject) = ids(&note.patient_id)?;
    let record = RecordRef::new(&id, &subject);
    terminal.remark("The physician, for a psychotherapy note:")?;
    let error = refusal(
        staff
            .physician
            .open_value(&RESTRICTED_NOTE, record, &note.text),
    )?;
    ensure(
        error.is_denied(),
        "the physician was refused for another reason",
    )?;
    terminal.refused("to treat", error)?;
    let emergency = access("dr-osei", "physician", Purpose::BreakGlass)?.reason("overdose-in-er");
    let emergency = vault.session(emergency)?;
    let text = emergency.open_value(&RESTRICTED_NOTE, record, &note.text)?;
    terminal.good("breaking the glass", text.expose())?;
    Ok(())
}

fn detect_tampering(
    terminal: &mut Terminal,
    physician: &Session,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Tamper with the database")?;
    database.swap_ssns("p-001", "p-002")?;
    let row = database.patient("p-001")?;
    let (id, subject) = ids(&row.id)?;
    let record = RecordRef::new(&id, &subject);
    let error = refusal(physician.open_value(&SSN, record, &row.ssn))?;
    ensure(
        error.is_integrity(),
        "the swap was refused for another reason",
    )?;
    terminal.refused("swapped SSNs", format!("{}: {error}", error.kind().code()))?;
    database.swap_ssns("p-001", "p-002")?;

    let untouched = database.patient("p-003")?;
    database.delete_note("p-003")?;
    let error = refusal(open_patient(physician, &database.patient("p-003")?))?;
    ensure(
        error.is_integrity(),
        "the deletion was refused for another reason",
    )?;
    terminal.refused(
        "deleted allergies",
        format!("{}: {error}", error.kind().code()),
    )?;
    database.save(&untouched)?;

    for id in ["p-001", "p-002", "p-003"] {
        open_patient(physician, &database.patient(id)?)?;
    }
    terminal.good("put right", "p-001, p-002 and p-003 open again")?;
    Ok(())
}

fn show_audit_trail(terminal: &mut Terminal, files: &Files, records: &Records) -> Outcome<()> {
    terminal.step("Read the audit trail")?;
    let events = read_audit_trail(&files.audit)?;
    let first = |action: &str, purpose: &str, outcome: &str| {
        let is_wanted = |event: &&EventRecord| {
            event.action == action && event.purpose == purpose && event.outcome == outcome
        };
        events
            .iter()
            .find(is_wanted)
            .map(audit_line)
            .ok_or("an event is missing")
    };
    terminal.table(&[
        AUDIT_COLUMNS.map(String::from).to_vec(),
        first("seal", "HOPERAT", "success")?,
        first("open", "TREAT", "success")?,
        first("open", "HPAYMT", "denied")?,
        first("open", "BTG", "success")?,
        first("open", "TREAT", "integrity")?,
    ])?;
    let log = fs::read(&files.audit)?;
    let known = known_plaintexts(&records.patients);
    ensure(
        contains(&log, "p-001"),
        "the search does not even find an id in clear",
    )?;
    ensure(
        !known.iter().any(|text| contains(&log, text)),
        "a plaintext is in the audit trail",
    )?;
    terminal.remark(&format!(
        "5 of {} events. No value is in them, but whose record it was is: guard them as PHI.",
        events.len(),
    ))?;
    Ok(())
}

fn rotate_keys(
    terminal: &mut Terminal,
    keys: &mut Keys,
    staff: &Staff,
    records: &Records,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Rotate the key while everybody works on")?;
    // The new key is on the disk before anything is sealed under it.
    let new_id = block_on(keys.file.rotate(&keys.kms))?;
    keys.keyring.replace(block_on(keys.file.unlock(&keys.kms))?);
    for patient in records.patients.iter().take(3) {
        database.save(&seal_patient(&staff.intake, patient)?)?;
    }

    let rows = database.patients()?;
    for row in &rows {
        open_patient(&staff.physician, row)?;
    }
    for key in keys.keyring.keys() {
        let count = rows.iter().filter(|row| is_sealed_under(row, &key)).count();
        let expected = if *key.id() == new_id {
            3
        } else {
            rows.len() - 3
        };
        ensure(
            count == expected,
            "rows are sealed under another key than expected",
        )?;
        let (state, id) = (key.state().code(), key.id().to_hex());
        let text = format!("{}  {state:<12}  {count:>2} rows", cut(&id, 13));
        terminal.line(&format!("version {}", key.version()), text)?;
    }
    terminal.good(
        "opened",
        format!("all {} patients, in sessions from before", rows.len()),
    )?;
    Ok(())
}

const FHIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/patients.ndjson");

/// Patients with names of several scripts; one without a note, one born in a year only.
const SHOWN: [&str; 7] = [
    "p-002", "p-004", "p-006", "p-007", "p-010", "p-016", "p-021",
];

#[derive(Default)]
struct Records {
    patients: Vec<Patient>,
    restricted_notes: Vec<RestrictedNote>,
}

struct Keys {
    kms: LocalKms,
    file: KeysetFile,
    /// Shared with the vault, which uses new keys as soon as they are put in here.
    keyring: Arc<Keyring>,
}

/// A session is one person or system, with one purpose, at one tenant. It expires.
struct Staff {
    intake: Session,
    physician: Session,
    clerk: Session,
}

impl Staff {
    fn log_in(vault: &Vault) -> Result<Self, phi_seal::Error> {
        Ok(Self {
            intake: vault.session(access("intake-1", "intake", Purpose::Operations)?)?,
            physician: vault.session(access("dr-osei", "physician", Purpose::Treatment)?)?,
            clerk: vault.session(access("j-marsh", "billing-clerk", Purpose::Payment)?)?,
        })
    }
}

/// Where things lie within the temporary folder.
struct Files {
    root_key: PathBuf,
    keyset: PathBuf,
    audit: PathBuf,
    database: PathBuf,
}

impl Files {
    fn within(folder: &Path) -> Self {
        Self {
            root_key: folder.join("root.key"),
            keyset: folder.join("keys.json"),
            audit: folder.join("audit.jsonl"),
            database: folder.join("patients.db"),
        }
    }
}

/// What anybody reads off an envelope without a key.
fn about<T>(sealed: &Sealed<T>) -> Result<String, phi_seal::Error> {
    let about = inspect(sealed.as_bytes())?;
    let padding = if about.padded { "padded to" } else { "of" };
    let (content, content_len) = (about.content, about.content_len);
    let key = about.key_id.to_hex();
    Ok(format!(
        "{content:?} {padding} {content_len} bytes under key {}",
        cut(&key, 13)
    ))
}

fn chart_line(patient: &Patient) -> Vec<String> {
    let text = |value: &Option<Phi<String>>| match value {
        Some(value) => value.expose().clone(),
        None => "–".into(),
    };
    let name = patient.names().first().map(HumanName::in_full);
    vec![
        patient.id.clone(),
        text(&patient.birth_date),
        text(&patient.mrn),
        cut(&name.unwrap_or_default(), 26),
        text(&patient.note),
    ]
}

/// The note tells, because it is never NULL.
fn is_sealed_under(row: &PatientRow, key: &KeyInfo) -> bool {
    row.note
        .as_ref()
        .is_some_and(|note| note.key_id() == *key.id())
}

fn timing(elapsed: Duration, actions: usize) -> String {
    let all = elapsed.as_secs_f64() * 1000.0;
    let each = all / actions as f64;
    format!("{all:.0} ms, {each:.1} ms a record, each audit event synced to the disk")
}

/// The error of what must fail.
fn refusal<T>(result: Result<T, phi_seal::Error>) -> Outcome<phi_seal::Error> {
    result
        .err()
        .ok_or("something came out that should have been refused".into())
}

fn ensure(condition: bool, otherwise: &str) -> Outcome<()> {
    if condition {
        Ok(())
    } else {
        Err(otherwise.into())
    }
}
