//! Through sealed details, no two of which are alike.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use phi_seal::audit::{EventRecord, RecordSink};
use phi_seal::key::Keyring;
use phi_seal::{AuditError, ErrorKind, Reviewing, SealedDetails};
use pollster::block_on;

use crate::world::{MINUTE, World, access, counts, fail, failures, reported, seal};

#[test]
fn a_flood_is_counted_and_the_last_count_told_at_the_end() {
    let (world, journal) = World::new();
    let vault = world.vault(SealedDetails::new(journal.clone(), world.keys.clone()));
    let session = vault.session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..1000 {
        assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Integrity);
    }
    assert_eq!(world.failures().len(), 10);
    drop((session, vault));
    let failures = world.failures();
    assert_eq!(counts(&failures)[9..], [Some(512), Some(1000)]);
    assert_eq!(reported(world.events()), 1000);
    assert!(
        failures
            .iter()
            .all(|it| it.subjects.is_empty() && it.sealed.len() == 1)
    );

    let session = world.vault(journal).session(access()).unwrap();
    for event in block_on(session.review(&failures, Reviewing::all())).unwrap() {
        assert_eq!(event.event().subjects[0].subject.as_deref(), Some("p-1"));
    }
}

/// Its disk can fail.
#[derive(Debug, Default)]
struct Flaky {
    events: Mutex<Vec<EventRecord>>,
    is_down: AtomicBool,
}

impl RecordSink for Flaky {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        if self.is_down.load(Ordering::SeqCst) {
            return Err(AuditError::new("the disk is full; make room"));
        }
        self.events.lock().unwrap().push(event.clone());
        Ok(())
    }
}

impl Flaky {
    fn fail(&self, is_down: bool) {
        self.is_down.store(is_down, Ordering::SeqCst);
    }

    fn failures(&self) -> Vec<EventRecord> {
        failures(self.events.lock().unwrap().clone())
    }
}

#[test]
fn a_failing_disk_swallows_no_first_failure() {
    let (world, _) = World::new();
    let log = Arc::new(Flaky::default());
    let vault = world.vault(SealedDetails::new(log.clone(), world.keys.clone()));
    let session = vault.session(access()).unwrap();
    let sealed = seal(&session);
    log.fail(true);
    for _ in 0..3 {
        assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Audit);
    }
    log.fail(false);
    for _ in 0..2 {
        assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Integrity);
    }
    assert_eq!(counts(&log.failures()), [None, Some(2)]);
}

#[test]
fn the_next_event_after_the_window_brings_the_last_count() {
    let (world, journal) = World::new();
    let sink = SealedDetails::new(journal, world.keys.clone()).clock(world.clock.clone());
    let session = world.vault(sink).session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..1000 {
        fail(&session, &sealed);
    }
    world.clock.advance(MINUTE);
    seal(&session);
    let counted = world.failures();
    assert_eq!((counted.len(), counted[10].count), (11, Some(1000)));
    assert_eq!(reported(world.events()), 1000);
}

#[test]
fn a_count_that_a_failing_disk_did_not_take_is_told_later() {
    let (world, _) = World::new();
    let log = Arc::new(Flaky::default());
    let sink = SealedDetails::new(log.clone(), world.keys.clone()).clock(world.clock.clone());
    let session = world.vault(sink).session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..7 {
        fail(&session, &sealed);
    }
    world.clock.advance(MINUTE);
    log.fail(true);
    for _ in 0..2 {
        assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Audit);
    }
    log.fail(false);
    assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Integrity);
    let failures = log.failures();
    assert_eq!(counts(&failures), [None, Some(2), Some(4), Some(7), None]);
    assert_eq!(reported(failures), 8);
}

#[test]
fn a_count_whose_key_is_gone_is_told_without_details() {
    let (world, journal) = World::new();
    let vault = world.vault(SealedDetails::new(journal, world.keys.clone()));
    let session = vault.session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..3 {
        fail(&session, &sealed);
    }
    world.keys.replace(Keyring::generate().unwrap());
    drop((session, vault));
    let failures = world.failures();
    assert_eq!(counts(&failures), [None, Some(2), Some(3)]);
    let last = &failures[2];
    assert!(last.subjects.is_empty() && last.sealed.is_empty());
    assert_eq!(last.repeats.as_ref(), Some(&failures[0].event));
}
