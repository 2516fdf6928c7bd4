//! What a leaf holds: an audit event, or a note of the journal about itself.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::tree::Hash;
use super::{Origin, SignedCheckpoint};
use crate::audit::record::EventRecord;
use crate::audit::rfc3339;

/// One entry of a journal: a leaf of its tree.
///
/// Contains subject and record ids, so it is PHI; `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    index: u64,
    hash: Hash,
    bytes: Vec<u8>,
}

impl Entry {
    pub(super) const fn new(index: u64, hash: Hash, bytes: Vec<u8>) -> Self {
        Self { index, hash, bytes }
    }

    /// Its position, from 0.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// Its leaf hash.
    pub const fn hash(&self) -> &Hash {
        &self.hash
    }

    /// The bytes of the leaf: JSON of at most 65,535 bytes, without a newline.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to keep.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The audit event, or `None` if it is none that this version reads: a
    /// [note](Entry::note), or an event of a later version.
    pub fn event(&self) -> Option<EventRecord> {
        EventRecord::from_json(&self.bytes).ok()
    }

    /// The note of the journal about itself, or `None` if it is none.
    pub fn note(&self) -> Option<Note> {
        serde_json::from_slice(&self.bytes).ok()
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("index", &self.index)
            .finish_non_exhaustive()
    }
}

/// What a journal writes about itself, as an entry among the events.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    v: u8,
    #[serde(flatten)]
    kind: NoteKind,
    time: String,
}

/// What a [`Note`] says.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "journal", rename_all = "lowercase")]
pub enum NoteKind {
    /// The journal begins; always entry 0, and no other.
    Begin {
        /// Its origin.
        origin: String,
        /// The journal that it goes on after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<Continued>,
    },
    /// A writer opened it.
    Open {
        /// Whether the last one had closed it.
        clean: bool,
        /// What was dropped at its end, because a crash had left it torn.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        dropped: Option<Dropped>,
        /// The anchors that could not be asked what they hold.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unasked: Vec<String>,
    },
    /// The writer is alive.
    Heartbeat {
        /// How many entries were anchored, by the name of the anchor.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        anchored: BTreeMap<String, u64>,
    },
    /// The disk was full or failed; these entries had been put elsewhere until there was space.
    Spilled {
        /// The first of them.
        first: u64,
        /// How many.
        count: u64,
        /// What is left there of this attempt to write and of earlier ones is void.
        attempt: u64,
    },
    /// The writer closed it.
    Close,
}

/// Whether an entry may stand at `index` of a journal of `origin`: one that begins it, as the first and
/// nowhere else.
pub(super) fn may_be_at(entry: &[u8], index: u64, origin: &Origin) -> bool {
    if index > 0 && !is_note(entry) {
        return true;
    }
    match serde_json::from_slice(entry) {
        Ok(Note {
            kind: NoteKind::Begin { origin: named, .. },
            ..
        }) => index == 0 && named == origin.as_str(),
        _ => index > 0,
    }
}

/// Whether an entry may be a note. Cheap, for those that are none.
pub(super) fn is_note(entry: &[u8]) -> bool {
    entry.starts_with(br#"{"v":1,"journal""#)
}

/// The journal that one goes on after.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Continued {
    /// Its origin.
    pub origin: String,
    /// How many entries it had.
    pub size: u64,
    /// Its root, in base64.
    pub root: String,
    /// Its signed checkpoint.
    pub checkpoint: String,
}

/// The torn end of a journal that a crash left.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// How many bytes.
    pub bytes: u64,
    /// Their SHA-256, in base64.
    pub sha256: String,
    /// Whether they were kept in a file beside the segments, `<index>.torn`.
    pub kept: bool,
}

impl Note {
    pub(super) fn new(kind: NoteKind, time: SystemTime) -> Self {
        Self {
            v: 1,
            kind,
            time: rfc3339::format(time),
        }
    }

    /// What it says.
    pub const fn kind(&self) -> &NoteKind {
        &self.kind
    }

    /// When, by the journal's wall clock: RFC 3339, UTC, 9 fractional digits.
    pub fn time(&self) -> &str {
        &self.time
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("texts, integers and maps of them have a JSON form")
    }
}

impl Continued {
    pub(super) fn of(signed: &SignedCheckpoint) -> Self {
        let checkpoint = signed.checkpoint();
        Self {
            origin: checkpoint.origin().to_string(),
            size: checkpoint.size(),
            root: STANDARD.encode(checkpoint.root()),
            checkpoint: signed.as_str().to_string(),
        }
    }
}

impl Dropped {
    pub(super) fn new(bytes: u64, sha256: Hash, kept: bool) -> Self {
        Self {
            bytes,
            sha256: STANDARD.encode(sha256),
            kept,
        }
    }
}
