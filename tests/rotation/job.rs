//! A whole table, sealed anew beside its writers.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use phi_seal::rotate::{Progress, ResealError, Summary};
use phi_seal::{AuditError, ErrorKind, Session};
use pollster::block_on;

use crate::table::{Down, Table};
use crate::ward::{EXPIRY, Patient, Ward, corrupt, phi, recorded_ids};

/// Ten rows under an old key.
fn stale(rows: usize) -> (Ward, Table) {
    let ward = Ward::new();
    let table = Table::of(ward.table(rows));
    ward.keys.ring.rotate().unwrap();
    (ward, table)
}

fn run(session: &Session, table: &mut Table) -> Summary {
    block_on(session.reseal_all(table).page(4).run()).unwrap()
}

#[track_caller]
fn expect(summary: Summary, [seen, current, resealed, contended, failed]: [u64; 5]) {
    assert_eq!(
        [
            summary.seen,
            summary.current,
            summary.resealed,
            summary.contended,
            summary.failed
        ],
        [seen, current, resealed, contended, failed]
    );
    assert_eq!(seen, current + resealed + contended + failed);
}

#[track_caller]
fn all_open(ward: &Ward, table: &Table) {
    let session = ward.session();
    for row in table.rows.values() {
        let opened = session.open(row).unwrap();
        assert_eq!(*opened.note.expose(), format!("note {}", &row.id[2..]));
    }
}

#[test]
fn every_stale_row_is_sealed_anew_page_by_page() {
    let (ward, mut table) = stale(10);
    ward.forget();
    expect(run(&ward.session(), &mut table), [10, 0, 10, 0, 0]);
    assert_eq!(table.pages, [4, 4, 2, 0]);
    let events = ward.sink.events();
    let sizes: Vec<_> = events
        .iter()
        .map(|event| recorded_ids(event).len())
        .collect();
    assert_eq!(sizes, [4, 4, 2], "an event for each page");
    assert!(events.iter().all(|event| event.action == "reseal"));
    all_open(&ward, &table);
}

#[test]
fn a_second_run_does_nothing() {
    let (ward, mut table) = stale(10);
    run(&ward.session(), &mut table);
    ward.forget();
    table.writes = 0;
    expect(run(&ward.session(), &mut table), [10, 10, 0, 0, 0]);
    assert_eq!(
        (table.writes, ward.sink.len(), ward.keys.count().opened),
        (0, 0, 0)
    );
}

#[test]
fn an_empty_table_is_done_at_once_and_a_page_has_at_least_one_row() {
    let (ward, _) = stale(0);
    let session = ward.session();
    let mut table = Table::default();
    expect(run(&session, &mut table), [0; 5]);
    let (ward, mut table) = stale(2);
    let session = ward.session();
    expect(
        block_on(session.reseal_all(&mut table).page(0).run()).unwrap(),
        [2, 0, 2, 0, 0],
    );
    assert_eq!(table.pages, [1, 1, 0]);
}

#[test]
fn a_run_goes_on_after_a_cursor() {
    let (ward, mut table) = stale(10);
    let session = ward.session();
    let seen = Arc::new(Mutex::new(Vec::<Progress<String>>::new()));
    let (report, own) = (seen.clone(), ward.session());
    table.calls_left = Some(3);
    let stopped = block_on(
        session
            .reseal_all(&mut table)
            .page(4)
            .progress(move |progress| report.lock().unwrap().push(progress.clone()))
            .run(),
    );
    assert_eq!(stopped, Err(ResealError::Store(Down)));
    let last = seen.lock().unwrap().last().cloned().unwrap();
    assert_eq!(last.cursor.as_deref(), Some("p-3"));
    table.calls_left = None;
    table.pages.clear();
    let rest = own
        .reseal_all(&mut table)
        .page(4)
        .after(last.cursor.unwrap());
    expect(block_on(rest.run()).unwrap(), [6, 0, 6, 0, 0]);
    assert_eq!(table.pages, [4, 2, 0]);
    all_open(&ward, &table);
}

