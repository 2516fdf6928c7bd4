//! From an event to its JSON form.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::collections::HashMap;

use super::disclosure::{Disclosure, Exclusion, Recipient};
use super::event::{Event, EventItem};
use super::record::{
    EventRecord, RecordedActor, RecordedAuth, RecordedField, RecordedRecipient, RecordedRow,
    RecordedSearch, RecordedSubject,
};
use super::rfc3339;
use crate::codec::Date;

impl Event<'_> {
    /// The event as owned data, its items grouped by subject and record.
    pub fn to_record(&self) -> EventRecord {
        let (id, (part, parts), access) = (self.id(), self.part(), self.access());
        let disclosure = self.disclosure();
        EventRecord {
            v: EventRecord::VERSION,
            event: id.to_string(),
            action_id: alloc::format!("{}-{}", id.session(), id.action()),
            part,
            parts,
            time: rfc3339::format(self.time()),
            tenant: access.tenant().as_str().to_string(),
            session: id.session().to_string(),
            auth: RecordedAuth {
                strength: access.auth_strength().code().to_string(),
                at: access.authenticated_at().map(rfc3339::format),
            },
            actor: RecordedActor {
                id: access.actor().id().as_str().to_string(),
                roles: access.actor().roles().map(String::from).collect(),
            },
            purpose: access.purpose().code().to_string(),
            reason: access.reason_code().map(String::from),
            action: self.action().code().to_string(),
            source_ip: access.address().map(|address| address.to_string()),
            request_id: access.correlation().map(String::from),
            policy: self.policy_version().to_string(),
            observer: self.observer().to_string(),
            search: self.search().map(|search| RecordedSearch {
                record_type: search.record_type().name().to_string(),
                index: search.index().to_string(),
                fields: search
                    .fields()
                    .iter()
                    .map(|field| field.name().to_string())
                    .collect(),
                reason: search.reason().to_string(),
            }),
            generation: self.generation(),
            // A sink that coalesces adds these.
            repeats: None,
            count: None,
            disclosed_on: disclosure.and_then(Disclosure::day).map(date),
            exclusion: disclosure
                .and_then(Disclosure::exclusion)
                .map(Exclusion::code)
                .map(String::from),
            corrects: disclosure
                .and_then(Disclosure::corrected)
                .map(|event| event.to_string()),
            outcome: self.outcome().code().to_string(),
            recipient: disclosure.map(Disclosure::recipient).map(recipient),
            description: disclosure.and_then(Disclosure::described).map(String::from),
            subjects: group(self.items()),
            sealed: Vec::new(),
        }
    }

    /// The JSON form, on one line and without a newline.
    pub fn to_json(&self) -> Vec<u8> {
        self.to_record().to_json()
    }
}

/// A day after 1900, so of four digits.
fn date(day: Date) -> String {
    let (year, month, day) = day.ymd();
    alloc::format!("{year:04}-{month:02}-{day:02}")
}

fn recipient(recipient: &Recipient) -> RecordedRecipient {
    RecordedRecipient {
        name: recipient.name().to_string(),
        address: recipient.address().map(String::from),
    }
}

/// Items by subject, then by record, each in the order of first appearance.
fn group(items: &[EventItem<'_>]) -> Vec<RecordedSubject> {
    let mut subjects: Vec<RecordedSubject> = Vec::new();
    let mut subject_at = HashMap::new();
    let mut record_at = HashMap::new();
    for item in items {
        let subject = item.record.subject().map(|subject| subject.as_str());
        let at = *subject_at.entry(subject).or_insert_with(|| {
            subjects.push(RecordedSubject {
                subject: subject.map(String::from),
                records: Vec::new(),
            });
            subjects.len() - 1
        });
        let records = &mut subjects[at].records;
        let (record_type, id) = (item.field.record_type().name(), item.record.id().as_str());
        let at = *record_at.entry((at, record_type, id)).or_insert_with(|| {
            records.push(RecordedRow {
                record_type: record_type.to_string(),
                id: id.to_string(),
                fields: Vec::new(),
            });
            records.len() - 1
        });
        records[at].fields.push(RecordedField {
            name: item.field.name().to_string(),
            outcome: item.outcome.code().to_string(),
            reason: item.reason.to_string(),
            key: item.key_id.as_ref().map(|key| key.to_hex()),
            tag: item
                .tag
                .map(|tag| alloc::format!("{:032x}", u128::from_be_bytes(tag))),
        });
    }
    subjects
}
