//! Changes of states, versions and scopes.

use phi_seal::danger;
use phi_seal::key::{DataKey, KeyErrorKind, KeyProvider, KeyScope, KeyState, KeyUse, KeysetFile};
use pollster::block_on;

use crate::fixtures::{keyset, kind, local, patient, with_scope};

#[test]
fn a_keyring_of_a_keyset_is_changed_through_the_keyset_only() {
    let kms = local();
    let keyring = block_on(keyset(&kms).unlock(&kms)).unwrap();
    let before = keyring.keys();
    let refused = Some(KeyErrorKind::InvalidState);
    assert_eq!(kind(keyring.rotate()), refused);
    assert_eq!(
        kind(keyring.add(DataKey::generate(patient()).unwrap())),
        refused
    );
    assert_eq!(
        kind(keyring.add_decrypt_only(DataKey::generate(patient()).unwrap())),
        refused
    );
    assert_eq!(kind(keyring.activate(3)), refused);
    assert_eq!(kind(keyring.disable(3)), refused);
    assert_eq!(kind(keyring.enable(2)), refused);
    assert_eq!(kind(keyring.destroy(3)), refused);
    assert_eq!(kind(keyring.set_minimum_version(1)), refused);
    assert_eq!(keyring.keys(), before);
}

#[test]
fn changes_follow_the_states_table_and_count_generations() {
    let kms = local();
    let mut keyset = keyset(&kms);
    let before = keyset.clone();
    let refused = Some(KeyErrorKind::InvalidState);
    for version in 1..=5 {
        assert_eq!(kind(block_on(keyset.activate(version, &kms))), refused);
    }
    for version in [1, 4, 5] {
        assert_eq!(kind(block_on(keyset.disable(version, &kms))), refused);
        assert_eq!(kind(block_on(keyset.enable(version, &kms))), refused);
        assert_eq!(kind(block_on(keyset.destroy(version, &kms))), refused);
    }
    assert_eq!(kind(block_on(keyset.disable(2, &kms))), refused);
    assert_eq!(kind(block_on(keyset.enable(3, &kms))), refused);
    for version in [0, 5] {
        assert_eq!(
            kind(block_on(keyset.set_minimum_version(version, &kms))),
            refused
        );
    }
    for version in [0, 6] {
        let unknown = Some(KeyErrorKind::NotFound);
        assert_eq!(kind(block_on(keyset.disable(version, &kms))), unknown);
        assert_eq!(kind(block_on(keyset.activate(version, &kms))), unknown);
    }
    let nobody = KeyScope::shared(KeyUse::Audit);
    let unknown = Some(KeyErrorKind::NotFound);
    assert_eq!(kind(block_on(keyset.rotate_scope(&nobody, &kms))), unknown);
    let first = DataKey::generate(nobody).unwrap();
    assert_eq!(
        kind(block_on(keyset.add_decrypt_only(&first, &kms))),
        unknown
    );
    let mut copy = None;
    let keyring = block_on(keyset.unlock(&kms)).unwrap();
    with_scope(&patient(), |scope| {
        keyring.with_key(scope, before.keys()[4].id(), &mut |key| {
            copy = Some(danger::export_data_key(key))
        })
    })
    .unwrap();
    let copy = danger::import_data_key(copy.unwrap(), patient());
    let known = Some(KeyErrorKind::AlreadyExists);
    assert_eq!(kind(block_on(keyset.add(&copy, &kms))), known);
    assert_eq!(kind(block_on(keyset.add_decrypt_only(&copy, &kms))), known);
    assert!(keyset == before, "a refused change changes nothing");

    block_on(keyset.enable(2, &kms)).unwrap();
    block_on(keyset.destroy(3, &kms)).unwrap();
    block_on(keyset.set_minimum_version(4, &kms)).unwrap();
    let id = block_on(keyset.rotate_scope(&patient(), &kms)).unwrap();
    assert_eq!(keyset.generation(), before.generation() + 4);
    assert_eq!(keyset.id(), before.id());
    let states: Vec<_> = keyset.keys().iter().map(|key| key.state()).collect();
    assert_eq!(
        states,
        [
            KeyState::Destroyed,
            KeyState::DecryptOnly,
            KeyState::Destroyed,
            KeyState::Active,
            KeyState::DecryptOnly,
            KeyState::Active
        ]
    );
    assert_eq!(*keyset.keys()[5].id(), id);
    assert_eq!(block_on(keyset.unlock(&kms)).unwrap().keys(), keyset.keys());
}

#[test]
fn a_key_is_stored_before_it_is_active_and_activated_later() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let next = DataKey::generate(KeyScope::default()).unwrap();
    let version = block_on(file.add_decrypt_only(&next, &kms)).unwrap();
    assert_eq!((version, file.keyset().generation()), (2, 2));

    let states = |file: &KeysetFile| -> Vec<_> {
        let keys = block_on(file.unlock(&kms)).unwrap().keys();
        assert_eq!(keys, file.keyset().keys());
        keys.iter().map(|key| key.state()).collect()
    };
    let mut other = KeysetFile::load(&path).unwrap();
    assert!(other.keyset() == file.keyset());
    assert_eq!(states(&other), [KeyState::Active, KeyState::DecryptOnly]);

    block_on(file.activate(version, &kms)).unwrap();
    assert_eq!(
        kind(block_on(other.activate(version, &kms))),
        Some(KeyErrorKind::Conflict)
    );
    other.reload().unwrap();
    assert!(other.keyset() == file.keyset());
    assert_eq!(other.keyset().generation(), 3);
    assert_eq!(states(&other), [KeyState::DecryptOnly, KeyState::Active]);
    assert_eq!(
        kind(block_on(other.activate(1, &kms))),
        Some(KeyErrorKind::InvalidState)
    );
    assert_eq!(other.keyset().generation(), 3);
}
