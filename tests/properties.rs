//! What holds for any value at any place, through a session.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod place;

use std::collections::HashSet;

use phi_seal::codec::{Date, Encoder, Timestamp, Value};
use phi_seal::key::DataKey;
use phi_seal::{
    ErrorKind, OVERHEAD, Phi, RecordId, RecordRef, Sealed, SecretBytes, Serde, SubjectId,
};
use proptest::prelude::*;

use place::{Place, shared_key};

fn key() -> DataKey {
    shared_key([7; 32])
}

/// Any place, with ids of any characters.
fn any_place() -> impl Strategy<Value = Place> {
    (
        ".{1,40}",
        ".{0,40}",
        "[A-Za-z][A-Za-z0-9._-]{0,63}",
        ".{1,40}",
        "[A-Za-z][A-Za-z0-9._-]{0,63}",
        prop::collection::vec(any::<u8>(), 0..300),
    )
        .prop_map(
            |(tenant, subject, record_type, record_id, field, binding)| Place {
                tenant,
                subject,
                record_type,
                record_id,
                field,
                binding,
            },
        )
}

/// Places whose parts, when joined with or without a separator, are often alike.
fn alike_place() -> impl Strategy<Value = Place> {
    let piece = || prop::sample::select(vec!["", "a", "b", ":", "|", "a:", "|a", "a|a", "aa"]);
    let name = || prop::sample::select(vec!["a", "b", "aa", "ab"]);
    (piece(), piece(), name(), piece(), name(), piece())
        .prop_filter("a tenant and a record id are never empty", |place| {
            !place.0.is_empty() && !place.3.is_empty()
        })
        .prop_map(
            |(tenant, subject, record_type, record_id, field, binding)| Place {
                tenant: tenant.into(),
                subject: subject.into(),
                record_type: record_type.into(),
                record_id: record_id.into(),
                field: field.into(),
                binding: binding.into(),
            },
        )
}

