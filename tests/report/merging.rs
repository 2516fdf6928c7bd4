//! One history of several.

use std::num::NonZeroUsize;
use std::time::Duration;

use phi_seal::Purpose;
use phi_seal::audit::{EventReadError, EventRecord, read_events};
use phi_seal::report::{merge, merge_within};

use crate::ward::{Ward, at, patient, sound};

/// What so many vaults recorded, a minute apart, in turn.
fn histories(vaults: usize, actions: u64) -> Vec<Vec<EventRecord>> {
    let wards: Vec<_> = (0..vaults).map(|_| Ward::new()).collect();
    let sessions: Vec<_> = wards.iter().map(Ward::care).collect();
    for action in 0..actions {
        for (place, (ward, session)) in (0..).zip(wards.iter().zip(&sessions)) {
            let minutes = action * vaults as u64 + place;
            let time = at(2026, 11, 21) + Duration::from_secs(60 * minutes);
            ward.clock.set_wall(time);
            session.seal(&patient("p-1")).unwrap();
        }
    }
    wards.iter().map(Ward::events).collect()
}

fn times(events: &[EventRecord]) -> Vec<&str> {
    events.iter().map(|event| event.time.as_str()).collect()
}

#[test]
fn sources_are_interleaved_by_time() {
    let histories = histories(3, 20);
    let sources: Vec<_> = histories.iter().cloned().map(sound).collect();
    let merged: Vec<_> = merge(sources).map(Result::unwrap).collect();
    assert_eq!(merged.len(), 60);
    assert!(times(&merged).is_sorted());
    for history in histories {
        assert!(history.iter().all(|event| merged.contains(event)));
    }
}

#[test]
fn an_event_recorded_twice_is_told_once() {
    let [history, other] = &histories(2, 20)[..] else {
        panic!("two")
    };
    let twice = history
        .iter()
        .flat_map(|event| [event.clone(), event.clone()]);
    let sources = [
        history.clone(),
        twice.collect(),
        history[5..9].to_vec(),
        other.clone(),
    ];
    let mut merged = merge(sources.map(sound));
    let told: Vec<_> = merged.by_ref().map(Result::unwrap).collect();
    assert_eq!(told.len(), 40);
    assert_eq!(merged.out_of_order(), 0);
}

#[test]
fn one_id_with_two_contents_is_told_twice() {
    let [history] = &histories(1, 3)[..] else {
        panic!("one")
    };
    let mut changed = history.clone();
    changed[1].actor.id = "somebody-else".into();
    let sources = [history.clone(), changed, history.clone()];
    let told: Vec<_> = merge(sources.map(sound)).map(Result::unwrap).collect();
    assert_eq!(told.len(), 4);
    let actors = told
        .iter()
        .filter(|event| event.actor.id == "somebody-else");
    assert_eq!(actors.count(), 1);
}

#[test]
fn the_window_is_how_far_an_event_may_be_late() {
    let [history] = &histories(1, 12)[..] else {
        panic!("one")
    };
    let within = |window, history: Vec<EventRecord>| {
        let window = NonZeroUsize::new(window).unwrap();
        let mut merged = merge_within(window, [sound(history)]);
        let told: Vec<_> = merged.by_ref().map(Result::unwrap).collect();
        assert_eq!(told.len(), 12, "nothing is left out");
        (times(&told).is_sorted(), merged.out_of_order())
    };
    let mut late = history.clone();
    // Written four places after the one that began next.
    late[2..7].rotate_left(1);
    assert_eq!(within(5, late.clone()), (true, 0));
    assert_eq!(within(4, late.clone()), (false, 1));
    let reversed: Vec<_> = history.iter().rev().cloned().collect();
    assert_eq!(within(12, reversed.clone()), (true, 0));
    assert_eq!(within(1, reversed), (false, 11));
}

#[test]
fn errors_are_passed_on_and_lose_nothing() {
    let [history] = &histories(1, 6)[..] else {
        panic!("one")
    };
    let mut log = Vec::new();
    for (at, event) in history.iter().enumerate() {
        if at % 2 == 0 {
            log.extend(b"torn\n");
        }
        log.extend(event.to_json());
        log.push(b'\n');
    }
    let merged = merge([read_events(&log[..])]);
    let (told, errors): (Vec<_>, Vec<_>) = merged.partition(Result::is_ok);
    assert_eq!(told.len(), 6);
    let lines: Vec<_> = errors
        .iter()
        .map(|error| error.as_ref().map_err(EventReadError::line).unwrap_err())
        .collect();
    assert_eq!(lines, [1, 4, 7]);
}

#[test]
fn no_source_and_empty_sources_make_an_empty_history() {
    let none: [Vec<Result<EventRecord, EventReadError>>; 0] = [];
    assert_eq!(merge(none).count(), 0);
    let empty = [read_events(&b""[..]), read_events(&b""[..])];
    assert_eq!(merge(empty).count(), 0);
    let ward = Ward::new();
    ward.session("physician", Purpose::Treatment);
    assert_eq!(merge([ward.history()]).count(), 0, "an admission is none");
}
