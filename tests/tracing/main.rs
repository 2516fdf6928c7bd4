//! Audit events as `tracing` lines: what stands in them. What must not stand in them is in
//! `tests/canary/lines.rs`.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod capture;

use std::sync::Arc;

use phi_seal::audit::{MemorySink, Pseudonyms, Tee};
use phi_seal::danger::PermitAll;
use phi_seal::integration::tracing::TracingSink;
use phi_seal::key::Keyring;
use phi_seal::{
    Access, Actor, Category, Field, Phi, Policy, Purpose, RecordId, RecordRef, RecordType,
    RolePolicy, SecretBytes, Session, SubjectId, TenantId, Vault,
};
use serde_json::{Value, json};

use self::capture::captured;

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const NOTE: Field<String> = PATIENT.field("note", Category::Clinical);

struct Ward {
    session: Session,
    kept: Arc<MemorySink>,
}

impl Ward {
    fn new(policy: impl Policy + 'static, access: Access, sink: TracingSink) -> Self {
        let kept = Arc::new(MemorySink::new());
        let vault = Vault::builder(
            Keyring::generate().unwrap(),
            policy,
            Tee::new(kept.clone()).and(sink),
        )
        .observer("ehr")
        .unwrap()
        .build();
        Self {
            session: vault.session(access).unwrap(),
            kept,
        }
    }
}

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new(&SecretBytes::from_vec(vec![7; 32])).unwrap()
}

fn access(purpose: Purpose) -> Access {
    let actor = Actor::new("clinician-17").unwrap();
    let actor = actor.role("physician").role("on-call");
    Access::new(TenantId::new("mercy").unwrap(), actor, purpose)
        .source_ip([203, 0, 113, 9].into())
        .request_id("req-8f2c")
}

