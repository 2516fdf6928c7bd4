//! What the fuzz targets check, as plain functions of bytes: `fuzz_targets/` feeds them what
//! libFuzzer thinks of, and `tests/fuzz_replay.rs` of the crate the committed corpus.
//!
//! `docs/testing.md` says how to run them. A function panics when the crate breaks a promise.

pub mod checkpoint_note;
pub mod context_injectivity;
pub mod envelope_bytes;
pub mod envelope_text;
pub mod from_json_body;
pub mod index_normal;
mod input;
pub mod journal_segment;
pub mod key_store_file;
pub mod keyset_json;
pub mod open_arbitrary;
mod place;
pub mod tile_reader;
pub mod value_decoders;

/// A target.
pub type Check = fn(&[u8]);

/// Each target by the name of its binary and of its corpus.
pub const TARGETS: &[(&str, Check)] = &[
    ("checkpoint_note", checkpoint_note::run),
    ("context_injectivity", context_injectivity::run),
    ("envelope_bytes", envelope_bytes::run),
    ("envelope_text", envelope_text::run),
    ("from_json_body", from_json_body::run),
    ("index_normal", index_normal::run),
    ("journal_segment", journal_segment::run),
    ("key_store_file", key_store_file::run),
    ("keyset_json", keyset_json::run),
    ("open_arbitrary", open_arbitrary::run),
    ("tile_reader", tile_reader::run),
    ("value_decoders", value_decoders::run),
];
