//! Failed accesses by actor, and series that a journal coalesced.

use phi_seal::Purpose;
use phi_seal::audit::EventRecord;
use phi_seal::report::FailedAccess;

use crate::ward::{Ward, access, patient, sound};

fn ward() -> Ward {
    let ward = Ward::new();
    let care = ward.care();
    let row = care.seal(&patient("p-1")).unwrap();
    let clerk = ward.session("clerk", Purpose::Payment);
    for _ in 0..3 {
        assert!(clerk.open(&row).is_err());
    }
    let general = ward.session_of(access("general", "clerk", Purpose::Payment));
    assert!(general.seal(&patient("p-1")).is_err());
    care.open_with(|_| Ok(())).unwrap();
    let foreign = Ward::new().care().seal(&patient("p-1")).unwrap();
    assert!(care.open(&foreign).is_err());
    care.open(&row).unwrap();
    ward
}

#[test]
fn failures_are_counted_by_tenant_actor_and_outcome() {
    let report = FailedAccess::over(ward().history()).unwrap();
    let told: Vec<_> = report
        .actors()
        .iter()
        .map(|of| {
            let outcomes: Vec<_> = of.outcomes.iter().map(|(code, n)| (&**code, *n)).collect();
            (&*of.tenant, &*of.actor, of.count, outcomes)
        })
        .collect();
    let expected = [
        ("mercy", "clerk-17", 3, vec![("denied", 3)]),
        (
            "mercy",
            "physician-17",
            2,
            // The note was absent from the row, too.
            vec![("aborted", 1), ("partial", 1)],
        ),
        ("general", "clerk-17", 1, vec![("denied", 1)]),
    ];
    assert_eq!(told, expected);
    assert_eq!((report.total(), report.others()), (6, 0));
    assert!(!report.approximate());
}

/// The first failure of the clerk, and what a journal would write instead of so many more.
fn series(counts: &[u64]) -> Vec<EventRecord> {
    let failures: Vec<_> = ward()
        .events()
        .into_iter()
        .filter(|event| event.tenant == "mercy" && event.outcome == "denied")
        .collect();
    let mut events = vec![failures[0].clone()];
    for (n, count) in counts.iter().enumerate() {
        let mut again = failures[1].clone();
        again.event = format!("{}-{}-1", again.session, 1000 + n);
        again.action_id = format!("{}-{}", again.session, 1000 + n);
        again.repeats = Some(failures[0].event.clone());
        again.count = Some(*count);
        events.push(again);
    }
    events
}

fn total(events: Vec<EventRecord>) -> u64 {
    FailedAccess::over(sound(events)).unwrap().total()
}

#[test]
fn the_highest_count_of_a_series_holds() {
    assert_eq!(total(series(&[])), 1);
    assert_eq!(total(series(&[2])), 2);
    assert_eq!(total(series(&[10, 500])), 500);
    assert_eq!(total(series(&[500, 10])), 500, "whatever comes first");
    let mut reversed = series(&[10, 500]);
    reversed.reverse();
    assert_eq!(total(reversed), 500);
    assert_eq!(total(series(&[u64::MAX, u64::MAX])), u64::MAX);
    assert_eq!(total(series(&[0, 1])), 1, "no count takes away the first");
}

#[test]
fn repeated_events_keep_their_members_in_json() {
    for event in series(&[500]) {
        let read = EventRecord::from_json(&event.to_json()).unwrap();
        assert_eq!(read, event);
        assert_eq!(read.count.is_some(), read.repeats.is_some());
    }
}

/// A flood of invented actors must not fill the memory.
#[test]
fn actors_beyond_the_bound_are_counted_together() {
    let template = series(&[]).remove(0);
    let events = (0..10_003_u32).map(|n| {
        let mut event = template.clone();
        event.actor.id = format!("actor-{n}");
        event.event = format!("{}-{n}-1", event.session);
        Ok::<_, std::convert::Infallible>(event)
    });
    let report = FailedAccess::over(events).unwrap();
    assert_eq!((report.actors().len(), report.others()), (10_000, 3));
    assert_eq!(report.total(), 10_003);
}
