//! Several pages at a time: the same results, and each page its own action.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use phi_seal::{Error, Phi};

use crate::source::{Census, Counted};
use crate::ward::{
    Gate, Patient, PatientRow, Ward, corrupt, errors, ids, numbered, patient, patients,
};

/// What can be compared of a result.
fn shown(opened: Result<Patient, Error>) -> Result<(String, String, Option<String>), Error> {
    let text = |phi: &Phi<String>| phi.expose().clone();
    opened.map(|patient| {
        let note = patient.note.as_ref().map(text);
        (patient.id.clone(), text(&patient.name), note)
    })
}

/// All, by `for_each`, which keeps its threads, or by `next`, which works in rounds.
fn all<T>(items: impl Iterator<Item = T>, by_for_each: bool) -> Vec<T> {
    let mut taken = Vec::new();
    if by_for_each {
        items.for_each(|item| taken.push(item));
    } else {
        for item in items {
            taken.push(item);
        }
    }
    taken
}

fn damaged_rows(ward: &Ward) -> Vec<PatientRow> {
    let mut rows = ward.rows(50);
    rows[7].name = corrupt(&rows[7].name);
    rows[33].id = "p-34".into();
    rows[40].id = String::new();
    Gate::tell(&ward.gate.denied, &["p-20"]);
    rows
}

#[test]
fn threads_give_what_one_gives() {
    let ward = Ward::new();
    let rows = damaged_rows(&ward);
    let alone: Vec<_> = ward.session.open_all(&rows).map(shown).collect();
    let failed: Vec<_> = errors(&alone).iter().map(|(at, _)| *at).collect();
    assert_eq!(failed, [7, 20, 33, 40]);
    for threads in [0, 1, 2, 3, 8] {
        for page in [1, 3, 10, 4096] {
            for by_for_each in [false, true] {
                let opening = ward.session.open_all(&rows).page(page).threads(threads);
                let opened = all(opening.map(shown), by_for_each);
                assert!(opened == alone, "{threads} threads, pages of {page}");
            }
        }
    }
}

#[test]
fn each_page_is_one_event_whichever_thread_did_it() {
    let ward = Ward::new();
    for by_for_each in [false, true] {
        let sealing = ward.session.seal_all(patients(25)).page(4).threads(3);
        assert_eq!(all(sealing, by_for_each).len(), 25);
        let events = ward.events();
        let pages: BTreeSet<_> = events.iter().map(ids).collect();
        let expected = (0..25).step_by(4).map(|at| numbered(at..25.min(at + 4)));
        assert_eq!((events.len(), pages), (7, expected.collect()));
        let actions: BTreeSet<_> = events.iter().map(|event| &event.action_id).collect();
        assert_eq!(actions.len(), 7);
    }
}

#[test]
fn progress_is_told_in_order() {
    let ward = Ward::new();
    for by_for_each in [false, true] {
        let mut told = Vec::new();
        let sealing = ward.session.seal_all(patients(10)).page(3);
        let sealing = sealing
            .progress(|progress| told.push(progress.done))
            .threads(2);
        assert_eq!(all(sealing, by_for_each).len(), 10);
        assert_eq!(told, [3, 6, 9, 10]);
    }
}

#[test]
fn memory_is_for_a_few_pages_a_thread() {
    let ward = Ward::new();
    for (by_for_each, most) in [(false, 3 * 10), (true, 2 * 3 * 10)] {
        let census = Arc::new(Census::default());
        let source = (0..5_000).map(|number| Counted::new(number, &census));
        let sealing = ward.session.seal_all(source).page(10).threads(3);
        assert_eq!(all(sealing, by_for_each).len(), 5_000);
        let living = census.most.load(Ordering::Relaxed);
        assert!((10..=most).contains(&living), "{living}");
    }
}

#[test]
fn a_panic_on_a_thread_comes_through_after_its_action_was_aborted() {
    let ward = Ward::new();
    for by_for_each in [false, true] {
        for bad in 0..6 {
            Gate::tell(&ward.gate.panics, &[&format!("p-{bad}")]);
            let sealing = ward.session.seal_all(patients(6)).page(1).threads(3);
            let panic = catch_unwind(AssertUnwindSafe(|| all(sealing, by_for_each)));
            let panic = panic.map(drop).unwrap_err();
            assert_eq!(*panic.downcast::<&str>().unwrap(), "the policy, as told");
            for event in ward.events() {
                let is_bad = ids(&event) == [format!("p-{bad}")];
                assert_eq!(event.outcome, if is_bad { "aborted" } else { "success" });
            }
        }
    }
}

