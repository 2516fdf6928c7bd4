//! The tag of GCM: a hash of associated data, ciphertext and lengths, SP 800-38D, sections 6.4
//! and 7.1.

use core::mem::ManuallyDrop;

use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash};

use crate::context::Associated;
use crate::envelope::TAG_LEN;

/// Makes tags, and remembers the hash of how the last associated data began.
#[derive(Clone)]
pub(super) struct Tagger {
    /// Before any block.
    empty: GHash,
    /// What the last associated data began with, and how much of it there was.
    beginning: [u8; Self::BEGINNING],
    len: usize,
    /// The hash after it, if `is_begun`.
    ///
    /// Overwritten as a whole, here and with the key: its own drop writes byte by byte.
    begun: ManuallyDrop<GHash>,
    is_begun: bool,
}

impl Tagger {
    /// Tenant, subject and record ids of ordinary length.
    const BEGINNING: usize = 256;

    pub(super) fn new(empty: GHash) -> Self {
        Self {
            begun: ManuallyDrop::new(empty.clone()),
            empty,
            beginning: [0; Self::BEGINNING],
            len: 0,
            is_begun: true,
        }
    }

    pub(super) fn tag(
        &mut self,
        associated: Associated<'_>,
        ciphertext: &[u8],
        mask: [u8; TAG_LEN],
    ) -> [u8; TAG_LEN] {
        let Associated { data, shared } = associated;
        // In whole blocks.
        let (beginning, rest) = data.split_at(shared.min(data.len()).min(Self::BEGINNING) & !15);
        let mut hash = self.after(beginning);
        let bits = [data, ciphertext].map(|bytes| (8 * bytes.len() as u64).to_be_bytes());
        let rest_len = rest.len().next_multiple_of(16);
        let len = rest_len + ciphertext.len().next_multiple_of(16) + 16;
        let mut all = [Block::default(); 24];
        if let Some(all) = Block::slice_as_flattened_mut(&mut all).get_mut(..len) {
            // Four blocks are hashed side by side, so what is small is laid side by side.
            all[..rest.len()].copy_from_slice(rest);
            all[rest_len..][..ciphertext.len()].copy_from_slice(ciphertext);
            all[len - 16..len - 8].copy_from_slice(&bits[0]);
            all[len - 8..].copy_from_slice(&bits[1]);
            hash.update_padded(all);
        } else {
            hash.update_padded(rest);
            hash.update_padded(ciphertext);
            hash.update_padded(bits.as_flattened());
        }
        (u128::from_ne_bytes(hash.finalize().0) ^ u128::from_ne_bytes(mask)).to_ne_bytes()
    }

    /// The hash after this beginning. It is kept when the beginning comes a second time: a value by
    /// itself pays nothing for it.
    fn after(&mut self, beginning: &[u8]) -> GHash {
        if self.beginning[..self.len] == *beginning {
            if !self.is_begun {
                self.begun = ManuallyDrop::new(self.empty.clone());
                self.begun.update_padded(beginning);
                self.is_begun = true;
            }
            return GHash::clone(&self.begun);
        }
        self.len = beginning.len();
        self.beginning[..self.len].copy_from_slice(beginning);
        self.is_begun = false;
        let mut hash = self.empty.clone();
        hash.update_padded(beginning);
        hash
    }
}
