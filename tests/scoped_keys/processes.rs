//! Several processes over one store, and several changes in one process.

use phi_seal::ErrorKind;
use phi_seal::key::{KeyErrorKind, KeyProvider, KeyState};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{MERCY, World, kind, need, of, places, root_of, subject, tenant};

#[test]
fn the_first_key_is_one_whoever_makes_it() {
    let world = World::new();
    let processes = [world.process(), world.process()];
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    world.store.delay_answers();
    let mut tasks = Tasks::new();
    for process in &processes {
        tasks.add(process.keys.prepare(&needs));
    }
    // Both have seen that there is none.
    assert_eq!(tasks.run(), 2);
    world.store.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    assert_eq!(world.store.calls().applies, 1 + 2);
    assert_eq!(world.rows(&of("p-0")).len(), 1);
    let sealed = processes.each_ref().map(|process| process.seal("p-0"));
    assert_eq!(sealed[0].key_id(), sealed[1].key_id());
    for process in &processes {
        for sealed in &sealed {
            assert_eq!(process.open_unprepared("p-0", sealed), Ok(()));
        }
    }
}

#[test]
fn pages_of_new_patients_that_overlap_end_with_one_key_each() {
    let world = World::new();
    let processes: Vec<_> = (0..4).map(|_| world.process()).collect();
    let mercy = tenant(MERCY);
    let patients = places(30);
    let pages: Vec<Vec<_>> = (0..4)
        .map(|page| {
            let patients = patients[page * 5..page * 5 + 15].iter();
            patients
                .map(|patient| need(&mercy, &patient.subject))
                .collect()
        })
        .collect();
    world.store.delay_answers();
    let mut tasks = Tasks::new();
    for (process, page) in processes.iter().zip(&pages) {
        tasks.add(process.keys.prepare(page));
    }
    assert_eq!(tasks.run(), 4);
    world.store.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    for patient in &patients {
        assert_eq!(world.rows(&of(patient.subject.as_str())).len(), 1);
    }
}

#[test]
fn of_two_rotations_at_once_one_conflicts() {
    let world = World::new();
    let processes = [world.process(), world.process()];
    let before = processes[0].seal("p-0");
    let scope = of("p-0");
    world.store.delay_answers();
    let mut tasks = Tasks::new();
    for process in &processes {
        tasks.add(process.keys.rotate(&scope));
    }
    assert_eq!(tasks.run(), 2);
    world.store.release();
    let mut results: Vec<_> = tasks.finish().into_iter().map(kind).collect();
    results.sort_by_key(Option::is_some);
    assert_eq!(results, [None, Some(KeyErrorKind::Conflict)]);
    let states: Vec<_> = world.rows(&scope).iter().map(|row| row.state).collect();
    assert_eq!(states, [KeyState::DecryptOnly, KeyState::Active]);
    for process in &processes {
        assert_eq!(process.open("p-0", &before), Ok(()));
    }
}

#[test]
fn of_two_who_add_a_tenant_both_succeed_and_one_root_remains() {
    let world = World::empty();
    let processes = [world.process(), world.process()];
    let mercy = tenant(MERCY);
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for process in &processes {
        tasks.add(process.keys.add_tenant(&mercy));
    }
    assert_eq!(tasks.run(), 2);
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    assert_eq!(world.rows(&root_of(MERCY)).len(), 1);
    let sealed = processes.each_ref().map(|process| process.seal("p-0"));
    for process in &processes {
        for sealed in &sealed {
            assert_eq!(process.open("p-0", sealed), Ok(()));
        }
    }
    // Once more does nothing.
    let calls = world.kms.total();
    processes[0].add(MERCY);
    assert_eq!(world.kms.total(), calls);
    assert_eq!(world.rows(&root_of(MERCY)).len(), 1);
}

#[test]
fn of_two_root_rotations_at_once_one_conflicts() {
    let world = World::new();
    let processes = [world.process(), world.process()];
    let before = processes[0].seal("p-0");
    let mercy = tenant(MERCY);
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for process in &processes {
        tasks.add(process.keys.rotate_root(&mercy));
    }
    assert_eq!(tasks.run(), 2);
    world.kms.release();
    let mut results: Vec<_> = tasks.finish().into_iter().map(kind).collect();
    results.sort_by_key(Option::is_some);
    assert_eq!(results, [None, Some(KeyErrorKind::Conflict)]);
    assert_eq!(world.rows(&root_of(MERCY)).len(), 2);
    for (number, process) in processes.iter().enumerate() {
        assert_eq!(process.open("p-0", &before), Ok(()));
        let new = process.seal(&format!("p-new-{number}"));
        assert_eq!(
            world.process().open(&format!("p-new-{number}"), &new),
            Ok(())
        );
    }
}

#[test]
fn a_key_that_another_process_made_is_found_for_one_query() {
    let world = World::new();
    let [one, other] = [world.process(), world.process()];
    one.seal("p-0");
    block_on(other.keys.rotate(&of("p-0"))).unwrap();
    let sealed = other.seal("p-0");
    let queries = one.counts().store_queries;
    assert_eq!(one.open("p-0", &sealed), Ok(()));
    assert_eq!(one.counts().store_queries - queries, 1);
    assert_eq!(one.open("p-0", &sealed), Ok(()));
    assert_eq!(one.counts().store_queries - queries, 1);
}

