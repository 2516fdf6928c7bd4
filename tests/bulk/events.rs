//! One action and one event for each page.

use std::collections::BTreeSet;

use phi_seal::record::bulk::Progress;

use crate::ward::{Ward, ids, numbered, outcomes, patients};

#[test]
fn each_page_is_one_event_over_its_records() {
    let ward = Ward::new();
    let rows: Vec<_> = ward.session.seal_all(patients(10)).page(4).collect();
    let sealed = ward.events();
    let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
    assert!(ward.session.open_all(&rows).page(4).all(|one| one.is_ok()));
    let opened = ward.events();
    for (events, action) in [(sealed, "seal"), (opened, "open")] {
        let pages: Vec<_> = events.iter().map(ids).collect();
        assert_eq!(pages, [numbered(0..4), numbered(4..8), numbered(8..10)]);
        for event in &events {
            assert_eq!(
                (event.action.as_str(), event.outcome.as_str()),
                (action, "success")
            );
            assert_eq!((event.part, event.parts), (1, 1));
            for id in ids(event) {
                let note = match id.strip_prefix("p-").unwrap().parse::<usize>().unwrap() % 3 {
                    0 => "note absent",
                    _ => "note success",
                };
                assert_eq!(outcomes(event, &id), ["name success", note]);
            }
        }
        let actions: BTreeSet<_> = events.iter().map(|event| &event.action_id).collect();
        assert_eq!(actions.len(), 3, "actions of their own");
    }
}

#[test]
fn a_long_page_is_one_action_in_parts() {
    let ward = Ward::new();
    assert!(
        ward.session
            .seal_all(patients(500))
            .page(500)
            .all(|row| row.is_ok())
    );
    let events = ward.events();
    assert!(events.len() > 1);
    for (part, event) in (1..).zip(&events) {
        assert_eq!(event.action_id, events[0].action_id);
        assert_eq!((event.part, event.parts as usize), (part, events.len()));
        assert!(event.to_json().len() <= 32_768);
    }
    let all: Vec<_> = events.iter().flat_map(ids).collect();
    let distinct: BTreeSet<_> = all.iter().cloned().collect();
    assert_eq!(distinct, numbered(0..500).into_iter().collect());
}

#[test]
fn pages_are_of_1_to_4096_items() {
    let ward = Ward::new();
    let actions = |page: Option<usize>, count: usize| {
        let sealing = ward.session.seal_all(patients(count));
        let sealing = match page {
            Some(page) => sealing.page(page),
            None => sealing,
        };
        assert!(sealing.map(Result::unwrap).count() == count);
        let events = ward.events();
        let actions: BTreeSet<_> = events.iter().map(|event| &event.action_id).collect();
        actions.len()
    };
    assert_eq!(actions(None, 256), 1);
    assert_eq!(actions(None, 257), 2);
    assert_eq!(actions(Some(0), 3), 3);
    assert_eq!(actions(Some(1), 3), 3);
    assert_eq!(actions(Some(4096), 4097), 2);
    assert_eq!(actions(Some(usize::MAX), 4097), 2);
}

#[test]
fn nothing_to_do_is_no_action() {
    let ward = Ward::new();
    assert!(ward.session.seal_all(patients(0)).next().is_none());
    assert!(ward.session.open_all(&ward.rows(0)).next().is_none());
    assert!(ward.events().is_empty());
}

#[test]
fn nothing_is_done_before_it_is_asked_for() {
    let ward = Ward::new();
    let mut sealing = ward.session.seal_all(patients(6)).page(2);
    assert!(ward.events().is_empty());
    assert!(sealing.next().is_some());
    assert_eq!(
        ward.events().iter().map(ids).collect::<Vec<_>>(),
        [numbered(0..2)]
    );
    assert!(sealing.next().is_some());
    assert!(ward.events().is_empty());
    drop(sealing);
    assert!(
        ward.events().is_empty(),
        "what was not begun is not recorded"
    );
}

#[test]
fn progress_is_told_after_each_page() {
    let ward = Ward::new();
    let mut rows = ward.rows(10);
    rows[5].id = "p-6".into();
    let mut told = Vec::new();
    let mut opening = ward
        .session
        .open_all(&rows)
        .page(4)
        .progress(|_| panic!("replaced"))
        .progress(|progress: Progress| told.push((progress.done, progress.failed)));
    assert_eq!(opening.by_ref().take(5).count(), 5);
    drop(opening);
    assert_eq!(told, [(4, 0), (8, 1)]);
}