#[test]
fn rows_that_a_writer_changed_stay_as_they_wrote_them() {
    let (ward, mut table) = stale(6);
    let session = Arc::new(ward.session());
    let writing = session.clone();
    let mut written = 0;
    table.writer = Some(Box::new(move |rows| {
        written += 1;
        if written == 1 {
            let row = rows.get_mut("p-1").unwrap();
            writing
                .update_field(row, Patient::NOTE, &phi("theirs"))
                .unwrap();
            rows.remove("p-2");
        }
    }));
    expect(run(&session, &mut table), [6, 0, 4, 2, 0]);
    table.writer = None;
    let theirs = session.open(&table.rows["p-1"]).unwrap();
    assert_eq!(theirs.note.expose(), "theirs");
    assert!(!table.rows.contains_key("p-2"), "a deleted row stays so");
    // Again, until none is contended: the writer's row had other fields under the old key.
    expect(run(&session, &mut table), [5, 4, 1, 0, 0]);
    assert_eq!(
        session.open(&table.rows["p-1"]).unwrap().note.expose(),
        "theirs"
    );
    expect(run(&session, &mut table), [5, 5, 0, 0, 0]);
}

/// An index column alone that somebody changed is their change too.
#[test]
fn a_changed_index_column_is_contended() {
    let (ward, mut table) = stale(1);
    let session = ward.session();
    table.writer = Some(Box::new(|rows| {
        rows.get_mut("p-0").unwrap().words = Default::default()
    }));
    expect(run(&session, &mut table), [1, 0, 0, 1, 0]);
    assert!(table.rows["p-0"].words.is_empty());
}

#[test]
fn a_dry_run_changes_nothing_and_tells_what_would_be() {
    let (ward, mut table) = stale(6);
    let bad = table.rows.get_mut("p-3").unwrap();
    bad.note = corrupt(&bad.note);
    let before = table.rows.clone();
    let session = ward.session();
    ward.forget();
    let summary = block_on(session.reseal_all(&mut table).dry_run().run()).unwrap();
    expect(summary, [6, 0, 5, 0, 1]);
    assert!(table.rows == before && table.writes == 0);
    assert_eq!(
        ward.event().action,
        "reseal",
        "what was decrypted is recorded"
    );
    expect(run(&session, &mut table), [6, 0, 5, 0, 1]);
}

#[test]
fn failures_are_reported_by_row_and_end_nothing() {
    let (ward, mut table) = stale(6);
    for id in ["p-1", "p-4"] {
        let bad = table.rows.get_mut(id).unwrap();
        bad.note = corrupt(&bad.note);
    }
    let before = table.rows.clone();
    let session = ward.session();
    let failures = Mutex::new(Vec::new());
    let job = session
        .reseal_all(&mut table)
        .page(3)
        .failures(|cursor, error| {
            failures
                .lock()
                .unwrap()
                .push((cursor.clone(), error.kind(), error.index()));
        });
    expect(block_on(job.run()).unwrap(), [6, 0, 4, 0, 2]);
    let integrity = ErrorKind::Integrity;
    assert_eq!(
        failures.into_inner().unwrap(),
        [
            ("p-1".into(), integrity, Some(1)),
            ("p-4".into(), integrity, Some(1))
        ]
    );
    assert!(table.rows["p-1"] == before["p-1"], "as it was");
}

#[test]
fn progress_is_told_after_each_page_and_adds_up() {
    let (ward, mut table) = stale(10);
    let session = ward.session();
    let mut seen = Vec::new();
    let job = session.reseal_all(&mut table).page(4).progress(|progress| {
        seen.push((progress.cursor.clone().unwrap(), progress.summary));
        let shown = format!("{progress:?}");
        assert!(shown.starts_with("Progress { summary: Summary {") && !shown.contains("p-"));
    });
    assert!(format!("{job:?}").starts_with("Reseal { page: 4, dry_run: false, .."));
    let summary = block_on(job.run()).unwrap();
    let cursors: Vec<_> = seen.iter().map(|(cursor, _)| cursor.as_str()).collect();
    assert_eq!(cursors, ["p-3", "p-7", "p-9"]);
    expect(seen[0].1, [4, 0, 4, 0, 0]);
    expect(seen[1].1, [8, 0, 8, 0, 0]);
    assert_eq!(seen[2].1, summary);
}