#[test]
fn a_slow_load_does_not_bring_back_what_was_destroyed_meanwhile() {
    for destroys in [false, true] {
        let world = World::new();
        let scope = of("p-0");
        let other = world.process();
        let old = other.seal("p-0");
        block_on(other.keys.rotate(&scope)).unwrap();

        let process = world.process();
        let (mercy, patient) = (tenant(MERCY), subject("p-0"));
        let needs = [need(&mercy, &patient)];
        world.store.delay_answers();
        let mut tasks = Tasks::new();
        tasks.add(process.keys.prepare(&needs));
        // It has read the row, and the answer is on its way.
        assert_eq!(tasks.run(), 1);
        world.store.delay_no_more();
        let expected = match destroys {
            true => {
                block_on(process.keys.destroy(&scope, 1)).unwrap();
                ErrorKind::Erased
            }
            false => {
                block_on(process.keys.disable(&scope, 1)).unwrap();
                ErrorKind::KeyDisabled
            }
        };
        assert_eq!(process.open_unprepared("p-0", &old), Err(expected));
        world.store.release();
        let _leases = tasks.finish();
        assert_eq!(process.open_unprepared("p-0", &old), Err(expected));
        assert_eq!(process.open("p-0", &old), Err(expected));
    }
}

#[test]
fn a_slow_load_does_not_bring_back_what_was_evicted_meanwhile() {
    for everything in [false, true] {
        let world = World::new();
        let scope = of("p-0");
        let other = world.process();
        let old = other.seal("p-0");
        block_on(other.keys.rotate(&scope)).unwrap();

        let process = world.process();
        let (mercy, patient) = (tenant(MERCY), subject("p-0"));
        let needs = [need(&mercy, &patient)];
        world.store.delay_answers();
        let mut tasks = Tasks::new();
        tasks.add(process.keys.prepare(&needs));
        assert_eq!(tasks.run(), 1);
        world.store.delay_no_more();
        // Another process disables it, and tells this one.
        block_on(other.keys.disable(&scope, 1)).unwrap();
        match everything {
            true => process.keys.evict_all(),
            false => process.keys.evict(&scope),
        }
        world.store.release();
        assert!(tasks.finish().iter().all(Result::is_ok));
        let opened = process.open_unprepared("p-0", &old);
        assert_eq!(opened, Err(ErrorKind::KeyDisabled), "{everything}");
    }
}

#[test]
fn changes_at_once_in_one_process_all_hold_at_once() {
    let world = World::new();
    let scope = of("p-0");
    let process = world.process();
    let first = process.seal("p-0");
    block_on(process.keys.rotate(&scope)).unwrap();
    let second = process.seal("p-0");
    block_on(process.keys.rotate(&scope)).unwrap();

    world.store.delay_answers();
    let mut tasks = Tasks::new();
    tasks.add(process.keys.disable(&scope, 2));
    // It has read that the first is not disabled.
    assert_eq!(tasks.run(), 1);
    world.store.delay_no_more();
    tasks.add(process.keys.disable(&scope, 1));
    tasks.run();
    world.store.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    for sealed in [&first, &second] {
        let opened = process.open_unprepared("p-0", sealed);
        assert_eq!(opened, Err(ErrorKind::KeyDisabled));
    }
}

#[test]
fn a_change_that_another_process_made_already_holds_here_too() {
    let world = World::new();
    let scope = of("p-0");
    let [one, other] = [world.process(), world.process()];
    let old = one.seal("p-0");
    block_on(one.keys.rotate(&scope)).unwrap();
    assert_eq!(one.open("p-0", &old), Ok(()));
    block_on(other.keys.disable(&scope, 1)).unwrap();
    block_on(one.keys.disable(&scope, 1)).unwrap();
    assert_eq!(
        one.open_unprepared("p-0", &old),
        Err(ErrorKind::KeyDisabled)
    );
    block_on(other.keys.destroy(&scope, 1)).unwrap();
    block_on(one.keys.destroy(&scope, 1)).unwrap();
    assert_eq!(one.open_unprepared("p-0", &old), Err(ErrorKind::Erased));
}

#[test]
fn others_know_of_a_change_by_the_end_of_what_they_hold() {
    let world = World::new();
    let scope = of("p-0");
    let [one, other] = [world.process(), world.process()];
    let old = one.seal("p-0");
    block_on(one.keys.rotate(&scope)).unwrap();
    assert_eq!(other.open("p-0", &old), Ok(()));
    block_on(one.keys.destroy(&scope, 1)).unwrap();
    assert_eq!(other.open("p-0", &old), Ok(()));
    world.clock.advance(one.keys.longest_use_elsewhere());
    assert_eq!(
        other.open_unprepared("p-0", &old),
        Err(ErrorKind::Unavailable)
    );
    assert_eq!(other.open("p-0", &old), Err(ErrorKind::Erased));
}
