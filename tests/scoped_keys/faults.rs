//! What a KMS may answer instead of a key.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

use phi_seal::ErrorKind;
use phi_seal::key::{BoxFuture, KeyErrorKind, KeyProvider};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{MERCY, World, kind, need, root_of, subject, tenant};

#[test]
fn each_kind_of_failure_reaches_the_caller_as_what_it_is() {
    use KeyErrorKind as K;
    for (failure, of_prepare) in [
        (K::Unavailable, Some(K::Unavailable)),
        (K::Throttled, Some(K::Throttled)),
        (K::Io, Some(K::Io)),
        (K::Denied, Some(K::Denied)),
        // The matter of the rows under this root, which who opens them is told.
        (K::Disabled, None),
        (K::WrongKey, None),
        (K::Destroyed, None),
        (K::Malformed, None),
    ] {
        let world = World::new();
        let sealed = world.process().seal("p-0");
        let process = world.process();
        let (mercy, patient) = (tenant(MERCY), subject("p-0"));
        world.kms.set(Fault::Fail(failure));
        assert_eq!(
            process.prepare(&[need(&mercy, &patient)]),
            of_prepare,
            "{failure:?}"
        );
        let opened = process.open("p-0", &sealed).unwrap_err();
        assert_eq!(
            opened,
            phi_seal::Error::from(error(failure)).kind(),
            "{failure:?}"
        );
        // No new key takes the place of one that cannot be read.
        assert!(process.try_seal(MERCY, "p-0").is_err());
        assert_eq!(world.store.rows().len(), 2);
        // It is asked again at once, not after the age of a key.
        world.kms.release();
        assert_eq!(process.open("p-0", &sealed), Ok(()), "{failure:?}");
    }
}

#[test]
fn a_wrong_key_and_the_key_of_another_context_are_refused() {
    for fault in [Fault::WrongKey, Fault::OtherContext] {
        let world = World::empty();
        let first = world.process();
        first.add("other");
        first.add(MERCY);
        let sealed = first.seal("p-0");
        let process = world.process();
        world.kms.set_for(MERCY, fault);
        assert_eq!(
            process.open("p-0", &sealed),
            Err(ErrorKind::Provider),
            "{fault:?}"
        );
        let error = process.try_seal(MERCY, "p-0").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Provider);
        let error = block_on(process.keys.rotate(&crate::ward::of("p-0"))).unwrap_err();
        assert_eq!(error.kind(), KeyErrorKind::WrongKey);
        // Nor is a new patient's key wrapped under it.
        assert!(process.try_seal(MERCY, "p-new").is_err());
        assert!(process.try_seal("other", "p-0").is_ok());
        world.kms.release();
        assert_eq!(process.open("p-0", &sealed), Ok(()));
    }
}

#[test]
fn a_root_that_comes_back_wrong_is_not_stored() {
    for (fault, expected) in [
        (Fault::Fail(KeyErrorKind::Denied), KeyErrorKind::Denied),
        (Fault::WrongKey, KeyErrorKind::WrongKey),
    ] {
        let world = World::new();
        let before = world.row(&root_of(MERCY));
        let keys = world.process().keys;
        world.kms.set(fault);
        let result = block_on(keys.rewrap_roots(&tenant(MERCY)));
        assert_eq!(kind(result), Some(expected));
        assert!(world.row(&root_of(MERCY)) == before);
    }
}

#[test]
fn a_kms_that_never_answers_leaves_others_and_what_is_loaded_alone() {
    let world = World::empty();
    let process = world.process();
    process.add("slow");
    process.add(MERCY);
    let sealed = process.seal("p-0");
    process.try_seal("slow", "p-0").unwrap();

    let restarted = world.process();
    world.kms.set_for("slow", Fault::Hang);
    let (slow, patient) = (tenant("slow"), subject("p-0"));
    let needs = [need(&slow, &patient)];
    let mut tasks = Tasks::new();
    tasks.add(restarted.keys.prepare(&needs));
    assert_eq!(tasks.run(), 1);
    assert_eq!(restarted.open("p-0", &sealed), Ok(()));
    restarted.seal("p-new");
    assert!(process.try_seal("slow", "p-0").is_ok());
    assert_eq!(tasks.run(), 1);
    world.kms.release();
    assert!(tasks.finish().iter().all(Result::is_ok));
}

#[test]
fn a_panic_is_its_callers_and_nobody_waits_for_who_is_gone() {
    let world = World::new();
    let sealed = world.process().seal("p-0");
    let process = world.process();
    let (mercy, patient) = (tenant(MERCY), subject("p-0"));
    let needs = [need(&mercy, &patient)];
    world.kms.set(Fault::Hang);
    let mut tasks = Tasks::new();
    for _ in 0..4 {
        tasks.add(caught(process.keys.prepare(&needs)));
    }
    assert_eq!(tasks.run(), 4);
    world.kms.set(Fault::Panic);
    // Each calls in its turn, since none of them comes back with an answer.
    assert_eq!(tasks.run(), 0);
    assert!(tasks.finish().iter().all(Option::is_none));
    world.kms.release();
    assert_eq!(process.open("p-0", &sealed), Ok(()));

    let scope = need(&mercy, &patient).scope;
    let lent = catch_unwind(AssertUnwindSafe(|| {
        let _ = process
            .keys
            .with_active(scope, &mut |_| panic!("as the test says"));
    }));
    assert!(lent.is_err());
    block_on(process.keys.rotate(&crate::ward::of("p-0"))).unwrap();
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    process.keys.evict_all();
    assert_eq!(process.open("p-0", &sealed), Ok(()));
}

/// What a future gives, unless it panics.
async fn caught<T>(future: BoxFuture<'_, T>) -> Option<T> {
    let mut future = Some(future);
    poll_fn(|cx| {
        let mut polled = future.take().unwrap();
        match catch_unwind(AssertUnwindSafe(|| polled.as_mut().poll(cx))) {
            Ok(Poll::Pending) => {
                future = Some(polled);
                Poll::Pending
            }
            Ok(Poll::Ready(output)) => Poll::Ready(Some(output)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}

#[test]
fn a_store_that_fails_reaches_the_caller_and_is_asked_again() {
    for failure in [KeyErrorKind::Unavailable, KeyErrorKind::Malformed] {
        let world = World::new();
        let sealed = world.process().seal("p-0");
        let process = world.process();
        let (mercy, patient) = (tenant(MERCY), subject("p-0"));
        world.store.fail_find(Some(failure));
        assert_eq!(process.prepare(&[need(&mercy, &patient)]), Some(failure));
        assert!(process.open("p-0", &sealed).is_err());
        world.store.fail_find(None);
        assert_eq!(process.open("p-0", &sealed), Ok(()));

        world.store.fail_apply(Some(failure));
        assert!(process.try_seal(MERCY, "p-new").is_err());
        let rotated = block_on(process.keys.rotate(&crate::ward::of("p-0")));
        assert_eq!(kind(rotated), Some(failure));
        assert_eq!(process.open_unprepared("p-0", &sealed), Ok(()));
        world.store.fail_apply(None);
        assert!(process.try_seal(MERCY, "p-new").is_ok());
    }
}

fn error(kind: KeyErrorKind) -> phi_seal::key::KeyError {
    phi_seal::key::KeyError::new(kind, "as the test says")
}
