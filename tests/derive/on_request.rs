//! `duplicate` and `ct_eq`.

use phi_seal::Phi;

use crate::ward::{Patient, patient};

#[test]
fn a_duplicate_is_equal() {
    let original = patient("p-1");
    let copy = original.duplicate();
    assert!(copy.ct_eq(&original));
    assert_eq!(copy.note.unwrap().expose(), "canary-note");
}

#[test]
fn every_field_counts_in_a_comparison() {
    let original = patient("p-1");
    let changes: [fn(&mut Patient); 10] = [
        |patient| patient.id = "p-2".into(),
        |patient| patient.name = Phi::new("x".into()),
        |patient| patient.ssn = Phi::new("900-01-2346".into()),
        |patient| patient.note = None,
        |patient| patient.note = Some(Phi::new("canary-notf".into())),
        |patient| patient.codes = Phi::new(vec!["E11.9".into(), "J45.909".into()]),
        |patient| patient.status = Phi::new("stable ".into()),
        |patient| patient.visits = Some(Phi::new(0)),
        |patient| patient.active = false,
        |patient| patient.beds.clear(),
    ];
    for (position, change) in changes.into_iter().enumerate() {
        let mut other = patient("p-1");
        assert!(other.ct_eq(&original));
        change(&mut other);
        assert!(!other.ct_eq(&original), "change {position}");
        assert!(!original.ct_eq(&other), "change {position}");
    }
}
