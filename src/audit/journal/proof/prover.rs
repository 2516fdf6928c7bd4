//! Makes proofs in one pass over the leaf hashes.
//!
//! The hashes of a proof are roots of subtrees which, with the one left out, part the leaves among
//! them. So one frontier at a time is enough, and memory grows with the logarithm of the size.

use alloc::vec::Vec;
use core::ops::Range;

use super::{ConsistencyProof, InclusionProof, ProofError, ProofErrorKind};
use crate::audit::journal::checkpoint::Checkpoint;
use crate::audit::journal::tree::{Frontier, Hash};

/// Makes an [`InclusionProof`] of the leaf hashes of a tree, given in order.
#[derive(Clone, Debug)]
pub struct InclusionProver {
    index: u64,
    subtrees: Subtrees,
}

impl InclusionProver {
    /// For the entry at `index` in the tree of the first `size` entries.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::OutOfRange`] if that tree has no such entry.
    pub fn new(index: u64, size: u64) -> Result<Self, ProofError> {
        if index >= size || size > Checkpoint::MAX_SIZE {
            return Err(ProofErrorKind::OutOfRange.into());
        }
        let (mut tree, mut siblings) = (0..size, Vec::new());
        while tree.end - tree.start > 1 {
            let middle = middle(&tree);
            if index < middle {
                siblings.push(middle..tree.end);
                tree.end = middle;
            } else {
                siblings.push(tree.start..middle);
                tree.start = middle;
            }
        }
        siblings.reverse();
        Ok(Self {
            index,
            subtrees: Subtrees::new(siblings, size),
        })
    }

    /// Takes the next leaf hash, from the first on. What lies beyond the tree is ignored.
    pub fn push(&mut self, leaf: Hash) {
        self.subtrees.push(leaf);
    }

    /// The proof.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::TooFewLeaves`].
    pub fn finish(self) -> Result<InclusionProof, ProofError> {
        let size = self.subtrees.size;
        let hashes = self.subtrees.finish()?;
        Ok(InclusionProof::new(self.index, size, hashes))
    }
}

/// Makes a [`ConsistencyProof`] of the leaf hashes of a tree, given in order.
#[derive(Clone, Debug)]
pub struct ConsistencyProver {
    old_size: u64,
    subtrees: Subtrees,
}

impl ConsistencyProver {
    /// That the tree of the first `old_size` entries is the beginning of that of the first
    /// `new_size`.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::OutOfRange`] if the old size is beyond the new one.
    pub fn new(old_size: u64, new_size: u64) -> Result<Self, ProofError> {
        if old_size > new_size || new_size > Checkpoint::MAX_SIZE {
            return Err(ProofErrorKind::OutOfRange.into());
        }
        let wanted = match old_size {
            0 => Vec::new(),
            _ => parts_of_consistency(old_size, new_size),
        };
        Ok(Self {
            old_size,
            subtrees: Subtrees::new(wanted, new_size),
        })
    }

    /// Takes the next leaf hash, from the first on. What lies beyond the new size is ignored.
    pub fn push(&mut self, leaf: Hash) {
        self.subtrees.push(leaf);
    }

    /// The proof.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::TooFewLeaves`].
    pub fn finish(self) -> Result<ConsistencyProof, ProofError> {
        let new_size = self.subtrees.size;
        let hashes = self.subtrees.finish()?;
        Ok(ConsistencyProof::new(self.old_size, new_size, hashes))
    }
}

/// The subtrees of RFC 6962's `SUBPROOF`, in the proof's order.
fn parts_of_consistency(old_size: u64, new_size: u64) -> Vec<Range<u64>> {
    let (mut tree, mut parts) = (0..new_size, Vec::new());
    // Whether the old tree is still a subtree of its own, whose root the verifier has.
    let mut is_known = true;
    while tree.end != old_size {
        let middle = middle(&tree);
        if old_size <= middle {
            parts.push(middle..tree.end);
            tree.end = middle;
        } else {
            parts.push(tree.start..middle);
            tree.start = middle;
            is_known = false;
        }
    }
    if !is_known {
        parts.push(tree);
    }
    parts.reverse();
    parts
}

/// Where RFC 6962 parts a tree of at least two leaves: the left one gets the largest power of two
/// that leaves something for the right one.
const fn middle(tree: &Range<u64>) -> u64 {
    let len = tree.end - tree.start;
    tree.start + (1 << (len - 1).ilog2())
}

/// The roots of subtrees that do not overlap, from all leaves in order.
#[derive(Clone, Debug)]
struct Subtrees {
    size: u64,
    /// How many leaves have come.
    len: u64,
    /// What is still to come, the next last, and its place in the proof.
    waiting: Vec<(Range<u64>, usize)>,
    current: Frontier,
    hashes: Vec<Hash>,
}

impl Subtrees {
    fn new(wanted: Vec<Range<u64>>, size: u64) -> Self {
        let hashes = alloc::vec![[0; 32]; wanted.len()];
        let mut waiting: Vec<_> = wanted.into_iter().zip(0..).collect();
        waiting.sort_unstable_by_key(|(leaves, _)| core::cmp::Reverse(leaves.start));
        Self {
            size,
            len: 0,
            waiting,
            current: Frontier::new(),
            hashes,
        }
    }

    fn push(&mut self, leaf: Hash) {
        let index = self.len;
        self.len = self.len.saturating_add(1);
        let Some((leaves, place)) = self.waiting.last() else {
            return;
        };
        if !leaves.contains(&index) {
            return;
        }
        self.current.push(leaf);
        if index + 1 == leaves.end {
            self.hashes[*place] = core::mem::take(&mut self.current).root();
            self.waiting.pop();
        }
    }

    fn finish(self) -> Result<Vec<Hash>, ProofError> {
        match self.len < self.size {
            true => Err(ProofErrorKind::TooFewLeaves.into()),
            false => Ok(self.hashes),
        }
    }
}
