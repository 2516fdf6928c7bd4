//! Panics of what the application brings. No page is ever recorded by half.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::ward::{Gate, Ward, errors, ids, numbered, outcomes, patient, patients};

/// The next item, or `Err` if that panics.
fn next<I: Iterator>(items: &mut I) -> Result<Option<I::Item>, ()> {
    catch_unwind(AssertUnwindSafe(|| items.next())).map_err(drop)
}

#[test]
fn after_a_source_that_panics_nothing_is_lost() {
    let ward = Ward::new();
    let mut has_panicked = false;
    let source = (0..10).map(|number| {
        if number == 6 && !std::mem::replace(&mut has_panicked, true) {
            panic!("the source, as told");
        }
        patient(number)
    });
    let mut sealing = ward.session.seal_all(source).page(4);
    for _ in 0..4 {
        assert!(next(&mut sealing).unwrap().unwrap().is_ok());
    }
    assert!(next(&mut sealing).is_err());
    assert_eq!(
        ward.events().len(),
        1,
        "the page that was being filled was not begun"
    );
    let rest: Vec<_> = sealing.map(|row| row.unwrap().id).collect();
    // The source lost the seventh itself.
    assert_eq!(rest, numbered([4, 5, 7, 8, 9]));
    let pages: Vec<_> = ward.events().iter().map(ids).collect();
    assert_eq!(pages, [numbered([4, 5, 7, 8]), numbered([9])]);
}

#[test]
fn a_page_that_panics_is_aborted_and_the_next_goes_on() {
    let ward = Ward::new();
    Gate::tell(&ward.gate.panics, &["p-5"]);
    Gate::tell(&ward.gate.denied, &["p-9"]);
    let mut sealing = ward.session.seal_all(patients(10)).page(4);
    for _ in 0..4 {
        assert!(next(&mut sealing).unwrap().unwrap().is_ok());
    }
    assert!(next(&mut sealing).is_err());
    let events = ward.events();
    let ends: Vec<_> = events.iter().map(|event| event.outcome.as_str()).collect();
    assert_eq!(ends, ["success", "aborted"]);
    assert_eq!(
        outcomes(&events[1], "p-4"),
        ["name aborted", "note aborted"]
    );
    assert_eq!(
        outcomes(&events[1], "p-5"),
        ["name aborted", "note aborted"]
    );

    let rest: Vec<_> = sealing.collect();
    assert_eq!(rest.len(), 2);
    assert_eq!(rest[0].as_ref().unwrap().id, "p-8");
    let error = rest[1].as_ref().unwrap_err();
    assert_eq!(error.index(), Some(9), "the lost page is counted");
    assert_eq!(
        ward.events().iter().map(ids).collect::<Vec<_>>(),
        [numbered(8..10)]
    );
}

#[test]
fn a_callback_that_panics_loses_no_result() {
    let ward = Ward::new();
    let mut sealing = ward
        .session
        .seal_all(patients(5))
        .page(3)
        .progress(|progress| {
            if progress.done == 3 {
                panic!("the callback, as told");
            }
        });
    assert!(next(&mut sealing).is_err());
    let rows: Vec<_> = sealing.collect();
    assert!(errors(&rows).is_empty());
    assert_eq!(rows.len(), 5);
    assert_eq!(ward.events().len(), 2);
}
