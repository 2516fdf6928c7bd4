//! Hashes of an RFC 6962 Merkle tree, and as much of a tree as a log that grows has to remember.

use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// A SHA-256 hash: of a leaf, of an inner node, of a whole tree.
pub type Hash = [u8; 32];

/// The hash of a leaf: SHA-256(0x00 ‖ `entry`) (RFC 6962, section 2.1).
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::leaf_hash;
///
/// // A tree of one empty leaf.
/// assert_eq!(leaf_hash(b"")[..4], [0x6e, 0x34, 0x0b, 0x9c]);
/// ```
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Sha256::new()
        .chain_update([0])
        .chain_update(entry)
        .finalize()
        .into()
}

/// The hash of an inner node: SHA-256(0x01 ‖ `left` ‖ `right`).
pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right)
        .finalize()
        .into()
}

/// The right edge of a tree: its complete subtrees, from the largest to the smallest. All that is
/// needed to add leaves and to tell the root, 32 bytes for each set bit of the number of leaves.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Frontier, leaf_hash};
///
/// let mut tree = Frontier::new();
/// // The root of no leaves is the hash of nothing.
/// assert_eq!(tree.root()[..4], [0xe3, 0xb0, 0xc4, 0x42]);
/// tree.push(leaf_hash(b""));
/// assert_eq!((tree.len(), tree.root()), (1, leaf_hash(b"")));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    len: u64,
    /// One for each set bit of `len`, the highest first.
    subtrees: Vec<Hash>,
}

impl Frontier {
    /// A tree without leaves.
    pub const fn new() -> Self {
        Self {
            len: 0,
            subtrees: Vec::new(),
        }
    }

    /// Adds a leaf.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each subtree that the new one completes has the size of the new one so far.
        for _ in 0..self.len.trailing_ones() {
            let left = self.subtrees.pop().expect("one subtree for each set bit");
            hash = node_hash(&left, &hash);
        }
        self.subtrees.push(hash);
        self.len += 1;
    }

    /// How many leaves it has.
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The complete subtrees, from the largest to the smallest.
    pub(super) fn subtrees(&self) -> &[Hash] {
        &self.subtrees
    }

    /// A tree of `len` leaves with these subtrees, if there are as many as such a tree has.
    pub(super) fn from_subtrees(len: u64, subtrees: Vec<Hash>) -> Option<Self> {
        (subtrees.len() == len.count_ones() as usize).then_some(Self { len, subtrees })
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut subtrees = self.subtrees.iter().rev();
        match subtrees.next() {
            None => Sha256::digest([]).into(),
            Some(last) => subtrees.fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}
