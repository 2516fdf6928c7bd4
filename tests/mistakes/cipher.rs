//! Envelopes that panicked, told lengths, or were no ciphertext at all.

use std::collections::HashSet;

use phi_seal::OVERHEAD;

use crate::place::Place;
use crate::{ErrorKind, Phi, Sealed, key, open, seal};

#[test]
fn encrypted_message_a_short_nonce_from_the_database_panics() {
    let whole = seal(&Place::default(), "").into_bytes();
    for len in 0..whole.len() {
        let error = Sealed::<String>::from_bytes(&whole[..len]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    // Every length of nonce, with all else in its place.
    for len in (0..48).filter(|len| *len != 24) {
        let bytes = [&whole[..34], &vec![1; len], &whole[58..]].concat();
        let kind = match Sealed::<String>::from_bytes(bytes) {
            Ok(sealed) => open(&Place::default(), &sealed).unwrap_err(),
            Err(error) => error.kind(),
        };
        let expected = if len < 24 {
            ErrorKind::Malformed
        } else {
            ErrorKind::Integrity
        };
        assert_eq!(kind, expected, "a nonce of {len} bytes");
    }
}

#[test]
fn tink_and_vault_caller_chosen_nonces_honoured() {
    let place = Place::default();
    let chosen = [9; 24];
    let value = Phi::new(String::from("x"));
    let sealed = place.seal_raw(&key(), chosen, &place.field(), &Some(value.duplicate()));
    assert_eq!(sealed.as_bytes()[34..58], chosen);
    // Nothing of a session takes a nonce, and moving a value does not keep the one it had.
    let (session, _) = place.session(key());
    let mut nonces = HashSet::from([chosen.to_vec()]);
    place.within(|_, row| {
        for _ in 0..10 {
            let moved = session.rebind(&place.field(), row, row, &sealed).unwrap();
            let again = session.seal_value(&place.field(), row, &value).unwrap();
            for sealed in [moved, again] {
                assert!(nonces.insert(sealed.as_bytes()[34..58].to_vec()));
            }
        }
    });
}

#[test]
fn rails_compression_is_a_length_oracle() {
    for len in [0, 1, 16, 1000, 100_000] {
        let repeated = "a".repeat(len);
        let varied: String = (0..len)
            .map(|at| char::from(b'!' + u8::try_from(at * at % 89).unwrap()))
            .collect();
        let sealed = [repeated, varied].map(|text| seal(&Place::default(), &text));
        for sealed in sealed {
            assert_eq!(sealed.as_bytes().len(), OVERHEAD + len);
        }
    }
}

#[test]
fn zoey_a_flag_turns_encryption_into_the_identity() {
    let place = Place::default();
    let (session, _) = place.session(key());
    let secret = "the patient's knee hurts";
    let value = Some(Phi::new(String::from(secret)));
    // Whatever a field may be told.
    for field in [
        place.field(),
        place.field().pad_to(1),
        place.field().pad_to(64),
        place.field().sealed_null(),
    ] {
        let sealed = place.within(|_, row| session.seal_value(&field, row, &value));
        let bytes = sealed.unwrap().unwrap().into_bytes();
        let shown = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!secret.as_bytes().chunks(6).any(shown));
    }
    // And a sealed value reads nothing but an envelope: not the plaintext, not a suite 0.
    let mut none = seal(&place, secret).into_bytes();
    none[0] = 0;
    for bytes in [secret.as_bytes().to_vec(), secret.repeat(9).into(), none] {
        let error = Sealed::<String>::from_bytes(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed);
    }
    for json in [format!("{secret:?}"), "null".into(), "\"\"".into()] {
        assert!(serde_json::from_str::<Sealed<String>>(&json).is_err());
    }
}
