//! The audit file, read back.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;

use phi_seal::audit::{EventRecord, read_events};

use crate::intake::Records;
use crate::search::{contains, known_plaintexts};
use crate::terminal::Terminal;
use crate::{Files, Outcome, ensure};

pub(crate) fn show_audit_trail(
    terminal: &mut Terminal,
    files: &Files,
    records: &Records,
) -> Outcome<()> {
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
        first("open", "TREAT", "partial")?,
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

/// A line that is no event is an error here; a crash can leave one, so a review reports it and
/// reads on.
pub(crate) fn read_audit_trail(file: &Path) -> Outcome<Vec<EventRecord>> {
    let lines = read_events(BufReader::new(File::open(file)?));
    Ok(lines.collect::<Result<_, _>>()?)
}

fn audit_line(event: &EventRecord) -> Vec<String> {
    let subjects = event
        .subjects
        .iter()
        .flat_map(|about| about.subject.clone());
    vec![
        // Of 2026-11-21T08:30:00.000000042Z, the time of day.
        event.time.get(11..19).unwrap_or_default().into(),
        event.actor.id.clone(),
        event.actor.roles.join(" "),
        event.purpose.clone(),
        event.action.clone(),
        event.outcome.clone(),
        subjects.collect::<Vec<_>>().join(" "),
        fields_in_short(event),
    ]
}

/// All of them, or of an action that went well in part, those that did not.
fn fields_in_short(event: &EventRecord) -> String {
    let records = event.subjects.iter().flat_map(|subject| &subject.records);
    let fields: Vec<_> = records.flat_map(|record| &record.fields).collect();
    if event.outcome == "partial" {
        let is_amiss = |outcome: &str| !matches!(outcome, "success" | "absent");
        let amiss = fields.iter().filter(|field| is_amiss(&field.outcome));
        let amiss = amiss.map(|field| format!("{}: {}", field.name, field.outcome));
        return amiss.collect::<Vec<_>>().join(", ");
    }
    match fields.as_slice() {
        [] => String::new(),
        [field] => field.name.clone(),
        [first, rest @ ..] => format!("{} +{}", first.name, rest.len()),
    }
}

const AUDIT_COLUMNS: [&str; 8] = [
    "time", "actor", "role", "purpose", "action", "outcome", "subject", "fields",
];
