//! Who may read details, what comes out, and what is recorded of that.

use std::sync::Arc;

use phi_seal::audit::{EventRecord, MemorySink};
use phi_seal::danger::PermitAll;
use phi_seal::{
    Access, ActionKind, Actor, AuditError, Decision, ErrorKind, Policy, Purpose, Request,
    Reviewing, RolePolicy, Rule, SealedDetails, Vault,
};
use pollster::block_on;

use crate::ward::{MERCY, Ward, keyring, kinds, names, seal_note, subject, tenant};

#[test]
fn what_was_sealed_comes_back_as_it_was() {
    // The same actions into both sinks at once.
    let (clear, sealed) = (Arc::new(MemorySink::new()), Arc::new(MemorySink::new()));
    let keys = keyring(&["p-1", "p-2"]);
    let sink = phi_seal::audit::Tee::new(clear.clone())
        .and(SealedDetails::new(sealed.clone(), keys.clone()));
    let vault = Vault::builder(keys, PermitAll, sink).build();
    let access = Access::new(
        tenant(MERCY),
        Actor::new("dr-9").unwrap(),
        Purpose::Treatment,
    );
    let session = vault.session(access.request_id("req-1")).unwrap();
    for patient in ["p-1", "p-2", "p-1"] {
        seal_note(&session, patient).unwrap();
    }
    let (clear, sealed) = (clear.events(), sealed.events());
    assert_eq!(clear.len(), 3);
    assert!(clear.iter().zip(&sealed).all(|(clear, sealed)| {
        // All but the details is the same.
        let mut header = clear.clone();
        header.subjects.clear();
        let mut other = sealed.clone();
        other.sealed.clear();
        header == other && sealed.sealed.len() == 1 && *sealed != header
    }));
    let reviewed = block_on(session.review(&sealed, Reviewing::all())).unwrap();
    let opened: Vec<_> = reviewed
        .into_iter()
        .map(|event| event.into_event())
        .collect();
    assert_eq!(opened, clear);
}

#[test]
fn events_survive_their_json_form() {
    let ward = Ward::new();
    let event = ward.seal_all(&["p-1", "p-2"]);
    let read = EventRecord::from_json(&event.to_json()).unwrap();
    assert!(read == event && read.sealed.len() == 3);
    let reviewed = ward.review(&[read]);
    let subjects = &reviewed[0].event().subjects;
    assert_eq!(names(subjects), [Some("p-1"), Some("p-2"), None]);
    assert_eq!(subjects[0].records[0].id, "row-of-p-1");
    assert_eq!(subjects[0].records[0].fields[0].name, "note");
    assert!(subjects[0].records[0].fields[0].tag.is_some());
    assert_eq!(subjects[2].records[0].id, "row-of-hall");
    assert!(reviewed[0].event().sealed.is_empty() && reviewed[0].unread().is_empty());
}

#[test]
fn a_review_of_one_patient_opens_nobody_else() {
    let ward = Ward::new();
    let both = ward.seal_all(&["p-1", "p-2"]);
    let (_, other) = ward.seal("p-2");
    let (_, own) = ward.seal("p-1");
    ward.log.clear();
    let patient = subject("p-1");
    let events = [both.clone(), other, own];
    let reviewed = block_on(ward.session().review(&events, Reviewing::of(&patient))).unwrap();
    let found: Vec<_> = reviewed.iter().map(|it| &it.event().event).collect();
    assert_eq!(found, [&events[0].event, &events[2].event]);
    assert!(
        reviewed
            .iter()
            .all(|it| names(&it.event().subjects) == [Some("p-1")])
    );
    assert!(reviewed.iter().all(|it| it.unread().is_empty()));
    // The others' envelopes are still there.
    assert_eq!(reviewed[0].event().sealed, both.sealed[1..]);
    // And the review itself names nobody else.
    let own_event = ward.log.events();
    assert_eq!(own_event.len(), 1);
    let record = ward.review(&own_event).remove(0).into_event();
    assert_eq!(names(&record.subjects), [Some("p-1")]);
}

#[test]
fn events_of_a_patient_are_told_by_their_keys_alone() {
    let ward = Ward::new();
    let both = ward.seal_all(&["p-1", "p-2"]);
    let (_, own) = ward.seal("p-1");
    let keys = |event: &EventRecord| event.detail_keys().collect::<Vec<_>>();
    assert_eq!(keys(&both).len(), 3);
    assert_eq!(keys(&both)[0], keys(&own)[0]);
    assert_ne!(keys(&both)[0], keys(&both)[1]);
}

