//! Many who need the same at once.

use phi_seal::key::{KeyErrorKind, KeyNeed, KeyProvider};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{MERCY, World, kind, need, of, places, root_of, subject, tenant};

#[test]
fn a_hundred_who_open_for_one_patient_make_one_query_and_one_call() {
    let world = World::new();
    world.process().seal("p-0");
    let process = world.process();
    let (queries, calls) = (world.store.calls().finds, world.kms.total());
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for _ in 0..100 {
        tasks.add(process.keys.prepare(&needs));
    }
    assert_eq!(tasks.run(), 100);
    world.kms.release();
    let leases = tasks.finish();
    assert!(leases.len() == 100 && leases.iter().all(Result::is_ok));
    assert_eq!(world.store.calls().finds - queries, 1);
    assert_eq!(world.kms.total() - calls, 1);
    let counts = process.counts();
    assert_eq!((counts.store_queries, counts.kms_calls), (1, 1));
    assert_eq!((counts.hits, counts.misses, counts.held), (0, 100, 1));
}

#[test]
fn a_hundred_who_seal_for_a_new_patient_make_one_key() {
    let world = World::new();
    let process = world.process();
    let (queries, calls) = (world.store.calls(), world.kms.total());
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for _ in 0..100 {
        tasks.add(process.keys.prepare(&needs));
    }
    assert_eq!(tasks.run(), 100);
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    assert_eq!(world.rows(&of("p-0")).len(), 1);
    assert_eq!(world.store.calls().finds - queries.finds, 1);
    assert_eq!(world.store.calls().applies - queries.applies, 1);
    assert_eq!(world.kms.total() - calls, 1);
}

#[test]
fn a_hundred_patients_of_one_tenant_at_once_are_one_call() {
    let world = World::new();
    let patients: Vec<_> = (0..100)
        .map(|number| subject(&format!("p-{number}")))
        .collect();
    let mercy = tenant(MERCY);
    let process = world.process();
    let calls = world.kms.total();
    let needs: Vec<_> = patients
        .iter()
        .map(|patient| [need(&mercy, patient)])
        .collect();
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for need in &needs {
        tasks.add(process.keys.prepare(need));
    }
    assert_eq!(tasks.run(), 100);
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    assert_eq!(world.kms.total() - calls, 1);
}

#[test]
fn whoever_loads_may_give_up() {
    let world = World::new();
    world.process().seal("p-0");
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    for is_at_the_store in [false, true] {
        let process = world.process();
        match is_at_the_store {
            true => world.store.hang(),
            false => world.kms.set(Fault::Hang),
        }
        let mut tasks = Tasks::new();
        for _ in 0..40 {
            tasks.add(process.keys.prepare(&needs));
        }
        // Each is the loader in its turn, and the others go on without it.
        for loader in 0..30 {
            assert_eq!(tasks.run(), 40 - loader);
            tasks.cancel(loader);
        }
        world.store.release();
        world.kms.release();
        let leases = tasks.finish();
        assert_eq!(leases.len(), 10);
        assert!(leases.iter().all(Result::is_ok), "{is_at_the_store}");
    }
}

#[test]
fn whoever_waits_may_give_up() {
    let world = World::new();
    let process = world.process();
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for _ in 0..10 {
        tasks.add(process.keys.prepare(&needs));
    }
    assert_eq!(tasks.run(), 10);
    for waiter in [1, 4, 9] {
        tasks.cancel(waiter);
    }
    world.kms.release();
    // The first is done now, and has woken others: they give up between wake-up and turn.
    tasks.poll(0);
    for waiter in [2, 3] {
        tasks.cancel(waiter);
    }
    let leases = tasks.finish();
    assert!(leases.len() == 5 && leases.iter().all(Result::is_ok));
}

#[test]
fn an_error_is_everybodys_without_a_call_of_their_own() {
    for failure in [
        KeyErrorKind::Unavailable,
        KeyErrorKind::Throttled,
        KeyErrorKind::Denied,
    ] {
        let world = World::new();
        let patients: Vec<_> = (0..50)
            .map(|number| subject(&format!("p-{number}")))
            .collect();
        let mercy = tenant(MERCY);
        let process = world.process();
        let calls = world.kms.total();
        // Two for each patient.
        let pairs = patients.iter().chain(&patients);
        let needs: Vec<_> = pairs.map(|patient| [need(&mercy, patient)]).collect();
        world.kms.set(Fault::Hang);
        let mut tasks = Tasks::new();
        for need in &needs {
            tasks.add(process.keys.prepare(need));
        }
        assert_eq!(tasks.run(), 100);
        world.kms.set(Fault::Fail(failure));
        for lease in tasks.finish() {
            assert_eq!(kind(lease), Some(failure));
        }
        assert_eq!(world.kms.total() - calls, 1, "{failure:?}");
        assert_eq!(process.counts().kms_calls, 1);
        world.kms.release();
        assert_eq!(process.prepare(&needs[0]), None);
    }
}

