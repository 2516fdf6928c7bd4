//! The audit log as an RFC 6962 Merkle tree.

mod tree;

pub use tree::{Frontier, Hash, leaf_hash};
