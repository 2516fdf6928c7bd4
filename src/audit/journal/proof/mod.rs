//! Proofs about a journal that are checked without it: that it holds an entry, and that it only
//! grew.

mod entry;
mod error;
mod json;
mod prover;

use alloc::string::String;
use alloc::vec::Vec;

use ct_merkle::{ConsistencyProof as Consistency, InclusionProof as Inclusion, RootHash};
use sha2::Sha256;

use super::checkpoint::Checkpoint;
use super::tree::{Frontier, Hash};

pub use entry::EntryProof;
pub use error::{ProofError, ProofErrorKind};
pub use prover::{ConsistencyProver, InclusionProver};

/// That a journal holds an entry at an index: the hashes on the way from the leaf to the root
/// (RFC 6962, section 2.1.1), the leaf's sibling first.
///
/// It names no journal: the checkpoint does. [`EntryProof`] keeps both together.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Checkpoint, Frontier, InclusionProver, Origin, ProofErrorKind, leaf_hash,
/// };
///
/// let entries: [&[u8]; 3] = [b"first", b"second", b"third"];
/// let mut tree = Frontier::new();
/// let mut prover = InclusionProver::new(1, 3)?;
/// for entry in entries {
///     tree.push(leaf_hash(entry));
///     prover.push(leaf_hash(entry));
/// }
/// let proof = prover.finish()?;
///
/// let checkpoint = Checkpoint::new(Origin::new("hospital.example/audit")?, 3, tree.root());
/// proof.verify(b"second", &checkpoint)?;
/// let error = proof.verify(b"third", &checkpoint).unwrap_err();
/// assert_eq!(error.kind(), ProofErrorKind::Refuted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InclusionProof {
    index: u64,
    size: u64,
    hashes: Vec<Hash>,
}

impl InclusionProof {
    /// Puts the parts together; [`verify`](Self::verify) checks them.
    pub const fn new(index: u64, size: u64, hashes: Vec<Hash>) -> Self {
        Self {
            index,
            size,
            hashes,
        }
    }

    /// The entry's index, counted from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The size of the tree that it holds for.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The hashes, from the leaf's sibling up.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Checks that the tree of `checkpoint` has `entry` at the index.
    ///
    /// The checkpoint is believed as it is: verify it first.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::OtherSize`], [`ProofErrorKind::Malformed`] for an index beyond the size
    /// or a wrong number of hashes, or [`ProofErrorKind::Refuted`].
    pub fn verify(&self, entry: &[u8], checkpoint: &Checkpoint) -> Result<(), ProofError> {
        if self.size != checkpoint.size() {
            return Err(ProofErrorKind::OtherSize.into());
        }
        if self.index >= self.size || self.size > Checkpoint::MAX_SIZE {
            return Err(ProofErrorKind::Malformed.into());
        }
        let proof = Inclusion::<Sha256>::try_from_bytes(self.hashes.concat())
            .map_err(|_| ProofErrorKind::Malformed)?;
        root_of(checkpoint)
            .verify_inclusion(&entry, self.index, &proof)
            .map_err(|error| match error {
                ct_merkle::InclusionVerifError::IncorrectHash => ProofErrorKind::Refuted,
                _ => ProofErrorKind::Malformed,
            })?;
        Ok(())
    }

    /// The proof as JSON: `index`, `size`, and `hashes` in standard base64.
    pub fn to_json(&self) -> String {
        json::write_inclusion(self)
    }

    /// Reads what [`to_json`](Self::to_json) writes: no member may be missing, stand there twice
    /// or be unknown.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::Malformed`].
    pub fn from_json(json: &[u8]) -> Result<Self, ProofError> {
        json::read_inclusion(json).ok_or(ProofErrorKind::Malformed.into())
    }
}

