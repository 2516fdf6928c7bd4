use super::*;
use crate::access::AuthStrength;
use crate::audit::record::EventRecord;
use crate::error::ErrorKind;

#[test]
fn the_whole_form() {
    let seen = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_249_740);
    let access = access()
        .reason("on-call")
        .source_ip([203, 0, 113, 9].into())
        .request_id("req-8\"f2c")
        .authenticated(AuthStrength::PhishingResistant, seen);
    let (id, subject) = (RecordId::from(7_u64), SubjectId::new("p-1").unwrap());
    let record = RecordRef::new(&id, &subject);
    let items = [
        EventItem {
            tag: Some([0xC0; 16]),
            ..item(record, NAME)
        },
        EventItem {
            outcome: Outcome::Failed(ErrorKind::MissingKey),
            reason: "".into(),
            key_id: None,
            ..item(record, SSN)
        },
    ];
    let header = EventHeader {
        outcome: Outcome::Partial,
        ..header(&access)
    };
    let event = Event::new(&header, 2, 3, &items);
    let expected = concat!(
        r#"{"v":1,"event":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5-12-2","#,
        r#""action_id":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5-12","part":2,"parts":3,"#,
        r#""time":"2026-11-21T08:30:00.000000042Z","tenant":"mercy","#,
        r#""session":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","#,
        r#""auth":{"strength":"phishing_resistant","at":"2026-11-21T08:29:00.000000000Z"},"#,
        r#""actor":{"id":"clinician-17","roles":["physician"]},"purpose":"TREAT","#,
        r#""reason":"on-call","action":"open","source_ip":"203.0.113.9","#,
        r#""request_id":"req-8\"f2c","policy":"2026-11-21","observer":"ehr","#,
        r#""outcome":"partial","subjects":[{"subject":"p-1","records":["#,
        r#"{"type":"patient","id":"7","fields":["#,
        r#"{"name":"name","outcome":"success","reason":"treatment-team","#,
        r#""key":"0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f","#,
        r#""tag":"c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0"},"#,
        r#"{"name":"ssn","outcome":"missing_key"}]}]}]}"#,
    );
    assert_eq!(String::from_utf8(event.to_json()).unwrap(), expected);
    let read = EventRecord::from_json(expected.as_bytes()).unwrap();
    assert_eq!(read, event.to_record());
    assert_eq!(read.to_json(), expected.as_bytes());
}

#[test]
fn the_least_form_omits_what_is_empty() {
    let access = Access::new(
        TenantId::new("mercy").unwrap(),
        Actor::new("cron").unwrap(),
        Purpose::Operations,
    );
    let header = EventHeader {
        policy_version: "",
        observer: "",
        search: None,
        generation: None,
        outcome: Outcome::Failed(ErrorKind::Denied),
        action: ActionKind::Admit,
        ..header(&access)
    };
    let event = Event::new(&header, 1, 1, &[]);
    let expected = concat!(
        r#"{"v":1,"event":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5-12-1","#,
        r#""action_id":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5-12","part":1,"parts":1,"#,
        r#""time":"2026-11-21T08:30:00.000000042Z","tenant":"mercy","#,
        r#""session":"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5","auth":{"strength":"unstated"},"#,
        r#""actor":{"id":"cron"},"purpose":"HOPERAT","action":"admit","outcome":"denied"}"#,
    );
    assert_eq!(String::from_utf8(event.to_json()).unwrap(), expected);
    assert_eq!(
        EventRecord::from_json(expected.as_bytes()).unwrap(),
        event.to_record()
    );
}

#[test]
fn items_are_grouped_also_when_they_are_no_neighbours() {
    let (one, two) = (RecordId::from(1_u64), RecordId::from(2_u64));
    let (a, b) = (SubjectId::new("a").unwrap(), SubjectId::new("b").unwrap());
    let ward = RecordRef::subjectless(&one);
    let items = [
        item(RecordRef::new(&one, &b), NAME),
        item(RecordRef::new(&one, &a), NAME),
        item(ward, LABEL),
        item(RecordRef::new(&two, &b), NAME),
        item(RecordRef::new(&one, &b).binding(b"revision 2"), SSN),
        item(RecordRef::new(&one, &a), SSN),
    ];
    let access = access();
    let record = Event::new(&header(&access), 1, 1, &items).to_record();
    let seen: Vec<_> = record
        .subjects
        .iter()
        .flat_map(|subject| subject.records.iter().map(move |row| (subject, row)))
        .map(|(subject, row)| {
            let fields: Vec<_> = row.fields.iter().map(|field| &*field.name).collect();
            (
                subject.subject.as_deref(),
                &*row.record_type,
                &*row.id,
                fields,
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            (Some("b"), "patient", "1", vec!["name", "ssn"]),
            (Some("b"), "patient", "2", vec!["name"]),
            (Some("a"), "patient", "1", vec!["name", "ssn"]),
            (None, "ward", "1", vec!["label"]),
        ]
    );
}

#[test]
fn debug_shows_no_id_of_a_person() {
    let shown = with_event(|event| format!("{event:?} {:?}", event.to_record()));
    for id in ["p-1", "mercy", "clinician-17"] {
        assert!(!shown.contains(id), "{shown}");
    }
}

#[test]
fn every_outcome_has_a_code_of_its_own() {
    let mut codes: Vec<_> = [
        ErrorKind::Denied,
        ErrorKind::Expired,
        ErrorKind::Malformed,
        ErrorKind::Integrity,
        ErrorKind::Undecodable,
        ErrorKind::Unencodable,
        ErrorKind::MissingKey,
        ErrorKind::KeyDisabled,
        ErrorKind::Erased,
        ErrorKind::OnHold,
        ErrorKind::Retained,
        ErrorKind::Unavailable,
        ErrorKind::Audit,
        ErrorKind::InvalidInput,
        ErrorKind::Provider,
    ]
    .map(|kind| Outcome::Failed(kind).code())
    .into_iter()
    .chain(
        [
            Outcome::Success,
            Outcome::Absent,
            Outcome::Partial,
            Outcome::Pending,
            Outcome::Aborted,
        ]
        .map(Outcome::code),
    )
    .collect();
    let page = include_str!("../../../docs/audit-event.md");
    for code in &codes {
        assert!(
            page.contains(&format!("| `{code}` |")),
            "{code} is not in the page"
        );
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 20);
}

#[test]
fn the_example_of_the_page_is_what_we_write() {
    let page = include_str!("../../../docs/audit-event.md");
    let example = page.split("```json\n").nth(1).unwrap();
    let example = example.split("\n```").next().unwrap();
    let record = EventRecord::from_json(example.as_bytes()).unwrap();
    let written: serde_json::Value = serde_json::from_slice(&record.to_json()).unwrap();
    let stated: serde_json::Value = serde_json::from_str(example).unwrap();
    assert_eq!(written, stated);
}
