//! XAES-256-GCM, <https://c2sp.org/XAES-256-GCM>: a fresh AES-256-GCM key from the first half of
//! a 24-byte nonce, by a NIST SP 800-108r1 counter KDF with CMAC-AES-256.

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};

use super::gcm::MessageKey;
use crate::envelope::NONCE_LEN;
use crate::secret::wipe;

/// An XAES-256-GCM key, expanded once: the round keys and CMAC's subkey K1.
pub(crate) struct SealingKey {
    cipher: Aes256Enc,
    k1: [u8; 16],
}

impl SealingKey {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256Enc::new(key.into());
        let mut l = aes::Block::default();
        cipher.encrypt_block(&mut l);
        // K1 = L << 1, reduced by the field polynomial when a bit falls out, without a branch.
        let doubled = u128::from_be_bytes(l.0) << 1;
        let carry = u128::from(l.0[0] >> 7);
        let k1 = (doubled ^ carry.wrapping_neg() & 0x87).to_be_bytes();
        wipe(&mut l.0);
        Self { cipher, k1 }
    }

    /// The AES-256-GCM key for all nonces with this first half.
    pub(crate) fn derive(&self, nonce: &[u8; NONCE_LEN]) -> MessageKey {
        let mut blocks = [aes::Block::default(); 2];
        for (counter, block) in (1..).zip(&mut blocks) {
            block.0[..4].copy_from_slice(&[0, counter, b'X', 0]);
            block.0[4..].copy_from_slice(&nonce[..12]);
            block.0.iter_mut().zip(&self.k1).for_each(|(m, k)| *m ^= k);
        }
        self.cipher.encrypt_blocks(&mut blocks);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&blocks[0].0);
        key[16..].copy_from_slice(&blocks[1].0);
        let derived = MessageKey::new(&key);
        wipe(&mut key);
        blocks.iter_mut().for_each(|block| wipe(&mut block.0));
        derived
    }
}

impl Drop for SealingKey {
    fn drop(&mut self) {
        // The round keys wipe themselves.
        wipe(&mut self.k1);
    }
}
