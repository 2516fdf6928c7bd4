//! Keys that are too old while store or KMS cannot be reached, and clocks that are set.

use std::sync::Arc;
use std::time::Duration;

use phi_seal::ErrorKind;
use phi_seal::audit::MemorySink;
use phi_seal::key::{KeyErrorKind, KeyProvider};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{
    GRACE, MAX_AGE, MERCY, SECOND, World, kind, need, noon, of, places, subject, tenant,
};

const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

const PASSING: [KeyErrorKind; 2] = [KeyErrorKind::Unavailable, KeyErrorKind::Throttled];

/// Who fails.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Down {
    Store,
    Kms,
}

impl World {
    fn fail(&self, who: Down, kind: KeyErrorKind) {
        match who {
            Down::Store => self.store.fail_find(Some(kind)),
            Down::Kms => self.kms.set(Fault::Fail(kind)),
        }
    }

    fn recover(&self) {
        self.store.fail_find(None);
        self.kms.release();
    }
}

#[test]
fn an_outage_is_bridged_counted_and_recorded() {
    for who in [Down::Store, Down::Kms] {
        for failure in PASSING {
            let world = World::new();
            let sink = Arc::new(MemorySink::new());
            let process = world.recorded(sink.clone());
            let sealed = process.seal("p-0");
            process.seal("p-1");
            world.clock.advance(MAX_AGE - SECOND);
            world.fail(who, failure);
            assert_eq!(process.open("p-0", &sealed), Ok(()));
            assert_eq!(process.counts().served_in_grace, 0);
            sink.clear();

            world.clock.advance(SECOND);
            let (mercy, patients) = (tenant(MERCY), [subject("p-0"), subject("p-1")]);
            let needs = patients.each_ref().map(|patient| need(&mercy, patient));
            let lease = block_on(process.keys.prepare(&needs)).unwrap();
            assert!(lease.is_in_grace(), "{who:?} {failure:?}");
            assert_eq!(process.counts().served_in_grace, 2, "{who:?} {failure:?}");
            world.clock.advance(GRACE - SECOND);
            assert_eq!(process.open("p-0", &sealed), Ok(()));
            assert_eq!(process.counts().served_in_grace, 3, "{who:?} {failure:?}");
            let actions: Vec<_> = sink
                .events()
                .into_iter()
                .map(|event| event.action)
                .collect();
            assert_eq!(actions, ["grace", "open"]);

            // Not a moment longer, prepared or not.
            world.clock.advance(SECOND);
            assert_eq!(
                process.open_unprepared("p-0", &sealed),
                Err(ErrorKind::Unavailable)
            );
            assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Unavailable));
            assert_eq!(process.counts().served_in_grace, 3);

            world.recover();
            assert_eq!(process.open("p-0", &sealed), Ok(()));
            let lease = block_on(process.keys.prepare(&needs)).unwrap();
            assert!(!lease.is_in_grace());
            assert_eq!(process.counts().served_in_grace, 3);
        }
    }
}

#[test]
fn a_refusal_is_not_an_outage() {
    use KeyErrorKind as K;
    for (who, failure) in [
        (Down::Kms, K::Denied),
        (Down::Kms, K::Disabled),
        (Down::Kms, K::WrongKey),
        (Down::Kms, K::Tampered),
        (Down::Store, K::Denied),
        (Down::Store, K::Malformed),
        (Down::Store, K::Tampered),
    ] {
        let world = World::new();
        let process = world.process();
        let sealed = process.seal("p-0");
        world.clock.advance(MAX_AGE);
        assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
        world.fail(who, failure);
        assert!(process.open("p-0", &sealed).is_err(), "{who:?} {failure:?}");
        // Also to a caller who does not look at what `prepare` says.
        let opened = process.open_unprepared("p-0", &sealed);
        assert!(opened.is_err(), "{who:?} {failure:?}");
        assert_eq!(process.counts().served_in_grace, 0);
        world.recover();
        assert_eq!(process.open("p-0", &sealed), Ok(()));
    }
}

#[test]
fn an_edited_row_is_not_bridged() {
    let world = World::new();
    let process = world.process();
    let sealed = process.seal("p-0");
    world
        .store
        .edit(&world.row(&of("p-0")), |row| row.created += 1);
    world.clock.advance(MAX_AGE);
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Provider));
    assert_eq!(
        process.open_unprepared("p-0", &sealed),
        Err(ErrorKind::Provider)
    );
}

#[test]
fn without_grace_there_is_none() {
    let world = World::new();
    let process = world.process_with(|keys| keys.grace(Duration::ZERO));
    let sealed = process.seal("p-0");
    world.fail(Down::Kms, KeyErrorKind::Unavailable);
    world.clock.advance(MAX_AGE);
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Unavailable));
    assert_eq!(
        process.open_unprepared("p-0", &sealed),
        Err(ErrorKind::Unavailable)
    );
}

