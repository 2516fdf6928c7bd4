//! The hand-written helper that teams replace.

use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};

/// The helper found in most code bases: random nonce, new cipher, hexadecimal
/// `iv:tag:ciphertext`, no associated data.
pub(crate) fn hand_written_seal(value: &str) -> String {
    let mut iv = [0; 12];
    getrandom::fill(&mut iv).unwrap();
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let sealed = cipher.encrypt(&Nonce::from(iv), value.as_bytes()).unwrap();
    let (ciphertext, tag) = sealed.split_at(sealed.len() - 16);
    format!("{}:{}:{}", hex(&iv), hex(tag), hex(ciphertext))
}

pub(crate) fn hand_written_open(sealed: &str) -> String {
    let mut parts = sealed.split(':').map(unhex);
    let iv: [u8; 12] = parts.next().unwrap().try_into().unwrap();
    let tag = parts.next().unwrap();
    let mut ciphertext = parts.next().unwrap();
    ciphertext.extend_from_slice(&tag);
    let cipher = Aes256Gcm::new(&[7; 32].into());
    let plaintext = cipher
        .decrypt(&Nonce::from(iv), ciphertext.as_slice())
        .unwrap();
    String::from_utf8(plaintext).unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
