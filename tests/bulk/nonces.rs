//! One request for randomness for each action. A request makes a run of nonces: a random first
//! half that all share, and a second half that counts up. Values that were sealed by one run, one
//! after the other without a gap, took one request.

use std::collections::BTreeSet;

use crate::ward::{PatientRow, Ward, patient, patients};

/// The first halves of all nonces, after a check that the second halves count up within each.
fn runs<'r>(rows: impl IntoIterator<Item = &'r PatientRow>) -> Vec<[u8; 12]> {
    let envelopes = rows.into_iter().flat_map(|row| {
        let note = row.note.as_ref().map(|note| note.as_bytes());
        [Some(row.name.as_bytes()), note]
    });
    let mut runs: Vec<([u8; 12], u128)> = Vec::new();
    for envelope in envelopes.flatten() {
        let (first, second) = envelope[34..58].split_at(12);
        let counter = second.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
        match runs.last_mut() {
            Some((run, last)) if *run == first => {
                assert_eq!(counter, (*last + 1) % (1 << 96), "no gap and no repetition");
                *last = counter;
            }
            _ => runs.push((first.try_into().unwrap(), counter)),
        }
    }
    runs.into_iter().map(|(run, _)| run).collect()
}

#[test]
fn a_record_takes_one_request_for_randomness() {
    let ward = Ward::new();
    let row = ward.session.seal(&patient(1)).unwrap();
    assert!(row.note.is_some());
    assert_eq!(runs([&row]).len(), 1);
}

#[test]
fn a_page_takes_one_request_for_randomness() {
    let ward = Ward::new();
    let rows: Vec<_> = ward.session.seal_all(patients(100)).page(30).collect();
    let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
    let pages = runs(&rows);
    assert_eq!(pages.len(), 4);
    let distinct: BTreeSet<_> = pages.iter().collect();
    assert_eq!(distinct.len(), 4, "and another for each page");
}

#[test]
fn records_sealed_one_by_one_share_no_run() {
    let ward = Ward::new();
    let rows: Vec<_> = (0..20)
        .map(|number| ward.session.seal(&patient(number)).unwrap())
        .collect();
    assert_eq!(runs(&rows).iter().collect::<BTreeSet<_>>().len(), 20);
}
