//! Which events are asked for.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::net::IpAddr;
use std::time::SystemTime;

use super::outcome::is_failure;
use crate::access::{ActionKind, Purpose};
use crate::audit::{EventRecord, RecordedRow, RecordedSubject, format_time};
use crate::label::{SubjectId, TenantId};

/// A filter of events, for one pass over a log of any length.
///
/// Each kind of condition must hold; of one kind given several times, one is enough. Ids, codes and
/// names are compared exactly. Without conditions every event matches.
///
/// An action whose items do not fit into one event is recorded in several parts, and **each part is an
/// event of its own here**: a query for a patient finds the parts that name the patient.
///
/// Where the details of events are sealed, their patients, records and fields are not seen: a query for
/// these finds such an event only once its details are opened.
///
/// # Example
///
/// ```
/// use phi_seal::report::Query;
/// use phi_seal::{Purpose, SubjectId};
/// # use phi_seal::audit::read_events;
///
/// # let log = &b""[..];
/// let query = Query::new()
///     .subject(&SubjectId::new("p-1")?)
///     .purpose(Purpose::BreakGlass)
///     .purpose(Purpose::EmergencyTreatment)
///     .failures();
/// let found = query.filter(read_events(log));
/// assert_eq!(found.count(), 0);
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Query {
    subjects: Vec<String>,
    records: Vec<(String, String)>,
    actors: Vec<String>,
    roles: Vec<String>,
    actions: Vec<String>,
    outcomes: Vec<String>,
    failures: bool,
    purposes: Vec<String>,
    tenants: Vec<String>,
    source_ips: Vec<String>,
    observers: Vec<String>,
    from: Option<String>,
    until: Option<String>,
    is_narrow: bool,
}

impl Query {
    /// Every event.
    pub fn new() -> Self {
        Self::default()
    }

    /// Events that name this patient.
    #[must_use]
    pub fn subject(mut self, subject: &SubjectId<'_>) -> Self {
        self.subjects.push(subject.as_str().to_string());
        self
    }

    /// Events that name this record: of the patient asked for, if one is.
    #[must_use]
    pub fn record(mut self, record_type: &str, id: &str) -> Self {
        self.records.push((record_type.to_string(), id.to_string()));
        self
    }

    /// What this actor did.
    #[must_use]
    pub fn actor(mut self, id: &str) -> Self {
        self.actors.push(id.to_string());
        self
    }

    /// What somebody did who acted in this role, among others.
    #[must_use]
    pub fn role(mut self, role: &str) -> Self {
        self.roles.push(role.to_string());
        self
    }

    /// Actions that began at this time or later. Times are compared as the events tell them: by the
    /// clocks of those who recorded them. An event whose time is not of the documented form matches
    /// every range.
    #[must_use]
    pub fn from(mut self, time: SystemTime) -> Self {
        self.from = Some(format_time(time));
        self
    }

    /// Actions that began before this time.
    #[must_use]
    pub fn until(mut self, time: SystemTime) -> Self {
        self.until = Some(format_time(time));
        self
    }

    /// Actions of this kind.
    #[must_use]
    pub fn action(self, action: ActionKind) -> Self {
        self.action_code(action.code())
    }

    /// As [`action`](Query::action), by its code, also of a later version.
    #[must_use]
    pub fn action_code(mut self, code: &str) -> Self {
        self.actions.push(code.to_string());
        self
    }

    /// Events with this outcome, of the whole action or of a field that is asked for.
    #[must_use]
    pub fn outcome(mut self, code: &str) -> Self {
        self.outcomes.push(code.to_string());
        self
    }

    /// Events with any failure, of the whole action or of a field that is asked for: every outcome
    /// but `success`, `absent` and `pending`.
    #[must_use]
    pub fn failures(mut self) -> Self {
        self.failures = true;
        self
    }

    /// Accesses for this purpose.
    #[must_use]
    pub fn purpose(self, purpose: Purpose) -> Self {
        self.purpose_code(purpose.code())
    }

    /// As [`purpose`](Query::purpose), by its code, also of a later version.
    #[must_use]
    pub fn purpose_code(mut self, code: &str) -> Self {
        self.purposes.push(code.to_string());
        self
    }

    /// Events of this tenant. Subject ids of two tenants can be alike: name the tenant with them.
    #[must_use]
    pub fn tenant(mut self, tenant: &TenantId<'_>) -> Self {
        self.tenants.push(tenant.as_str().to_string());
        self
    }

