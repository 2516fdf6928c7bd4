//! Every item comes out, in order, owned or by reference.

use std::sync::Arc;

use phi_seal::record::AsRecord;
use phi_seal::{Error, Record, Session};

use crate::ward::{Patient, PatientRow, Ward, assert_patients, patient, patients};

#[test]
fn all_lengths_and_pages_come_back_whole() {
    let ward = Ward::new();
    for count in [0, 1, 2, 6, 7, 8, 255, 256, 257, 600] {
        for page in [1, 7, 256, 4096] {
            let rows: Vec<_> = ward.session.seal_all(patients(count)).page(page).collect();
            assert_eq!(rows.len(), count);
            let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
            let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
            assert_eq!(ids, crate::ward::numbered(0..count));
            let opened: Vec<_> = ward.session.open_all(&rows).page(page).collect();
            assert_patients(&opened, count);
        }
    }
}

#[test]
fn records_and_rows_come_owned_or_by_any_reference() {
    let ward = Ward::new();
    let session = &ward.session;
    let owned = patients(5);
    let rows: Vec<_> = session.seal_all(&owned).map(Result::unwrap).collect();
    let boxed = owned.iter().map(Box::new);
    assert_eq!(session.seal_all(boxed).filter(Result::is_ok).count(), 5);
    let shared: Vec<_> = (0..5).map(patient).map(Arc::new).collect();
    assert_eq!(session.seal_all(&shared).filter(Result::is_ok).count(), 5);
    let some = owned.iter().filter(|patient| patient.note.is_some());
    assert_eq!(session.seal_all(some).filter(Result::is_ok).count(), 3);
    assert_eq!(session.seal_all(owned).filter(Result::is_ok).count(), 5);

    let shared: Vec<_> = rows.iter().cloned().map(Arc::new).collect();
    assert_patients(&session.open_all(shared).collect::<Vec<_>>(), 5);
    let boxed = rows.iter().cloned().map(Box::new);
    assert_patients(&session.open_all(boxed).collect::<Vec<_>>(), 5);
    assert_patients(&session.open_all(rows).collect::<Vec<_>>(), 5);
}

#[test]
fn a_function_over_any_record_needs_no_other_bound() {
    fn seal_some<R: Record>(session: &Session, records: &[R]) -> Vec<Result<R::Row, Error>> {
        session.seal_all(records).collect()
    }
    fn seal_any<T: AsRecord>(session: &Session, records: Vec<T>) -> usize {
        session.seal_all(records).filter(Result::is_ok).count()
    }
    let ward = Ward::new();
    assert_eq!(seal_some(&ward.session, &patients(3)).len(), 3);
    assert_eq!(seal_any(&ward.session, patients(3)), 3);
}

#[test]
fn the_number_of_results_is_known_where_that_of_items_is() {
    let ward = Ward::new();
    let mut sealing = ward.session.seal_all(patients(10)).page(4);
    assert_eq!(sealing.len(), 10);
    for left in (0..10).rev() {
        assert!(sealing.next().unwrap().is_ok());
        assert_eq!(
            (sealing.len(), sealing.size_hint()),
            (left, (left, Some(left)))
        );
    }
    assert!(sealing.next().is_none() && sealing.next().is_none());
    let few = (0..10).map(patient).filter(|patient| patient.id == "p-3");
    assert_eq!(ward.session.seal_all(few).size_hint(), (0, Some(10)));
}

#[test]
fn a_source_is_not_asked_again_after_its_end() {
    let ward = Ward::new();
    let mut calls = 0;
    let source = std::iter::from_fn(|| {
        calls += 1;
        // Would go on after its end.
        (calls != 3).then(|| patient(calls))
    });
    let mut sealing = ward.session.seal_all(source);
    assert_eq!(sealing.by_ref().count(), 2);
    assert!(sealing.next().is_none());
    drop(sealing);
    assert_eq!(calls, 3);
}

#[test]
fn bulk_and_single_results_open_each_other() {
    let ward = Ward::new();
    let row: PatientRow = ward.session.seal(&patient(0)).unwrap();
    assert_patients(&ward.session.open_all([&row]).collect::<Vec<_>>(), 1);
    let row = ward.session.seal_all([patient(0)]).next().unwrap().unwrap();
    let opened: Patient = ward.session.open(&row).unwrap();
    assert!(opened.ct_eq(&patient(0)));
}