fn id(text: &'static str) -> RecordId<'static> {
    RecordId::new(text).unwrap()
}

fn patient(text: &'static str) -> SubjectId<'static> {
    SubjectId::new(text).unwrap()
}

/// Seals two fields of each of these records, as one action.
fn seal(session: &Session, rows: &[(&'static str, &'static str)]) {
    let value = Phi::new(String::from("Ada"));
    let fields = [NAME.info(), NOTE.info()];
    let ids: Vec<_> = rows
        .iter()
        .map(|(subject, record)| (patient(subject), id(record)))
        .collect();
    session
        .seal_with(|mut sealing| {
            for (subject, record) in &ids {
                let permit = sealing.authorize(RecordRef::new(record, subject), &fields)?;
                let _ = sealing.seal(&permit, &NAME, &value);
                let _ = sealing.seal(&permit, &NOTE, &value);
            }
            sealing.record().map(drop)
        })
        .unwrap();
}

#[test]
fn an_event_is_a_line_for_each_record_with_what_the_event_says() {
    let sink = TracingSink::new(pseudonyms());
    let ward = Ward::new(PermitAll, access(Purpose::Treatment), sink);
    let rows = [("p-1", "r-1"), ("p-1", "r-2"), ("p-2", "r-1")];
    let lines = captured(|| seal(&ward.session, &rows));

    let event = &ward.kept.events()[0];
    assert_eq!((ward.kept.len(), lines.len()), (1, 3));
    for (at, (line, (subject, record))) in lines.iter().zip(rows).enumerate() {
        assert_eq!(
            *line,
            json!({
                "target": TracingSink::TARGET,
                "level": "INFO",
                "fields": {
                    "message": "audit",
                    "event": event.event,
                    "part": 1,
                    "parts": 1,
                    "line": at + 1,
                    "lines": 3,
                    "time": event.time,
                    "tenant": "mercy",
                    "session": event.session,
                    "auth": "unstated",
                    "actor": pseudonyms().actor("mercy", "clinician-17").to_string(),
                    "roles": "physician,on-call",
                    "purpose": "TREAT",
                    "action": "seal",
                    "request_id": "req-8f2c",
                    "policy": event.policy,
                    "observer": "ehr",
                    "outcome": "success",
                    "subject": pseudonyms().subject("mercy", subject).to_string(),
                    "record_type": "patient",
                    "record": pseudonyms().record("mercy", "patient", record).to_string(),
                    "fields": "name,note",
                    "outcomes": "success,success",
                    "reasons": joined(event.subjects[0].records[0].fields.iter().map(|field| &field.reason)),
                }
            })
        );
    }
}

fn joined<'a>(parts: impl Iterator<Item = &'a String>) -> String {
    parts.map(String::as_str).collect::<Vec<_>>().join(",")
}

#[test]
fn actors_and_addresses_are_shown_on_request_only() {
    let sink = TracingSink::new(pseudonyms()).actors_in_clear();
    let ward = Ward::new(PermitAll, access(Purpose::Treatment), sink);
    let lines = captured(|| seal(&ward.session, &[("p-1", "r-1")]));
    assert_eq!(lines[0]["fields"]["actor"], "clinician-17");
    assert_eq!(lines[0]["fields"]["source_ip"], "203.0.113.9");
}

#[test]
fn what_failed_and_what_broke_the_glass_is_a_warning() {
    let level = |policy: Box<dyn Fn() -> Ward>, f: fn(&Session)| {
        let ward = policy();
        let lines = captured(|| f(&ward.session));
        assert_eq!(lines.len(), 1, "{lines:?}");
        let outcome = lines[0]["fields"]["outcome"].clone();
        (lines[0]["level"].clone(), outcome)
    };
    let permitted = |purpose| -> Box<dyn Fn() -> Ward> {
        Box::new(move || {
            let access = access(purpose).reason("unconscious");
            Ward::new(PermitAll, access, TracingSink::new(pseudonyms()))
        })
    };
    let denied: Box<dyn Fn() -> Ward> = Box::new(|| {
        let access = access(Purpose::Treatment);
        Ward::new(RolePolicy::new("1"), access, TracingSink::new(pseudonyms()))
    });
    let sealed = |session: &Session| seal(session, &[("p-1", "r-1")]);
    let refused = |session: &Session| {
        let (subject, record) = (patient("p-1"), id("r-1"));
        let row = RecordRef::new(&record, &subject);
        let value = Phi::new(String::from("Ada"));
        session.seal_value(&NAME, row, &value).unwrap_err();
    };
    let tampered = |session: &Session| {
        let (subject, record) = (patient("p-1"), id("r-1"));
        let row = RecordRef::new(&record, &subject);
        let value = Phi::new(String::from("Ada"));
        // Not in a line of its own.
        let sealed =
            tracing::subscriber::with_default(tracing::subscriber::NoSubscriber::new(), || {
                session.seal_value(&NAME, row, &value).unwrap()
            });
        session.open_value(&NOTE, row, &sealed).unwrap_err();
    };
    let expect = |level: &str, outcome: &str| (Value::from(level), Value::from(outcome));
    use Purpose::{BreakGlass, Treatment};
    assert_eq!(
        level(permitted(Treatment), sealed),
        expect("INFO", "success")
    );
    assert_eq!(
        level(permitted(BreakGlass), sealed),
        expect("WARN", "success")
    );
    assert_eq!(
        level(permitted(Treatment), tampered),
        expect("WARN", "integrity")
    );
    assert_eq!(level(denied, refused), expect("WARN", "denied"));
}

#[test]
fn an_event_about_no_record_is_one_line() {
    let sink = TracingSink::new(pseudonyms());
    let clock = Arc::new(phi_seal::access::ManualClock::new(
        std::time::SystemTime::UNIX_EPOCH,
    ));
    let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, sink)
        .clock(clock)
        .build();
    // Older than any session may be: the refusal to admit it is recorded.
    let long_ago = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_secs(10_000_000);
    let lines = captured(|| {
        let old = access(Purpose::Treatment).started_at(long_ago);
        assert!(vault.session(old).unwrap_err().is_expired());
    });
    let fields = lines[0]["fields"].as_object().unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!((&fields["line"], &fields["lines"]), (&json!(1), &json!(1)));
    assert_eq!(fields["action"], "admit");
    for absent in ["subject", "record", "record_type", "fields", "reason"] {
        assert!(!fields.contains_key(absent), "{absent}: {fields:?}");
    }
}
