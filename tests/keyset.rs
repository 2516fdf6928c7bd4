//! Keysets at rest: the format, edits, other KMSs, and several processes at one file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Barrier};

use phi_seal::key::{
    BoxFuture, DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, KeyState, KeyUse, Keyring,
    Keyset, KeysetFile, Kms, LocalKms, Scope, WrapContext, WrappedKey,
};
use phi_seal::{KeyId, SecretBytes, SubjectId, TenantId, danger};
use pollster::block_on;
use serde_json::{Value, json};

/// Made by `tests/interop/keyset.py`, a second implementation of `docs/keys.md`.
const VECTOR: &[u8] = include_bytes!("vectors/keyset-1.json");
const VECTOR_ROOT: &str = "phi-root1.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

fn local() -> LocalKms {
    LocalKms::generate().unwrap()
}

fn vector_kms() -> LocalKms {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("root.key");
    fs::write(&path, VECTOR_ROOT).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    LocalKms::from_file(path).unwrap()
}

fn patient() -> KeyScope {
    let tenant = TenantId::new("Klinik \"Süd\"").unwrap();
    KeyScope::subject(tenant, SubjectId::new("p-1").unwrap())
}

/// Versions 1 destroyed, 2 disabled, 3 decrypt-only, 4 active, 5 a patient's; minimum 2.
fn keyset(kms: &dyn Kms) -> Keyset {
    block_on(async {
        let mut keyset = Keyset::generate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.rotate(kms).await?;
        keyset.add(&DataKey::generate(patient())?, kms).await?;
        keyset.destroy(1, kms).await?;
        keyset.disable(2, kms).await?;
        keyset.set_minimum_version(2, kms).await?;
        Ok::<_, KeyError>(keyset)
    })
    .unwrap()
}

fn exported(keyring: &Keyring) -> Vec<[u8; 32]> {
    let mut keys = Vec::new();
    for key in keyring.keys() {
        let _ = with_scope(key.scope(), |scope| {
            keyring.with_key(scope, key.id(), &mut |key| {
                keys.push(danger::export_data_key(key))
            })
        });
    }
    keys
}

/// A request that a key of this scope may serve.
fn with_scope<R>(scope: &KeyScope, f: impl FnOnce(Scope<'_>) -> R) -> R {
    let any = TenantId::new("any").unwrap();
    let mut request = Scope::sealing(scope.tenant_id().unwrap_or(&any), scope.subject_id());
    request.key_use = scope.key_use();
    f(request)
}

/// Why these bytes are no keyset for this KMS, or `None` if they are.
fn refused(json: &[u8], kms: &dyn Kms) -> Option<KeyErrorKind> {
    kind(Keyset::from_json(json).and_then(|keyset| block_on(keyset.unlock(kms))))
}

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
    }
    let nobody = KeyScope::shared(KeyUse::Audit);
    let unknown = Some(KeyErrorKind::NotFound);
    assert_eq!(kind(block_on(keyset.rotate_scope(&nobody, &kms))), unknown);
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

#[test]
fn every_edited_byte_is_refused() {
    let kms = vector_kms();
    let original = Keyset::from_json(VECTOR).unwrap();
    assert_eq!(refused(VECTOR, &kms), None);
    let mut edited = VECTOR.to_vec();
    for at in 0..edited.len() {
        for byte in (0..8)
            .map(|bit| VECTOR[at] ^ (1 << bit))
            .chain(*b" 09azAZ-\"")
        {
            if byte == VECTOR[at] {
                continue;
            }
            edited[at] = byte;
            // White space between members has no meaning, so other white space is no edit.
            let is_same = Keyset::from_json(&edited).is_ok_and(|keyset| keyset == original);
            let blank = |byte: u8| byte.is_ascii_whitespace();
            assert_eq!(is_same, blank(byte) && blank(VECTOR[at]) && byte != 12);
            let expected = [
                KeyErrorKind::Malformed,
                KeyErrorKind::Tampered,
                KeyErrorKind::WrongKey,
                KeyErrorKind::Unsupported,
            ];
            assert!(
                is_same || refused(&edited, &kms).is_some_and(|kind| expected.contains(&kind)),
                "byte {at} changed to {byte}"
            );
        }
        edited[at] = VECTOR[at];
    }
}