#[test]
fn a_review_is_recorded_once_and_before_anything_comes_out() {
    let ward = Ward::new();
    let event = ward.seal_all(&["p-1", "p-2"]);
    ward.log.clear();
    ward.review(std::slice::from_ref(&event));
    let recorded = ward.log.events();
    assert_eq!(recorded.len(), 1);
    assert_eq!(
        (&*recorded[0].action, &*recorded[0].outcome),
        ("review", "success")
    );
    let record = ward.review(&recorded).remove(0).into_event();
    assert_eq!(names(&record.subjects), [Some("p-1"), Some("p-2"), None]);
    for (subject, key) in record.subjects.iter().zip(event.detail_keys()) {
        let row = &subject.records[0];
        assert_eq!(
            (&*row.record_type, &*row.id),
            ("phi-seal.audit", &*event.event)
        );
        assert_eq!(row.fields[0].key, Some(key.to_hex()));
    }

    ward.log
        .fail_with(AuditError::new("the disk is full; make room"));
    let refused = block_on(ward.session().review(&[event], Reviewing::all())).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Audit);
}

#[test]
fn who_may_not_review_learns_nothing_and_is_recorded() {
    let rules = RolePolicy::new("1").allow(Rule::role("officer", &[Purpose::Operations]));
    let ward = Ward::with_policy(rules);
    // Three events, because failures that are alike are counted.
    let [event, mut unknown, mut torn] = ["p-1", "p-1", "p-1"].map(|patient| ward.seal(patient).1);
    ward.log.clear();
    let before = ward.keys.counts();
    // Real, made up and torn: the same answer.
    unknown.sealed[0].replace_range(20..24, "AAAA");
    torn.sealed[0].truncate(30);
    for event in [event, unknown, torn] {
        let refused = block_on(ward.session().review(&[event], Reviewing::all())).unwrap_err();
        assert!(refused.is_denied());
        let recorded = ward.log.events();
        assert_eq!(recorded.len(), 1);
        assert_eq!(
            (&*recorded[0].action, &*recorded[0].outcome),
            ("review", "denied")
        );
        assert_eq!(recorded[0].sealed.len(), 1);
        ward.log.clear();
    }
    // Only for what recording takes was anything asked for.
    assert!(ward.keys.counts().store_queries - before.store_queries <= 1);
}

#[test]
fn a_policy_decides_by_patient() {
    let ward = Ward::with_policy(AllBut("p-2"));
    let event = ward.seal_all(&["p-1", "p-2"]);
    ward.log.clear();
    let reviewed = ward.review(std::slice::from_ref(&event)).remove(0);
    assert_eq!(names(&reviewed.event().subjects), [Some("p-1"), None]);
    assert_eq!(kinds(reviewed.unread()), [ErrorKind::Denied]);
    assert_eq!(reviewed.event().sealed, event.sealed[1..2]);
    let recorded = ward.log.events();
    assert_eq!((recorded.len(), &*recorded[0].outcome), (1, "partial"));
}

#[test]
fn an_expired_session_reviews_nothing() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    let session = ward.session();
    ward.log.clear();
    ward.advance_days(1);
    let refused = block_on(session.review(&[event], Reviewing::all())).unwrap_err();
    assert!(refused.is_expired());
    let recorded = ward.log.events();
    assert_eq!(recorded.len(), 1);
    assert_eq!(
        (&*recorded[0].action, &*recorded[0].outcome),
        ("review", "expired")
    );
}

#[test]
fn a_review_can_be_polled_on_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    let ward = Ward::new();
    let session = ward.session();
    let review = session.review(&[], Reviewing::all());
    is_send(&review);
    assert!(block_on(review).unwrap().is_empty());
}

#[test]
fn nothing_of_a_patient_is_in_debug_output() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    let patient = subject("p-1");
    let shown = format!("{:?} {:?}", ward.review(&[event]), Reviewing::of(&patient));
    assert!(!shown.contains("p-1") && !shown.contains("phi1."));
}

#[derive(Debug)]
struct AllBut(&'static str);

impl Policy for AllBut {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        let is_other = request.subject().is_some_and(|it| it.as_str() == self.0);
        match request.action() == ActionKind::Review && is_other {
            true => Decision::deny("not-this-one"),
            false => Decision::permit("any"),
        }
    }
}
