//! The audit log as an RFC 6962 Merkle tree.

mod anchor;
mod builder;
mod checkpoint;
mod commit;
mod entry;
mod error;
mod folder;
mod forward;
#[expect(
    clippy::module_inception,
    reason = "the sink is called as its module is"
)]
mod journal;
mod keeper;
mod line;
mod log;
mod newest;
mod note;
mod proof;
mod read;
mod recover;
mod segment;
mod settings;
mod signing;
mod spill;
mod tiles;
mod torn;
mod tree;
mod verify;

pub use anchor::{
    Anchor, AnchorError, AnchorErrorKind, AnchorState, Anchored, FileAnchor, Filed, FnAnchor,
    checkpoint_name, from_fn, newest_anchored, origin_name, size_of_name,
};
pub use builder::JournalBuilder;
pub use checkpoint::{Checkpoint, CheckpointError, CheckpointErrorKind, SignedCheckpoint};
pub use entry::{Continued, Dropped, Entry, Note, NoteKind};
pub use error::{JournalError, JournalErrorKind};
pub use forward::{
    Destination, Form, ForwardError, ForwardErrorKind, ForwardStatus, Forwarded, Forwarder,
    ForwarderBuilder,
};
pub use journal::{Journal, JournalStatus};
pub use newest::newest_checkpoint;
pub use proof::{
    ConsistencyProof, ConsistencyProver, EntryProof, InclusionProof, InclusionProver, ProofError,
    ProofErrorKind,
};
pub use read::Entries;
pub use signing::{JournalKey, Origin, VerifierKey};
pub use tiles::{
    TileAddress, TileExport, Tiles, TilesError, TilesErrorKind, TilesWritten, export_tiles,
};
pub use tree::{Frontier, Hash, leaf_hash};
pub use verify::{Fault, FaultReason, Report, Silence, Verifier};

#[cfg(test)]
mod tests;