#[test]
fn every_truncation_and_every_tail_is_refused() {
    for len in 0..VECTOR.len() {
        let cut = Keyset::from_json(&VECTOR[..len]);
        assert_eq!(kind(cut), Some(KeyErrorKind::Malformed), "{len} bytes");
    }
    for tail in ["x", "{}", "\0", ",", "}"] {
        let longer = [VECTOR, tail.as_bytes()].concat();
        assert_eq!(
            kind(Keyset::from_json(&longer)),
            Some(KeyErrorKind::Malformed)
        );
    }
    assert!(Keyset::from_json(&[VECTOR, b"\n"].concat()).is_ok());
}

#[test]
fn every_edited_member_is_refused() {
    type Edit = fn(&mut Value);
    let edits: [(Edit, KeyErrorKind); 53] = {
        use KeyErrorKind::{Malformed, Tampered, Unsupported, WrongKey};
        [
            (|v| v["format"] = json!(2), Unsupported),
            (|v| v["format"] = json!(u64::MAX), Unsupported),
            (|v| v["format"] = json!(0), Malformed),
            (|v| v["format"] = json!("1"), Malformed),
            (|v| v["format"] = json!(1.0), Malformed),
            (|v| drop(take(v, "format")), Malformed),
            (|v| v["later"] = json!(true), Malformed),
            (
                |v| v["keyset"] = json!("00000000000000000000000000000000"),
                WrongKey,
            ),
            (|v| v["keyset"] = json!("00"), Malformed),
            (|v| upper(&mut v["keyset"]), Malformed),
            (|v| v["generation"] = json!(6), Tampered),
            (|v| v["generation"] = json!(8), Tampered),
            (|v| v["generation"] = json!(0), Malformed),
            (|v| v["generation"] = json!(-1), Malformed),
            (|v| v["minimum_version"] = json!(1), Tampered),
            (|v| v["minimum_version"] = json!(4), Tampered),
            (|v| v["minimum_version"] = json!(0), Malformed),
            (|v| v["minimum_version"] = json!(5), Malformed),
            (|v| v["mac_key"]["kms"] = json!("local:other"), WrongKey),
            (|v| v["mac_key"]["kms"] = json!(""), Malformed),
            (
                |v| v["mac_key"]["wrapped"] = v["keys"][1]["wrapped"].clone(),
                WrongKey,
            ),
            (|v| v["mac_key"]["wrapped"] = json!(""), Malformed),
            (|v| drop(take(v, "mac_key")), Malformed),
            (|v| drop(take(v, "mac")), Malformed),
            (|v| v["mac"] = json!(null), Malformed),
            (|v| v["mac"] = json!(""), Malformed),
            (
                |v| v["mac"] = json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
                Tampered,
            ),
            (|v| drop(take(v, "keys")), Malformed),
            (|v| v["keys"] = json!([]), Malformed),
            (|v| swap(v, |keys| keys.swap(1, 2)), Malformed),
            // Leaving a key out, from the middle and from the end.
            (|v| swap(v, |keys| drop(keys.remove(2))), Tampered),
            (|v| swap(v, |keys| drop(keys.pop())), Tampered),
            (|v| swap(v, |keys| keys.push(keys[5].clone())), Malformed),
            (|v| v["keys"][1]["version"] = json!(1), Malformed),
            (|v| v["keys"][5]["version"] = json!(7), Tampered),
            (
                |v| v["keys"][1]["id"] = v["keys"][2]["id"].clone(),
                Malformed,
            ),
            (|v| flip_hex(&mut v["keys"][1]["id"]), Tampered),
            // Enabling a disabled key, and two keys that trade places.
            (|v| v["keys"][2]["state"] = json!("decrypt-only"), Tampered),
            (|v| v["keys"][1]["state"] = json!("disabled"), Tampered),
            (|v| trade(v, 1, 3, "state"), Tampered),
            (|v| trade(v, 1, 3, "wrapped"), Tampered),
            (|v| v["keys"][2]["state"] = json!("active"), Malformed),
            (|v| v["keys"][2]["state"] = json!("Disabled"), Malformed),
            (|v| v["keys"][1]["created"] = json!(1), Tampered),
            (|v| v["keys"][4]["use"] = json!("audit"), Tampered),
            (|v| v["keys"][5]["use"] = json!("index"), Malformed),
            (|v| v["keys"][5]["tenant"] = json!("Klinik Nord"), Tampered),
            (|v| drop(take(&mut v["keys"][5], "tenant")), Malformed),
            (|v| v["keys"][5]["subject"] = json!("p-2"), Tampered),
            (|v| v["keys"][0]["tenant"] = json!(null), Malformed),
            (|v| v["keys"][1]["kms"] = json!("local:other"), Tampered),
            (|v| drop(take(&mut v["keys"][1], "wrapped")), Malformed),
            (|v| v["keys"][0]["wrapped"] = json!("AAAA"), Malformed),
        ]
    };
    let kms = vector_kms();
    for (at, (edit, expected)) in edits.into_iter().enumerate() {
        let mut value: Value = serde_json::from_slice(VECTOR).unwrap();
        edit(&mut value);
        let json = serde_json::to_vec(&value).unwrap();
        assert_eq!(refused(&json, &kms), Some(expected), "edit {at}");
        // Nor can an edited keyset be changed, which would give it a fresh MAC.
        if let Ok(mut keyset) = Keyset::from_json(&json) {
            assert_eq!(kind(block_on(keyset.verify(&kms))), Some(expected));
            assert_eq!(kind(block_on(keyset.rotate(&kms))), Some(expected));
            assert_eq!(kind(block_on(keyset.disable(2, &kms))), Some(expected));
            assert_eq!(kind(block_on(keyset.enable(3, &kms))), Some(expected));
            assert_eq!(kind(block_on(keyset.destroy(3, &kms))), Some(expected));
            assert_eq!(
                kind(block_on(keyset.set_minimum_version(1, &kms))),
                Some(expected)
            );
            assert_eq!(kind(block_on(keyset.rewrap(&kms, &kms))), Some(expected));
        }
    }
    let twice = String::from_utf8(VECTOR.to_vec()).unwrap();
    let twice = twice.replacen(
        "\"generation\": 7",
        "\"generation\": 7, \"generation\": 7",
        1,
    );
    assert_eq!(
        refused(twice.as_bytes(), &kms),
        Some(KeyErrorKind::Malformed)
    );
}

