//! Whole ciphertexts exchanged between cells of a table, as a database's writer could.

use phi_seal::{ErrorKind, Phi, Sealed};

use crate::place::Place;
use crate::refusal::{key, refusal_of, sealed_at};

fn at(f: impl FnOnce(&mut Place)) -> Place {
    let mut place = Place::default();
    f(&mut place);
    place
}

fn swapped(one: &Place, other: &Place) {
    let [first, second] =
        [one, other].map(|place| sealed_at(place, Some(String::from("078-05-1120")), None));
    assert_eq!(refusal_of(one, &second), ErrorKind::Integrity);
    assert_eq!(refusal_of(other, &first), ErrorKind::Integrity);
}

#[test]
fn between_fields_of_one_record() {
    swapped(
        &at(|place| place.field = "ssn".into()),
        &at(|place| place.field = "name".into()),
    );
}

#[test]
fn between_rows_of_one_patient() {
    swapped(
        &Place::default(),
        &at(|place| place.record_id = "e-2042".into()),
    );
}

#[test]
fn between_rows_of_two_patients() {
    swapped(
        &Place::default(),
        &at(|place| {
            place.record_id = "e-2042".into();
            place.subject = "patient-1043".into();
        }),
    );
}

#[test]
fn between_tables_with_equal_ids_and_columns() {
    swapped(
        &Place::default(),
        &at(|place| place.record_type = "Admission".into()),
    );
}

#[test]
fn between_tenants_with_equal_rows() {
    swapped(
        &Place::default(),
        &at(|place| place.tenant = "clinic-8".into()),
    );
}

#[test]
fn an_old_envelope_under_a_new_binding() {
    let old = Place::default();
    let new = at(|place| place.binding = b"rev-4".to_vec());
    let sealed = sealed_at(&old, Some(String::from("stage I")), None);
    assert_eq!(refusal_of(&new, &sealed), ErrorKind::Integrity);
    // Moved on purpose, it opens at the new one only.
    let (session, _) = old.session(key());
    let moved = old.within(|_, from| {
        new.within(|_, to| session.rebind(&old.field::<String>(), from, to, &sealed))
    });
    let moved: Sealed<String> = moved.unwrap();
    assert_eq!(refusal_of(&old, &moved), ErrorKind::Integrity);
    let opened = new.open_raw(&key(), Some(moved)).unwrap().unwrap();
    assert!(opened.ct_eq(&Phi::new(String::from("stage I"))));
}

#[test]
fn within_one_action_too() {
    let rows = ["e-1", "e-2", "e-3"].map(|id| at(|place| place.record_id = id.into()));
    let sealed = rows
        .each_ref()
        .map(|place| sealed_at(place, Some(place.record_id.clone()), None));
    let (session, _) = rows[0].session(key());
    let field = rows[0].field::<String>();
    let opened = rows[0].within(|_, one| {
        rows[1].within(|_, two| {
            rows[2].within(|_, three| {
                session.open_values(
                    &field,
                    &[(one, &sealed[1]), (two, &sealed[0]), (three, &sealed[2])],
                )
            })
        })
    });
    let opened = opened.unwrap();
    for (index, result) in opened[..2].iter().enumerate() {
        let error = result.as_ref().unwrap_err();
        assert_eq!(
            (error.kind(), error.index()),
            (ErrorKind::Integrity, Some(index))
        );
    }
    assert_eq!(opened[2].as_ref().unwrap().expose(), "e-3");
}