proptest! {
    #[test]
    fn text_comes_back(place in any_place(), value: String, bucket: Option<u16>) {
        comes_back(&place, value, bucket)?;
    }

    #[test]
    fn bytes_come_back(place in any_place(), value: Vec<u8>, bucket: Option<u16>) {
        comes_back(&place, value, bucket)?;
    }

    #[test]
    fn integers_and_booleans_come_back(place in any_place(), a: i128, b: i64, c: u8, d: bool) {
        comes_back(&place, a, None)?;
        comes_back(&place, b, Some(32))?;
        comes_back(&place, c, None)?;
        comes_back(&place, d, Some(4))?;
    }

    #[test]
    fn dates_and_instants_come_back(
        place in any_place(),
        days in Date::MIN.days()..=Date::MAX.days(),
        seconds in -377_705_023_201_i64..=253_402_207_200,
        nanos in 0_u32..1_000_000_000,
    ) {
        comes_back(&place, Date::from_days(days).unwrap(), None)?;
        comes_back(&place, Timestamp::new(seconds, nanos).unwrap(), Some(16))?;
    }

    #[test]
    fn lists_and_structures_come_back(
        place in any_place(),
        list in prop::collection::vec(".{0,12}", 0..6),
        nested in prop::collection::vec(prop::collection::vec(any::<i64>(), 0..4), 0..4),
        structure: (Option<String>, i32, Vec<u16>),
    ) {
        comes_back(&place, list, None)?;
        comes_back(&place, nested, Some(100))?;
        comes_back(&place, Serde::new(structure), None)?;
    }

    #[test]
    fn an_absence_comes_back_sealed_or_not(place in any_place(), bucket: Option<u16>) {
        let (session, _) = place.session(key());
        place.within(|_, row| {
            let mut field = place.field::<String>();
            let sealed = session.seal_value(&field, row, &None).unwrap();
            prop_assert!(sealed.is_none());
            prop_assert!(session.open_value(&field, row, &sealed).unwrap().is_none());

            field = padded(field.sealed_null(), bucket);
            let sealed = session.seal_value(&field, row, &None).unwrap();
            prop_assert!(sealed.is_some());
            prop_assert!(session.open_value(&field, row, &sealed).unwrap().is_none());
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn a_value_opens_at_its_own_place_only(written in alike_place(), read in alike_place()) {
        let value = Some(Phi::new(String::from("Knee pain")));
        let sealed = written.seal_raw(&key(), [1; 24], &written.field(), &value);
        let (session, _) = read.session(key());
        let opened = read.within(|_, row| session.open_value(&read.field(), row, &sealed));
        let kind = opened.map(drop).map_err(|error| error.kind());
        let expected = if written == read { Ok(()) } else { Err(ErrorKind::Integrity) };
        prop_assert_eq!(kind, expected);
    }
}

proptest! {
    #[test]
    fn one_part_changed_is_another_place(place in any_place(), part in 0..6, tail in "[a-z]{1,3}") {
        let mut other = place.clone();
        match part {
            0 => other.tenant.push_str(&tail),
            1 => other.subject.push_str(&tail),
            2 => other.record_type = changed_name(&place.record_type),
            3 => other.record_id.push_str(&tail),
            4 => other.field = changed_name(&place.field),
            _ => other.binding.extend(tail.bytes()),
        }
        let value = Some(Phi::new(7_i64));
        let sealed = place.seal_raw(&key(), [1; 24], &place.field(), &value);
        prop_assert!(place.open_raw(&key(), Some(sealed.clone())).is_ok());
        let error = other.open_raw(&key(), Some(sealed)).map(drop).unwrap_err();
        prop_assert_eq!(error.kind(), ErrorKind::Integrity);
    }

    #[test]
    fn one_value_never_seals_to_equal_envelopes(place in any_place(), value in ".{0,20}", times in 2_usize..9) {
        let (session, _) = place.session(key());
        let value = Phi::new(value);
        let mut nonces = HashSet::new();
        let mut rests = HashSet::new();
        for _ in 0..times {
            let sealed = place.within(|_, row| session.seal_value(&place.field(), row, &value));
            let bytes = sealed.unwrap().into_bytes();
            nonces.insert(bytes[34..46].to_vec());
            rests.insert(bytes[58..].to_vec());
        }
        prop_assert_eq!((nonces.len(), rests.len()), (times, times));
    }

    #[test]
    fn padded_lengths_tell_the_bucket_only(
        one in prop::collection::vec(any::<u8>(), 0..300),
        other in prop::collection::vec(any::<u8>(), 0..300),
        bucket in 1_u16..200,
    ) {
        let place = Place::default();
        let field = place.field().pad_to(bucket);
        let bucket = usize::from(bucket);
        let [first, second] = [&one, &other].map(|value| {
            let sealed = place.seal_raw(&key(), [1; 24], &field, &Some(Phi::new(value.clone())));
            sealed.into_bytes().len() - OVERHEAD
        });
        prop_assert_eq!(first, (one.len() / bucket + 1) * bucket);
        let same_bucket = one.len() / bucket == other.len() / bucket;
        prop_assert_eq!(first == second, same_bucket);
    }

    #[test]
    fn without_padding_an_envelope_is_74_bytes_longer(value: Vec<u8>) {
        let place = Place::default();
        let len = value.len();
        let sealed = place.seal_raw(&key(), [1; 24], &place.field(), &Some(Phi::new(value)));
        prop_assert_eq!(sealed.as_bytes().len(), 74 + len);
    }

    #[test]
    fn nonces_count_up_within_an_action_and_differ_across(
        actions in prop::collection::vec(prop::collection::vec(any::<bool>(), 1..40), 1..5),
    ) {
        let place = Place::default();
        let (session, _) = place.session(key());
        let field = place.field::<String>();
        let mut prefixes = HashSet::new();
        for present in &actions {
            let ids: Vec<_> = (0..present.len() as u64).map(RecordId::from).collect();
            let subject = SubjectId::new("p").unwrap();
            let values: Vec<_> = present
                .iter()
                .map(|present| present.then(|| Phi::new(String::from("x"))))
                .collect();
            let rows: Vec<_> = ids
                .iter()
                .zip(&values)
                .map(|(id, value)| (RecordRef::new(id, &subject), value))
                .collect();
            let sealed: Vec<Option<Sealed<String>>> = session
                .seal_values(&field, &rows)
                .unwrap()
                .into_iter()
                .map(Result::unwrap)
                .collect();
            // An absent value takes no nonce.
            let nonces: Vec<_> = sealed.iter().flatten().map(nonce).collect();
            prop_assert_eq!(nonces.len(), present.iter().filter(|present| **present).count());
            for pair in nonces.windows(2) {
                prop_assert_eq!(pair[0].0, pair[1].0);
                prop_assert_eq!((pair[0].1 + 1) % (1 << 96), pair[1].1);
            }
            if let Some((prefix, _)) = nonces.first() {
                prop_assert!(prefixes.insert(*prefix), "a prefix came twice");
            }
        }
    }

    #[test]
    fn fields_and_rebinds_of_one_action_share_a_run_too(place in any_place()) {
        let (session, _) = place.session(key());
        let (text, number) = (place.field::<String>(), place.field::<i64>());
        let fields = [text.info()];
        place.within(|_, row| {
            let (one, two) = session
                .seal_with(|mut sealing| {
                    let permit = sealing.authorize(row, &fields)?;
                    let one = sealing.seal(&permit, &text, &Phi::new(String::from("x")));
                    let two = sealing.seal(&permit, &number, &Phi::new(7));
                    let release = sealing.record()?;
                    Ok((release.release(one)?, release.release(two)?))
                })
                .unwrap();
            let (first, second) = (nonce(&one), nonce(&two));
            prop_assert_eq!((first.0, (first.1 + 1) % (1 << 96)), second);
            // A moved value is sealed under a nonce of the moving action.
            let moved = session.rebind(&text, row, row, &one).unwrap();
            prop_assert_ne!(nonce(&moved).0, first.0);
            Ok(())
        })?;
    }
}

/// Sealed and opened in sessions, alone and among others, from bytes and from text.
fn comes_back<T: Value>(place: &Place, value: T, bucket: Option<u16>) -> Result<(), TestCaseError> {
    let stored = encoded(&value);
    let field = padded(place.field::<T>(), bucket);
    let (session, sink) = place.session(key());
    let sealed = place
        .within(|_, row| session.seal_value(&field, row, &Phi::new(value)))
        .unwrap();
    let from_text = Sealed::<T>::from_text(&sealed.to_text()).unwrap();
    let from_bytes = Sealed::<T>::from_bytes(sealed.as_bytes()).unwrap();
    prop_assert_eq!(&from_text, &sealed);
    prop_assert_eq!(&from_bytes, &sealed);

    // Another session, whose field does not know of the padding.
    let (session, _) = place.session(key());
    let field = place.field::<T>();
    place.within(|_, row| {
        let alone = session.open_value(&field, row, &sealed).unwrap();
        prop_assert_eq!(encoded(alone.expose()), &stored[..]);
        let several = session.open_values(&field, &[(row, &from_text), (row, &from_bytes)]);
        for opened in several.unwrap() {
            prop_assert_eq!(encoded(opened.unwrap().expose()), &stored[..]);
        }
        Ok(())
    })?;
    prop_assert_eq!(sink.events().len(), 1);
    Ok(())
}

fn padded<T: Value>(field: phi_seal::Field<T>, bucket: Option<u16>) -> phi_seal::Field<T> {
    match bucket {
        None | Some(0) => field,
        Some(bucket) => field.pad_to(bucket),
    }
}

fn encoded(value: &impl Value) -> Vec<u8> {
    let mut buffer = SecretBytes::default();
    value.encode(&mut Encoder::new(&mut buffer)).unwrap();
    buffer.into_vec()
}

/// Another name of the same length.
fn changed_name(name: &str) -> String {
    let other = if name.starts_with('a') { "b" } else { "a" };
    format!("{other}{}", &name[1..])
}

/// The first 12 bytes of the nonce, and the last 12 as a number.
fn nonce<T>(sealed: &Sealed<T>) -> ([u8; 12], u128) {
    let (prefix, counter) = sealed.as_bytes()[34..58].split_at(12);
    let counter = counter.iter().fold(0, |n, byte| n << 8 | u128::from(*byte));
    (prefix.try_into().unwrap(), counter)
}