fn take(value: &mut Value, member: &str) -> Value {
    value.as_object_mut().unwrap().remove(member).unwrap()
}

fn swap(value: &mut Value, change: fn(&mut Vec<Value>)) {
    change(value["keys"].as_array_mut().unwrap());
}

fn trade(value: &mut Value, one: usize, other: usize, member: &str) {
    let taken = value["keys"][one][member].take();
    let given = std::mem::replace(&mut value["keys"][other][member], taken);
    value["keys"][one][member] = given;
}

fn upper(value: &mut Value) {
    *value = json!(value.as_str().unwrap().to_uppercase());
}

fn flip_hex(value: &mut Value) {
    let text = value.as_str().unwrap();
    let first = if text.starts_with('0') { '1' } else { '0' };
    *value = json!(format!("{first}{}", &text[1..]));
}

#[test]
fn arbitrary_bytes_never_panic() {
    use proptest::prelude::*;

    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(512)
    };
    proptest!(config, |(bytes: Vec<u8>, at in 0..VECTOR.len(), len in 0..64_usize)| {
        let _ = Keyset::from_json(&bytes);
        let mut spliced = VECTOR.to_vec();
        let end = (at + len).min(spliced.len());
        spliced.splice(at..end, bytes);
        let _ = Keyset::from_json(&spliced);
    });
    let deep = ["{\"format\":".repeat(100_000), "[".repeat(100_000)].concat();
    assert_eq!(
        kind(Keyset::from_json(deep.as_bytes())),
        Some(KeyErrorKind::Malformed)
    );
}

