//! Without the key for an event's details nothing is recorded, and so nothing released.

use std::sync::Arc;

use phi_seal::audit::MemorySink;
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::{
    Access, Actor, Decision, ErrorKind, Needs, Phi, Policy, Purpose, RecordRef, Request,
    SealedDetails, Vault,
};
use pollster::block_on;

use crate::ward::{MERCY, NOTE, Ward, details_of, keyring, open_note, record_id, subject, tenant};

#[test]
fn a_key_that_is_not_loaded_keeps_everything_in() {
    let ward = Ward::new();
    let (sealed, _) = ward.seal("p-1");
    let before = ward.log.len();
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let place = RecordRef::new(&id, &of);
    let session = ward.session();
    let lease = block_on(session.prepare(&Needs::new().open(&NOTE, place, &sealed))).unwrap();
    // The value's key stays.
    ward.keys.evict(&details_of("p-1"));
    let refused = session.open_value(&NOTE, place, &sealed).unwrap_err();
    assert_eq!((refused.kind(), ward.log.len()), (ErrorKind::Audit, before));
    drop(lease);
    assert_eq!(open_note(&session, "p-1", &sealed), Ok("asthma".into()));
    assert_eq!(ward.log.len(), before + 1);
}

#[test]
fn a_lease_keeps_the_detail_key_too() {
    let ward = Ward::new();
    let (sealed, _) = ward.seal("p-1");
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let place = RecordRef::new(&id, &of);
    let session = ward.session();
    ward.keys.evict_all();
    let refused = session.open_value(&NOTE, place, &sealed).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Audit);
    let _lease = block_on(session.prepare(&Needs::new().open(&NOTE, place, &sealed))).unwrap();
    assert!(session.open_value(&NOTE, place, &sealed).is_ok());
}

#[test]
fn no_wider_key_takes_the_place_of_the_patients() {
    // The tenant's and a shared one are there; p-2's is not.
    let keys = keyring(&["p-1"]);
    keys.add(DataKey::generate(KeyScope::shared(KeyUse::Audit)).unwrap())
        .unwrap();
    let log = Arc::new(MemorySink::new());
    let sink = SealedDetails::new(log.clone(), keys.clone());
    let vault = Vault::builder(keys, PermitAll, sink).build();
    let access = Access::new(
        tenant(MERCY),
        Actor::new("dr-9").unwrap(),
        Purpose::Treatment,
    );
    let session = vault.session(access).unwrap();
    for (patient, recorded) in [("p-1", true), ("p-2", false)] {
        log.clear();
        let (id, of) = (record_id(patient), subject(patient));
        let note = Phi::new(String::from("asthma"));
        let sealed = session.seal_value(&NOTE, RecordRef::new(&id, &of), &note);
        assert_eq!(sealed.map_err(|error| error.kind()).is_ok(), recorded);
        assert_eq!(log.len(), usize::from(recorded));
    }
}

#[test]
fn keys_of_values_do_not_seal_details() {
    // As wide as they get, and for the patient.
    let keys = Keyring::generate().unwrap();
    keys.add(DataKey::generate(KeyScope::subject(tenant(MERCY), subject("p-1"))).unwrap())
        .unwrap();
    let keys = Arc::new(keys);
    let sink = SealedDetails::new(MemorySink::new(), keys.clone());
    let vault = Vault::builder(keys, PermitAll, sink).build();
    let access = Access::new(
        tenant(MERCY),
        Actor::new("dr-9").unwrap(),
        Purpose::Treatment,
    );
    let session = vault.session(access).unwrap();
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let note = Phi::new(String::from("asthma"));
    let refused = session
        .seal_value(&NOTE, RecordRef::new(&id, &of), &note)
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Audit);
}

#[test]
fn what_is_denied_is_prepared_for_and_recorded() {
    #[derive(Debug)]
    struct DenyAll;
    impl Policy for DenyAll {
        fn authorize(&self, _: &Request<'_>) -> Decision {
            Decision::deny("nobody")
        }
    }
    let ward = Ward::with_policy(DenyAll);
    let session = ward.session();
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let place = RecordRef::new(&id, &of);
    let _lease = block_on(session.prepare(&Needs::new().seal(&NOTE, place))).unwrap();
    let note = Phi::new(String::from("asthma"));
    assert!(
        session
            .seal_value(&NOTE, place, &note)
            .unwrap_err()
            .is_denied()
    );
    let events = ward.log.events();
    assert_eq!(
        (events.len(), &*events[0].outcome, events[0].sealed.len()),
        (1, "denied", 1)
    );
    // No key for values was made.
    let scope = KeyScope::tenant(tenant(MERCY), KeyUse::Seal);
    assert!(block_on(ward.keys.keys(&scope)).unwrap().is_empty());

    // And in an expired session.
    ward.advance_days(1);
    ward.keys.evict_all();
    let _lease = block_on(session.prepare(&Needs::new().seal(&NOTE, place))).unwrap();
    assert!(
        session
            .seal_value(&NOTE, place, &note)
            .unwrap_err()
            .is_expired()
    );
    assert_eq!(ward.last().outcome, "expired");
}

#[test]
fn a_disabled_version_is_not_read_and_a_rotated_one_is() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    block_on(ward.keys.rotate(&details_of("p-1"))).unwrap();
    let (_, newer) = ward.seal("p-1");
    assert!(event.detail_keys().next() != newer.detail_keys().next());
    let events = [event, newer];
    assert!(ward.review(&events).iter().all(|it| it.unread().is_empty()));
    block_on(ward.keys.disable(&details_of("p-1"), 1)).unwrap();
    let reviewed = ward.review(&events);
    assert_eq!(reviewed[0].unread()[0].kind(), ErrorKind::KeyDisabled);
    assert!(reviewed[1].unread().is_empty());
}
