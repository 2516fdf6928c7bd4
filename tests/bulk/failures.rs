//! What fails alone, and what fails a page.

use phi_seal::AuditError;
use std::time::Duration;

use crate::ward::{Gate, Ward, corrupt, errors, ids, numbered, outcomes, patient, patients};

const DOWN: AuditError = AuditError::new("the audit store is down; try again");

#[test]
fn a_corrupt_record_fails_alone() {
    let ward = Ward::new();
    let mut rows = ward.rows(10);
    rows[5].name = corrupt(&rows[5].name);
    rows[9].id = "p-8".into();
    let opened: Vec<_> = ward.session.open_all(&rows).page(4).collect();
    assert_eq!(errors(&opened), [(5, "integrity"), (9, "integrity")]);
    assert_eq!(opened[5].as_ref().unwrap_err().field(), Some("name"));
    for (number, opened) in opened.iter().enumerate() {
        if let Ok(opened) = opened {
            assert!(opened.ct_eq(&patient(number)), "{number}");
        }
    }
    let events = ward.events();
    let outcomes_of: Vec<_> = events.iter().map(|event| event.outcome.as_str()).collect();
    assert_eq!(outcomes_of, ["success", "partial", "partial"]);
    // Over-reporting is right: the note was opened, though the record was not handed out.
    assert_eq!(
        outcomes(&events[1], "p-5"),
        ["name integrity", "note success"]
    );
}

#[test]
fn a_denied_record_is_denied_alone() {
    let ward = Ward::new();
    let rows = ward.rows(10);
    Gate::tell(&ward.gate.denied, &["p-2", "p-6"]);
    Gate::tell(&ward.gate.name_only, &["p-7"]);
    let opened: Vec<_> = ward.session.open_all(&rows).page(4).collect();
    let denied = [(2, "denied"), (6, "denied"), (7, "denied")];
    assert_eq!(errors(&opened), denied);
    let events = ward.events();
    assert_eq!(outcomes(&events[0], "p-2"), ["name denied", "note denied"]);
    // Half a record is none: nothing of it was opened.
    assert_eq!(outcomes(&events[1], "p-7"), ["name aborted", "note denied"]);
    assert_eq!(opened[7].as_ref().unwrap_err().field(), Some("note"));

    let sealed: Vec<_> = ward.session.seal_all(patients(10)).page(4).collect();
    assert_eq!(errors(&sealed), denied);
    assert_eq!(ward.events().len(), 3);
}

#[test]
fn a_record_without_an_id_is_refused_alone_and_in_no_event() {
    let ward = Ward::new();
    let mut patients = patients(6);
    for at in [1, 2, 3] {
        patients[at].id = String::new();
    }
    let sealed: Vec<_> = ward.session.seal_all(&patients).page(2).collect();
    let refused = "invalid_input";
    assert_eq!(errors(&sealed), [(1, refused), (2, refused), (3, refused)]);
    let pages: Vec<_> = ward.events().iter().map(ids).collect();
    assert_eq!(
        pages,
        [numbered([0]), numbered([4, 5])],
        "the second page had no name to act on"
    );
}

#[test]
fn pages_fail_while_the_sink_does() {
    let ward = Ward::new();
    let rows = ward.rows(10);
    let sink = ward.sink.clone();
    let opening = ward.session.open_all(&rows).page(3);
    let opened: Vec<_> = opening
        .progress(move |progress| match progress.done {
            3 => sink.fail_with(DOWN),
            9 => sink.recover(),
            _ => {}
        })
        .collect();
    assert_eq!(opened.len(), 10);
    let audit: Vec<_> = (3..9).map(|at| (at, "audit")).collect();
    assert_eq!(errors(&opened), audit);
    assert!(
        opened[9].as_ref().unwrap().ct_eq(&patient(9)),
        "later pages are tried"
    );
    let pages: Vec<_> = ward.events().iter().map(ids).collect();
    assert_eq!(pages, [numbered(0..3), numbered([9])]);

    ward.sink.fail_with(DOWN);
    let sealed: Vec<_> = ward.session.seal_all(patients(5)).page(3).collect();
    assert_eq!(errors(&sealed).len(), 5);
}

#[test]
fn a_session_that_expires_lets_no_later_page_out() {
    let ward = Ward::new();
    let rows = ward.rows(10);
    let clock = ward.clock.clone();
    let opened: Vec<_> = ward
        .session
        .open_all(&rows)
        .page(4)
        .progress(move |progress| {
            if progress.done == 4 {
                clock.advance(Duration::from_secs(24 * 60 * 60));
            }
        })
        .collect();
    assert_eq!(opened.len(), 10);
    let expired: Vec<_> = (4..10).map(|at| (at, "expired")).collect();
    assert_eq!(errors(&opened), expired);
    let events = ward.events();
    let outcomes_of: Vec<_> = events.iter().map(|event| event.outcome.as_str()).collect();
    assert_eq!(outcomes_of, ["success", "expired", "expired"]);
    assert_eq!(ids(&events[2]), numbered(8..10), "the attempt is recorded");
}

#[test]
fn a_session_that_expires_within_a_page_lets_none_of_it_out() {
    let ward = Ward::new();
    let rows = ward.rows(8);
    Gate::tell(&ward.gate.takes_a_day, &["p-5"]);
    let opened: Vec<_> = ward.session.open_all(&rows).page(4).collect();
    let expired: Vec<_> = (4..8).map(|at| (at, "expired")).collect();
    assert_eq!(errors(&opened), expired);
    let events = ward.events();
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].outcome, "expired");
    // Those before were opened, but not let out.
    assert_eq!(
        outcomes(&events[1], "p-4"),
        ["name aborted", "note aborted"]
    );
    assert_eq!(
        outcomes(&events[1], "p-6"),
        ["name expired", "note expired"]
    );
}