#[test]
fn another_root_key_is_refused() {
    let (kms, other) = (local(), local());
    let mut keyset = keyset(&kms);
    let wrong = Some(KeyErrorKind::WrongKey);
    assert_eq!(kind(block_on(keyset.unlock(&other))), wrong);
    assert_eq!(kind(block_on(keyset.rotate(&other))), wrong);
    assert_eq!(kind(block_on(keyset.rewrap(&other, &kms))), wrong);

    let keys = exported(&block_on(keyset.unlock(&kms)).unwrap());
    block_on(keyset.rewrap(&kms, &other)).unwrap();
    assert_eq!(kind(block_on(keyset.unlock(&kms))), wrong);
    assert_eq!(exported(&block_on(keyset.unlock(&other)).unwrap()), keys);
    assert!(!keyset.to_json().contains(kms.reference()));
}

#[test]
fn a_file_keeps_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    assert_eq!(kind(KeysetFile::load(&path)), Some(KeyErrorKind::NotFound));
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    assert_eq!(
        kind(block_on(KeysetFile::create(&path, &kms))),
        Some(KeyErrorKind::AlreadyExists)
    );

    block_on(file.rotate(&kms)).unwrap();
    block_on(file.rotate(&kms)).unwrap();
    block_on(file.add(&DataKey::generate(patient()).unwrap(), &kms)).unwrap();
    block_on(file.rotate_scope(&patient(), &kms)).unwrap();
    block_on(file.disable(1, &kms)).unwrap();
    block_on(file.disable(2, &kms)).unwrap();
    block_on(file.enable(2, &kms)).unwrap();
    block_on(file.destroy(1, &kms)).unwrap();
    block_on(file.set_minimum_version(2, &kms)).unwrap();
    let other = local();
    block_on(file.rewrap(&kms, &other)).unwrap();
    assert_eq!(file.keyset().generation(), 11);

    let again = KeysetFile::load(&path).unwrap();
    assert!(again.keyset() == file.keyset());
    let keyring = block_on(again.unlock(&other)).unwrap();
    assert_eq!(keyring.keys(), file.keyset().keys());
    // A refused change leaves the file as it was.
    let before = fs::read(&path).unwrap();
    assert_eq!(
        kind(block_on(file.destroy(1, &other))),
        Some(KeyErrorKind::InvalidState)
    );
    assert_eq!(
        kind(block_on(file.rotate(&kms))),
        Some(KeyErrorKind::WrongKey)
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["keys.json", "keys.json.lock"]);
    assert!(!format!("{file:?}").contains("Klinik"));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("keys.json"), folder.path().join("link"));
    let kms = local();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    block_on(KeysetFile::create(&path, &kms)).unwrap();
    assert_eq!(mode(&path), 0o600);
    symlink(&path, &link).unwrap();
    let mut file = KeysetFile::load(&link).unwrap();
    block_on(file.rotate(&kms)).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("keys.json.lock")), 0o600);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(KeysetFile::load(&path).unwrap().keyset().generation(), 2);

    assert_eq!(
        kind(KeysetFile::load(folder.path())),
        Some(KeyErrorKind::Malformed)
    );
    let under_a_file = path.join("keys.json");
    assert_eq!(kind(KeysetFile::load(under_a_file)), Some(KeyErrorKind::Io));
}

