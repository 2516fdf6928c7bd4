//! Keys that were bound to nothing, guessed, doubled or replaced.

use std::fs;
use std::sync::{Arc, Barrier, Mutex};

use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, Keyring, KeysetFile, Kms, LocalKms,
    Scope, WrapContext,
};
use phi_seal::{KeyId, SecretBytes, SubjectId, TenantId};
use pollster::block_on;

use crate::place::{Place, shared_key};
use crate::{ErrorKind, Phi, change, key, seal};

#[test]
fn tink_and_vault_data_keys_wrapped_with_an_empty_context() {
    let scope = |tenant: &str, subject: &str| {
        let tenant = TenantId::new(String::from(tenant)).unwrap();
        KeyScope::subject(tenant, SubjectId::new(String::from(subject)).unwrap())
    };
    let (own, id) = (scope("clinic-7", "p-1"), *key().id());
    let context = WrapContext::new(&own, &id, 1);
    let kms = LocalKms::generate().unwrap();
    let payload = SecretBytes::from_vec(vec![5; 64]);
    let wrapped = block_on(kms.wrap(&payload, &context)).unwrap();
    let unwrapped = block_on(kms.unwrap(&wrapped, &context)).unwrap();
    assert_eq!(unwrapped.as_slice(), payload.as_slice());
    for other in [
        WrapContext::new(&KeyScope::default(), &id, 1),
        WrapContext::new(&scope("clinic-8", "p-1"), &id, 1),
        WrapContext::new(&scope("clinic-7", "p-2"), &id, 1),
        WrapContext::new(&scope("clinic-", "7p-1"), &id, 1),
        WrapContext::new(&own, shared_key([8; 32]).id(), 1),
        WrapContext::new(&own, &id, 2),
    ] {
        assert!(!other.as_bytes().is_empty());
        assert_ne!(other.digest(), context.digest());
        let moved = block_on(kms.unwrap(&wrapped, &other)).map(drop);
        assert_eq!(moved.unwrap_err().kind(), KeyErrorKind::WrongKey);
    }
}

#[test]
fn rails_keys_tried_one_after_another() {
    /// Notes what it is asked for.
    #[derive(Debug)]
    struct Asked(Keyring, Mutex<Vec<KeyId>>);

    impl KeyProvider for Asked {
        fn with_active(
            &self,
            scope: Scope<'_>,
            lend: &mut dyn FnMut(&DataKey),
        ) -> Result<(), KeyError> {
            self.0.with_active(scope, lend)
        }

        fn with_key(
            &self,
            scope: Scope<'_>,
            id: &KeyId,
            lend: &mut dyn FnMut(&DataKey),
        ) -> Result<(), KeyError> {
            self.1.lock().unwrap().push(*id);
            self.0.with_key(scope, id, lend)
        }
    }

    let place = Place::default();
    let elsewhere = change(&place, |place| place.record_id = "e-2042".into());
    let keyring = Keyring::from_key(key());
    for byte in 10..20 {
        keyring.add(shared_key([byte; 32])).unwrap();
    }
    let keys = Arc::new(Asked(keyring, Mutex::default()));
    let (session, _) = place.session_over(keys.clone());
    let sealed = seal(&place, "x");
    let mut unknown = sealed.as_bytes().to_vec();
    unknown[2] ^= 1;
    let unknown = crate::Sealed::<String>::from_bytes(unknown).unwrap();
    for (at, sealed, end) in [
        (&place, &sealed, None),
        (&elsewhere, &sealed, Some(ErrorKind::Integrity)),
        (&place, &unknown, Some(ErrorKind::MissingKey)),
    ] {
        let opened = at.within(|_, row| session.open_value(&at.field(), row, sealed));
        assert_eq!(opened.err().map(|error| error.kind()), end);
        let asked = std::mem::take(&mut *keys.1.lock().unwrap());
        assert_eq!(asked, [sealed.key_id()], "one key, the one that it names");
    }
}

#[test]
fn asp_net_concurrent_first_use_creates_two_keys() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let (kms, start) = (LocalKms::generate().unwrap(), Barrier::new(4));
    let first_use = || {
        start.wait();
        let file = block_on(KeysetFile::load_or_create(&path, &kms)).unwrap();
        let place = Place::default();
        let (session, _) = place.session_over(block_on(file.unlock(&kms)).unwrap());
        let value = Phi::new(String::from("x"));
        let sealed = place.within(|_, row| session.seal_value(&place.field(), row, &value));
        sealed.unwrap()
    };
    let sealed: Vec<_> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..4).map(|_| threads.spawn(first_use)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let keys = KeysetFile::load(&path).unwrap().keyset().keys();
    let active = keys.iter().find(|key| *key.scope() == KeyScope::default());
    for sealed in &sealed {
        assert_eq!(sealed.key_id(), *active.unwrap().id());
    }
}

#[test]
fn asp_net_an_unreadable_key_is_silently_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = LocalKms::generate().unwrap();
    block_on(KeysetFile::create(&path, &kms)).unwrap();
    let good = fs::read(&path).unwrap();
    // Another root key.
    let file = KeysetFile::load(&path).unwrap();
    let other = LocalKms::generate().unwrap();
    assert!(block_on(file.unlock(&other)).is_err());
    assert_eq!(fs::read(&path).unwrap(), good);
    // A damaged file.
    fs::write(&path, &good[..good.len() / 2]).unwrap();
    let again = block_on(KeysetFile::load_or_create(&path, &kms)).map(drop);
    assert_eq!(again.unwrap_err().kind(), KeyErrorKind::Malformed);
    assert_eq!(fs::read(&path).unwrap(), good[..good.len() / 2]);
    // And no key at all: nothing is sealed under one that was made on the way.
    let place = Place::default();
    let foreign = KeyScope::tenant(
        TenantId::new("clinic-8").unwrap(),
        phi_seal::key::KeyUse::Seal,
    );
    let keyring = Arc::new(Keyring::from_key(DataKey::generate(foreign).unwrap()));
    let (session, _) = place.session_over(keyring.clone());
    let value = Phi::new(String::from("x"));
    let sealed = place.within(|_, row| session.seal_value(&place.field(), row, &value));
    assert_eq!(sealed.unwrap_err().kind(), ErrorKind::MissingKey);
    assert_eq!(keyring.keys().len(), 1);
}
