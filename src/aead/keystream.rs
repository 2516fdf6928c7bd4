//! The keystream of GCM: counter mode, SP 800-38D, sections 6.5 and 7.1.

use aes::cipher::{BlockCipherEncrypt, InnerIvInit, StreamCipherCore};
use aes::{Aes256Enc, Block};
use ctr::CtrCore;
use ctr::flavors::Ctr32BE;

use crate::envelope::TAG_LEN;
use crate::secret::wipe;

/// Encrypted counters. Eight are made at once, as the processor works on so many side by side: the
/// first is the tag's mask, and a small value needs no more than the other seven.
pub(super) struct Keystream<'k> {
    first: First,
    rest: CtrCore<&'k Aes256Enc, Ctr32BE>,
}

impl<'k> Keystream<'k> {
    #[inline]
    pub(super) fn begin(cipher: &'k Aes256Enc, nonce: &[u8; 12]) -> Self {
        let mut counter = [0; 16];
        counter[..12].copy_from_slice(nonce);
        // As integers: what is written in small pieces is slow to read in large ones.
        let mut counter = u128::from_be_bytes(counter);
        let mut first = First::default();
        for block in &mut first.0 {
            counter += 1;
            block.0 = counter.to_be_bytes();
        }
        cipher.encrypt_blocks(&mut first.0);
        let rest = CtrCore::inner_iv_init(cipher, &(counter + 1).to_be_bytes().into());
        Self { first, rest }
    }

    /// The tag is the hash under this mask.
    pub(super) const fn mask(&self) -> [u8; TAG_LEN] {
        self.first.0[0].0
    }

    /// Encrypts, or decrypts, the whole text.
    #[inline]
    pub(super) fn apply(self, text: &mut [u8]) {
        let first = Block::slice_as_flattened(&self.first.0[1..]);
        let (begin, rest) = text.split_at_mut(text.len().min(first.len()));
        begin.iter_mut().zip(first).for_each(|(t, k)| *t ^= k);
        self.rest.apply_keystream_partial(rest.into());
    }
}

#[derive(Default)]
struct First([Block; 8]);

impl Drop for First {
    fn drop(&mut self) {
        wipe(Block::slice_as_flattened_mut(&mut self.0));
    }
}
