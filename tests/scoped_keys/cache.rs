//! What is in memory, for how many, and who keeps it there.

use phi_seal::ErrorKind;
use phi_seal::key::KeyProvider;
use pollster::block_on;

use crate::ward::{MAX_AGE, MERCY, Place, SECOND, World, need, of, places, tenant};

#[test]
fn no_more_scopes_are_held_than_allowed() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(10));
    for number in 0..50 {
        process.seal(&format!("p-{number}"));
        assert!(process.counts().held <= 10);
    }
    let counts = process.counts();
    assert_eq!((counts.held, counts.evictions), (10, 40));
    assert_eq!((counts.hits, counts.misses), (0, 50));
}

#[test]
fn no_tenant_pushes_out_the_others() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity_per_tenant(5));
    process.add("big");
    let sealed: Vec<_> = (0..5)
        .map(|number| process.seal(&format!("p-{number}")))
        .collect();
    for number in 0..30 {
        process.try_seal("big", &format!("p-{number}")).unwrap();
    }
    assert_eq!(
        (process.counts().held, process.counts().evictions),
        (10, 25)
    );
    for (number, sealed) in sealed.iter().enumerate() {
        assert_eq!(
            process.open_unprepared(&format!("p-{number}"), sealed),
            Ok(())
        );
    }
}

#[test]
fn who_holds_most_pays_when_all_together_are_too_many() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(20));
    process.add("big");
    for number in 0..30 {
        process.try_seal("big", &format!("p-{number}")).unwrap();
    }
    let sealed: Vec<_> = (0..5)
        .map(|number| process.seal(&format!("p-{number}")))
        .collect();
    assert_eq!(process.counts().held, 20);
    for (number, sealed) in sealed.iter().enumerate() {
        assert_eq!(
            process.open_unprepared(&format!("p-{number}"), sealed),
            Ok(())
        );
    }
}

#[test]
fn what_is_used_stays_longer() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(10));
    let sealed = process.seal("p-used");
    let finds = || world.store.calls().finds;
    for number in 0..60 {
        assert_eq!(process.open("p-used", &sealed), Ok(()));
        let before = finds();
        // Each is used many times, and by nobody who prepares it again.
        let patient = format!("p-{number}");
        let once = process.seal(&patient);
        for _ in 0..5 {
            assert_eq!(process.open_unprepared(&patient, &once), Ok(()));
        }
        assert_eq!(process.open("p-used", &sealed), Ok(()));
        assert_eq!(finds() - before, 1, "{number}");
    }
    assert_eq!(process.counts().held, 10);
}

#[test]
fn a_lease_keeps_its_keys_and_no_longer_than_it_lives() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(1));
    let sealed = process.seal("p-0");
    let (mercy, place) = (tenant(MERCY), Place::new("p-0"));
    let needs = [need(&mercy, &place.subject)];
    let leases = [0, 1].map(|_| block_on(process.keys.prepare(&needs)).unwrap());
    let push = |from: usize| {
        for number in from..from + 20 {
            process.seal(&format!("p-other-{number}"));
        }
    };
    push(0);
    assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
    let [one, other] = leases;
    drop(one);
    push(20);
    assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
    drop(other);
    push(40);
    assert_eq!(
        process.open_unprepared("p-0", &sealed),
        Err(ErrorKind::Unavailable)
    );
    assert_eq!(process.counts().held, 1);
}

#[test]
fn a_lease_outlasts_a_renewal_and_a_rotation() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(1));
    let sealed = process.seal("p-0");
    let (mercy, place) = (tenant(MERCY), Place::new("p-0"));
    let needs = [need(&mercy, &place.subject)];
    let _lease = block_on(process.keys.prepare(&needs)).unwrap();
    world.clock.advance(MAX_AGE);
    // Somebody else has it renewed, and lets go of it.
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    for number in 0..20 {
        process.seal(&format!("p-other-{number}"));
    }
    assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
}

