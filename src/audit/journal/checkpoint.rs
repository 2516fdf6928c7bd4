//! Checkpoints: how large the journal is and what its root is, signed (C2SP `tlog-checkpoint`).

use alloc::string::String;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::note::{NoteError, open_note, sign_note};
use super::signing::{JournalKey, Origin, VerifierKey};
use super::tree::{Frontier, Hash};

/// The claim that a journal of this origin has this many entries, with this root.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Checkpoint, Frontier, Origin, leaf_hash};
///
/// let mut tree = Frontier::new();
/// tree.push(leaf_hash(b"first entry"));
/// let checkpoint = Checkpoint::new(Origin::new("hospital.example/audit")?, tree.len(), tree.root());
/// assert_eq!(checkpoint.size(), 1);
/// assert!(checkpoint.to_string().starts_with("hospital.example/audit\n1\n"));
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[derive(Clone, Debug, Hash, PartialEq, Eq)]
pub struct Checkpoint {
    origin: Origin,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// The most entries a checkpoint can count: 2^63 - 1, as in Go's implementation.
    pub const MAX_SIZE: u64 = i64::MAX as u64;

    /// Puts the three together; checks nothing.
    pub const fn new(origin: Origin, size: u64, root: Hash) -> Self {
        Self { origin, size, root }
    }

    /// Whose journal it is.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many entries it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree over them.
    pub const fn root(&self) -> &Hash {
        &self.root
    }

    /// Reads a note's text. Extension lines are allowed and ignored, as nobody can audit them.
    fn parse(text: &str, origin: &Origin) -> Result<Self, CheckpointErrorKind> {
        use CheckpointErrorKind::{Malformed, OtherOrigin};

        let mut lines = text.strip_suffix('\n').ok_or(Malformed)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty());
        let (name, size, root) = (line(), line(), line());
        let (Some(name), Some(size), Some(root)) = (name, size, root) else {
            return Err(Malformed);
        };
        if lines.any(str::is_empty) {
            return Err(Malformed);
        }
        if name != origin.as_str() {
            return Err(OtherOrigin);
        }
        let size = parse_decimal(size).ok_or(Malformed)?;
        let root = parse_hash(root).ok_or(Malformed)?;
        let is_possible = size <= Self::MAX_SIZE && (size > 0 || root == Frontier::new().root());
        match is_possible {
            true => Ok(Self::new(origin.clone(), size, root)),
            false => Err(Malformed),
        }
    }
}

/// The text that is signed: three lines.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = STANDARD.encode(self.root);
        write!(f, "{}\n{}\n{root}\n", self.origin, self.size)
    }
}

/// A checkpoint and the note that signs it: either verified, or signed here.
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{
///     Checkpoint, CheckpointErrorKind, Frontier, JournalKey, Origin, SignedCheckpoint,
/// };
///
/// let key = JournalKey::generate(Origin::new("hospital.example/audit")?)?;
/// let empty = Checkpoint::new(key.origin().clone(), 0, Frontier::new().root());
/// let signed = key.sign(&empty);
///
/// let text = signed.as_str();
/// assert_eq!(SignedCheckpoint::verify(text, &key.verifier())?.checkpoint(), &empty);
///
/// let changed = text.replacen("\n0\n", "\n9\n", 1);
/// let error = SignedCheckpoint::verify(&changed, &key.verifier()).unwrap_err();
/// assert_eq!(error.kind(), CheckpointErrorKind::BadSignature);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Reads a note and believes it only if `key` signed it, for the key's own origin.
    ///
    /// Strict: at most 262,144 bytes and 100 signatures, no control character but newlines,
    /// nothing before or after the note, numbers and base64 in their one spelling. Signatures of
    /// others, such as witnesses, are kept in the note and not checked. So are extension lines.
    /// What is not guaranteed: that this is the newest checkpoint, or the only one of its size.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`], by kind.
    pub fn verify(text: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        Self::open(text, key).map_err(CheckpointError)
    }

    /// The whole note, its last newline included.
    pub fn as_str(&self) -> &str {
        &self.note
    }

    /// What it says.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    pub(super) fn signed(checkpoint: &Checkpoint, key: &JournalKey) -> Self {
        Self {
            note: sign_note(&alloc::format!("{checkpoint}"), key),
            checkpoint: checkpoint.clone(),
        }
    }

    fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointErrorKind> {
        let text = open_note(note, key).map_err(|error| match error {
            NoteError::Malformed => CheckpointErrorKind::Malformed,
            NoteError::NotSigned => CheckpointErrorKind::NotSigned,
            NoteError::BadSignature => CheckpointErrorKind::BadSignature,
        })?;
        Ok(Self {
            checkpoint: Checkpoint::parse(text, key.origin())?,
            note: note.into(),
        })
    }
}

/// Why a text is not a checkpoint to believe. Quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckpointError(CheckpointErrorKind);

impl CheckpointError {
    /// What is wrong, for `match`.
    pub const fn kind(&self) -> CheckpointErrorKind {
        self.0
    }
}

impl core::error::Error for CheckpointError {}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            CheckpointErrorKind::Malformed => "this is not a signed checkpoint",
            CheckpointErrorKind::NotSigned => {
                "the checkpoint bears no signature of this key; is it of another journal?"
            }
            CheckpointErrorKind::BadSignature => {
                "the checkpoint's signature is wrong; it was changed or forged"
            }
            CheckpointErrorKind::OtherOrigin => {
                "the checkpoint was signed by this key, for a journal of another origin"
            }
        })
    }
}

/// The kinds of [`CheckpointError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum CheckpointErrorKind {
    /// Not of the documented form.
    Malformed,
    /// No signature line has the key's name and id.
    NotSigned,
    /// The signature line of the key does not fit the text.
    BadSignature,
    /// Signed by the key, but its first line is not the key's name.
    OtherOrigin,
}

/// ASCII digits without leading zeros.
pub(super) fn parse_decimal(text: &str) -> Option<u64> {
    let is_canonical = text == "0" || !text.starts_with(['0', '+']);
    is_canonical.then(|| text.parse().ok())?
}

/// 44 characters of standard base64.
pub(super) fn parse_hash(text: &str) -> Option<Hash> {
    match text.len() {
        44 => STANDARD.decode(text).ok()?.try_into().ok(),
        _ => None,
    }
}
