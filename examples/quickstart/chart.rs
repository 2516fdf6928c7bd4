//! Who sees what.

use std::time::Instant;

use phi_seal::{Phi, Purpose, Session, Vault};

use crate::access::access;
use crate::intake::timing;
use crate::patient::{HumanName, Patient};
use crate::rows::Database;
use crate::terminal::{Terminal, cut};
use crate::{Outcome, Staff, ensure, refusal};

pub(crate) fn open_all(
    terminal: &mut Terminal,
    physician: &Session,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Open them as the treating physician")?;
    let rows = database.patients()?;
    let clock = Instant::now();
    let mut patients = Vec::new();
    for row in &rows {
        patients.push(physician.open(row)?);
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
        format!(
            "{} patients of {} fields",
            patients.len(),
            Patient::SCHEMA.fields().len()
        ),
    )?;
    terminal.line("time", timing(elapsed, patients.len()))?;
    Ok(())
}

pub(crate) fn refuse_what_is_not_theirs(
    terminal: &mut Terminal,
    vault: &Vault,
    staff: &Staff,
    database: &Database,
) -> Outcome<()> {
    terminal.step("Refuse what is not theirs to see")?;
    let row = database.patient("p-004")?;
    terminal.remark("The billing clerk, for payment:")?;
    // The minimum necessary: only these fields are opened, and the event lists no other.
    let (names, addresses) = staff
        .clerk
        .open_fields(&row, (Patient::NAMES, Patient::ADDRESSES))?;
    let names = names.ok_or("no name")?;
    let name = names.expose().as_inner().first().ok_or("no name")?;
    terminal.good("name", name.in_full())?;
    let addresses = addresses.ok_or("no address")?;
    let address = addresses.expose().as_inner().first().ok_or("no address")?;
    terminal.good("address", address.on_one_line())?;
    let error = refusal(staff.clerk.open_fields(&row, (Patient::NOTE,)))?;
    ensure(
        error.is_denied(),
        "the clerk was refused for another reason",
    )?;
    terminal.refused("clinical note", error)?;

    let row = database.restricted_note("p-009")?;
    terminal.remark("The physician, for a psychotherapy note:")?;
    let error = refusal(staff.physician.open(&row))?;
    ensure(
        error.is_denied(),
        "the physician was refused for another reason",
    )?;
    terminal.refused("to treat", error)?;
    let emergency = access("dr-osei", "physician", Purpose::BreakGlass)?.reason("overdose-in-er");
    let note = vault.session(emergency)?.open(&row)?;
    terminal.good("breaking the glass", note.text.expose())?;
    Ok(())
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

/// Patients with names of several scripts; one without a note, one born in a year only.
const SHOWN: [&str; 7] = [
    "p-002", "p-004", "p-006", "p-007", "p-010", "p-016", "p-021",
];
