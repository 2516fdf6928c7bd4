//! What the far side gets to see.

use alloc::string::ToString;
use alloc::vec::Vec;

use serde_json::{Value, json};

use crate::audit::journal::entry::Entry;
use crate::audit::{EventRecord, Pseudonyms, RecordedField, RecordedSubject};

/// What a forwarder sends of an entry.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub enum Form {
    /// The entry as it is. **It is PHI**: for a far side that may hold it.
    Whole,
    /// Events with [pseudonyms](Pseudonyms) of patients, records and actors, and without source
    /// addresses, key ids, tags, recipients, descriptions and sealed details; in the form of `docs/audit-event.md` otherwise. The journal's own
    /// notes are sent as they are. Of an entry that this version does not know, nothing but
    /// `{"v":1,"withheld":true}`. Leaf hashes do not fit these bytes.
    Pseudonymous(Pseudonyms),
}

impl Form {
    pub(super) fn of(&self, entry: Entry) -> Vec<u8> {
        let pseudonyms = match self {
            Self::Whole => return entry.into_bytes(),
            Self::Pseudonymous(pseudonyms) => pseudonyms,
        };
        match entry.event() {
            Some(event) => text(&pseudonymous(&event, pseudonyms)),
            None if entry.note().is_some() => entry.into_bytes(),
            None => text(&json!({"v": 1, "withheld": true})),
        }
    }
}

/// Each member is taken by name, so that what an event may come to hold later is not sent unless
/// somebody adds it here.
fn pseudonymous(event: &EventRecord, pseudonyms: &Pseudonyms) -> Value {
    let tenant = event.tenant.as_str();
    let field = |field: &RecordedField| {
        present(json!({
            "name": field.name,
            "outcome": field.outcome,
            "reason": some(&field.reason),
        }))
    };
    let subject = |subject: &RecordedSubject| {
        let records = subject.records.iter().map(|row| {
            json!({
                "type": row.record_type,
                "id": pseudonyms.record(tenant, &row.record_type, &row.id).to_string(),
                "fields": row.fields.iter().map(field).collect::<Vec<_>>(),
            })
        });
        let id = subject.subject.as_deref();
        present(json!({
            "subject": id.map(|id| pseudonyms.subject(tenant, id).to_string()),
            "records": records.collect::<Vec<_>>(),
        }))
    };
    let search = event.search.as_ref().map(|search| {
        present(json!({
            "type": search.record_type,
            "index": search.index,
            "fields": search.fields,
            "reason": some(&search.reason),
        }))
    });
    let subjects: Vec<_> = event.subjects.iter().map(subject).collect();
    let actor = pseudonyms.actor(tenant, &event.actor.id).to_string();
    present(json!({
        "v": event.v,
        "event": event.event,
        "action_id": event.action_id,
        "part": event.part,
        "parts": event.parts,
        "time": event.time,
        "tenant": tenant,
        "session": event.session,
        "auth": present(json!({ "strength": event.auth.strength, "at": event.auth.at })),
        "actor": { "id": actor, "roles": event.actor.roles },
        "purpose": event.purpose,
        "reason": event.reason,
        "action": event.action,
        "request_id": event.request_id,
        "policy": some(&event.policy),
        "observer": some(&event.observer),
        "search": search,
        "generation": event.generation,
        "repeats": event.repeats,
        "count": event.count,
        "exclusion": event.exclusion,
        "corrects": event.corrects,
        "outcome": event.outcome,
        "subjects": subjects,
    }))
}

/// Without members that are null.
fn present(mut object: Value) -> Value {
    if let Value::Object(members) = &mut object {
        members.retain(|_, value| !value.is_null());
    }
    object
}

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn text(value: &Value) -> Vec<u8> {
    value.to_string().into_bytes()
}
