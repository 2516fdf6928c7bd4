//! Envelopes with changed bytes.

use phi_seal::codec::{Content, Date};
use phi_seal::{ErrorKind, OVERHEAD};

use crate::place::Place;
use crate::refusal::{Sample, key, refusal, sealed_at};

/// One of each sort, and what is done to it; gives how many changes were refused.
macro_rules! each_sort {
    ($attack:ident) => {{
        let here = Place::default();
        let text = String::from("Knee pain for two weeks.");
        let list = vec![String::from("aspirin"), String::new()];
        [
            $attack::<String>(&here, sealed_at(&here, Some(text.clone()), None).as_bytes()),
            $attack::<String>(&here, sealed_at(&here, Some(text), Some(32)).as_bytes()),
            $attack::<String>(
                &here,
                sealed_at(&here, Some(String::new()), None).as_bytes(),
            ),
            $attack::<String>(&here, sealed_at::<String>(&here, None, None).as_bytes()),
            $attack::<String>(&here, sealed_at::<String>(&here, None, Some(16)).as_bytes()),
            $attack::<i128>(&here, sealed_at(&here, Some(-7_i128), None).as_bytes()),
            $attack::<bool>(&here, sealed_at(&here, Some(true), Some(4)).as_bytes()),
            $attack::<Vec<u8>>(
                &here,
                sealed_at(&here, Some(vec![0x80_u8, 0]), None).as_bytes(),
            ),
            $attack::<Vec<String>>(&here, sealed_at(&here, Some(list), None).as_bytes()),
        ]
        .iter()
        .sum::<usize>()
    }};
}

#[test]
fn every_flipped_bit() {
    assert!(each_sort!(flip_each_bit) > 9 * 74 * 8);
}

fn flip_each_bit<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    for at in 0..envelope.len() {
        for bit in 0..8 {
            let mut changed = envelope.to_vec();
            changed[at] ^= 1 << bit;
            let region = match (at, bit) {
                (0, _) => ErrorKind::Malformed,
                (1, 7) => ErrorKind::Integrity,
                (1, _) => expected::<T>(&changed),
                (2..34, _) => ErrorKind::MissingKey,
                _ => ErrorKind::Integrity,
            };
            assert_eq!(region, expected::<T>(&changed));
            assert_eq!(
                refusal::<T>(place, &changed),
                region,
                "bit {bit} of byte {at}"
            );
        }
    }
    envelope.len() * 8
}

#[test]
fn every_other_suite_and_content_byte() {
    assert_eq!(each_sort!(replace_the_first_two), 9 * 2 * 255);
}

fn replace_the_first_two<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    let mut refused = 0;
    for at in [0, 1] {
        for byte in 0..=255 {
            let mut changed = envelope.to_vec();
            changed[at] = byte;
            if changed == envelope {
                continue;
            }
            let kind = refusal::<T>(place, &changed);
            assert_eq!(kind, expected::<T>(&changed), "byte {at} is {byte}");
            let is_unknown = at == 0 || byte & 0x7f > 9;
            assert!(!is_unknown || kind == ErrorKind::Malformed);
            refused += 1;
        }
    }
    refused
}

#[test]
fn every_prefix() {
    assert!(each_sort!(cut_the_end) > 9 * 74);
}

fn cut_the_end<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    for len in 0..envelope.len() {
        let kind = match len {
            0..OVERHEAD => ErrorKind::Malformed,
            _ => ErrorKind::Integrity,
        };
        assert_eq!(refusal::<T>(place, &envelope[..len]), kind, "{len} bytes");
    }
    envelope.len()
}

#[test]
fn every_suffix() {
    assert!(each_sort!(cut_the_beginning) > 9 * 74);
}

fn cut_the_beginning<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    for from in 1..envelope.len() {
        let cut = &envelope[from..];
        assert_eq!(refusal::<T>(place, cut), expected::<T>(cut), "from {from}");
    }
    envelope.len()
}

