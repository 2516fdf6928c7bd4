//! Who saw what: one row an event.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::query::Query;
use super::table::Row;
use crate::access::Purpose;
use crate::audit::{EventRecord, RecordedSubject};
use crate::label::{SubjectId, TenantId};

/// Everything that was done with one patient's data, and tried: a row an event, with this patient's
/// records only.
///
/// Also actions that a patient does not call an access, such as resealing; filter by `action`.
/// `outcome` is that of the whole action; `records` says how it ended for the patient's fields.
pub fn patient_accesses<I, E>(
    tenant: &TenantId<'_>,
    subject: &SubjectId<'_>,
    events: I,
) -> impl Iterator<Item = Result<AccessRow, E>>
where
    I: IntoIterator<Item = Result<EventRecord, E>>,
{
    let query = Query::new().tenant(tenant).subject(subject).narrow();
    rows(query, events)
}

/// Every action in a session that broke the glass, and every such session that was refused.
pub fn break_glass<I, E>(events: I) -> impl Iterator<Item = Result<AccessRow, E>>
where
    I: IntoIterator<Item = Result<EventRecord, E>>,
{
    rows(Query::new().purpose(Purpose::BreakGlass), events)
}

fn rows<I, E>(query: Query, events: I) -> impl Iterator<Item = Result<AccessRow, E>>
where
    I: IntoIterator<Item = Result<EventRecord, E>>,
{
    query
        .filter(events)
        .map(|event| event.map(|event| AccessRow::of(&event)))
}

/// An event as a person reads it.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct AccessRow {
    /// When the action began.
    pub time: String,
    /// The event's id.
    pub event: String,
    /// The tenant.
    pub tenant: String,
    /// Who.
    pub actor: String,
    /// In which roles.
    pub roles: Vec<String>,
    /// How they had proved who they are.
    pub auth: String,
    /// Why.
    pub purpose: String,
    /// Why in particular.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was done.
    pub action: String,
    /// How the whole action ended.
    pub outcome: String,
    /// How often, if the event goes on counting another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Whose data.
    pub subjects: Vec<String>,
    /// What of it: `type id: field outcome, …`.
    pub records: Vec<String>,
    /// To whom, of a disclosure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recipient: Option<String>,
    /// From where.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// The application's own request id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Which system observed it.
    pub observer: String,
}

impl AccessRow {
    /// The row of an event.
    pub fn of(event: &EventRecord) -> Self {
        let subjects = event.subjects.iter();
        Self {
            time: event.time.clone(),
            event: event.event.clone(),
            tenant: event.tenant.clone(),
            actor: event.actor.id.clone(),
            roles: event.actor.roles.clone(),
            auth: event.auth.strength.clone(),
            purpose: event.purpose.clone(),
            reason: event.reason.clone(),
            action: event.action.clone(),
            outcome: event.outcome.clone(),
            count: event.count,
            subjects: subjects.filter_map(|of| of.subject.clone()).collect(),
            records: event.subjects.iter().flat_map(records).collect(),
            recipient: event.recipient.as_ref().map(|to| to.name.clone()),
            source_ip: event.source_ip.clone(),
            request_id: event.request_id.clone(),
            observer: event.observer.clone(),
        }
    }
}

fn records(subject: &RecordedSubject) -> impl Iterator<Item = String> {
    subject.records.iter().map(|record| {
        let fields = record.fields.iter();
        let fields: Vec<_> = fields
            .map(|field| alloc::format!("{} {}", field.name, field.outcome))
            .collect();
        alloc::format!(
            "{} {}: {}",
            record.record_type,
            record.id,
            fields.join(", ")
        )
    })
}

impl Row for AccessRow {
    const COLUMNS: &'static [&'static str] = &[
        "time",
        "event",
        "tenant",
        "actor",
        "roles",
        "auth",
        "purpose",
        "reason",
        "action",
        "outcome",
        "count",
        "subjects",
        "records",
        "recipient",
        "source_ip",
        "request_id",
        "observer",
    ];

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let text = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or_default());
        let count = self.count.map(|count| count.to_string());
        Vec::from([
            Cow::Borrowed(&*self.time),
            Cow::Borrowed(&*self.event),
            Cow::Borrowed(&*self.tenant),
            Cow::Borrowed(&*self.actor),
            Cow::Owned(self.roles.join(" ")),
            Cow::Borrowed(&*self.auth),
            Cow::Borrowed(&*self.purpose),
            text(&self.reason),
            Cow::Borrowed(&*self.action),
            Cow::Borrowed(&*self.outcome),
            Cow::Owned(count.unwrap_or_default()),
            Cow::Owned(self.subjects.join("; ")),
            Cow::Owned(self.records.join("; ")),
            text(&self.recipient),
            text(&self.source_ip),
            text(&self.request_id),
            Cow::Borrowed(&*self.observer),
        ])
    }
}

/// Without identifiers.
impl fmt::Debug for AccessRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessRow")
            .field("time", &self.time)
            .field("action", &self.action)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// In CSV the columns of an [`AccessRow`]; in NDJSON the event as it is.
impl Row for EventRecord {
    const COLUMNS: &'static [&'static str] = AccessRow::COLUMNS;

    fn cells(&self) -> Vec<Cow<'_, str>> {
        let row = AccessRow::of(self);
        let cells = row.cells().into_iter();
        cells.map(|cell| Cow::Owned(cell.into_owned())).collect()
    }
}
