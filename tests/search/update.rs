//! One field anew: its index values go with it.

use phi_seal::{AuditError, Decision, ErrorKind, Keyring, Phi};

use crate::ward::{Patient, PatientRow, Ward, ids, items, phi, ssn};

fn finds(ward: &Ward, row: &PatientRow, number: &str) -> bool {
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(number)).unwrap();
    let is_candidate = row
        .ssn_index
        .is_some_and(|value| search.values().contains(&value));
    let found = ids(search.open(is_candidate.then_some(row)).unwrap());
    found == ["p-0"]
}

#[test]
fn an_update_renews_the_values_of_its_field_only() {
    let ward = Ward::new();
    let mut row = ward.table(1).remove(0);
    let before = row.clone();
    let session = ward.session();
    session
        .update_field(&mut row, Patient::SSN, &phi("078-05-1120"))
        .unwrap();
    assert!(row.ssn != before.ssn && row.ssn_index != before.ssn_index);
    let restored = PatientRow {
        ssn: before.ssn.clone(),
        ssn_index: before.ssn_index,
        ..row.clone()
    };
    assert!(restored == before, "only the number and its index differ");
    assert_eq!(items(&ward.event()), ["p-0 ssn success granted"]);
    assert!(finds(&ward, &row, "078051120"));
    assert!(!finds(&ward, &row, &ssn(0)));

    session
        .update_field(&mut row, Patient::FULL_NAME, &Some(phi("Ada Lovelace")))
        .unwrap();
    assert_eq!(row.words.as_slice().len(), 2);
    session
        .update_field(&mut row, Patient::FULL_NAME, &None)
        .unwrap();
    assert!(row.words.is_empty() && row.full_name.is_none());
    session
        .update_field(&mut row, Patient::STATUS, &None)
        .unwrap();
    assert!(row.status_index.is_none() && row.status.is_some());
    session
        .update_field(&mut row, Patient::NOTE, &phi("no index"))
        .unwrap();
    assert!(session.open(&row).is_ok());
}

#[test]
fn a_field_of_a_compound_index_is_refused_before_the_action() {
    let ward = Ward::new();
    let mut row = ward.table(1).remove(0);
    let before = row.clone();
    let session = ward.session();
    for field in [Patient::FAMILY, Patient::BIRTH_DATE] {
        let error = session
            .update_field(&mut row, field, &phi("x"))
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.field()),
            (ErrorKind::InvalidInput, Some(field.name()))
        );
    }
    assert!(row == before);
    assert!(ward.sink.is_empty());
}

#[test]
fn an_update_that_fails_leaves_the_row_as_it_was() {
    let ward = Ward::new();
    let mut row = ward.table(1).remove(0);
    let before = row.clone();
    let session = ward.session();
    let mut update = |kind| {
        let error = session
            .update_field(&mut row, Patient::SSN, &phi("1"))
            .unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(row == before, "{kind:?}");
    };
    ward.gate.decide(|_| Decision::deny("no"));
    update(ErrorKind::Denied);
    ward.gate.decide(|_| Decision::permit("granted"));
    ward.sink.fail_with(AuditError::new("down"));
    update(ErrorKind::Audit);
    ward.sink.recover();
    // A key to seal under, none to index with: the value was sealed and does not come out.
    ward.keys.ring.replace(Keyring::generate().unwrap());
    ward.forget();
    update(ErrorKind::MissingKey);
    assert_eq!(items(&ward.event()), ["p-0 ssn missing_key granted"]);
    assert_eq!(ward.event().outcome, "missing_key");
    // A field without an index needs no index key.
    let note: Phi<String> = phi("better");
    session
        .update_field(&mut row, Patient::NOTE, &note)
        .unwrap();
}
