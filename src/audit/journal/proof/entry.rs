//! An entry with all that proves it: a C2SP `tlog-proof` that carries the entry.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{InclusionProof, ProofError, ProofErrorKind};
use crate::audit::journal::checkpoint::{Checkpoint, SignedCheckpoint, parse_decimal, parse_hash};
use crate::audit::journal::note::MAX_NOTE_LEN;
use crate::audit::journal::signing::VerifierKey;

/// One entry of a journal, the proof that the journal holds it, and the checkpoint that says so:
/// checkable with the public key alone.
///
/// Its text form is that of C2SP `tlog-proof`, with the entry in the line `extra`; such files are
/// named `.tlog-proof`. An entry of an audit log is PHI, and so is this. `Debug` shows the index.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Checkpoint, EntryProof, Frontier, InclusionProver, JournalKey, Origin, leaf_hash,
/// };
///
/// let key = JournalKey::generate(Origin::new("hospital.example/audit")?)?;
/// let mut tree = Frontier::new();
/// let mut prover = InclusionProver::new(0, 2)?;
/// for entry in [b"first", b"other"] {
///     tree.push(leaf_hash(entry));
///     prover.push(leaf_hash(entry));
/// }
/// let signed = key.sign(&Checkpoint::new(key.origin().clone(), 2, tree.root()));
/// let text = EntryProof::new(b"first".to_vec(), prover.finish()?, &signed)?.to_text();
///
/// // Somebody else, who has the text and the public key:
/// let proof = EntryProof::parse(&text)?;
/// let checkpoint = proof.verify(&key.verifier())?;
/// assert_eq!((proof.entry(), proof.index()), (&b"first"[..], 0));
/// assert_eq!(checkpoint.size(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct EntryProof {
    entry: Vec<u8>,
    index: u64,
    hashes: Vec<[u8; 32]>,
    /// Verified by nobody yet.
    note: String,
}

impl EntryProof {
    /// Puts the parts together, if they fit.
    ///
    /// # Errors
    ///
    /// What [`InclusionProof::verify`] says.
    pub fn new(
        entry: Vec<u8>,
        inclusion: InclusionProof,
        checkpoint: &SignedCheckpoint,
    ) -> Result<Self, ProofError> {
        inclusion.verify(&entry, checkpoint.checkpoint())?;
        Ok(Self {
            entry,
            index: inclusion.index,
            hashes: inclusion.hashes,
            note: checkpoint.as_str().into(),
        })
    }

    /// Reads the text form. Believes nothing of it yet.
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::Malformed`]: also for a `tlog-proof` without an entry, or with one of
    /// more than 65,535 bytes.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        Self::read(text).ok_or(ProofErrorKind::Malformed.into())
    }

    /// The text form.
    pub fn to_text(&self) -> String {
        let entry = STANDARD.encode(&self.entry);
        let mut text = alloc::format!("{HEADER}\nextra {entry}\nindex {}\n", self.index);
        for hash in &self.hashes {
            text.push_str(&STANDARD.encode(hash));
            text.push('\n');
        }
        text.push('\n');
        text.push_str(&self.note);
        text
    }

    /// Checks that the key's journal holds the entry at the index, and returns the checkpoint
    /// that says so.
    ///
    /// Not checked: whether that checkpoint is anchored. Compare it with one that is by a
    /// [`ConsistencyProof`](super::ConsistencyProof).
    ///
    /// # Errors
    ///
    /// [`ProofErrorKind::Checkpoint`], [`ProofErrorKind::Malformed`] or
    /// [`ProofErrorKind::Refuted`].
    pub fn verify(&self, key: &VerifierKey) -> Result<Checkpoint, ProofError> {
        let checkpoint = SignedCheckpoint::verify(&self.note, key)?
            .checkpoint()
            .clone();
        InclusionProof::new(self.index, checkpoint.size(), self.hashes.clone())
            .verify(&self.entry, &checkpoint)?;
        Ok(checkpoint)
    }

    /// The entry's bytes.
    pub fn entry(&self) -> &[u8] {
        &self.entry
    }

    /// The entry's index, counted from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() > MAX_LEN {
            return None;
        }
        let (proof, note) = text.split_once("\n\n")?;
        let mut lines = proof.split('\n');
        if lines.next() != Some(HEADER) {
            return None;
        }
        let entry = STANDARD
            .decode(lines.next()?.strip_prefix("extra ")?)
            .ok()?;
        let index = parse_decimal(lines.next()?.strip_prefix("index ")?)?;
        let hashes = lines.map(parse_hash).collect::<Option<Vec<_>>>()?;
        (entry.len() <= MAX_ENTRY && hashes.len() <= MAX_HASHES).then(|| Self {
            entry,
            index,
            hashes,
            note: note.into(),
        })
    }
}

impl fmt::Debug for EntryProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryProof")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

const HEADER: &str = "c2sp.org/tlog-proof@v1";

/// What an entry bundle of C2SP `tlog-tiles` can hold.
const MAX_ENTRY: usize = 65_535;

/// The height of a tree of 2^63 - 1 leaves.
const MAX_HASHES: usize = 63;

/// The entry in base64, the hashes, the note and the names of the lines.
const MAX_LEN: usize = MAX_ENTRY.div_ceil(3) * 4 + MAX_HASHES * 45 + MAX_NOTE_LEN + 128;
