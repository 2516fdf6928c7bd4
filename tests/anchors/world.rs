//! Journals' checkpoints, without the journals.

use phi_seal::audit::journal::{
    AnchorError, Checkpoint, Frontier, JournalKey, Origin, SignedCheckpoint, leaf_hash,
};

pub(crate) fn origin(name: &str) -> Origin {
    Origin::new(name).unwrap()
}

pub(crate) fn key() -> JournalKey {
    JournalKey::generate(origin("ehr.mercy.example/audit")).unwrap()
}

/// Of a journal of so many entries, all of them `entry`.
pub(crate) fn signed(key: &JournalKey, size: u64, entry: &str) -> SignedCheckpoint {
    let mut tree = Frontier::new();
    (0..size.min(100)).for_each(|_| tree.push(leaf_hash(entry.as_bytes())));
    key.sign(&Checkpoint::new(key.origin().clone(), size, tree.root()))
}

pub(crate) fn kind<T>(
    result: Result<T, AnchorError>,
) -> Option<phi_seal::audit::journal::AnchorErrorKind> {
    result.err().map(|error| error.kind())
}