#[test]
fn nothing_is_lent_beyond_its_age_even_without_asking() {
    let world = World::new();
    let process = world.process();
    let sealed = process.seal("p-0");
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let _lease = block_on(process.keys.prepare(&[need(&mercy, &patient)])).unwrap();
    world.clock.advance(MAX_AGE + GRACE - SECOND);
    assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
    world.clock.advance(SECOND);
    assert_eq!(
        process.open_unprepared("p-0", &sealed),
        Err(ErrorKind::Unavailable)
    );
}

#[test]
fn setting_the_wall_clock_makes_nothing_younger_and_nothing_unlendable() {
    let world = World::new();
    let process = world.process();
    let sealed = process.seal("p-0");
    for wall in [
        noon() - YEAR,
        noon() + YEAR,
        std::time::SystemTime::UNIX_EPOCH,
    ] {
        world.clock.set_wall(wall);
        assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
    }
    // Back: by the monotonic clock it gets too old all the same.
    world.clock.set_wall(noon() - YEAR);
    let queries = process.counts().store_queries;
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    assert_eq!(process.counts().store_queries, queries);
    world.clock.advance(MAX_AGE);
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    assert_eq!(process.counts().store_queries, queries + 1);
    world.clock.advance(MAX_AGE + GRACE - SECOND);
    world.clock.set_wall(noon() - YEAR);
    assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
    world.clock.advance(SECOND);
    world.clock.set_wall(noon() - YEAR);
    assert_eq!(
        process.open_unprepared("p-0", &sealed),
        Err(ErrorKind::Unavailable)
    );
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    // Forth: the next `prepare` asks anew, once.
    world.clock.set_wall(noon() + YEAR);
    let queries = process.counts().store_queries;
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    assert_eq!(process.counts().store_queries, queries + 1);
}

#[test]
fn under_an_old_root_nothing_gets_a_life_of_its_own() {
    const MINUTE: Duration = Duration::from_secs(60);
    let world = World::new();
    let [process, other] = [world.process(), world.process()];
    let patients = places(20);
    let names = || patients.iter().map(|place| place.subject.as_str());
    let sealed: Vec<_> = names().map(|name| other.seal(name)).collect();
    // It has the first root now, and the second one ten minutes later.
    assert_eq!(process.open("p-0", &sealed[0]), Ok(()));
    world.clock.advance(10 * MINUTE);
    block_on(other.keys.rotate_root(&tenant(MERCY))).unwrap();
    for name in names() {
        block_on(other.keys.rotate(&of(name))).unwrap();
    }
    assert_eq!(process.open("p-0", &other.seal("p-0")), Ok(()));
    // Both are too old, and each patient has rows under both.
    world.clock.advance(61 * MINUTE);
    world.fail(Down::Kms, KeyErrorKind::Unavailable);
    for (name, sealed) in names().zip(&sealed) {
        assert_eq!(process.open(name, sealed), Ok(()));
    }
    assert_eq!(process.counts().served_in_grace, 20);
    world.clock.advance(4 * MINUTE - SECOND);
    for (name, sealed) in names().zip(&sealed) {
        assert_eq!(process.open_unprepared(name, sealed), Ok(()));
    }
    world.clock.advance(SECOND);
    for (name, sealed) in names().zip(&sealed) {
        let opened = process.open_unprepared(name, sealed);
        assert_eq!(opened, Err(ErrorKind::Unavailable), "{name}");
    }
}

#[test]
fn an_outage_is_not_answered_by_a_stampede() {
    let world = World::new();
    let process = world.process();
    process.seal("p-0");
    world.clock.advance(MAX_AGE);
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    let calls = world.kms.total();
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for _ in 0..100 {
        tasks.add(process.keys.prepare(&needs));
    }
    assert_eq!(tasks.run(), 100);
    world.kms.set(Fault::Fail(KeyErrorKind::Unavailable));
    for lease in tasks.finish() {
        assert!(lease.unwrap().is_in_grace());
    }
    assert_eq!(process.counts().served_in_grace, 100);
    // One, and one more for those who asked after the first load had begun.
    assert!(world.kms.total() - calls <= 2);
}

#[test]
fn no_new_patient_waits_for_the_kms_while_the_root_is_in_its_grace() {
    let world = World::new();
    let process = world.process();
    process.seal("p-0");
    world.clock.advance(MAX_AGE);
    world.fail(Down::Kms, KeyErrorKind::Unavailable);
    let sealed = process.seal("p-new");
    assert_eq!(process.open("p-new", &sealed), Ok(()));
    assert_eq!(process.counts().served_in_grace, 2);
    world.clock.advance(GRACE);
    assert_eq!(
        process.open_unprepared("p-new", &sealed),
        Err(ErrorKind::Unavailable)
    );
    let (mercy, patient) = (tenant(MERCY), subject("p-newer"));
    let needs = [need(&mercy, &patient)];
    assert_eq!(
        kind(block_on(process.keys.prepare(&needs))),
        Some(KeyErrorKind::Unavailable)
    );
}
