//! Edited, cut and arbitrary text.

use phi_seal::key::{KeyErrorKind, Keyset, Kms};
use pollster::block_on;
use serde_json::{Value, json};

use crate::fixtures::{VECTOR, kind, vector_kms};

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

/// Why these bytes are no keyset for this KMS, or `None` if they are.
fn refused(json: &[u8], kms: &dyn Kms) -> Option<KeyErrorKind> {
    kind(Keyset::from_json(json).and_then(|keyset| block_on(keyset.unlock(kms))))
}
