//! The lines of a segment. `docs/journal.md`, section "Segments", specifies them.

use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::tree::{Frontier, Hash, leaf_hash};

/// The longest entry: what a C2SP entry bundle holds.
pub(super) const LONGEST_ENTRY: usize = 65_535;

/// The longest line, without its newline: an entry, its hash and its index, or a checkpoint.
pub(super) const LONGEST_LINE: usize = LONGEST_ENTRY + 128;

/// One line, without its newline.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// `+<leaf hash> <entry>`.
    Entry { hash: Hash, entry: &'a [u8] },
    /// `=<hash> <signed checkpoint as a JSON string>`: of the entries before it.
    Checkpoint(String),
    /// `^<hash> <subtrees in base64>`: the frontier of the entries before it.
    Frontier(Vec<Hash>),
}

impl<'a> Line<'a> {
    /// Reads a line, and checks its hash: `None` if it is torn, or no line.
    pub(super) fn parse(line: &'a [u8]) -> Option<Self> {
        let (claimed, content) = Self::split(line)?;
        match line[0] {
            b'+' if content.len() <= LONGEST_ENTRY => {
                let hash = leaf_hash(content);
                (hash == claimed).then_some(Self::Entry {
                    hash,
                    entry: content,
                })
            }
            b'=' | b'^' if Hash::from(Sha256::digest(content)) != claimed => None,
            b'=' => {
                let note: String = serde_json::from_slice(content).ok()?;
                // In the one spelling that is written, and without others' signatures: nobody may
                // change a byte.
                let is_bare = note.bytes().filter(|byte| *byte == b'\n').count() == 5;
                let is_canonical = serde_json::to_vec(&note).is_ok_and(|json| json == content);
                (is_bare && is_canonical).then_some(Self::Checkpoint(note))
            }
            b'^' => {
                let bytes = STANDARD.decode(content).ok()?;
                let (hashes, []) = bytes.as_chunks::<32>() else {
                    return None;
                };
                Some(Self::Frontier(hashes.to_vec()))
            }
            _ => None,
        }
    }

    /// The hash that a line claims, and what it is of.
    pub(super) fn split(line: &'a [u8]) -> Option<(Hash, &'a [u8])> {
        let (hash, content) = line.get(1..)?.split_at_checked(HASH_LEN)?;
        let mut claimed = [0; 33];
        // Exactly 32 bytes, in the one canonical spelling.
        let len = STANDARD.decode_slice(hash, &mut claimed).ok()?;
        let content = content.strip_prefix(b" ")?;
        (len == 32).then_some(())?;
        Some((*claimed.first_chunk()?, content))
    }
}

/// The hash that an entry's line claims, and the entry.
pub(super) fn split_entry(line: &[u8]) -> Option<(Hash, &[u8])> {
    let (claimed, entry) = Line::split(line)?;
    (line.first() == Some(&b'+') && entry.len() <= LONGEST_ENTRY).then_some((claimed, entry))
}

/// 32 bytes in base64.
const HASH_LEN: usize = 44;

/// Writes the line of an entry to `out`, and returns the hash.
pub(super) fn write_entry(out: &mut Vec<u8>, entry: &[u8]) -> Hash {
    let hash = leaf_hash(entry);
    write_line(out, b'+', &hash, entry);
    hash
}

/// Writes the line of a signed checkpoint.
pub(super) fn write_checkpoint(out: &mut Vec<u8>, note: &str) {
    let content = serde_json::to_vec(note).expect("a text has a JSON form");
    write_line(out, b'=', &Sha256::digest(&content).into(), &content);
}

/// Writes the line of a frontier.
pub(super) fn write_frontier(out: &mut Vec<u8>, tree: &Frontier) {
    let content = STANDARD.encode(tree.subtrees().as_flattened());
    write_line(
        out,
        b'^',
        &Sha256::digest(&content).into(),
        content.as_bytes(),
    );
}

fn write_line(out: &mut Vec<u8>, kind: u8, hash: &Hash, content: &[u8]) {
    out.reserve(HASH_LEN + content.len() + 3);
    out.push(kind);
    let at = out.len();
    out.resize(at + HASH_LEN, 0);
    STANDARD
        .encode_slice(hash, &mut out[at..])
        .expect("32 bytes are 44 characters");
    out.push(b' ');
    out.extend_from_slice(content);
    out.push(b'\n');
}