/// A store that says too much or too little of what it replaced.
#[test]
fn numbers_add_up_whatever_the_store_says() {
    let (ward, mut table) = stale(6);
    table.boasts = 3;
    expect(run(&ward.session(), &mut table), [6, 0, 6, 0, 0]);
}

/// The waits that it asks for; nobody sleeps. The rate is so low that the test's own time is
/// nothing beside it.
#[test]
fn a_throttle_waits_for_as_long_as_the_rows_so_far_should_have_taken() {
    let (ward, mut table) = stale(10);
    let session = ward.session();
    let mut waits = Vec::new();
    let job = session
        .reseal_all(&mut table)
        .page(4)
        .throttle(0.001, |wait| {
            waits.push(wait);
            Box::pin(std::future::ready(()))
        });
    expect(block_on(job.run()).unwrap(), [10, 0, 10, 0, 0]);
    let due = [4000, 8000, 10_000].map(Duration::from_secs);
    assert_eq!(waits.len(), 3);
    for (wait, due) in waits.into_iter().zip(due) {
        assert!(
            wait <= due && wait > due - Duration::from_secs(900),
            "{wait:?}, {due:?}"
        );
    }
}

#[test]
fn a_rate_that_is_none_throttles_nothing() {
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX] {
        let (ward, mut table) = stale(2);
        let session = ward.session();
        let job = session
            .reseal_all(&mut table)
            .throttle(rate, |wait| panic!("{wait:?}"));
        expect(block_on(job.run()).unwrap(), [2, 0, 2, 0, 0]);
    }
    // One row in longer than any duration.
    let (ward, mut table) = stale(1);
    let session = ward.session();
    let mut waits = Vec::new();
    let job = session
        .reseal_all(&mut table)
        .throttle(f64::MIN_POSITIVE, |wait| {
            waits.push(wait);
            Box::pin(std::future::ready(()))
        });
    block_on(job.run()).unwrap();
    assert!(waits[0] > Duration::from_secs(u64::MAX / 2));
}

#[test]
fn a_store_that_fails_anywhere_loses_nothing_and_a_rerun_finishes() {
    for calls in 0..7 {
        for writes_before_failure in 0..4 {
            let (ward, mut table) = stale(10);
            let session = ward.session();
            table.calls_left = Some(calls);
            table.writes_before_failure = writes_before_failure;
            let error = block_on(session.reseal_all(&mut table).page(4).run()).unwrap_err();
            assert_eq!(error, ResealError::Store(Down));
            assert_eq!(error.to_string(), "the store of rows failed");
            all_open(&ward, &table);
            table.calls_left = None;
            let done = table.writes as u64;
            expect(run(&session, &mut table), [10, done, 10 - done, 0, 0]);
            all_open(&ward, &table);
        }
    }
}

#[test]
fn a_sink_that_fails_ends_the_run_before_anything_is_written() {
    let (ward, mut table) = stale(10);
    let before = table.rows.clone();
    let session = ward.session();
    ward.sink.fail_with(AuditError::new("down"));
    let error = block_on(session.reseal_all(&mut table).run()).unwrap_err();
    assert!(matches!(error, ResealError::Seal(error) if error.kind() == ErrorKind::Audit));
    assert!(table.rows == before && table.writes == 0);
    ward.sink.recover();
    expect(run(&session, &mut table), [10, 0, 10, 0, 0]);
}

#[test]
fn a_session_that_expires_ends_the_run_and_another_finishes_it() {
    let (ward, mut table) = stale(10);
    let session = ward.session();
    let clock = ward.clock.clone();
    let job = session
        .reseal_all(&mut table)
        .page(4)
        .progress(|_| clock.advance(EXPIRY.max_age * 2));
    let error = block_on(job.run()).unwrap_err();
    assert!(matches!(error, ResealError::Seal(error) if error.is_expired()));
    assert_eq!(table.writes, 4);
    expect(run(&ward.session(), &mut table), [10, 4, 6, 0, 0]);
    all_open(&ward, &table);
}

#[test]
fn a_run_may_move_between_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (ward, mut table) = stale(3);
    let session = ward.session();
    let future = is_send(session.reseal_all(&mut table).page(2).run());
    let summary = std::thread::scope(|scope| scope.spawn(move || block_on(future)).join().unwrap());
    expect(summary.unwrap(), [3, 0, 3, 0, 0]);
}