#[test]
fn a_damaged_or_missing_file_is_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let good = fs::read(&path).unwrap();
    let later = good.clone();
    let later = String::from_utf8(later)
        .unwrap()
        .replace("\"format\": 1", "\"format\": 2");
    for (content, expected) in [
        (&good[..good.len() / 2], KeyErrorKind::Malformed),
        (b"", KeyErrorKind::Malformed),
        (b"\0\0\0\0", KeyErrorKind::Malformed),
        (later.as_bytes(), KeyErrorKind::Unsupported),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(kind(KeysetFile::load(&path)), Some(expected));
        assert_eq!(
            kind(block_on(KeysetFile::load_or_create(&path, &kms))),
            Some(expected)
        );
        let exists = Some(KeyErrorKind::AlreadyExists);
        assert_eq!(kind(block_on(KeysetFile::create(&path, &kms))), exists);
        assert_eq!(kind(block_on(file.rotate(&kms))), Some(expected));
        assert_eq!(kind(file.reload()), Some(expected));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(
        kind(block_on(file.rotate(&kms))),
        Some(KeyErrorKind::NotFound)
    );
    assert!(!path.exists());
    let nowhere = folder.path().join("no/keys.json");
    let made = block_on(KeysetFile::load_or_create(nowhere, &kms));
    assert_eq!(kind(made), Some(KeyErrorKind::NotFound));
}

#[test]
fn the_later_of_two_changes_conflicts_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut one = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let mut other = KeysetFile::load(&path).unwrap();
    let old = fs::read(&path).unwrap();
    let first = block_on(one.rotate(&kms)).unwrap();
    assert_eq!(
        kind(block_on(other.rotate(&kms))),
        Some(KeyErrorKind::Conflict)
    );
    assert_eq!(other.keyset().generation(), 1);
    other.reload().unwrap();
    let second = block_on(other.rotate(&kms)).unwrap();
    let keys = KeysetFile::load(&path).unwrap().keyset().keys();
    assert_eq!([*keys[1].id(), *keys[2].id()], [first, second]);

    // Going back in time is noticed by who saw the later generation.
    fs::write(&path, old).unwrap();
    assert_eq!(kind(other.reload()), Some(KeyErrorKind::Tampered));
    assert_eq!(
        kind(block_on(other.rotate(&kms))),
        Some(KeyErrorKind::Conflict)
    );
    let foreign = block_on(Keyset::generate(&kms)).unwrap();
    fs::write(&path, foreign.to_json()).unwrap();
    assert_eq!(kind(other.reload()), Some(KeyErrorKind::Tampered));
}

#[test]
fn threads_that_rotate_at_once_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    block_on(KeysetFile::create(&path, &kms)).unwrap();
    let start = Barrier::new(3);
    let rotate = || {
        let mut file = KeysetFile::load(&path).unwrap();
        let mut made = Vec::new();
        start.wait();
        while made.len() < 4 {
            match block_on(file.rotate(&kms)) {
                Ok(id) => made.push(id),
                Err(error) => {
                    assert_eq!(error.kind(), KeyErrorKind::Conflict);
                    file.reload().unwrap();
                }
            }
        }
        made
    };
    let mut made: Vec<KeyId> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..3).map(|_| threads.spawn(rotate)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let keyset = KeysetFile::load(&path).unwrap();
    let keyring = block_on(keyset.unlock(&kms)).unwrap();
    let mut stored: Vec<KeyId> = keyring.keys()[1..].iter().map(|key| *key.id()).collect();
    made.sort();
    stored.sort();
    assert_eq!(made, stored);
    assert_eq!(keyset.keyset().generation(), 13);
}

