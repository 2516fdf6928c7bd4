//! XAES-256-GCM, <https://c2sp.org/XAES-256-GCM>: a fresh AES-256-GCM key from the first half of
//! a 24-byte nonce, by a NIST SP 800-108r1 counter KDF with CMAC-AES-256.

use core::mem::ManuallyDrop;
use std::sync::LazyLock;

use aes::Aes256Enc;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes_gcm::AesGcm;
use aes_gcm::aead::consts::U12;
use aes_gcm::aead::{AeadInOut, Tag};

use zeroize::optimization_barrier;

use crate::envelope::{NONCE_LEN, TAG_LEN};
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

/// The AES-256-GCM key of one nonce prefix, overwritten on drop.
///
/// The cipher's own drop writes its 384 bytes one by one, which costs a seventh of sealing 64
/// bytes; this one overwrites them as a whole, with the key schedule of the all-zero key.
pub(crate) struct MessageKey(ManuallyDrop<Cipher>);

type Cipher = AesGcm<Aes256Enc, U12>;

static BLANK: LazyLock<Cipher> = LazyLock::new(|| Cipher::new(&[0; 32].into()));

impl MessageKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(ManuallyDrop::new(Cipher::new(key.into())))
    }

    /// Encrypts `buffer` in place. Fails above AES-GCM's limit of 64 GiB only.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated_data: &[u8],
        buffer: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        self.0
            .encrypt_inout_detached(second_half(nonce), associated_data, buffer.into())
            .ok()
            .map(|tag| tag.0)
    }

    /// Decrypts `buffer` in place, or leaves it as it was when the tag is wrong.
    pub(crate) fn open(
        &self,
        nonce: &[u8; NONCE_LEN],
        associated_data: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        let tag: &Tag<Cipher> = tag.into();
        self.0
            .decrypt_inout_detached(second_half(nonce), associated_data, buffer.into(), tag)
            .ok()
    }
}

impl Drop for MessageKey {
    fn drop(&mut self) {
        // An assignment through `ManuallyDrop` overwrites without running the cipher's drop.
        self.0 = ManuallyDrop::new(BLANK.clone());
        optimization_barrier(&self.0);
    }
}

fn second_half(nonce: &[u8; NONCE_LEN]) -> &aes_gcm::Nonce<U12> {
    let (_, half) = nonce.split_at(12);
    half.try_into().expect("the second half of 24 bytes has 12")
}
