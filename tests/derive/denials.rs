//! What the policy does not permit.

use phi_seal::{ErrorKind, Phi, Purpose, RolePolicy, Rule};

use crate::ward::{Patient, corrupt, fields, patient, ward as anywhere, ward_under};

/// Physicians, but nothing labelled: the note is out of reach.
fn unlabelled_only() -> RolePolicy {
    RolePolicy::new("1").allow(Rule::role("physician", &[Purpose::Treatment]))
}

#[test]
fn who_may_nothing_learns_nothing() {
    let denied = ward_under(RolePolicy::new("1"));
    let mut row = anywhere().session.seal(&patient("p-1")).unwrap();
    row.name = corrupt(&row.name);
    let errors = [
        denied.session.seal(&patient("p-1")).err().unwrap(),
        denied.session.open(&row).unwrap_err(),
        denied
            .session
            .open_fields(&row, (Patient::NAME,))
            .unwrap_err(),
        denied
            .session
            .update_field(&mut row, Patient::NAME, &Phi::new("x".into()))
            .unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_denied());
        assert!(error.to_string().starts_with("access denied"), "{error}");
    }
    assert_eq!(denied.sink.len(), 4);
    for event in denied.sink.events() {
        assert_eq!(event.outcome, "denied");
        for field in &event.subjects[0].records[0].fields {
            assert_eq!((field.outcome.as_str(), &field.key), ("denied", &None));
        }
    }
}

#[test]
fn one_field_denied_denies_the_record_and_nothing_is_decrypted() {
    let ward = ward_under(unlabelled_only());
    let error = ward.session.seal(&patient("p-1")).err().unwrap();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("note"))
    );
    let event = ward.event();
    assert_eq!(event.outcome, "denied");
    assert_eq!(
        fields(&event),
        [
            "name aborted",
            "ssn aborted",
            "note denied",
            "codes aborted",
            "status aborted",
            "visits aborted",
        ]
    );
    let items = &event.subjects[0].records[0].fields;
    assert!(
        items.iter().all(|item| item.key.is_none()),
        "no key was touched"
    );
}

#[test]
fn what_is_permitted_of_a_record_opens_by_name() {
    let ward = ward_under(unlabelled_only());
    // Sealed by somebody who may, under other keys; only the name is this ward's.
    let mut row = anywhere().session.seal(&patient("p-1")).unwrap();
    ward.session
        .update_field(&mut row, Patient::NAME, &Phi::new("Ada".into()))
        .unwrap();
    ward.sink.clear();
    let (name,) = ward.session.open_fields(&row, (Patient::NAME,)).unwrap();
    assert_eq!(name.expose(), "Ada");
    assert_eq!(fields(&ward.event()), ["name success"]);

    let error = ward
        .session
        .open_fields(&row, (Patient::NAME, Patient::NOTE))
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("note"))
    );
    assert_eq!(fields(&ward.event()), ["name aborted", "note denied"]);

    let error = ward.session.open(&row).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("note"))
    );
    let event = ward.event();
    assert_eq!(event.outcome, "denied");
    assert_eq!(fields(&event).len(), 6, "each field once");
}
