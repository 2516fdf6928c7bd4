//! The intermediates in `docs/envelope.md` against the vectors of the same names, computed here
//! from the ciphers' own crates.

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::Aes256Gcm;
use aes_gcm::aead::{Aead, Payload};
use hkdf::Hkdf;
use sha2::Sha256;

use crate::vector::{from_hex, vectors};

const PAGE: &str = include_str!("../../docs/envelope.md");

#[test]
fn the_intermediates_on_the_page_are_those_of_the_vectors() {
    let vectors = vectors();
    let written = written();
    assert_eq!(written.len(), 2);
    for of in written {
        let vector = vectors.iter().find(|vector| vector.name == of.name);
        let vector = vector.unwrap_or_else(|| panic!("no vector is named {}", of.name));
        let expand = |info: &[u8]| {
            let mut okm = [0; 32];
            let hkdf = Hkdf::<Sha256>::from_prk(&vector.data_key).unwrap();
            hkdf.expand(info, &mut okm).unwrap();
            okm
        };
        assert_eq!(vector.data_key, of.k);
        assert_eq!(from_hex(&vector.key_id), of.key_id);
        assert_eq!(vector.key().id().as_bytes()[..], of.key_id);
        assert_eq!(vector.envelope[2..34], of.key_id);
        assert_eq!(expand(b"phi-seal/v1 key-id")[..], of.key_id);
        let s = expand(b"phi-seal/v1 suite\x01");
        assert_eq!(s[..], of.s);
        assert_eq!(vector.nonce, of.n);

        let l = encrypt(&s, [0; 16]);
        assert_eq!(l[..], of.l);
        assert!(of.name.ends_with(char::from(b'0' + (l[0] >> 7))));
        let mut k1 = u128::from_be_bytes(l) << 1;
        if l[0] >> 7 == 1 {
            k1 ^= 0x87;
        }
        let half = |i: u8| {
            let mut m = [0; 16];
            m[..4].copy_from_slice(&[0, i, b'X', 0]);
            m[4..].copy_from_slice(&of.n[..12]);
            encrypt(&s, (u128::from_be_bytes(m) ^ k1).to_be_bytes())
        };
        let kx = [half(1), half(2)].concat();
        assert_eq!(kx, of.kx);

        let opened = Aes256Gcm::new_from_slice(&kx).unwrap().decrypt(
            of.n[12..].try_into().unwrap(),
            Payload {
                msg: &vector.envelope[58..],
                aad: &vector.associated_data,
            },
        );
        assert_eq!(opened.unwrap(), vector.plaintext);
    }
}

struct Intermediates {
    name: String,
    k: Vec<u8>,
    key_id: Vec<u8>,
    s: Vec<u8>,
    l: Vec<u8>,
    n: Vec<u8>,
    kx: Vec<u8>,
}

/// The blocks of section "Intermediates": a label of up to six characters, and what it stands for.
fn written() -> Vec<Intermediates> {
    let (_, section) = PAGE.split_once("### Intermediates").unwrap();
    let block = section.split("```").nth(1).unwrap().trim();
    block
        .split("\n\n")
        .map(|block| {
            let line = |label: &str| {
                let mut lines = block.lines().map(|line| line.split_at(7));
                let (_, value) = lines
                    .find(|(own, _)| own.trim_end() == label)
                    .unwrap_or_else(|| panic!("{label} is missing"));
                value
            };
            Intermediates {
                name: line("name").into(),
                k: from_hex(line("K")),
                key_id: from_hex(line("key id")),
                s: from_hex(line("S")),
                l: from_hex(line("L")),
                n: from_hex(line("N")),
                kx: from_hex(line("Kx")),
            }
        })
        .collect()
}

fn encrypt(key: &[u8; 32], block: [u8; 16]) -> [u8; 16] {
    let mut block = block.into();
    Aes256Enc::new(key.into()).encrypt_block(&mut block);
    block.into()
}
