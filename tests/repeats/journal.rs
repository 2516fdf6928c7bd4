//! Through a journal.

use std::sync::Arc;

use phi_seal::{Actor, ErrorKind, Purpose};

use crate::world::{MINUTE, NOTE, PLAN, World, access, counts, fail, fail_at, reported, seal};

const DOUBLED: [Option<u64>; 10] = [
    None,
    Some(2),
    Some(4),
    Some(8),
    Some(16),
    Some(32),
    Some(64),
    Some(128),
    Some(256),
    Some(512),
];

#[test]
fn a_flood_of_bad_envelopes_leaves_a_dozen_events() {
    let (world, journal) = World::new();
    let session = world.vault(journal.clone()).session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..1000 {
        assert_eq!(fail(&session, &sealed).kind(), ErrorKind::Integrity);
    }
    assert_eq!(counts(&world.failures()), DOUBLED);

    world.clock.advance(MINUTE);
    journal.tend();
    let failures = world.failures();
    let mut expected = DOUBLED.to_vec();
    expected.push(Some(1000));
    assert_eq!(counts(&failures), expected);
    let first = &failures[0].event;
    assert!(
        failures[1..]
            .iter()
            .all(|it| it.repeats.as_ref() == Some(first))
    );
    assert_eq!(reported(world.events()), 1000);
    // Nothing is told twice.
    world.clock.advance(MINUTE);
    journal.tend();
    assert_eq!(world.failures().len(), 11);

    // What comes later begins anew.
    fail(&session, &sealed);
    assert_eq!(counts(&world.failures()[11..]), [None]);
    assert_eq!(reported(world.events()), 1001);
}

#[test]
fn the_last_count_is_told_at_close() {
    let (world, journal) = World::new();
    let session = world.vault(journal.clone()).session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..1000 {
        fail(&session, &sealed);
    }
    drop(session);
    Arc::into_inner(journal).unwrap().close().unwrap();
    assert_eq!(counts(&world.failures()[10..]), [Some(1000)]);
    assert_eq!(reported(world.events()), 1000);
}

#[test]
fn a_failure_after_the_window_tells_what_was_before() {
    let (world, journal) = World::new();
    let session = world.vault(journal).session(access()).unwrap();
    let sealed = seal(&session);
    for _ in 0..7 {
        fail(&session, &sealed);
    }
    world.clock.advance(MINUTE);
    fail(&session, &sealed);
    let expected = [None, Some(2), Some(4), Some(7), None];
    assert_eq!(counts(&world.failures()), expected);
    assert_eq!(reported(world.events()), 8);
}

#[test]
fn the_first_is_on_the_disk_before_the_caller_hears() {
    let (world, journal) = World::new();
    let session = world.vault(journal).session(access()).unwrap();
    let sealed = seal(&session);
    assert!(world.failures().is_empty());
    fail(&session, &sealed);
    assert_eq!(counts(&world.failures()), [None]);
}

#[test]
fn failures_that_differ_are_each_written() {
    let (world, journal) = World::new();
    let vault = world.vault(journal);
    let session = vault.session(access()).unwrap();
    let sealed = seal(&session);
    // Of another keyring: nobody here has the key.
    let (stranger, their_journal) = World::new();
    let foreign = seal(&stranger.vault(their_journal).session(access()).unwrap());
    let tenant = access().tenant().clone();
    let other = |actor: &str, purpose| {
        let actor = Actor::new(actor.to_owned()).unwrap();
        vault
            .session(phi_seal::Access::new(tenant.clone(), actor, purpose))
            .unwrap()
    };
    let fail_each = || {
        fail(&session, &sealed);
        fail_at(&session, &sealed, &NOTE, "p-2", "r-2");
        fail_at(&session, &sealed, &NOTE, "p-1", "r-3");
        fail_at(&session, &sealed, &PLAN, "p-1", "r-2");
        fail(&session, &foreign);
        fail(&other("dr-8", Purpose::Treatment), &sealed);
        fail(&other("dr-9", Purpose::Research), &sealed);
        let from_elsewhere = access().source_ip([203, 0, 113, 9].into());
        fail(&vault.session(from_elsewhere).unwrap(), &sealed);
        fail(&vault.session(access().reason("audit")).unwrap(), &sealed);
    };
    fail_each();
    assert_eq!(counts(&world.failures()), [None; 9]);
    fail_each();
    assert_eq!(counts(&world.failures()[9..]), [Some(2); 9]);
    assert_eq!(reported(world.events()), 18);
}

#[test]
fn session_and_request_make_no_difference() {
    let (world, journal) = World::new();
    let vault = world.vault(journal);
    let sealed = seal(&vault.session(access()).unwrap());
    for request in ["req-1", "req-2", "req-3", "req-4"] {
        fail(
            &vault.session(access().request_id(request)).unwrap(),
            &sealed,
        );
    }
    assert_eq!(counts(&world.failures()), [None, Some(2), Some(4)]);
}

#[test]
fn successes_are_each_written() {
    let (world, journal) = World::new();
    let session = world.vault(journal).session(access()).unwrap();
    for _ in 0..100 {
        seal(&session);
    }
    let events = world.events();
    assert_eq!(counts(&events), [None; 100]);
    assert!(events.iter().all(|event| event.outcome == "success"));
}

#[test]
fn what_is_let_out_in_part_is_each_written() {
    let (world, journal) = World::new();
    let session = world.vault(journal).session(access()).unwrap();
    let sealed = seal(&session);
    let (one, two) = (
        phi_seal::RecordId::new("r-1").unwrap(),
        phi_seal::RecordId::new("r-2").unwrap(),
    );
    let (of, fields) = (crate::world::subject("p-1"), [NOTE.info()]);
    for _ in 0..10 {
        session
            .open_with(|mut opening| {
                for id in [&one, &two] {
                    let place = phi_seal::RecordRef::new(id, &of);
                    let permit = opening.authorize(place, &fields)?;
                    drop(opening.open(&permit, &NOTE, &sealed));
                }
                opening.record().map(drop)
            })
            .unwrap();
    }
    let partial = world.failures();
    assert!(partial.iter().all(|event| event.outcome == "partial"));
    assert_eq!(counts(&partial), [None; 10]);
}
