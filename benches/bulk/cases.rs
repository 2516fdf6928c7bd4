//! What is measured. Results are taken one by one and dropped, within the time.

use std::hint::black_box;
use std::time::Instant;

use phi_seal::Session;

use crate::common::measure::{Case, Rival};
use crate::common::patient::{FIELDS, Patient, PatientRow, session};
use crate::common::rivals::Raw;

const RECORDS: usize = 100_000;

const SEAL: &str = "seal_all";
const OPEN: &str = "open_all";
const SEAL_2: &str = "seal_all, two threads, for_each";
const OPEN_2: &str = "open_all, two threads, for_each";
const SEAL_2_NEXT: &str = "seal_all, two threads, for loop";
const OPEN_2_NEXT: &str = "open_all, two threads, for loop";

pub(crate) fn all() -> Vec<Case> {
    let patients: &'static [Patient] = (0..RECORDS).map(Patient::new).collect::<Vec<_>>().leak();
    let mut cases = raw(patients);
    cases.extend(in_bulk(patients));
    cases.extend(rivals(patients));
    cases
}

/// Names, and the cases with one thread and with two.
pub(crate) fn scaling(cases: &[Case]) -> Vec<(&'static str, usize, usize)> {
    let at = |name| cases.iter().position(|case| case.name == name);
    let pairs = [
        (SEAL, SEAL_2),
        (OPEN, OPEN_2),
        (SEAL, SEAL_2_NEXT),
        (OPEN, OPEN_2_NEXT),
    ];
    pairs
        .into_iter()
        .filter_map(|(one, two)| Some((two, at(one)?, at(two)?)))
        .collect()
}

/// R: one call for each field of one patient in turn, as often as there are records.
fn raw(patients: &'static [Patient]) -> Vec<Case> {
    let raw: &'static Raw = Box::leak(Box::new(Raw::new(&patients[4711])));
    let values = patients[4711].values().map(|(_, value)| value);
    let sealed: Vec<_> = (values.iter().enumerate())
        .map(|(field, value)| raw.seal(field, value))
        .collect();
    vec![
        case("raw aes-gcm, seal (R)", Rival::Seal, move || {
            for _ in 0..RECORDS {
                for (field, value) in values.iter().enumerate() {
                    black_box(raw.seal(field, value));
                }
            }
        }),
        case("raw aes-gcm, open (R)", Rival::Open, move || {
            for _ in 0..RECORDS {
                for (field, sealed) in sealed.iter().enumerate() {
                    black_box(raw.open(field, sealed));
                }
            }
        }),
    ]
}

fn in_bulk(patients: &'static [Patient]) -> Vec<Case> {
    let session: &'static Session = Box::leak(Box::new(session()));
    let rows: Vec<PatientRow> = session.seal_all(patients).map(Result::unwrap).collect();
    let rows: &'static [PatientRow] = rows.leak();
    #[allow(unused_mut)]
    let mut cases = vec![
        case(SEAL, Rival::Seal, move || {
            session
                .seal_all(patients)
                .for_each(|row| drop(black_box(row.unwrap())));
        }),
        case(OPEN, Rival::Open, move || {
            session
                .open_all(rows)
                .for_each(|record| drop(black_box(record.unwrap())));
        }),
    ];
    #[cfg(feature = "threads")]
    cases.extend([
        case(SEAL_2, Rival::Seal, move || {
            session
                .seal_all(patients)
                .threads(2)
                .for_each(|row| drop(black_box(row.unwrap())));
        }),
        case(OPEN_2, Rival::Open, move || {
            session
                .open_all(rows)
                .threads(2)
                .for_each(|record| drop(black_box(record.unwrap())));
        }),
        case(SEAL_2_NEXT, Rival::Seal, move || {
            for row in session.seal_all(patients).threads(2) {
                black_box(row.unwrap());
            }
        }),
        case(OPEN_2_NEXT, Rival::Open, move || {
            for record in session.open_all(rows).threads(2) {
                black_box(record.unwrap());
            }
        }),
    ]);
    cases
}

/// The same records, field by field.
fn rivals(patients: &'static [Patient]) -> Vec<Case> {
    let raw: &'static Raw = Box::leak(Box::new(Raw::new(&patients[4711])));
    vec![
        case("raw aes-gcm over the records", Rival::Seal, move || {
            for patient in patients {
                for (field, (_, value)) in patient.values().into_iter().enumerate() {
                    black_box(raw.seal(field, value));
                }
            }
        }),
        case("12 raw calls, a nonce each", Rival::Seal, move || {
            for patient in patients {
                let mut field = 0;
                black_box(patient.values().map(|(_, value)| {
                    field += 1;
                    raw.seal_with_own_nonce(field - 1, value)
                }));
            }
        }),
    ]
}

fn case(name: &'static str, rival: Rival, run: impl Fn() + 'static) -> Case {
    Case {
        name,
        rival,
        fields: RECORDS * FIELDS,
        run: Box::new(move |n| {
            let start = Instant::now();
            for _ in 0..n {
                run();
            }
            start.elapsed()
        }),
    }
}
