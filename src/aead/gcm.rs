//! AES-256-GCM with a 96-bit nonce and a 128-bit tag, NIST SP 800-38D, on RustCrypto's `aes`,
//! `ctr` and `ghash`.
//!
//! Not on `aes-gcm`, for a measured reason: the values of a record authenticate data that begin
//! alike, and this keeps the hash of that beginning (docs/performance.md).

use core::mem::ManuallyDrop;
use std::sync::LazyLock;

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes256Enc, Block};
use ghash::GHash;
use subtle::ConstantTimeEq;
use zeroize::optimization_barrier;

use super::keystream::Keystream;
use super::tag::Tagger;
use crate::context::Associated;
use crate::envelope::{NONCE_LEN, TAG_LEN};
use crate::secret::wipe;

/// The AES-256-GCM key for all nonces of one prefix.
///
/// It wipes itself as a whole: byte by byte, as the ciphers do it, was an eighth of the time of a
/// small value.
pub(crate) struct MessageKey(ManuallyDrop<Parts>);

#[derive(Clone)]
struct Parts {
    cipher: Aes256Enc,
    tagger: Tagger,
}

/// What a key is overwritten with.
static BLANK: LazyLock<Parts> = LazyLock::new(|| Parts::new(&[0; 32]));

impl MessageKey {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(ManuallyDrop::new(Parts::new(key)))
    }

    /// Encrypts in place and returns the tag; `None` beyond 64 GiB.
    pub(crate) fn seal(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        associated: Associated<'_>,
        text: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        check_len(text)?;
        let Parts { cipher, tagger } = &mut *self.0;
        let keystream = Keystream::begin(cipher, second_half(nonce));
        let mask = keystream.mask();
        keystream.apply(text);
        Some(tagger.tag(associated, text, mask))
    }

    /// Decrypts in place what is authentic; anything else stays as it is and gives `None`.
    pub(crate) fn open(
        &mut self,
        nonce: &[u8; NONCE_LEN],
        associated: Associated<'_>,
        text: &mut [u8],
        tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        check_len(text)?;
        let Parts { cipher, tagger } = &mut *self.0;
        let keystream = Keystream::begin(cipher, second_half(nonce));
        let expected = tagger.tag(associated, text, keystream.mask());
        // As integers: compared byte by byte, sixteen barriers took a twentieth of a small value's time.
        let [expected, tag] = [expected, *tag].map(u128::from_ne_bytes);
        if !bool::from(expected.ct_eq(&tag)) {
            return None;
        }
        keystream.apply(text);
        Some(())
    }
}

impl Parts {
    fn new(key: &[u8; 32]) -> Self {
        let cipher = Aes256Enc::new(key.into());
        let mut h = Block::default();
        cipher.encrypt_block(&mut h);
        let tagger = Tagger::new(GHash::new(&h));
        wipe(&mut h.0);
        Self { cipher, tagger }
    }
}

impl Drop for MessageKey {
    fn drop(&mut self) {
        self.0.tagger.forget();
        // An assignment through `ManuallyDrop` overwrites without running the parts' own drops.
        self.0 = ManuallyDrop::new(BLANK.clone());
        optimization_barrier(&self.0);
    }
}

/// SP 800-38D, section 5.2.1.1: 2^39 - 256 bits. The limit of associated data, 2^64 - 1 bits, is
/// beyond any memory.
fn check_len(text: &[u8]) -> Option<()> {
    (text.len() as u64 <= (1 << 36) - 32).then_some(())
}

fn second_half(nonce: &[u8; NONCE_LEN]) -> &[u8; 12] {
    nonce
        .last_chunk()
        .expect("the second half of 24 bytes has 12")
}
