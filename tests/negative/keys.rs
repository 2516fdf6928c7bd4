//! Wrong keys, and providers that break their contract.

use std::sync::Arc;

use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, KeyUse, Keyring, Scope,
};
use phi_seal::{ErrorKind, KeyId, Phi, Sealed, SubjectId, TenantId, danger};

use crate::place::{Place, shared_key};
use crate::refusal::{key, refusal, sealed_at};

/// Lends these keys for whatever it is asked, one after the other, and then answers so.
#[derive(Debug)]
struct Liar {
    lends: Vec<DataKey>,
    answer: Result<(), KeyError>,
}

impl Liar {
    fn tell(&self, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        self.lends.iter().for_each(lend);
        self.answer
    }
}

impl KeyProvider for Liar {
    fn with_active(&self, _: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        self.tell(lend)
    }

    fn with_key(
        &self,
        _: Scope<'_>,
        _: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.tell(lend)
    }
}

const RIGHT: [u8; 32] = [7; 32];
const OTHER: [u8; 32] = [8; 32];

fn shared(bytes: [u8; 32]) -> DataKey {
    shared_key(bytes)
}

fn of_tenant(tenant: &'static str) -> DataKey {
    let tenant = TenantId::new(tenant).unwrap();
    danger::import_data_key(RIGHT, KeyScope::tenant(tenant, KeyUse::Seal))
}

fn of_subject(tenant: &'static str, subject: &'static str) -> DataKey {
    let tenant = TenantId::new(tenant).unwrap();
    let scope = KeyScope::subject(tenant, SubjectId::new(subject).unwrap());
    danger::import_data_key(RIGHT, scope)
}

fn of_use(key_use: KeyUse) -> DataKey {
    danger::import_data_key(RIGHT, KeyScope::shared(key_use))
}

/// How opening, rebinding and sealing end over this provider; each must be recorded so.
fn ends(lends: Vec<DataKey>, answer: Result<(), KeyError>) -> [&'static str; 3] {
    let here = Place::default();
    let field = here.field::<String>();
    let sealed = sealed_at(&here, Some(String::from("x")), None);
    let (session, sink) = here.session_over(Liar { lends, answer });
    let ends = here
        .within(|_, row| {
            [
                session.open_value(&field, row, &sealed).map(drop),
                session.rebind(&field, row, row, &sealed).map(drop),
                session
                    .seal_value(&field, row, &Phi::new(String::from("x")))
                    .map(drop),
            ]
        })
        .map(|result| result.map_or_else(|error| error.kind().code(), |()| "success"));
    let events = sink.events();
    assert_eq!(events.len(), 3);
    for (event, end) in events.iter().zip(ends) {
        assert_eq!(event.subjects[0].records[0].fields[0].outcome, end);
    }
    ends
}

const fn failing(kind: KeyErrorKind) -> Result<(), KeyError> {
    Err(KeyError::new(kind, "a test's provider fails"))
}

#[test]
fn an_honest_provider_serves() {
    assert_eq!(ends(vec![shared(RIGHT)], Ok(())), ["success"; 3]);
    assert_eq!(ends(vec![of_tenant("clinic-7")], Ok(())), ["success"; 3]);
    let own = of_subject("clinic-7", "patient-1042");
    assert_eq!(ends(vec![own], Ok(())), ["success"; 3]);
}

#[test]
fn another_key_than_the_one_asked_for() {
    // A sealing key is asked for by scope, so any of that scope will do.
    assert_eq!(
        ends(vec![shared(OTHER)], Ok(())),
        ["provider", "provider", "success"]
    );
}

#[test]
fn no_call_at_all() {
    assert_eq!(ends(vec![], Ok(())), ["provider"; 3]);
}

#[test]
fn two_calls() {
    for (first, second) in [
        (RIGHT, RIGHT),
        (RIGHT, OTHER),
        (OTHER, RIGHT),
        (OTHER, OTHER),
    ] {
        let lends = vec![shared(first), shared(second)];
        assert_eq!(ends(lends, Ok(())), ["provider"; 3]);
    }
    let lends = vec![of_tenant("clinic-8"), shared(RIGHT)];
    assert_eq!(ends(lends, Ok(())), ["provider"; 3]);
    let many = (0..100).map(|_| shared(RIGHT)).collect();
    assert_eq!(ends(many, Ok(())), ["provider"; 3]);
}

