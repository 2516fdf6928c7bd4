//! Absent values, and values without a normal form.

use phi_seal::ErrorKind;

use crate::ward::{Patient, PatientRow, Ward, ids, patient, phi};

#[test]
fn what_is_absent_or_has_no_form_has_no_index_value() {
    let ward = Ward::new();
    let session = ward.session();
    let mut odd = patient(4);
    odd.ssn = phi("unknown");
    odd.birth_date = phi("about 1950");
    odd.family = phi("Ng");
    odd.status = None;
    let row = session.seal(&odd).unwrap();
    assert_eq!(row.ssn_index, None);
    assert_eq!(row.birth_year, None);
    assert_eq!(
        row.birth_date_family, None,
        "one part without a form spoils the whole"
    );
    assert_eq!(row.family_prefix, None, "shorter than the prefix");
    assert!(row.family_index.is_some());
    assert!(row.words.is_empty() && odd.full_name.is_none());
    assert_eq!(
        row.status_index, None,
        "a sealed null is none to search for"
    );
    assert!(row.status.is_some());

    let mut blank = patient(0);
    blank.full_name = Some(phi(" - "));
    blank.family = phi("\u{200d}\u{ad} ");
    let row = session.seal(&blank).unwrap();
    assert!(row.words.is_empty() && row.family_index.is_none());
    // All of it comes back.
    assert_eq!(
        session.open(&row).unwrap().full_name.unwrap().expose(),
        " - "
    );
}

#[test]
fn rows_without_the_value_are_no_answers() {
    let ward = Ward::new();
    let table: Vec<PatientRow> = ward.table(10);
    let session = ward.session();
    let search = session.search(Patient::WORDS, &phi("zofia")).unwrap();
    let found = ids(search.open(&table).unwrap());
    assert!(!found.contains(&"p-4".to_string()) && !found.contains(&"p-9".to_string()));
    assert_eq!(found.len(), 8);

    let search = session
        .search(Patient::STATUS_INDEX, &phi("stable"))
        .unwrap();
    let found = ids(search.open(&table).unwrap());
    assert_eq!(found, ["p-0", "p-2", "p-4", "p-6", "p-8"]);
}

/// Where nulls are sealed a NULL is tampering, for a search as for an opening.
#[test]
fn a_null_where_nulls_are_sealed_is_an_error_of_the_row() {
    let ward = Ward::new();
    let mut table = ward.table(3);
    table[2].status = None;
    let session = ward.session();
    let search = session
        .search(Patient::STATUS_INDEX, &phi("stable"))
        .unwrap();
    let found = search.open(&table).unwrap();
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].as_ref().unwrap().id, "p-0");
    let error = found[1].as_ref().err().unwrap();
    assert_eq!(
        (error.kind(), error.index()),
        (ErrorKind::Integrity, Some(2))
    );
    assert_eq!(error.field(), Some("status"));
}
