//! The JSON form of proofs.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::{ConsistencyProof, InclusionProof};
use crate::audit::journal::checkpoint::parse_hash;
use crate::audit::journal::tree::Hash;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inclusion<'a> {
    index: u64,
    size: u64,
    hashes: Vec<Cow<'a, str>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consistency<'a> {
    old_size: u64,
    new_size: u64,
    hashes: Vec<Cow<'a, str>>,
}

pub(super) fn write_inclusion(proof: &InclusionProof) -> String {
    to_json(&Inclusion {
        index: proof.index,
        size: proof.size,
        hashes: write_hashes(&proof.hashes),
    })
}

pub(super) fn read_inclusion(json: &[u8]) -> Option<InclusionProof> {
    let read: Inclusion<'_> = from_json(json)?;
    let hashes = read_hashes(&read.hashes)?;
    Some(InclusionProof::new(read.index, read.size, hashes))
}

pub(super) fn write_consistency(proof: &ConsistencyProof) -> String {
    to_json(&Consistency {
        old_size: proof.old_size,
        new_size: proof.new_size,
        hashes: write_hashes(&proof.hashes),
    })
}

pub(super) fn read_consistency(json: &[u8]) -> Option<ConsistencyProof> {
    let read: Consistency<'_> = from_json(json)?;
    let hashes = read_hashes(&read.hashes)?;
    Some(ConsistencyProof::new(read.old_size, read.new_size, hashes))
}

/// More than any proof takes: 65 hashes of 47 bytes, and white space.
const MAX_LEN: usize = 16_384;

fn to_json(proof: &impl Serialize) -> String {
    serde_json::to_string(proof).expect("numbers and texts are JSON")
}

fn from_json<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Option<T> {
    match json.len() {
        0..=MAX_LEN => serde_json::from_slice(json).ok(),
        _ => None,
    }
}

fn write_hashes(hashes: &[Hash]) -> Vec<Cow<'static, str>> {
    hashes
        .iter()
        .map(|hash| STANDARD.encode(hash).into())
        .collect()
}

fn read_hashes(hashes: &[Cow<'_, str>]) -> Option<Vec<Hash>> {
    hashes.iter().map(|hash| parse_hash(hash)).collect()
}