#[test]
fn threads_that_create_at_once_end_with_one_keyset() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let (kms, start) = (local(), Barrier::new(4));
        let create = || {
            start.wait();
            let file = block_on(KeysetFile::load_or_create(&path, &kms)).unwrap();
            (*file.keyset().id(), file.keyset().keys())
        };
        let made: Vec<_> = std::thread::scope(|threads| {
            let threads: Vec<_> = (0..4).map(|_| threads.spawn(create)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(made.iter().all(|other| *other == made[0]));
        assert_eq!(names(folder.path()), ["keys.json"]);
    }
}

/// The children wait for a byte on their standard input, so that they start together.
#[test]
fn processes_that_create_and_rotate_at_once_end_with_one_keyset() {
    const FOLDER: &str = "PHI_SEAL_TEST_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        std::io::stdin().read_exact(&mut [0]).unwrap();
        let kms = LocalKms::from_file(folder.join("root.key")).unwrap();
        let path = folder.join("keys.json");
        let mut file = block_on(KeysetFile::load_or_create(&path, &kms)).unwrap();
        let first = file.keyset().keys()[0].id().to_hex();
        let rotated = loop {
            match block_on(file.rotate(&kms)) {
                Ok(id) => break id.to_hex(),
                Err(error) => assert_eq!(error.kind(), KeyErrorKind::Conflict),
            }
            file.reload().unwrap();
        };
        let result = folder.join(format!("result-{}", std::process::id()));
        fs::write(result, format!("{first} {rotated}")).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let kms = LocalKms::create_file(folder.path().join("root.key")).unwrap();
    let spawn = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "processes_that_create_and_rotate_at_once_end_with_one_keyset",
            ])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..4).map(spawn).collect();
    for child in &mut children {
        child.stdin.take().unwrap().write_all(b"!").unwrap();
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let file = KeysetFile::load(folder.path().join("keys.json")).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let ids: Vec<_> = keyring.keys().iter().map(|key| key.id().to_hex()).collect();
    assert_eq!(ids.len(), 5);
    let mut rotated = Vec::new();
    for name in names(folder.path())
        .iter()
        .filter(|name| name.starts_with("result-"))
    {
        let result = fs::read_to_string(folder.path().join(name)).unwrap();
        let (first, last) = result.split_once(' ').unwrap();
        assert_eq!(first, ids[0]);
        rotated.push(last.to_owned());
    }
    rotated.sort();
    let mut expected = ids[1..].to_vec();
    expected.sort();
    assert_eq!(rotated, expected);
}

/// What a [`Liar`] does from its `from`th unwrapping on, counted from 0.
#[derive(Clone, Copy, Debug)]
enum Lie {
    /// Another key, with the digest of this context.
    OtherKey,
    /// The right key, with the digest of another context.
    OtherContext,
    /// The payload of the first call.
    FirstPayload,
    Bytes(usize),
    Longer,
    Error(KeyErrorKind),
}

#[derive(Debug)]
struct Liar {
    kms: LocalKms,
    lie: Lie,
    from: u32,
    calls: AtomicU32,
    first: std::sync::Mutex<Vec<u8>>,
}

impl Liar {
    fn tell(&self, truth: SecretBytes, context: &WrapContext) -> Result<SecretBytes, KeyError> {
        let mut first = self.first.lock().unwrap();
        if first.is_empty() {
            *first = truth.as_slice().to_vec();
        }
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.from {
            return Ok(truth);
        }
        let mut bytes = truth.into_vec();
        match self.lie {
            Lie::OtherKey => {
                bytes[..32].fill(7);
                bytes[32..].copy_from_slice(&context.digest());
            }
            Lie::OtherContext => {
                let id = KeyId::from_bytes([7; 32]);
                let other = WrapContext::new(&KeyScope::default(), &id, 1);
                bytes[32..].copy_from_slice(&other.digest());
            }
            Lie::FirstPayload => bytes.clone_from(&first),
            Lie::Bytes(len) => bytes.truncate(len),
            Lie::Longer => bytes.push(0),
            Lie::Error(kind) => return Err(KeyError::new(kind, "the test wants it so")),
        }
        Ok(SecretBytes::from_vec(bytes))
    }
}