#[test]
fn a_key_of_another_scope() {
    for lent in [
        of_tenant("clinic-8"),
        of_tenant("Clinic-7"),
        of_subject("clinic-7", "patient-1043"),
        of_subject("clinic-8", "patient-1042"),
        of_use(KeyUse::Index),
        of_use(KeyUse::Audit),
    ] {
        assert_eq!(ends(vec![lent], Ok(())), ["missing_key"; 3]);
    }
}

#[test]
fn a_key_and_then_an_error() {
    for (kind, code) in [
        (KeyErrorKind::Missing, "missing_key"),
        (KeyErrorKind::Disabled, "key_disabled"),
        (KeyErrorKind::Destroyed, "erased"),
        (KeyErrorKind::Unavailable, "unavailable"),
        (KeyErrorKind::Contract, "provider"),
    ] {
        assert_eq!(ends(vec![shared(RIGHT)], failing(kind)), [code; 3]);
        assert_eq!(ends(vec![], failing(kind)), [code; 3]);
    }
}

#[test]
fn another_key_in_the_keyring_is_never_tried() {
    let here = Place::default();
    let sealed = sealed_at(&here, Some(String::from("x")), None);
    // The right key is at hand, but the envelope names the other one, or none.
    let keys = Arc::new(Keyring::from_key(key()));
    keys.add(shared(OTHER)).unwrap();
    for (id, kind) in [
        (shared(OTHER).id().as_bytes(), ErrorKind::Integrity),
        (&[0; 32], ErrorKind::MissingKey),
    ] {
        let mut forged = sealed.as_bytes().to_vec();
        forged[2..34].copy_from_slice(id);
        let forged = Sealed::<String>::from_bytes(forged).unwrap();
        let (session, _) = here.session_over(keys.clone());
        let opened = here.within(|_, row| {
            session.open_values(
                &here.field(),
                &[(row, &sealed), (row, &forged), (row, &sealed)],
            )
        });
        let opened = opened.unwrap();
        assert!(opened[0].is_ok() && opened[2].is_ok());
        assert_eq!(opened[1].as_ref().unwrap_err().kind(), kind);
    }
}

#[test]
fn another_keys_envelope_under_the_right_id() {
    let here = Place::default();
    let value = Some(Phi::new(String::from("x")));
    let mut forged = here
        .seal_raw(&shared(OTHER), [1; 24], &here.field(), &value)
        .into_bytes();
    assert_eq!(refusal::<String>(&here, &forged), ErrorKind::MissingKey);
    forged[2..34].copy_from_slice(key().id().as_bytes());
    assert_eq!(refusal::<String>(&here, &forged), ErrorKind::Integrity);
}

#[test]
fn a_key_of_one_patient_serves_no_other_within_one_action() {
    let own = Place::default();
    let other = Place {
        subject: "patient-1043".into(),
        ..own.clone()
    };
    let patient = || of_subject("clinic-7", "patient-1042");
    let field = own.field::<String>();
    let value = Some(Phi::new(String::from("x")));
    // A writer who holds the key seals for another patient; the nonces share a derived key.
    let sealed = own.seal_raw(&patient(), [1; 24], &field, &value);
    let mut nonce = [1; 24];
    nonce[23] = 2;
    let foreign = other.seal_raw(&shared(RIGHT), nonce, &field, &value);
    let (session, _) = own.session(patient());
    let opened = own.within(|_, row| {
        other.within(|_, elsewhere| {
            session.open_values(&field, &[(row, &sealed), (elsewhere, &foreign)])
        })
    });
    let opened = opened.unwrap();
    assert!(opened[0].is_ok());
    assert_eq!(
        opened[1].as_ref().unwrap_err().kind(),
        ErrorKind::MissingKey
    );
}

#[test]
fn keys_that_were_disabled_outdated_or_destroyed() {
    let here = Place::default();
    let sealed = sealed_at(&here, Some(String::from("x")), None);
    let keys = Arc::new(Keyring::from_key(key()));
    keys.rotate().unwrap();
    let (session, _) = here.session_over(keys.clone());
    let open = || {
        here.within(|_, row| session.open_value(&here.field(), row, &sealed))
            .map_or_else(|error| error.kind().code(), |_| "ok")
    };
    assert_eq!(open(), "ok");
    keys.disable(1).unwrap();
    assert_eq!(open(), "key_disabled");
    keys.enable(1).unwrap();
    keys.set_minimum_version(2).unwrap();
    assert_eq!(open(), "key_disabled");
    keys.set_minimum_version(1).unwrap();
    assert_eq!(open(), "ok");
    keys.destroy(1).unwrap();
    assert_eq!(open(), "erased");
}
