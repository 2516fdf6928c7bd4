//! What is measured. Inputs that a case consumes are made before the clock starts, and freed
//! after it has stopped; results are dropped within the time.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::columns::Columns;
use crate::common::measure::{Case, Rival};
use crate::common::patient::{FIELDS, Patient, session};
use crate::common::rivals::Raw;
use crate::helper::{hand_written_open, hand_written_seal};

pub(crate) fn all() -> Vec<Case> {
    let patient: &'static Patient = Box::leak(Box::new(Patient::new(4711)));
    let mut cases = raw(patient);
    cases.extend(in_session(patient));
    cases.extend(twelve_calls(patient));
    cases
}

/// R: one call for each field in turn.
fn raw(patient: &'static Patient) -> Vec<Case> {
    let raw: &'static Raw = Box::leak(Box::new(Raw::new(patient)));
    let values = patient.values().map(|(_, value)| value);
    let sealed: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(field, value)| raw.seal(field, value))
        .collect();
    vec![
        case("raw aes-gcm, seal (R)", Rival::Seal, move || {
            for (field, value) in values.iter().enumerate() {
                black_box(raw.seal(field, value));
            }
        }),
        case("raw aes-gcm, open (R)", Rival::Open, move || {
            for (field, sealed) in sealed.iter().enumerate() {
                black_box(raw.open(field, sealed));
            }
        }),
    ]
}

fn in_session(patient: &'static Patient) -> Vec<Case> {
    let sealing = session();
    let opening = session();
    let row = opening.seal(patient).unwrap();
    vec![
        case("session seal of a record", Rival::Seal, move || {
            sealing.seal(patient).unwrap()
        }),
        consuming(
            "session open of a record",
            move || Columns::of(&row),
            move |columns: Columns| {
                let row = columns.into_row();
                (opening.open(&row).unwrap(), row)
            },
        ),
    ]
}

/// Field by field, as it is done by hand.
fn twelve_calls(patient: &'static Patient) -> Vec<Case> {
    let raw = Raw::new(patient);
    let values = patient.values().map(|(_, value)| value);
    let sealed = values.map(hand_written_seal);
    vec![
        case("12 raw calls, all kept", Rival::Seal, {
            let raw = Raw::new(patient);
            move || {
                let mut field = 0;
                values.map(|value| {
                    field += 1;
                    raw.seal(field - 1, value)
                })
            }
        }),
        case("12 raw calls, a nonce each", Rival::Seal, move || {
            let mut field = 0;
            values.map(|value| {
                field += 1;
                raw.seal_with_own_nonce(field - 1, value)
            })
        }),
        case("12 hand-written helpers, seal", Rival::Seal, move || {
            values.map(hand_written_seal)
        }),
        case("12 hand-written helpers, open", Rival::Open, move || {
            sealed.each_ref().map(|sealed| hand_written_open(sealed))
        }),
    ]
}

fn case<R>(name: &'static str, rival: Rival, run: impl Fn() -> R + 'static) -> Case {
    Case {
        name,
        rival,
        fields: FIELDS,
        run: Box::new(move |n| {
            let start = Instant::now();
            for _ in 0..n {
                black_box(run());
            }
            start.elapsed()
        }),
    }
}

/// A case of opening that takes its input over. It gives the buffers back, to be freed after the
/// clock has stopped: the raw call does not free its input either.
fn consuming<I, R, L>(
    name: &'static str,
    input: impl Fn() -> I + 'static,
    run: impl Fn(I) -> (R, L) + 'static,
) -> Case {
    Case {
        name,
        rival: Rival::Open,
        fields: FIELDS,
        run: Box::new(move |n| {
            let mut elapsed = Duration::ZERO;
            let mut left = n;
            while left > 0 {
                let batch = left.min(4);
                let inputs: Vec<I> = (0..batch).map(|_| input()).collect();
                let mut leftovers = Vec::with_capacity(inputs.len());
                let start = Instant::now();
                for input in inputs {
                    let (result, leftover) = run(input);
                    black_box(result);
                    leftovers.push(leftover);
                }
                elapsed += start.elapsed();
                left -= batch;
            }
            elapsed
        }),
    }
}
