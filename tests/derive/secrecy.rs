//! What is shown of records, rows and errors.

use crate::ward::{Patient, corrupt, patient, ward};

const CANARIES: [&str; 5] = ["Zofia", "900-01", "canary", "J45", "stable"];

#[test]
fn debug_of_record_and_row_shows_no_phi() {
    let patient = patient("p-1");
    let row = ward().session.seal(&patient).unwrap();
    let record_shown = format!("{patient:?} {patient:#?}");
    let row_shown = format!("{row:?} {row:#?}");
    for canary in CANARIES {
        assert!(!record_shown.contains(canary), "{record_shown}");
        assert!(!row_shown.contains(canary), "{row_shown}");
    }
    assert!(record_shown.contains("name: Phi<String>"));
    // The record's `Debug` is the application's; the row's is ours and names nobody.
    assert!(!row_shown.contains("p-1"), "{row_shown}");
    assert_eq!(
        format!("{row:?}"),
        "PatientRow { name: Sealed<String>, ssn: Sealed<String>, note: Some(Sealed<String>), \
         codes: Sealed<Vec<String>>, status: Sealed<String>, visits: None, .. }"
    );
}

#[test]
fn errors_and_events_show_no_phi() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    row.status = corrupt(&row.status);
    let error = ward.session.open(&row).unwrap_err();
    let mut shown = format!(
        "{error} {error:?} {:?} {:?}",
        Patient::NOTE,
        Patient::SCHEMA
    );
    for event in ward.sink.events() {
        shown.push_str(&String::from_utf8(event.to_json()).unwrap());
    }
    for canary in CANARIES {
        assert!(!shown.contains(canary), "{shown}");
    }
    assert_eq!(
        error.to_string(),
        "not authentic here: another place's value, another key, or changed (field patient.status)"
    );
}

#[test]
fn a_row_holds_no_plaintext() {
    let row = ward().session.seal(&patient("p-1")).unwrap();
    let bytes = [
        row.name.as_bytes(),
        row.ssn.as_bytes(),
        row.note.as_ref().unwrap().as_bytes(),
        row.codes.as_bytes(),
        row.status.as_bytes(),
    ]
    .concat();
    for canary in CANARIES {
        let found = bytes
            .windows(canary.len())
            .any(|part| part == canary.as_bytes());
        assert!(!found, "{canary}");
    }
}