/// As documented: every page of the round is its own event, those behind are lost with the one that
/// panicked, and the next round goes on, counting what was lost.
#[test]
fn pages_behind_a_panicking_one_are_recorded_and_the_next_round_goes_on() {
    for bad in 0..6 {
        let ward = Ward::new();
        Gate::tell(&ward.gate.panics, &[&format!("p-{bad}")]);
        Gate::tell(&ward.gate.denied, &["p-7"]);
        let mut sealing = ward.session.seal_all(patients(8)).page(1).threads(3);
        let (mut taken, mut panics) = (Vec::new(), 0);
        loop {
            match catch_unwind(AssertUnwindSafe(|| sealing.next())) {
                Ok(Some(result)) => taken.push(result),
                Ok(None) => break,
                Err(_) => panics += 1,
            }
        }
        assert_eq!(panics, 1);
        // Rounds of three.
        let lost = bad..(bad / 3 + 1) * 3;
        let kept: Vec<_> = (0..8).filter(|at| !lost.contains(at)).collect();
        assert_eq!(taken.len(), kept.len(), "{bad}");
        for (result, number) in taken.iter().zip(&kept) {
            match (number, result) {
                (7, Err(error)) => assert_eq!(error.index(), Some(7)),
                (_, row) => assert_eq!(row.as_ref().unwrap().id, format!("p-{number}")),
            }
        }
        let mut recorded: Vec<_> = ward
            .events()
            .iter()
            .map(|event| (ids(event), event.outcome.clone()))
            .collect();
        recorded.sort();
        let outcome = |number| match number {
            _ if number == bad => "aborted",
            7 => "denied",
            _ => "success",
        };
        let expected = (0..8).map(|number| (numbered([number]), outcome(number).to_string()));
        assert_eq!(recorded, expected.collect::<Vec<_>>());
    }
}

#[test]
fn a_consumer_that_panics_leaves_whole_pages() {
    let ward = Ward::new();
    let mut taken = 0;
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let sealing = ward.session.seal_all(patients(100)).page(5).threads(2);
        sealing.for_each(|_| {
            taken += 1;
            if taken == 7 {
                panic!("the consumer, as told");
            }
        });
    }));
    assert!(panic.is_err());
    let events = ward.events();
    assert!((2..=6).contains(&events.len()), "{}", events.len());
    for event in events {
        assert_eq!((event.outcome.as_str(), ids(&event).len()), ("success", 5));
    }
}

#[test]
fn begun_by_next_and_ended_by_for_each() {
    let ward = Ward::new();
    let mut sealing = ward.session.seal_all(patients(30)).page(4).threads(2);
    assert_eq!(sealing.len(), 30);
    let mut rows = vec![sealing.next().unwrap().unwrap()];
    assert_eq!(sealing.len(), 29);
    sealing.for_each(|row| rows.push(row.unwrap()));
    let ids: Vec<_> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, numbered(0..30));
}

#[test]
fn dropped_half_way_there_are_whole_pages_only() {
    let ward = Ward::new();
    let mut sealing = ward.session.seal_all(patients(100)).page(5).threads(3);
    assert_eq!(sealing.by_ref().take(2).count(), 2);
    drop(sealing);
    let events = ward.events();
    assert_eq!(events.len(), 3, "one round");
    assert!(events.iter().all(|event| event.outcome == "success"));
}

#[test]
fn after_a_source_that_panics_nothing_is_lost() {
    let ward = Ward::new();
    let mut has_panicked = false;
    let source = (0..10).map(|number| {
        if number == 5 && !std::mem::replace(&mut has_panicked, true) {
            panic!("the source, as told");
        }
        patient(number)
    });
    let mut sealing = ward.session.seal_all(source).page(2).threads(4);
    assert!(catch_unwind(AssertUnwindSafe(|| sealing.next())).is_err());
    assert!(ward.events().is_empty());
    let ids: Vec<_> = sealing.map(|row| row.unwrap().id).collect();
    assert_eq!(ids, numbered([0, 1, 2, 3, 4, 6, 7, 8, 9]));
}