#[test]
fn no_more_calls_are_under_way_than_allowed() {
    let world = World::empty();
    let names: Vec<_> = (0..40)
        .map(|number| format!("tenant-{number:02}"))
        .collect();
    let first = world.process();
    for name in &names {
        first.add(name);
    }
    let process = world.process_with(|keys| keys.kms_concurrency(4));
    let tenants: Vec<_> = names.iter().map(|name| tenant(name)).collect();
    let new: Vec<_> = (0..20)
        .map(|number| tenant(&format!("new-{number}")))
        .collect();
    let patient = subject("p-0");
    let needs: Vec<_> = tenants[..20]
        .iter()
        .map(|tenant| [need(tenant, &patient)])
        .collect();
    let calls = world.kms.total();
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for need in &needs {
        let prepared = process.keys.prepare(need);
        tasks.add(async { prepared.await.map(drop) });
    }
    for tenant in &new {
        tasks.add(process.keys.add_tenant(tenant));
    }
    for tenant in &tenants[20..30] {
        tasks.add(async { process.keys.rotate_root(tenant).await.map(drop) });
    }
    for tenant in &tenants[30..] {
        tasks.add(process.keys.rewrap_roots(tenant));
    }
    assert_eq!(tasks.run(), 60);
    assert_eq!(world.kms.total() - calls, 4);
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
    assert_eq!(world.kms.calls().peak, 4);
    // 20 roots loaded, 20 made, 10 loaded and another made, 10 unwrapped, wrapped and read back.
    assert_eq!(world.kms.total() - calls, 20 + 20 + 2 * 10 + 3 * 10);
    assert_eq!(process.counts().kms_calls, world.kms.total() - calls);
}

#[test]
fn a_tenant_whose_calls_hang_holds_up_nobody_else() {
    let world = World::empty();
    let names: Vec<_> = (0..64)
        .map(|number| format!("tenant-{number:02}"))
        .collect();
    let first = world.process();
    for name in &names {
        first.add(name);
    }
    let process = world.process_with(|keys| keys.kms_concurrency(2));
    let tenants: Vec<_> = names.iter().map(|name| tenant(name)).collect();
    let patient = subject("p-0");
    let needs: Vec<_> = tenants
        .iter()
        .map(|tenant| [need(tenant, &patient)])
        .collect();
    world.kms.set_for("tenant-00", Fault::Hang);
    let mut tasks = Tasks::new();
    for need in &needs {
        tasks.add(process.keys.prepare(need));
    }
    assert_eq!(tasks.run(), 1);
    assert!(tasks.output(0).is_none());
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
}

#[test]
fn pages_that_cross_each_other_all_end() {
    let world = World::new();
    let patients: Vec<_> = places(30);
    let mercy = tenant(MERCY);
    let process = world.process();
    let page = |from: usize, step: usize| -> Vec<KeyNeed<'_>> {
        (0..20)
            .map(|at| need(&mercy, &patients[(from + at * step) % 30].subject))
            .collect()
    };
    let pages: Vec<_> = (0..30)
        .map(|from| page(from, [1, 7, 29][from % 3]))
        .collect();
    world.store.hang();
    let mut tasks = Tasks::new();
    for page in &pages {
        tasks.add(process.keys.prepare(page));
    }
    assert_eq!(tasks.run(), 30);
    tasks.cancel(0);
    tasks.cancel(17);
    world.store.release();
    let leases = tasks.finish();
    assert!(leases.len() == 28 && leases.iter().all(Result::is_ok));
}

#[test]
fn what_another_one_lacks_is_not_my_error() {
    let world = World::new();
    let sealed = world.process().seal("p-known");
    let process = world.process();
    let mercy = tenant(MERCY);
    let (known, new) = (subject("p-known"), subject("p-new"));
    let both = [need(&mercy, &known), need(&mercy, &new)];
    let one = [need(&mercy, &known)];
    world.store.hang();
    world.store.fail_apply(Some(KeyErrorKind::Unavailable));
    let mut tasks = Tasks::new();
    let first = tasks.add(process.keys.prepare(&both));
    let second = tasks.add(process.keys.prepare(&one));
    assert_eq!(tasks.run(), 2);
    world.store.release();
    assert_eq!(tasks.run(), 0);
    let outcome = |task: usize| tasks.output(task).unwrap().as_ref().map(drop);
    assert_eq!(
        outcome(first).unwrap_err().kind(),
        KeyErrorKind::Unavailable
    );
    assert!(outcome(second).is_ok());
    assert_eq!(process.open_unprepared("p-known", &sealed), Ok(()));
}

#[test]
fn forgetting_everything_while_keys_are_loaded_loses_nothing() {
    let world = World::new();
    let sealed = world.process().seal("p-0");
    let process = world.process();
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    for _ in 0..3 {
        process.keys.evict_all();
        world.kms.set(Fault::Hang);
        let mut tasks = Tasks::new();
        for _ in 0..3 {
            tasks.add(process.keys.prepare(&needs));
        }
        assert_eq!(tasks.run(), 3);
        process.keys.evict_all();
        world.kms.release();
        assert!(tasks.finish().iter().all(Result::is_ok));
        assert_eq!(process.open("p-0", &sealed), Ok(()));
    }
}

/// Compiles only if all of them are.
#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let world = World::new();
    let keys = world.process().keys;
    let mercy = tenant(MERCY);
    let scope = of("p-0");
    let key = phi_seal::key::DataKey::generate(scope.clone()).unwrap();
    is_send(keys.add_tenant(&mercy));
    is_send(keys.keys(&scope));
    is_send(keys.rotate(&scope));
    is_send(keys.rotate_if_older_than(&scope, crate::ward::SECOND));
    is_send(keys.rotate_all_older_than(crate::ward::SECOND));
    is_send(keys.disable(&scope, 1));
    is_send(keys.enable(&scope, 1));
    is_send(keys.destroy(&scope, 1));
    is_send(keys.set_minimum_version(&scope, 1));
    is_send(keys.add_decrypt_only(&key));
    is_send(keys.rotate_root(&mercy));
    is_send(keys.rewrap_roots(&mercy));
    is_send(keys.generation());
    let process = world.process();
    let session = process.session(MERCY);
    let needs = phi_seal::Needs::new();
    is_send(session.prepare(&needs));
    // None of them did anything yet.
    assert_eq!(world.rows(&root_of(MERCY)).len(), 1);
    assert_eq!(block_on(keys.generation()).unwrap(), 0);
}
