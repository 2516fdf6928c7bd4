//! The audit log as an RFC 6962 Merkle tree.

mod checkpoint;
mod note;
mod signing;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointErrorKind, SignedCheckpoint};
pub use signing::{JournalKey, Origin, VerifierKey};
pub use tree::{Frontier, Hash, leaf_hash};
