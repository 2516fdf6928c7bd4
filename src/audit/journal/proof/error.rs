//! Why a proof proves nothing.

use core::fmt;

use crate::audit::journal::checkpoint::{CheckpointError, CheckpointErrorKind};

/// Why a proof was not made, or does not hold. Quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProofError(ProofErrorKind);

impl ProofError {
    /// What is wrong, for `match`.
    pub const fn kind(&self) -> ProofErrorKind {
        self.0
    }
}

impl From<ProofErrorKind> for ProofError {
    fn from(kind: ProofErrorKind) -> Self {
        Self(kind)
    }
}

impl From<CheckpointError> for ProofError {
    fn from(error: CheckpointError) -> Self {
        Self(ProofErrorKind::Checkpoint(error.kind()))
    }
}

impl core::error::Error for ProofError {}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            ProofErrorKind::Malformed => "this is not a proof",
            ProofErrorKind::Checkpoint(_) => {
                "the checkpoint in the proof is not to be believed under this key"
            }
            ProofErrorKind::OtherOrigin => "the checkpoints are of two journals",
            ProofErrorKind::OtherSize => "the proof is for a tree of another size",
            ProofErrorKind::OutOfRange => "the journal has no such entry, or no such size",
            ProofErrorKind::TooFewLeaves => "the leaves ended before the tree was complete",
            ProofErrorKind::Refuted => "the proof does not lead to the checkpoint's root",
        })
    }
}

/// The kinds of [`ProofError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum ProofErrorKind {
    /// Not of the documented form, or not as many hashes as the sizes take.
    Malformed,
    /// The checkpoint in it does not verify, for this reason.
    Checkpoint(CheckpointErrorKind),
    /// The two checkpoints name two origins.
    OtherOrigin,
    /// The checkpoint's size is not the proof's.
    OtherSize,
    /// The entry or size asked for lies beyond the tree.
    OutOfRange,
    /// A prover was fed fewer leaves than the tree has.
    TooFewLeaves,
    /// The hashes do not lead from the entry, or from the old root, to the root.
    Refuted,
}
