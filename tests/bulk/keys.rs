//! The key is asked for once for each record, and never kept for the next one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use phi_seal::audit::MemorySink;
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyError, KeyProvider, KeyScope, Keyring, Scope};
use phi_seal::{Access, Actor, KeyId, Phi, Purpose, Session, SubjectId, TenantId, Vault};

use crate::ward::{Patient, errors, patients};

/// A keyring that counts how often it was asked.
#[derive(Debug)]
struct Counting {
    ring: Keyring,
    asked: AtomicUsize,
}

impl Counting {
    fn new(ring: Keyring) -> Arc<Self> {
        let asked = AtomicUsize::new(0);
        Arc::new(Self { ring, asked })
    }

    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

impl KeyProvider for Counting {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.ring.with_active(scope, lend)
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.ring.with_key(scope, id, lend)
    }
}

fn tenant() -> TenantId<'static> {
    TenantId::new("mercy").unwrap()
}

fn session(keys: &Arc<Counting>) -> Session {
    let vault = Vault::builder(keys.clone(), PermitAll, MemorySink::new()).build();
    let actor = Actor::new("clinician-17").unwrap();
    vault
        .session(Access::new(tenant(), actor, Purpose::Treatment))
        .unwrap()
}

#[test]
fn once_for_each_record() {
    let keys = Counting::new(Keyring::generate().unwrap());
    let session = session(&keys);
    let rows: Vec<_> = session.seal_all(patients(8)).map(Result::unwrap).collect();
    assert_eq!(keys.asked(), 8);
    assert!(session.open_all(&rows).all(|one| one.is_ok()));
    assert_eq!(keys.asked(), 8);
    assert!(session.open(&rows[1]).is_ok());
    assert_eq!(keys.asked(), 1);
}

#[test]
fn once_for_each_key_of_a_record() {
    let keys = Counting::new(Keyring::generate().unwrap());
    let session = session(&keys);
    let mut rows: Vec<_> = session.seal_all(patients(2)).map(Result::unwrap).collect();
    keys.ring.rotate().unwrap();
    session
        .update_field(&mut rows[1], Patient::NAME, &Phi::new("new".into()))
        .unwrap();
    keys.asked();
    let opened = session.open(&rows[1]).unwrap();
    assert_eq!(opened.name.expose(), "new");
    assert_eq!(opened.note.as_ref().unwrap().expose(), "note 1");
    assert_eq!(keys.asked(), 2);
}

#[test]
fn the_key_of_one_patient_is_not_tried_on_the_next() {
    let ring = Keyring::generate().unwrap();
    for id in ["p-1", "p-2"] {
        let scope = KeyScope::subject(tenant(), SubjectId::new(id).unwrap());
        ring.add(DataKey::generate(scope).unwrap()).unwrap();
    }
    let keys = Counting::new(ring);
    let session = session(&keys);
    let mut rows: Vec<_> = session.seal_all(patients(3)).map(Result::unwrap).collect();
    assert!(rows[1].name.key_id() != rows[2].name.key_id());
    // The same key and nonce prefix as the record before it in the page, whose key is still at
    // hand: were it tried, the answer would be that the value is not authentic.
    rows[2].name = rows[1].name.clone();
    rows[2].note = rows[1].note.clone();
    let opened: Vec<_> = session.open_all(&rows).collect();
    assert_eq!(errors(&opened), [(2, "missing_key")]);
}
