//! Sealing, opening, opening in part, updating: each one action and one event.

use phi_seal::{AuditError, ErrorKind, Phi};

use crate::ward::{Patient, PatientRow, corrupt, fields, patient, ward};

const ALL: [&str; 6] = ["name", "ssn", "note", "codes", "status", "visits"];

fn all_but_visits(outcome: &str, visits: &str) -> Vec<String> {
    ALL.map(|name| match name {
        "visits" => format!("visits {visits}"),
        _ => format!("{name} {outcome}"),
    })
    .to_vec()
}

#[test]
fn a_record_comes_back_whole() {
    let ward = ward();
    let before = patient("p-1");
    let row: PatientRow = ward.session.seal(&before).unwrap();
    let after = ward.session.open(&row).unwrap();
    assert!(after.ct_eq(&before));
    assert_eq!(after.name.expose(), "Żak Zofia p-1");
    assert_eq!(after.note.as_ref().unwrap().expose(), "canary-note");
    assert_eq!(after.codes.expose(), &["J45.909", "E11.9"]);
    assert!(after.visits.is_none());
    assert_eq!((after.active, after.beds.as_slice()), (true, &[3, 17][..]));
}

#[test]
fn plain_fields_pass_through_and_absence_stays_absence() {
    let row = ward().session.seal(&patient("p-1")).unwrap();
    assert_eq!((row.id.as_str(), row.active), ("p-1", true));
    assert_eq!(row.beds, [3, 17]);
    assert!(row.visits.is_none());
}

#[test]
fn sealing_leaves_the_record_and_seals_anew_each_time() {
    let ward = ward();
    let patient = patient("p-1");
    let first = ward.session.seal(&patient).unwrap();
    let second = ward.session.seal(&patient).unwrap();
    assert_ne!(first.name, second.name);
    assert_eq!(patient.name.expose(), "Żak Zofia p-1");
}

#[test]
fn a_record_draws_one_nonce_run() {
    let row = ward().session.seal(&patient("p-1")).unwrap();
    let nonces = [
        row.name.as_bytes(),
        row.codes.as_bytes(),
        row.status.as_bytes(),
    ]
    .map(|envelope| envelope[34..58].to_vec());
    assert!(nonces.iter().all(|nonce| nonce[..12] == nonces[0][..12]));
    assert!(nonces[0] != nonces[1] && nonces[1] != nonces[2]);
}

#[test]
fn each_action_is_one_event_that_lists_its_fields() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("seal", "success")
    );
    assert_eq!(fields(&event), all_but_visits("success", "absent"));
    assert_eq!(event.subjects[0].subject.as_deref(), Some("p-1"));
    assert_eq!(event.subjects[0].records[0].record_type, "patient");
    assert_eq!(event.subjects[0].records[0].id, "p-1");

    ward.session.open(&row).unwrap();
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("open", "success")
    );
    assert_eq!(fields(&event), all_but_visits("success", "absent"));

    ward.session
        .open_fields(&row, (Patient::SSN, Patient::VISITS))
        .unwrap();
    let event = ward.event();
    assert_eq!(event.action, "open");
    assert_eq!(fields(&event), ["ssn success", "visits absent"]);

    ward.session
        .update_field(&mut row, Patient::STATUS, &Phi::new("critical".into()))
        .unwrap();
    let event = ward.event();
    assert_eq!(event.action, "seal");
    assert_eq!(fields(&event), ["status success"]);
}

#[test]
fn fields_come_back_in_the_order_asked_for_and_the_others_are_not_touched() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    row.name = corrupt(&row.name);
    let (note, ssn): (Option<Phi<String>>, Phi<String>) = ward
        .session
        .open_fields(&row, (Patient::NOTE, Patient::SSN))
        .unwrap();
    assert_eq!(note.unwrap().expose(), "canary-note");
    assert_eq!(ssn.expose(), "900-01-2345");
    let (codes,) = ward.session.open_fields(&row, (Patient::CODES,)).unwrap();
    assert_eq!(codes.expose().len(), 2);
}

#[test]
fn an_update_changes_one_field_and_needs_no_other() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    row.name = corrupt(&row.name);
    let before = row.clone();
    ward.session
        .update_field(&mut row, Patient::NOTE, &Some(Phi::new("better".into())))
        .unwrap();
    assert!(row.note != before.note);
    let restored = PatientRow {
        note: before.note.clone(),
        ..row.clone()
    };
    assert!(restored == before, "only the note differs");
    let (note,) = ward.session.open_fields(&row, (Patient::NOTE,)).unwrap();
    assert_eq!(note.unwrap().expose(), "better");

    ward.session
        .update_field(&mut row, Patient::NOTE, &None)
        .unwrap();
    assert!(row.note.is_none());
}

#[test]
fn a_corrupt_field_fails_the_record_by_name() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    row.codes = corrupt(&row.codes);
    ward.sink.clear();
    let error = ward.session.open(&row).unwrap_err();
    assert!(error.is_integrity());
    assert_eq!(
        (error.record_type(), error.field()),
        (Some("patient"), Some("codes"))
    );
    let event = ward.event();
    assert_eq!(event.outcome, "partial");
    assert!(fields(&event).contains(&"codes integrity".to_string()));
    // Over-reporting is right: it could be opened, though the record was not handed out.
    assert!(fields(&event).contains(&"name success".to_string()));
    assert_eq!(fields(&event).len(), 6);

    let error = ward
        .session
        .open_fields(&row, (Patient::NAME, Patient::CODES))
        .unwrap_err();
    assert_eq!(error.field(), Some("codes"));
}

#[test]
fn a_field_named_twice_is_refused_before_the_action() {
    let ward = ward();
    let row = ward.session.seal(&patient("p-1")).unwrap();
    ward.sink.clear();
    let error = ward
        .session
        .open_fields(&row, (Patient::NAME, Patient::SSN, Patient::NAME))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(ward.sink.is_empty());
}

#[test]
fn nothing_comes_out_unrecorded() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    let before = row.clone();
    ward.sink
        .fail_with(AuditError::new("the audit store is down; try again"));
    let kinds = [
        ward.session.seal(&patient("p-1")).err(),
        ward.session.open(&row).err(),
        ward.session.open_fields(&row, (Patient::NAME,)).err(),
        ward.session
            .update_field(&mut row, Patient::NAME, &Phi::new("x".into()))
            .err(),
    ]
    .map(|error| error.unwrap().kind());
    assert_eq!(kinds, [ErrorKind::Audit; 4]);
    assert!(row == before, "a failed update changes nothing");
}

#[test]
fn a_constant_serves_as_a_field_descriptor_too() {
    const NAME_INFO: phi_seal::FieldInfo = Patient::NAME.field().info();
    assert_eq!(NAME_INFO, Patient::NAME.info());
    assert_eq!(Patient::NAME.name(), "name");
    let ward = ward();
    let row = ward.session.seal(&patient("p-1")).unwrap();
    let place = phi_seal::SealedRecord::place(&row).unwrap();
    let name = ward
        .session
        .open_value(&Patient::NAME, place.record_ref(), &row.name)
        .unwrap();
    assert_eq!(name.expose(), "Żak Zofia p-1");
    assert_eq!(Patient::NAME.sealed(&row), &row.name);
}
