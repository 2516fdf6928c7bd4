//! `tests/vectors/envelope.json`, made by another implementation of `docs/envelope.md`: every
//! vector read with a bare key and in a session, and every good one written again, byte for byte.
#![cfg(all(feature = "serde", feature = "uuid-1"))]
#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "vectors/any_messagepack.rs"]
mod any_messagepack;
#[path = "vectors/intermediates.rs"]
mod intermediates;
mod place;
#[path = "vectors/vector.rs"]
mod vector;

use std::collections::BTreeMap;

use phi_seal::codec::{Content, Date, Encoder, Timestamp, Value};
use phi_seal::{ErrorKind, OVERHEAD, Phi, Sealed, SecretBytes, Serde, inspect};
use uuid::Uuid;

use any_messagepack::{AnyMessagePack, AnySpelling};
use vector::{Vector, vectors};

#[test]
fn every_vector_ends_as_it_says() {
    let vectors = vectors();
    let mut checked = BTreeMap::new();
    for vector in &vectors {
        check(vector);
        *checked.entry(vector.expect.as_str()).or_insert(0_usize) += 1;
    }
    let good = checked.remove("ok").unwrap();
    let bad: usize = checked.values().sum();
    assert!(good >= 94 && bad >= 263, "{good} good, {bad} bad");
    let kinds: Vec<_> = checked.into_keys().collect();
    assert_eq!(
        kinds,
        ["integrity", "malformed", "missing_key", "undecodable"]
    );
}

#[test]
fn every_vector_describes_itself_without_a_key() {
    for vector in vectors() {
        let from_text = inspect(vector.text.as_bytes());
        // `inspect` takes both forms, so bytes that spell a text form are read as one.
        if !vector.envelope.is_empty() && !vector.envelope.starts_with(b"phi1.") {
            assert_eq!(inspect(&vector.envelope), from_text, "{}", vector.name);
        }
        let Ok(about) = from_text else {
            assert_eq!(vector.expect, "malformed", "{}", vector.name);
            continue;
        };
        // Malformed for its field all the same: it holds another type.
        if vector.expect == "malformed" {
            assert_ne!(about.content.code(), vector.content, "{}", vector.name);
            assert_ne!(about.content, Content::Null, "{}", vector.name);
        }
        assert_eq!(about.suite, 1, "{}", vector.name);
        assert_eq!(about.envelope_len, vector.envelope.len());
        assert_eq!(about.content_len, vector.envelope.len() - OVERHEAD);
        if vector.expect == "ok" {
            assert_eq!(about.key_id.to_hex(), vector.key_id, "{}", vector.name);
            assert_eq!(about.padded, vector.padded, "{}", vector.name);
            let own = if vector.is_null() { 0 } else { vector.content };
            assert_eq!(about.content.code(), own, "{}", vector.name);
        }
    }
}

#[test]
fn every_key_has_the_fingerprint_that_the_vectors_name() {
    for vector in vectors() {
        assert_eq!(vector.key().id().to_hex(), vector.key_id, "{}", vector.name);
    }
}

/// Reads, and if good writes, as the type that the vector's content code stands for.
fn check(vector: &Vector) {
    match vector.content {
        1 => check_as::<Vec<u8>>(vector),
        2 => check_as::<String>(vector),
        3 => check_as::<i128>(vector),
        4 => check_as::<bool>(vector),
        5 => check_as::<Date>(vector),
        6 => check_as::<Timestamp>(vector),
        7 => check_as::<Uuid>(vector),
        8 => check_structured(vector),
        9 => check_list(vector),
        other => panic!("{}: no field has content code {other}", vector.name),
    }
}

/// What MessagePack says is read; its bytes are compared and written again as they are, because
/// one value has many spellings.
fn check_structured(vector: &Vector) {
    let said = read::<Serde<AnyMessagePack>>(vector);
    assert_eq!(code(&said), vector.expect, "{}", vector.name);
    if vector.expect == "ok" {
        check_as::<AnySpelling>(vector);
        // The two that are written in other than the shortest spelling.
        let is_shortest = !vector.name.contains("spelling") && !vector.name.contains("format");
        if is_shortest {
            check_as::<Serde<AnyMessagePack>>(vector);
        }
    }
}

