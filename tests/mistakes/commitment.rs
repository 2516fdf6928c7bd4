//! One ciphertext that opens under two keys: AES-GCM allows it, the envelope does not.

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use hkdf::Hkdf;
use phi_seal::danger::export_data_key;
use phi_seal::key::{DataKey, Keyring};
use sha2::Sha256;

use crate::place::{Place, shared_key};
use crate::{ErrorKind, Phi, Sealed};

const NONCE: [u8; 24] = [3; 24];

fn one() -> DataKey {
    shared_key([1; 32])
}

fn two() -> DataKey {
    shared_key([2; 32])
}

#[test]
fn aws_encryption_sdk_cve_2020_8897_no_commitment() {
    let place = Place::default();
    let crafted = crafted(&place, one().id().as_bytes());
    // Both keys authenticate it, to different plaintexts, as far as AES-GCM goes.
    let [by_one, by_two] = [one(), two()].map(|key| {
        Aes256Gcm::new(&message_key(&key).into()).decrypt(
            NONCE[12..].try_into().unwrap(),
            Payload {
                msg: &crafted[58..],
                aad: &associated_data(&place, &crafted[..34]),
            },
        )
    });
    let (by_one, by_two) = (by_one.unwrap(), by_two.unwrap());
    assert_ne!(by_one, by_two);

    // The envelope opens under the key that it names, and is another one's never.
    let sealed = Sealed::<Vec<u8>>::from_bytes(crafted).unwrap();
    let opened = place.open_raw(&one(), Some(sealed.clone())).unwrap();
    assert_eq!(opened.unwrap().expose(), &by_one);
    let refused = place.open_raw(&two(), Some(sealed.clone())).map(drop);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::MissingKey);
    for keys in [vec![two()], vec![two(), one()], vec![one(), two()]] {
        let knows_one = keys.iter().any(|key| key.id() == one().id());
        let mut keys = keys.into_iter();
        let keyring = Keyring::from_key(keys.next().unwrap());
        for key in keys {
            keyring.add(key).unwrap();
        }
        let (session, _) = place.session_over(keyring);
        let opened = place.within(|_, row| session.open_value(&place.field(), row, &sealed));
        match opened {
            Ok(opened) => assert!(knows_one && *opened.expose() == by_one),
            Err(error) => assert_eq!((knows_one, error.kind()), (false, ErrorKind::MissingKey)),
        }
    }
    // Renaming it takes the other key's name into what is authenticated.
    let mut renamed = sealed.into_bytes();
    renamed[2..34].copy_from_slice(two().id().as_bytes());
    let renamed = Sealed::<Vec<u8>>::from_bytes(renamed).unwrap();
    let refused = place.open_raw(&two(), Some(renamed)).map(drop);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Integrity);
}

/// An action keeps the derived key of the last envelope. That must not serve an envelope that
/// names another key, although its nonce is the same.
#[test]
fn aws_encryption_sdk_cve_2026_6550_a_shared_cache_bypasses_commitment() {
    let place = Place::default();
    let field = place.field::<Vec<u8>>();
    let good = place.seal_raw(&one(), NONCE, &field, &Some(Phi::new(vec![1; 16])));
    // Made with the first key, and named after the second, or after none that is known.
    for (id, kind) in [
        (two().id().as_bytes(), ErrorKind::Integrity),
        (&[9; 32], ErrorKind::MissingKey),
    ] {
        let forged = Sealed::from_bytes(sealed_by_one_as(&place, id)).unwrap();
        let keyring = Keyring::from_key(one());
        keyring.add(two()).unwrap();
        let (session, _) = place.session_over(keyring);
        let opened = place.within(|_, row| {
            session.open_values(&field, &[(row, &good), (row, &forged), (row, &good)])
        });
        let opened = opened.unwrap();
        assert!(opened[0].is_ok() && opened[2].is_ok());
        assert_eq!(opened[1].as_ref().unwrap_err().kind(), kind);
    }
}

