//! What stands in a line. Each member is taken by name, so that what an event may come to hold later
//! is in no line unless somebody adds it here.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::TracingSink;
use crate::audit::{EventRecord, Pseudonyms, RecordedField, RecordedRow};

/// What all lines of a part share.
pub(super) struct Header<'a> {
    event: &'a EventRecord,
    actor: String,
    roles: String,
    source_ip: Option<&'a str>,
    search_fields: Option<String>,
}

impl<'a> Header<'a> {
    pub(super) fn new(event: &'a EventRecord, pseudonyms: &Pseudonyms, shows_actors: bool) -> Self {
        let actor = if shows_actors {
            event.actor.id.clone()
        } else {
            pseudonyms.actor(&event.tenant, &event.actor.id).to_string()
        };
        Self {
            actor,
            roles: event.actor.roles.join(","),
            source_ip: event.source_ip.as_deref().filter(|_| shows_actors),
            search_fields: event.search.as_ref().map(|search| search.fields.join(",")),
            event,
        }
    }
}

/// What was done to one record.
#[derive(Default)]
pub(super) struct Line {
    subject: Option<String>,
    record_type: Option<String>,
    record: Option<String>,
    fields: Option<String>,
    outcomes: Option<String>,
    reasons: Option<String>,
}

impl Line {
    pub(super) fn all(event: &EventRecord, pseudonyms: &Pseudonyms) -> Vec<Self> {
        let tenant = event.tenant.as_str();
        let of_subject = |subject: Option<&str>, row: &RecordedRow| {
            let joined = |part: fn(&RecordedField) -> &str| {
                let parts: Vec<_> = row.fields.iter().map(part).collect();
                Some(parts.join(","))
            };
            Self {
                subject: subject.map(|id| pseudonyms.subject(tenant, id).to_string()),
                record: Some(
                    pseudonyms
                        .record(tenant, &row.record_type, &row.id)
                        .to_string(),
                ),
                record_type: Some(row.record_type.clone()),
                fields: joined(|field| &field.name),
                outcomes: joined(|field| &field.outcome),
                reasons: joined(|field| &field.reason),
            }
        };
        let lines = event.subjects.iter().flat_map(|subject| {
            let id = subject.subject.as_deref();
            subject.records.iter().map(move |row| of_subject(id, row))
        });
        lines.collect()
    }
}

/// Writes one. The level is of the call site, so there are two.
pub(super) fn write(
    is_warning: bool,
    header: &Header<'_>,
    line: &Line,
    number: usize,
    count: usize,
) {
    let event = header.event;
    let search = event.search.as_ref();
    macro_rules! write {
        ($level:ident) => {
            tracing::event!(
                target: TracingSink::TARGET,
                tracing::Level::$level,
                event = event.event.as_str(),
                part = event.part,
                parts = event.parts,
                line = number,
                lines = count,
                time = event.time.as_str(),
                tenant = event.tenant.as_str(),
                session = event.session.as_str(),
                auth = event.auth.strength.as_str(),
                actor = header.actor.as_str(),
                roles = said(&header.roles),
                purpose = event.purpose.as_str(),
                reason = event.reason.as_deref(),
                action = event.action.as_str(),
                source_ip = header.source_ip,
                request_id = event.request_id.as_deref(),
                policy = said(&event.policy),
                observer = said(&event.observer),
                search_type = search.map(|search| search.record_type.as_str()),
                search_index = search.map(|search| search.index.as_str()),
                search_fields = header.search_fields.as_deref(),
                generation = event.generation,
                exclusion = event.exclusion.as_deref(),
                corrects = event.corrects.as_deref(),
                outcome = event.outcome.as_str(),
                subject = line.subject.as_deref(),
                record_type = line.record_type.as_deref(),
                record = line.record.as_deref(),
                fields = line.fields.as_deref(),
                outcomes = line.outcomes.as_deref(),
                reasons = line.reasons.as_deref(),
                "audit"
            )
        };
    }
    if is_warning {
        write!(WARN);
    } else {
        write!(INFO);
    }
}

/// A text, where there is one.
fn said(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
