//! Replays the committed fuzz corpus, on stable and without a fuzzer.
#![cfg(all(
    feature = "chrono-0_4",
    feature = "index-phonetic",
    feature = "jiff-0_2",
    feature = "journal",
    feature = "scoped-keys",
    feature = "serde",
    feature = "time-0_3",
    feature = "uuid-1"
))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs, unreachable_pub)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../fuzz/src/lib.rs"]
mod targets;

use targets::TARGETS;

#[test]
fn checkpoint_note() {
    replay("checkpoint_note");
}

#[test]
fn context_injectivity() {
    replay("context_injectivity");
}

#[test]
fn envelope_bytes() {
    replay("envelope_bytes");
}

#[test]
fn envelope_text() {
    replay("envelope_text");
}

#[test]
fn from_json_body() {
    replay("from_json_body");
}

#[test]
fn index_normal() {
    replay("index_normal");
}

#[test]
fn journal_segment() {
    replay("journal_segment");
}

#[test]
fn key_store_file() {
    replay("key_store_file");
}

#[test]
fn keyset_json() {
    replay("keyset_json");
}

#[test]
fn open_arbitrary() {
    replay("open_arbitrary");
}

#[test]
fn tile_reader() {
    replay("tile_reader");
}

#[test]
fn value_decoders() {
    replay("value_decoders");
}

/// A target without a corpus, or a corpus that nobody replays, is a mistake.
#[test]
fn every_target_has_a_corpus_and_a_test() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).into()).collect();
    let binaries = names_in(&fuzz().join("fuzz_targets"))
        .into_iter()
        .map(|file| file.trim_end_matches(".rs").into())
        .collect();
    assert_eq!(known, binaries);
    assert_eq!(known, names_in(&fuzz().join("corpus")));
    let tests = include_str!("fuzz_replay.rs");
    for name in &known {
        assert!(tests.contains(&format!("replay(\"{name}\")")), "{name}");
    }
}

fn replay(target: &str) {
    let run = TARGETS.iter().find(|(name, _)| *name == target).unwrap().1;
    let folder = fuzz().join("corpus").join(target);
    let names = names_in(&folder);
    assert!(!names.is_empty(), "no corpus in {}", folder.display());
    run(b"");
    for name in names {
        let data = fs::read(folder.join(&name)).unwrap();
        if std::panic::catch_unwind(|| run(&data)).is_err() {
            panic!("fuzz/corpus/{target}/{name}: see the message above");
        }
    }
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect()
}

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}