/// An envelope of 16 bytes, named so, that authenticates under both keys.
///
/// With one block of ciphertext `c`, a tag is `T(0) ^ c * H^2` for a `T(0)` that the key, nonce
/// and associated data give. Equal tags under both keys are one linear equation for `c`.
fn crafted(place: &Place, id: &[u8; 32]) -> Vec<u8> {
    let header = [&[1, 1][..], id].concat();
    let [(tag_1, square_1), (tag_2, square_2)] = [one(), two()].map(|key| {
        let key = message_key(&key);
        let hash_key = u128::from_be_bytes(encrypt(&key, [0; 16]));
        let cipher = Aes256Gcm::new(&key.into());
        let aad = associated_data(place, &header);
        let seal = |msg: &[u8]| {
            let nonce = NONCE[12..].try_into().unwrap();
            cipher.encrypt(nonce, Payload { msg, aad: &aad }).unwrap()
        };
        let keystream = &seal(&[0; 16])[..16];
        let tag_of_zero = seal(keystream)[16..].try_into().unwrap();
        (
            u128::from_be_bytes(tag_of_zero),
            multiply(hash_key, hash_key),
        )
    });
    let block = multiply(tag_1 ^ tag_2, invert(square_1 ^ square_2));
    let tag = tag_1 ^ multiply(block, square_1);
    [
        &header[..],
        &NONCE,
        &block.to_be_bytes(),
        &tag.to_be_bytes(),
    ]
    .concat()
}

/// An envelope by the first key whose header, authenticated, has this id.
fn sealed_by_one_as(place: &Place, id: &[u8; 32]) -> Vec<u8> {
    let header = [&[1, 1][..], id].concat();
    let sealed = Aes256Gcm::new(&message_key(&one()).into()).encrypt(
        NONCE[12..].try_into().unwrap(),
        Payload {
            msg: &[2; 16],
            aad: &associated_data(place, &header),
        },
    );
    [&header[..], &NONCE, &sealed.unwrap()].concat()
}

/// In the field of GHASH: the first bit of a block is the lowest power.
fn multiply(a: u128, mut b: u128) -> u128 {
    let mut product = 0;
    for bit in (0..128).rev() {
        if a >> bit & 1 == 1 {
            product ^= b;
        }
        let carry = b & 1;
        b >>= 1;
        if carry == 1 {
            b ^= 0xe1 << 120;
        }
    }
    product
}

/// `a` to the power 2^128 - 2.
fn invert(a: u128) -> u128 {
    let (mut inverse, mut power) = (1 << 127, a);
    for _ in 1..128 {
        power = multiply(power, power);
        inverse = multiply(inverse, power);
    }
    assert_eq!(multiply(a, inverse), 1 << 127);
    inverse
}

/// The AES-256-GCM key of `NONCE`, as `docs/envelope.md` derives it.
fn message_key(key: &DataKey) -> [u8; 32] {
    let mut sealing = [0; 32];
    Hkdf::<Sha256>::from_prk(&export_data_key(key))
        .unwrap()
        .expand(b"phi-seal/v1 suite\x01", &mut sealing)
        .unwrap();
    let l = u128::from_be_bytes(encrypt(&sealing, [0; 16]));
    let k1 = l << 1 ^ if l >> 127 == 1 { 0x87 } else { 0 };
    let mut derived = [0; 32];
    for (counter, half) in (1..).zip(derived.chunks_mut(16)) {
        let mut block = [0; 16];
        block[..4].copy_from_slice(&[0, counter, b'X', 0]);
        block[4..].copy_from_slice(&NONCE[..12]);
        let block = u128::from_be_bytes(block) ^ k1;
        half.copy_from_slice(&encrypt(&sealing, block.to_be_bytes()));
    }
    derived
}

fn associated_data(place: &Place, header: &[u8]) -> Vec<u8> {
    let pieces = [
        b"phi-seal/v1 value",
        header,
        place.tenant.as_bytes(),
        place.subject.as_bytes(),
        place.record_type.as_bytes(),
        place.record_id.as_bytes(),
        place.field.as_bytes(),
        &place.binding,
    ];
    let mut data = 8_u64.to_le_bytes().to_vec();
    for piece in pieces {
        data.extend((piece.len() as u64).to_le_bytes());
        data.extend(piece);
    }
    data
}

fn encrypt(key: &[u8; 32], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes256Enc::new(key.into()).encrypt_block(&mut block);
    block.into()
}