    /// Requests from this address.
    #[must_use]
    pub fn source_ip(mut self, address: IpAddr) -> Self {
        self.source_ips.push(address.to_string());
        self
    }

    /// Events that this system observed.
    #[must_use]
    pub fn observer(mut self, name: &str) -> Self {
        self.observers.push(name.to_string());
        self
    }

    /// Of each event found, keeps only the patients and records that are asked for, so that a report
    /// on one patient names no other. The outcome stays that of the whole action.
    #[must_use]
    pub fn narrow(mut self) -> Self {
        self.is_narrow = true;
        self
    }

    /// The events that match, in their order, and every error.
    pub fn filter<I, E>(self, events: I) -> impl Iterator<Item = Result<EventRecord, E>>
    where
        I: IntoIterator<Item = Result<EventRecord, E>>,
    {
        events.into_iter().filter_map(move |event| match event {
            Ok(event) if !self.matches(&event) => None,
            Ok(event) if self.is_narrow => Some(Ok(self.narrowed(event))),
            other => Some(other),
        })
    }

    /// Whether an event matches.
    pub fn matches(&self, event: &EventRecord) -> bool {
        let is_any = |wanted: &[String], found: &str| {
            wanted.is_empty() || wanted.iter().any(|one| one == found)
        };
        is_any(&self.tenants, &event.tenant)
            && is_any(&self.actors, &event.actor.id)
            && is_any(&self.actions, &event.action)
            && is_any(&self.purposes, &event.purpose)
            && is_any(&self.observers, &event.observer)
            && is_any(&self.source_ips, event.source_ip.as_deref().unwrap_or(""))
            && (self.roles.is_empty()
                || event
                    .actor
                    .roles
                    .iter()
                    .any(|role| self.roles.contains(role)))
            && self.matches_time(&event.time)
            && self.matches_items(event)
    }

    /// Times are of one form and length, in which the order of texts is that of times.
    fn matches_time(&self, time: &str) -> bool {
        if time.len() != 30 || !time.ends_with('Z') {
            return true;
        }
        self.from.as_deref().is_none_or(|from| time >= from)
            && self.until.as_deref().is_none_or(|until| time < until)
    }

    fn matches_items(&self, event: &EventRecord) -> bool {
        let asks_for_items = !self.subjects.is_empty() || !self.records.is_empty();
        if asks_for_items && self.rows(event).next().is_none() {
            return false;
        }
        let asks_for_outcome = self.failures || !self.outcomes.is_empty();
        !asks_for_outcome
            || self.matches_outcome(&event.outcome)
            || self
                .rows(event)
                .flat_map(|row| &row.fields)
                .any(|field| self.matches_outcome(&field.outcome))
    }

    fn matches_outcome(&self, code: &str) -> bool {
        (self.failures && is_failure(code)) || self.outcomes.iter().any(|wanted| wanted == code)
    }

    fn rows<'e>(&'e self, event: &'e EventRecord) -> impl Iterator<Item = &'e RecordedRow> {
        let subjects = event.subjects.iter().filter(|one| self.wants_subject(one));
        let rows = subjects.flat_map(|subject| &subject.records);
        rows.filter(|row| self.wants_row(row))
    }

    fn wants_subject(&self, subject: &RecordedSubject) -> bool {
        let is_named = |wanted: &String| subject.subject.as_deref() == Some(wanted);
        self.subjects.is_empty() || self.subjects.iter().any(is_named)
    }

    fn wants_row(&self, row: &RecordedRow) -> bool {
        let is_named =
            |(record_type, id): &(String, String)| *record_type == row.record_type && *id == row.id;
        self.records.is_empty() || self.records.iter().any(is_named)
    }

    fn narrowed(&self, mut event: EventRecord) -> EventRecord {
        event.subjects.retain(|subject| self.wants_subject(subject));
        for subject in &mut event.subjects {
            subject.records.retain(|row| self.wants_row(row));
        }
        event.subjects.retain(|subject| !subject.records.is_empty());
        event.sealed.clear();
        event
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Query")
            .field("actions", &self.actions)
            .field("outcomes", &self.outcomes)
            .field("failures", &self.failures)
            .field("purposes", &self.purposes)
            .finish_non_exhaustive()
    }
}