impl Kms for Liar {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        self.kms.wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            let truth = self.kms.unwrap(wrapped, context).await?;
            self.tell(truth, context)
        })
    }
}

#[test]
fn a_lying_kms_is_found_out() {
    let mut lies = vec![
        (Lie::OtherContext, KeyErrorKind::WrongKey),
        (Lie::Longer, KeyErrorKind::WrongKey),
        (Lie::OtherKey, KeyErrorKind::WrongKey),
        (Lie::FirstPayload, KeyErrorKind::WrongKey),
    ];
    lies.extend([0, 1, 31, 32, 33, 63].map(|len| (Lie::Bytes(len), KeyErrorKind::WrongKey)));
    lies.extend(
        [
            KeyErrorKind::Unavailable,
            KeyErrorKind::Throttled,
            KeyErrorKind::Denied,
            KeyErrorKind::WrongKey,
            KeyErrorKind::Missing,
            KeyErrorKind::Disabled,
            KeyErrorKind::Destroyed,
            KeyErrorKind::Malformed,
            KeyErrorKind::Unsupported,
            KeyErrorKind::Tampered,
            KeyErrorKind::AlreadyExists,
            KeyErrorKind::NotFound,
            KeyErrorKind::Permissions,
            KeyErrorKind::Io,
            KeyErrorKind::Conflict,
            KeyErrorKind::InvalidState,
            KeyErrorKind::Contract,
        ]
        .map(|kind| (Lie::Error(kind), kind)),
    );
    let honest = keyset(&vector_kms());
    for (lie, expected) in lies {
        for from in 0..4 {
            let liar = || Liar {
                kms: vector_kms(),
                lie,
                from,
                calls: AtomicU32::new(0),
                first: std::sync::Mutex::default(),
            };
            let is_truth = from == 0 && matches!(lie, Lie::FirstPayload);
            let what = format!("{lie:?} from call {from}");
            // Call 0 is for the MAC key, the others for data keys.
            let forged_mac_key = from == 0 && matches!(lie, Lie::OtherKey);
            let expected_unlock = if forged_mac_key {
                KeyErrorKind::Tampered
            } else {
                expected
            };
            let unlocked = kind(block_on(honest.unlock(&liar())));
            assert_eq!(unlocked, Some(expected_unlock), "{what}");

            // A key that does not come back is found before it is used.
            if from < 2 && !is_truth {
                let made = kind(block_on(Keyset::generate(&liar())));
                let lost = matches!(lie, Lie::OtherKey);
                let expected = if lost {
                    KeyErrorKind::Contract
                } else {
                    expected
                };
                assert_eq!(made, Some(expected), "{what}");
                let mut keyset = honest.clone();
                let rotated = kind(block_on(keyset.rotate(&liar())));
                let expected = if forged_mac_key {
                    KeyErrorKind::Tampered
                } else {
                    expected
                };
                assert_eq!(rotated, Some(expected), "{what}");
                assert!(keyset == honest);
            }
        }
    }
}

#[test]
fn futures_can_be_spawned_and_a_kms_be_shared() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let folder = tempfile::tempdir().unwrap();
    let kms: Arc<dyn Kms> = Arc::new(local());
    let mut keyset = block_on(is_send(Keyset::generate(&kms))).unwrap();
    block_on(is_send(keyset.rotate(&kms))).unwrap();
    block_on(is_send(keyset.rewrap(&kms, &kms))).unwrap();
    block_on(is_send(keyset.unlock(&kms))).unwrap();
    let path = folder.path().join("keys.json");
    let mut file = block_on(is_send(KeysetFile::load_or_create(path, &kms))).unwrap();
    block_on(is_send(file.rotate(&kms))).unwrap();
    block_on(is_send(file.destroy(1, &kms))).unwrap();
}
