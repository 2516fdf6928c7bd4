//! The audit log as an RFC 6962 Merkle tree.

mod checkpoint;
mod note;
mod proof;
mod signing;
mod tiles;
mod tree;

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointErrorKind, SignedCheckpoint};
pub use proof::{
    ConsistencyProof, ConsistencyProver, EntryProof, InclusionProof, InclusionProver, ProofError,
    ProofErrorKind,
};
pub use signing::{JournalKey, Origin, VerifierKey};
pub use tiles::{TileAddress, TileExport, Tiles, TilesError, TilesErrorKind, TilesWritten};
pub use tree::{Frontier, Hash, leaf_hash};
