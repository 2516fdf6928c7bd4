//! The tag of GCM: a hash of associated data, ciphertext and lengths, SP 800-38D, sections 6.4
//! and 7.1.

use alloc::boxed::Box;

use ghash::universal_hash::UniversalHash;
use ghash::{Block, GHash};

use crate::context::Associated;
use crate::envelope::TAG_LEN;

/// Makes tags. From the second one on it remembers the hash of how the associated data begin; a value
/// by itself pays nothing for that.
#[derive(Clone)]
pub(super) struct Tagger {
    /// Before any block.
    empty: GHash,
    is_used: bool,
    last: Option<Box<Beginning>>,
}

/// Some associated data's beginning, in whole blocks, and the hash after it.
#[derive(Clone)]
struct Beginning {
    data: [u8; Self::MAX],
    len: usize,
    hash: GHash,
}

impl Tagger {
    pub(super) const fn new(empty: GHash) -> Self {
        Self {
            empty,
            is_used: false,
            last: None,
        }
    }

    /// Wipes and frees what is not in the object itself.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    pub(super) fn tag(
        &mut self,
        associated: Associated<'_>,
        ciphertext: &[u8],
        mask: [u8; TAG_LEN],
    ) -> [u8; TAG_LEN] {
        let Associated { data, shared } = associated;
        // In whole blocks.
        let (beginning, rest) = data.split_at(shared.min(data.len()).min(Beginning::MAX) & !15);
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

    /// The hash after this beginning.
    fn after(&mut self, beginning: &[u8]) -> GHash {
        if let Some(last) = self.last.as_ref().filter(|last| last.is(beginning)) {
            return last.hash.clone();
        }
        let mut hash = self.empty.clone();
        hash.update_padded(beginning);
        if self.is_used {
            self.last = Some(Box::new(Beginning::new(beginning, hash.clone())));
        }
        self.is_used = true;
        hash
    }
}

impl Beginning {
    /// Tenant, subject and record ids of ordinary length.
    const MAX: usize = 256;

    fn new(beginning: &[u8], hash: GHash) -> Self {
        let mut data = [0; Self::MAX];
        data[..beginning.len()].copy_from_slice(beginning);
        Self {
            data,
            len: beginning.len(),
            hash,
        }
    }

    fn is(&self, beginning: &[u8]) -> bool {
        self.data[..self.len] == *beginning
    }
}
