//! What teams write without this crate, for each field of a patient.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};

use super::patient::{FIELDS, Patient, TENANT};

/// Raw calls with a cached key and the associated data of our envelopes, prepared beforehand.
pub(crate) struct Raw {
    cipher: Aes256Gcm,
    associated_data: [Vec<u8>; FIELDS],
}

impl Raw {
    pub(crate) fn new(patient: &Patient) -> Self {
        Self {
            cipher: Aes256Gcm::new(&[7; 32].into()),
            associated_data: patient
                .values()
                .map(|(field, _)| associated_data(&patient.id, field)),
        }
    }

    /// One call, nonce given: R.
    pub(crate) fn seal(&self, field: usize, value: &str) -> Vec<u8> {
        let payload = Payload {
            msg: value.as_bytes(),
            aad: &self.associated_data[field],
        };
        self.cipher.encrypt(&NONCE.into(), payload).unwrap()
    }

    /// One call, nonce given: R of the other direction.
    pub(crate) fn open(&self, field: usize, sealed: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: sealed,
            aad: &self.associated_data[field],
        };
        self.cipher.decrypt(&NONCE.into(), payload).unwrap()
    }

    /// One call with a nonce from the operating system, kept beside the ciphertext.
    pub(crate) fn seal_with_own_nonce(&self, field: usize, value: &str) -> ([u8; 12], Vec<u8>) {
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).unwrap();
        let payload = Payload {
            msg: value.as_bytes(),
            aad: &self.associated_data[field],
        };
        let sealed = self.cipher.encrypt(&Nonce::from(nonce), payload).unwrap();
        (nonce, sealed)
    }
}

const NONCE: [u8; 12] = [9; 12];

/// As the envelopes authenticate it; the key id is of the same length as a real one.
fn associated_data(id: &str, field: &str) -> Vec<u8> {
    let mut header = [7; 34];
    header[..2].copy_from_slice(&[1, 2]);
    let pieces: [&[u8]; 8] = [
        b"phi-seal/v1 value",
        &header,
        TENANT.as_bytes(),
        id.as_bytes(),
        b"patient",
        id.as_bytes(),
        field.as_bytes(),
        b"",
    ];
    let mut data = 8_u64.to_le_bytes().to_vec();
    for piece in pieces {
        data.extend_from_slice(&(piece.len() as u64).to_le_bytes());
        data.extend_from_slice(piece);
    }
    data
}