#[test]
fn what_was_renewed_can_be_evicted_like_the_rest() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(4));
    for _ in 0..5 {
        for number in 0..4 {
            process.seal(&format!("p-{number}"));
        }
        assert_eq!(process.counts().held, 4);
        world.clock.advance(MAX_AGE);
    }
    for number in 4..8 {
        process.seal(&format!("p-{number}"));
    }
    assert_eq!((process.counts().held, process.counts().evictions), (4, 4));
}

#[test]
fn what_one_tenant_pins_does_not_let_the_others_grow() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(20));
    process.add("small");
    process.add("smaller");
    let mercy = tenant(MERCY);
    let patients = places(15);
    let needs: Vec<_> = patients
        .iter()
        .map(|place| need(&mercy, &place.subject))
        .collect();
    let lease = block_on(process.keys.prepare(&needs)).unwrap();
    for number in 0..14 {
        for name in ["small", "smaller"] {
            process.try_seal(name, &format!("p-{number}")).unwrap();
            assert!(process.counts().held <= 20);
        }
    }
    drop(lease);
    assert_eq!(process.counts().held, 20);
}

#[test]
fn a_page_larger_than_the_cache_opens_as_a_whole() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(10));
    let mercy = tenant(MERCY);
    let patients = places(300);
    let sealed: Vec<_> = patients
        .iter()
        .map(|place| process.seal(place.subject.as_str()))
        .collect();
    assert_eq!(process.counts().held, 10);
    let needs: Vec<_> = patients
        .iter()
        .map(|place| need(&mercy, &place.subject))
        .collect();
    let lease = block_on(process.keys.prepare(&needs)).unwrap();
    assert_eq!(process.counts().held, 300);
    for (place, sealed) in patients.iter().zip(&sealed) {
        assert_eq!(
            process.open_unprepared(place.subject.as_str(), sealed),
            Ok(())
        );
    }
    drop(lease);
    process.seal("p-another");
    assert_eq!(process.counts().held, 10);
}

#[test]
fn destroying_and_disabling_do_not_wait_for_leases() {
    let world = World::new();
    let process = world.process();
    let (first, scope) = (process.seal("p-0"), of("p-0"));
    block_on(process.keys.rotate(&scope)).unwrap();
    let second = process.seal("p-0");
    let (mercy, place) = (tenant(MERCY), Place::new("p-0"));
    let _lease = block_on(process.keys.prepare(&[need(&mercy, &place.subject)])).unwrap();
    assert_eq!(process.open_unprepared("p-0", &first), Ok(()));
    block_on(process.keys.disable(&scope, 1)).unwrap();
    assert_eq!(
        process.open_unprepared("p-0", &first),
        Err(ErrorKind::KeyDisabled)
    );
    block_on(process.keys.enable(&scope, 1)).unwrap();
    assert_eq!(process.open_unprepared("p-0", &first), Ok(()));
    block_on(process.keys.set_minimum_version(&scope, 2)).unwrap();
    assert_eq!(
        process.open_unprepared("p-0", &first),
        Err(ErrorKind::KeyDisabled)
    );
    block_on(process.keys.destroy(&scope, 1)).unwrap();
    assert_eq!(
        process.open_unprepared("p-0", &first),
        Err(ErrorKind::Erased)
    );
    assert_eq!(process.open_unprepared("p-0", &second), Ok(()));
}