/// That a journal at one size is the beginning of itself at a later one: nothing before was
/// changed, removed or put in (RFC 6962, section 2.1.2).
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Checkpoint, ConsistencyProver, Frontier, Origin, ProofErrorKind, leaf_hash,
/// };
///
/// let origin = Origin::new("hospital.example/audit")?;
/// let mut tree = Frontier::new();
/// let mut prover = ConsistencyProver::new(2, 3)?;
/// let mut checkpoints = Vec::new();
/// for entry in [b"first", b"other", b"third"] {
///     tree.push(leaf_hash(entry));
///     prover.push(leaf_hash(entry));
///     checkpoints.push(Checkpoint::new(origin.clone(), tree.len(), tree.root()));
/// }
/// let proof = prover.finish()?;
/// proof.verify(&checkpoints[1], &checkpoints[2])?;
///
/// let rewritten = Checkpoint::new(origin, 2, leaf_hash(b"another history"));
/// let error = proof.verify(&rewritten, &checkpoints[2]).unwrap_err();
/// assert_eq!(error.kind(), ProofErrorKind::Refuted);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsistencyProof {
    old_size: u64,
    new_size: u64,
    hashes: Vec<Hash>,
}

impl ConsistencyProof {
    /// Puts the parts together; [`verify`](Self::verify) checks them.
    pub const fn new(old_size: u64, new_size: u64, hashes: Vec<Hash>) -> Self {
        Self {
            old_size,
            new_size,
            hashes,
        }
    }

    /// The size at first.
    pub const fn old_size(&self) -> u64 {
        self.old_size
    }

    /// The size later.
    pub const fn new_size(&self) -> u64 {
        self.new_size
    }

    /// The hashes, in RFC 6962's order.
    pub fn hashes(&self) -> &[Hash] {
        &self.hashes
    }

    /// Checks that the tree of `old` is the beginning of that of `new`.
    ///
    /// Both checkpoints are believed as they are: verify them first. The empty tree is the
    /// beginning of every tree.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::OtherOrigin`] if the checkpoints are of two journals,
    /// [`ProofErrorKind::OtherSize`], [`ProofErrorKind::Malformed`] for a wrong number of hashes
    /// or an old size beyond the new one, or [`ProofErrorKind::Refuted`].
    pub fn verify(&self, old: &Checkpoint, new: &Checkpoint) -> Result<(), ProofError> {
        if old.origin() != new.origin() {
            return Err(ProofErrorKind::OtherOrigin.into());
        }
        if (self.old_size, self.new_size) != (old.size(), new.size()) {
            return Err(ProofErrorKind::OtherSize.into());
        }
        if self.old_size > self.new_size || self.new_size > Checkpoint::MAX_SIZE {
            return Err(ProofErrorKind::Malformed.into());
        }
        if self.old_size == 0 {
            return self.verify_from_nothing(old, new);
        }
        let proof = Consistency::<Sha256>::try_from_bytes(self.hashes.concat())
            .map_err(|_| ProofErrorKind::Malformed)?;
        root_of(new)
            .verify_consistency(&root_of(old), &proof)
            .map_err(|error| match error {
                ct_merkle::ConsistencyVerifError::VerificationFailure => ProofErrorKind::Refuted,
                _ => ProofErrorKind::Malformed,
            })?;
        Ok(())
    }

    /// The proof as JSON: `old_size`, `new_size`, and `hashes` in standard base64.
    pub fn to_json(&self) -> String {
        json::write_consistency(self)
    }

    /// Reads what [`to_json`](Self::to_json) writes: no member may be missing, stand there twice
    /// or be unknown.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::Malformed`].
    pub fn from_json(json: &[u8]) -> Result<Self, ProofError> {
        json::read_consistency(json).ok_or(ProofErrorKind::Malformed.into())
    }

    /// RFC 6962 defines no proof for this, because there is nothing to show.
    fn verify_from_nothing(&self, old: &Checkpoint, new: &Checkpoint) -> Result<(), ProofError> {
        let nothing = Frontier::new().root();
        if !self.hashes.is_empty() {
            return Err(ProofErrorKind::Malformed.into());
        }
        match *old.root() == nothing && (new.size() > 0 || *new.root() == nothing) {
            true => Ok(()),
            false => Err(ProofErrorKind::Refuted.into()),
        }
    }
}

fn root_of(checkpoint: &Checkpoint) -> RootHash<Sha256> {
    RootHash::new((*checkpoint.root()).into(), checkpoint.size())
}
