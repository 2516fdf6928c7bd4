//! The audit file, read back.

use std::error::Error;
use std::fs;
use std::path::Path;

use phi_seal::audit::EventRecord;

pub(crate) const AUDIT_COLUMNS: [&str; 8] = [
    "time", "actor", "role", "purpose", "action", "outcome", "subject", "fields",
];

pub(crate) fn read_audit_trail(file: &Path) -> Result<Vec<EventRecord>, Box<dyn Error>> {
    let mut events = Vec::new();
    for line in fs::read(file)?.split(|byte| *byte == b'\n') {
        if !line.is_empty() {
            events.push(EventRecord::from_json(line)?);
        }
    }
    Ok(events)
}

pub(crate) fn audit_line(event: &EventRecord) -> Vec<String> {
    let mut subjects = Vec::new();
    let mut fields = Vec::new();
    for subject in &event.subjects {
        subjects.extend(subject.subject.clone());
        let rows = subject.records.iter().flat_map(|record| &record.fields);
        fields.extend(rows.map(|field| field.name.clone()));
    }
    vec![
        // Of 2026-11-21T08:30:00.000000042Z, the time of day.
        event.time.get(11..19).unwrap_or_default().into(),
        event.actor.id.clone(),
        event.actor.roles.join(" "),
        event.purpose.clone(),
        event.action.clone(),
        event.outcome.clone(),
        subjects.join(" "),
        match fields.as_slice() {
            [first, rest @ ..] if !rest.is_empty() => format!("{first} +{}", rest.len()),
            _ => fields.concat(),
        },
    ]
}
