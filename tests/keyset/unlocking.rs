//! What comes out of a keyset, and what its text does not show.

use phi_seal::key::{KeyErrorKind, KeyProvider, KeyState, KeyUse, Keyset, Scope};
use phi_seal::{KeyId, TenantId};
use pollster::block_on;

use crate::fixtures::{VECTOR, exported, keyset, kind, local, vector_kms, with_scope};

#[test]
fn a_keyset_from_another_implementation_unlocks() {
    let keyset = Keyset::from_json(VECTOR).unwrap();
    assert_eq!(keyset.to_json().as_bytes(), VECTOR);
    assert_eq!((keyset.generation(), keyset.minimum_version()), (7, 2));
    let keyring = block_on(keyset.unlock(&vector_kms())).unwrap();
    let keys = keyring.keys();
    assert_eq!(keys, keyset.keys());
    let summary: Vec<_> = keys
        .iter()
        .map(|k| (k.version(), k.state(), k.created()))
        .collect();
    assert_eq!(
        summary,
        [
            (1, KeyState::Destroyed, 1_750_000_000),
            (2, KeyState::DecryptOnly, 1_750_000_001),
            (3, KeyState::Disabled, 1_750_000_002),
            (4, KeyState::Active, 1_750_000_003),
            (5, KeyState::Active, 1_750_000_004),
            (6, KeyState::Active, 1_750_000_005),
        ]
    );
    assert_eq!(keys[4].scope().key_use(), KeyUse::Index);
    assert_eq!(keys[5].scope().tenant_id().unwrap().as_str(), "Klinik Süd");
    assert_eq!(keys[5].scope().subject_id().unwrap().as_str(), "p-1");
}

#[test]
fn unlocking_gives_back_keys_states_and_minimum() {
    let kms = local();
    let keyset = keyset(&kms);
    let keyring = block_on(keyset.unlock(&kms)).unwrap();
    assert_eq!(keyring.keys(), keyset.keys());
    assert_eq!(keyring.minimum_version(), 2);
    assert_eq!(keyset.generation(), 8);
    let keys = keyring.keys();
    let ids: Vec<_> = keys.iter().map(|key| *key.id()).collect();
    let ask = |id: &KeyId| {
        let scope = keys.iter().find(|key| key.id() == id).unwrap().scope();
        with_scope(scope, |scope| {
            kind(keyring.with_key(scope, id, &mut |key| assert_eq!(key.id(), id)))
        })
    };
    assert_eq!(ask(&ids[0]), Some(KeyErrorKind::Destroyed));
    assert_eq!(ask(&ids[1]), Some(KeyErrorKind::Disabled));
    assert_eq!(
        (ask(&ids[2]), ask(&ids[3]), ask(&ids[4])),
        (None, None, None)
    );
    let tenant = TenantId::new("t").unwrap();
    keyring
        .with_active(Scope::sealing(&tenant, None), &mut |key| {
            assert_eq!(*key.id(), ids[3])
        })
        .unwrap();

    let again = Keyset::from_json(keyset.to_json().as_bytes()).unwrap();
    assert!(again == keyset);
    let again = block_on(again.unlock(&kms)).unwrap();
    assert_eq!(exported(&again), exported(&keyring));
    assert_eq!(exported(&keyring).len(), 3);
}

#[test]
fn neither_text_nor_debug_holds_a_key_byte() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

    let kms = local();
    let keyset = keyset(&kms);
    let keyring = block_on(keyset.unlock(&kms)).unwrap();
    let json = keyset.to_json();
    let debug = format!("{keyset:?} {keyring:?} {:?} {kms:?}", keyset.keys());
    for text in [&json, &debug] {
        for key in exported(&keyring) {
            // Eight bytes of a key would already be too much.
            for part in key.chunks(8) {
                assert!(!text.as_bytes().windows(8).any(|window| window == part));
                let hex: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
                assert!(!text.to_lowercase().contains(&hex));
                let list = format!("{part:?}");
                assert!(!text.contains(list.trim_matches(['[', ']'])));
            }
            for offset in 0..3 {
                // Whatever the alignment of the base64 groups.
                let part = &key[offset..offset + 27];
                assert!(!text.contains(&URL_SAFE_NO_PAD.encode(part)[..16]));
                assert!(!text.contains(&STANDARD_NO_PAD.encode(part)[..16]));
            }
        }
    }
    for hidden in ["Klinik", "p-1", &keyset.keys()[0].id().to_hex()[..16]] {
        assert!(!debug.contains(hidden), "{hidden} in {debug}");
    }
}