#[test]
fn every_missing_or_repeated_byte() {
    assert!(each_sort!(drop_and_repeat) > 9 * 2 * 74);
}

fn drop_and_repeat<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    for at in 0..envelope.len() {
        let (before, after) = envelope.split_at(at);
        for changed in [
            [before, &after[1..]].concat(),
            [before, &after[..1], after].concat(),
        ] {
            assert_eq!(
                refusal::<T>(place, &changed),
                expected::<T>(&changed),
                "at {at}"
            );
        }
    }
    envelope.len() * 2
}

#[test]
fn every_trailing_byte_and_longer_tails() {
    assert_eq!(each_sort!(append), 9 * 260);
}

fn append<T: Sample>(place: &Place, envelope: &[u8]) -> usize {
    let bytes = (0..=255).map(|byte| vec![byte]);
    let tails = [
        envelope.to_vec(),
        envelope[58..].to_vec(),
        vec![0; 16],
        b"\r\n".to_vec(),
    ];
    let mut refused = 0;
    for tail in bytes.chain(tails) {
        let longer = [envelope, &tail].concat();
        assert_eq!(
            refusal::<T>(place, &longer),
            ErrorKind::Integrity,
            "{tail:?}"
        );
        refused += 1;
    }
    refused
}

#[test]
fn every_pair_of_swapped_bytes_of_one_envelope() {
    let here = Place::default();
    let envelope = sealed_at(&here, Some(String::from("Knee")), None).into_bytes();
    let mut refused = 0;
    for one in 0..envelope.len() {
        for other in one + 1..envelope.len() {
            let mut changed = envelope.clone();
            changed.swap(one, other);
            if changed != envelope {
                let kind = expected::<String>(&changed);
                assert_eq!(
                    refusal::<String>(&here, &changed),
                    kind,
                    "{one} and {other}"
                );
                refused += 1;
            }
        }
    }
    assert!(refused > 2500, "{refused}");
}

#[test]
fn parts_of_two_envelopes_of_one_place() {
    let here = Place::default();
    let [one, other] = ["Knee pain", "Back pain"]
        .map(|text| sealed_at(&here, Some(String::from(text)), None).into_bytes());
    // Header, nonce, ciphertext and tag of the one or the other; header and key are the same.
    for taken in 1..7_u8 {
        let of = |bit: u8| if taken >> bit & 1 == 1 { &other } else { &one };
        let mixed = [&one[..34], &of(0)[34..58], &of(1)[58..67], &of(2)[67..]].concat();
        assert_eq!(refusal::<String>(&here, &mixed), ErrorKind::Integrity);
    }
}

#[test]
fn another_type_is_malformed_before_any_key_is_asked() {
    let here = Place::default();
    let text = sealed_at(&here, Some(String::from("1970-01-01")), None).into_bytes();
    for code in 1..=9 {
        let mut changed = text.clone();
        changed[1] = code;
        let is_text = code == Content::Text.code();
        let is_date = code == Content::Date.code();
        let date = phi_seal::Sealed::<Date>::from_bytes(&*changed);
        let read = phi_seal::Sealed::<String>::from_bytes(changed);
        assert_eq!((read.is_ok(), date.is_ok()), (is_text, is_date));
    }
}

/// The order of `docs/envelope.md`, section "Reading", for an envelope that was changed.
pub(crate) fn expected<T: Sample>(changed: &[u8]) -> ErrorKind {
    let code = changed.get(1).map(|byte| byte & 0x7f);
    let is_of_type = code == Some(0) || code == Some(T::CONTENT.code());
    if changed.len() < 74 || changed[0] != 1 || !is_of_type {
        ErrorKind::Malformed
    } else if changed[2..34] != *key().id().as_bytes() {
        ErrorKind::MissingKey
    } else {
        ErrorKind::Integrity
    }
}
