//! Preparing loads, tells nothing, and needs no runtime.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use phi_seal::key::{KeyProvider, Keyring};
use phi_seal::{ErrorKind, Lease, Needs, Sealed};

use crate::doubles::{Lending, Odd, Verdict};
use crate::world::{EXPIRY, NAME, Rows, SSN, World, phi};

fn sealed(world: &World, rows: &Rows) -> Sealed<Odd> {
    let sealed = world
        .session()
        .seal_value(&NAME, rows.row(), &phi("Ada"))
        .unwrap();
    world.forget();
    sealed
}

/// Polls once, with a waker that wakes nobody.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("not ready at once"),
    }
}

#[test]
fn a_keyring_is_ready_at_once_and_the_future_crosses_threads() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let (world, rows) = (World::new(), Rows::new());
    let keyring = std::sync::Arc::new(Keyring::generate().unwrap());
    let vault =
        phi_seal::Vault::builder(keyring.clone(), world.gate.clone(), world.trail.clone()).build();
    let session = vault.session(crate::world::access()).unwrap();
    let sealed = session.seal_value(&NAME, rows.row(), &phi("Ada")).unwrap();
    let needs = Needs::new()
        .open(&NAME, rows.row(), &sealed)
        .seal(&SSN, rows.row());
    let lease: Lease = at_once(is_send(session.prepare(&needs))).unwrap();
    assert!(session.open_value(&NAME, rows.row(), &sealed).is_ok());
    let _ = is_send(lease);
    assert!(at_once(keyring.prepare(&[])).is_ok());
}

#[test]
fn a_provider_that_must_load_works_while_the_lease_lives() {
    let (world, rows) = (World::new(), Rows::new());
    let sealed = sealed(&world, &rows);
    let session = world.session();
    world.provider(Lending::Prepared);

    let error = session.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    assert!(error.is_retryable());

    let needs = Needs::new()
        .open(&NAME, rows.row(), &sealed)
        .seal(&SSN, rows.row());
    world.forget();
    let lease = pollster::block_on(session.prepare(&needs)).unwrap();
    assert_eq!(
        *world.lender.prepared.lock().unwrap(),
        [Some(sealed.key_id()), None]
    );
    assert_eq!(world.attempts(), 0, "preparing is no event");
    for _ in 0..2 {
        let opened = session.open_value(&NAME, rows.row(), &sealed).unwrap();
        assert_eq!(opened.expose().0, "Ada");
        assert!(session.seal_value(&SSN, rows.row(), &phi("078")).is_ok());
    }
    drop(lease);
    let error = session.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn nothing_is_loaded_for_whom_the_policy_denies() {
    let (world, rows) = (World::new(), Rows::new());
    let sealed = sealed(&world, &rows);
    let session = world.session();
    let needs = Needs::new()
        .open(&NAME, rows.row(), &sealed)
        .seal(&SSN, rows.row())
        .open(&NAME, rows.next(), &sealed);
    world.policy(Verdict::Deny);
    let lease = at_once(session.prepare(&needs));
    assert!(lease.is_ok(), "preparing tells nothing");
    assert!(world.lender.prepared.lock().unwrap().is_empty());
    assert_eq!((world.provider_calls(), world.attempts()), (0, 0));

    world.policy(Verdict::DenyRecord("r-1"));
    let _lease = at_once(session.prepare(&needs)).unwrap();
    let prepared = world.lender.prepared.lock().unwrap().clone();
    assert_eq!(prepared, [Some(sealed.key_id())], "the other row's");
}

#[test]
fn nothing_is_loaded_and_nobody_asked_in_an_expired_session() {
    let (world, rows) = (World::new(), Rows::new());
    let sealed = sealed(&world, &rows);
    let session = world.session();
    world.clock.advance(EXPIRY.idle * 2);
    let needs = Needs::new().open(&NAME, rows.row(), &sealed);
    let lease = at_once(session.prepare(&needs));
    assert!(lease.is_ok(), "preparing tells nothing");
    assert!(world.lender.prepared.lock().unwrap().is_empty());
    assert_eq!((world.times_asked(), world.attempts()), (0, 0));
    let error = session.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert!(error.is_expired());
}

#[test]
fn absent_values_need_no_key() {
    let (world, rows) = (World::new(), Rows::new());
    let needs = Needs::new().open(&NAME, rows.row(), &None::<Sealed<Odd>>);
    let _lease = at_once(world.session().prepare(&needs)).unwrap();
    assert!(world.lender.prepared.lock().unwrap().is_empty());
}

#[test]
fn a_lease_does_not_hold_off_destruction() {
    let (world, rows) = (World::new(), Rows::new());
    let sealed = sealed(&world, &rows);
    let session = world.session();
    world.provider(Lending::Prepared);
    let needs = Needs::new().open(&NAME, rows.row(), &sealed);
    let _lease = at_once(session.prepare(&needs)).unwrap();
    crate::table::destroy_key(&world);
    let error = session.open_value(&NAME, rows.row(), &sealed).unwrap_err();
    assert!(error.is_erased());
}