#[test]
fn evicted_means_loaded_anew() {
    let world = World::new();
    let process = world.process();
    let [one, other] = ["p-0", "p-1"].map(|patient| process.seal(patient));
    let (mercy, place) = (tenant(MERCY), Place::new("p-0"));
    let _lease = block_on(process.keys.prepare(&[need(&mercy, &place.subject)])).unwrap();
    process.keys.evict(&of("p-0"));
    process.keys.evict(&of("p-unknown"));
    assert_eq!(process.counts().held, 1);
    assert_eq!(
        process.open_unprepared("p-0", &one),
        Err(ErrorKind::Unavailable)
    );
    assert_eq!(process.open_unprepared("p-1", &other), Ok(()));
    let before = process.counts();
    assert_eq!(process.open("p-0", &one), Ok(()));
    let after = process.counts();
    assert_eq!(after.store_queries - before.store_queries, 1);
    // The root was not evicted.
    assert_eq!(after.kms_calls, before.kms_calls);
    process.keys.evict_all();
    assert_eq!(process.counts().held, 0);
    assert_eq!(
        process.open_unprepared("p-1", &other),
        Err(ErrorKind::Unavailable)
    );
    assert_eq!(process.open("p-1", &other), Ok(()));
    assert_eq!(process.counts().kms_calls, after.kms_calls + 1);
    // Being forgotten is not being pushed out.
    assert_eq!(process.counts().evictions, 0);
}

#[test]
fn tombstones_are_remembered_and_unknown_ids_are_looked_up_anew() {
    let world = World::new();
    let process = world.process();
    let first = process.seal("p-0");
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    block_on(process.keys.destroy(&of("p-0"), 1)).unwrap();
    let queries = || process.counts().store_queries;
    let before = queries();
    for _ in 0..5 {
        assert_eq!(process.open("p-0", &first), Err(ErrorKind::Erased));
    }
    assert_eq!(queries(), before);

    // A key of another patient, and so of no use here.
    let foreign = process.seal("p-1");
    process.keys.evict_all();
    assert_eq!(process.open("p-0", &foreign), Err(ErrorKind::MissingKey));
    for round in 1..=5 {
        let before = queries();
        assert_eq!(process.open("p-0", &foreign), Err(ErrorKind::MissingKey));
        assert_eq!(queries() - before, 1, "{round}");
    }
    // Also a patient who has none at all.
    assert_eq!(process.open("p-none", &foreign), Err(ErrorKind::MissingKey));
    let before = queries();
    assert_eq!(process.open("p-none", &foreign), Err(ErrorKind::MissingKey));
    assert_eq!(queries() - before, 1);
}

#[test]
fn the_counters_say_what_happened() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(2));
    let (finds, calls) = (world.store.calls().finds, world.kms.total());
    let sealed = process.seal("p-0");
    let counts = process.counts();
    // A query, a new row, a root.
    assert_eq!((counts.misses, counts.hits, counts.held), (1, 0, 1));
    assert_eq!((counts.store_queries, counts.kms_calls), (2, 1));
    process.open("p-0", &sealed).unwrap();
    process.open("p-0", &sealed).unwrap();
    assert_eq!((process.counts().misses, process.counts().hits), (1, 2));
    assert_eq!(process.counts().store_queries, 2);
    world.clock.advance(MAX_AGE - SECOND);
    process.open("p-0", &sealed).unwrap();
    assert_eq!((process.counts().misses, process.counts().hits), (1, 3));
    world.clock.advance(SECOND);
    process.open("p-0", &sealed).unwrap();
    let counts = process.counts();
    assert_eq!((counts.misses, counts.hits), (2, 3));
    assert_eq!((counts.store_queries, counts.kms_calls), (3, 2));
    process.seal("p-1");
    process.seal("p-2");
    let counts = process.counts();
    assert_eq!(
        (counts.held, counts.evictions, counts.served_in_grace),
        (2, 1, 0)
    );
    assert_eq!(counts.kms_calls, world.kms.total() - calls);
    let asked = world.store.calls().finds - finds + 3; // three keys were made
    assert_eq!(counts.store_queries, asked);
    block_on(process.keys.generation()).unwrap();
    block_on(process.keys.rotate_all_older_than(SECOND)).unwrap();
    let store = world.store.calls();
    // The tenant was added by another process: one query, one new row.
    assert_eq!(
        process.counts().store_queries,
        store.finds + store.applies + store.pages - 2
    );
}