/// A list of the element code in its first byte, or of text where there is no such type.
fn check_list(vector: &Vector) {
    match *vector.plaintext.as_slice() {
        [1, ..] => check_as::<Vec<Vec<u8>>>(vector),
        [3, ..] => check_as::<Vec<i128>>(vector),
        [4, ..] => check_as::<Vec<bool>>(vector),
        [5, ..] => check_as::<Vec<Date>>(vector),
        [6, ..] => check_as::<Vec<Timestamp>>(vector),
        [7, ..] => check_as::<Vec<Uuid>>(vector),
        [8, ..] => check_as::<Vec<Serde<AnyMessagePack>>>(vector),
        [9, ..] if vector.name.contains("lists of lists") => {
            check_as::<Vec<Vec<Vec<i128>>>>(vector);
        }
        [9, ..] => check_as::<Vec<Vec<String>>>(vector),
        _ => check_as::<Vec<String>>(vector),
    }
}

fn check_as<T: Value>(vector: &Vector) {
    let opened = match read::<T>(vector) {
        Ok(opened) => opened,
        Err(kind) => return assert_eq!(kind.code(), vector.expect, "{}", vector.name),
    };
    assert_eq!(vector.expect, "ok", "{}", vector.name);
    match opened.as_ref().map(Phi::expose) {
        Some(value) => assert_eq!(encoded(value), vector.plaintext, "{}", vector.name),
        None => assert!(vector.is_null() && vector.plaintext.is_empty()),
    }
    let plain = vector.place().field();
    let padded: Vec<_> = buckets(vector).map(|b| plain.pad_to(b)).collect();
    assert_eq!(padded.is_empty(), !vector.padded, "{}", vector.name);
    let fields = if vector.padded { padded } else { vec![plain] };
    for field in fields {
        let nonce = vector.nonce.as_slice().try_into().unwrap();
        let again = vector
            .place()
            .seal_raw(&vector.key(), nonce, &field, &opened);
        assert_eq!(again.as_bytes(), vector.envelope, "{}", vector.name);
        assert_eq!(again.to_text(), vector.text, "{}", vector.name);
    }
}

/// Every bucket that the writer of a padded envelope may have had.
fn buckets(vector: &Vector) -> impl Iterator<Item = u16> {
    let (content, sealed) = (vector.plaintext.len(), vector.envelope.len() - OVERHEAD);
    let fits = move |bucket: &usize| (content / bucket + 1) * bucket == sealed;
    (1..=sealed)
        .filter(|_| vector.padded)
        .filter(fits)
        .map(|bucket| u16::try_from(bucket).unwrap())
}

/// What a reader gets from each form that the vector has, on each way there is: always the same.
fn read<T: Value>(vector: &Vector) -> Result<Option<Phi<T>>, ErrorKind> {
    let from_text = open(vector, || Sealed::from_text(&vector.text));
    if !vector.envelope.is_empty() {
        let from_bytes = open(vector, || Sealed::<T>::from_bytes(&*vector.envelope));
        assert_eq!(code(&from_bytes), code(&from_text), "{}", vector.name);
    }
    from_text
}

fn open<T: Value>(
    vector: &Vector,
    parse: impl Fn() -> Result<Sealed<T>, phi_seal::Error>,
) -> Result<Option<Phi<T>>, ErrorKind> {
    let place = vector.place();
    let raw = parse()
        .and_then(|sealed| place.open_raw(&vector.key(), Some(sealed)))
        .map_err(|error| error.kind());
    let (session, _) = place.session(vector.key());
    let recorded = parse()
        .and_then(|sealed| {
            place.within(|_, row| session.open_value(&place.field(), row, &Some(sealed)))
        })
        .map_err(|error| error.kind());
    assert_eq!(code(&raw), code(&recorded), "{}", vector.name);
    if let (Ok(Some(raw)), Ok(Some(recorded))) = (&raw, &recorded) {
        assert!(raw.ct_eq(recorded), "{}", vector.name);
    }
    raw
}

fn code<T>(result: &Result<T, ErrorKind>) -> &'static str {
    result.as_ref().map_or_else(|kind| kind.code(), |_| "ok")
}

fn encoded(value: &impl Value) -> Vec<u8> {
    let mut buffer = SecretBytes::default();
    value.encode(&mut Encoder::new(&mut buffer)).unwrap();
    buffer.into_vec()
}
