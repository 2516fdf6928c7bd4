//! Tiles that were tampered with: each change is found, and nothing panics.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use phi_seal::audit::journal::{
    CheckpointErrorKind, TileExport, Tiles, TilesError, TilesErrorKind,
};

use crate::ward::{Log, files, key};

fn verify(folder: &Path) -> Result<(), TilesError> {
    Tiles::open(folder, &key().verifier())?.verify()
}

/// An export in a folder, changed by `change` and put back.
struct Export {
    folder: tempfile::TempDir,
    files: BTreeMap<String, Vec<u8>>,
    tried: usize,
}

impl Export {
    fn of(size: u64) -> Self {
        let folder = tempfile::tempdir_in("/dev/shm")
            .or_else(|_| tempfile::tempdir())
            .unwrap();
        Log::of(size).export(folder.path(), size).unwrap();
        Self {
            files: files(folder.path()),
            folder,
            tried: 0,
        }
    }

    fn detects(&mut self, name: &str, content: &[u8]) -> TilesErrorKind {
        assert_ne!(self.files[name], content);
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        let found = verify(self.folder.path());
        fs::write(&path, &self.files[name]).unwrap();
        self.tried += 1;
        let error = found.expect_err(name);
        if name != "checkpoint" && error.kind() != TilesErrorKind::Mismatch {
            assert_eq!(
                error.tile().map(|tile| tile.to_string()).as_deref(),
                Some(name)
            );
        }
        error.kind()
    }
}

/// Every byte of every file, truncation and growth.
#[test]
fn every_byte_counts() {
    let mut export = Export::of(300);
    for (name, content) in export.files.clone() {
        for at in 0..content.len() {
            let mut changed = content.clone();
            changed[at] ^= 1 << (at % 8);
            export.detects(&name, &changed);
        }
        for len in [
            0,
            1,
            content.len() / 2,
            content.len() - 32,
            content.len() - 1,
        ] {
            let kind = export.detects(&name, &content[..len]);
            let malformed = TilesErrorKind::Checkpoint(CheckpointErrorKind::Malformed);
            assert!(
                [TilesErrorKind::Malformed, malformed].contains(&kind),
                "{name} {len} {kind:?}"
            );
        }
        for more in [&b"\0"[..], &[0; 2], &[0; 32], b"\n"] {
            export.detects(&name, &[&content[..], more].concat());
        }
    }
    assert!(export.tried > 10_000, "{}", export.tried);
    verify(export.folder.path()).unwrap();
}

/// Tiles and bundles in each other's place, turned round, and gone.
#[test]
fn nothing_can_be_moved_or_removed() {
    let mut export = Export::of(1100);
    let names: Vec<_> = export.files.keys().cloned().collect();
    for name in &names {
        for other in &names {
            let content = export.files[other].clone();
            if name != other {
                export.detects(name, &content);
            }
        }
        let path = export.folder.path().join(name);
        fs::remove_file(&path).unwrap();
        let error = verify(export.folder.path()).unwrap_err();
        assert_eq!(error.kind(), TilesErrorKind::Missing, "{name}");
        // A folder in its place is no answer either.
        fs::create_dir(&path).unwrap();
        let kind = verify(export.folder.path()).unwrap_err().kind();
        assert_eq!(kind, TilesErrorKind::Malformed, "{name}");
        fs::remove_dir(&path).unwrap();
        fs::write(&path, &export.files[name]).unwrap();
    }
    for name in ["tile/0/001", "tile/1/000.p/4"] {
        let mut hashes: Vec<_> = export.files[name].chunks(32).collect();
        hashes.swap(1, 2);
        let swapped = hashes.concat();
        assert_eq!(export.detects(name, &swapped), TilesErrorKind::Mismatch);
    }
    assert!(export.tried > 100);
}

/// Another history, whole and consistent in itself, under the signed checkpoint of the first.
#[test]
fn a_rewritten_history_does_not_lead_to_the_root() {
    let log = Log::of(600);
    for at in [0, 255, 256, 511, 512, 599] {
        let folder = tempfile::tempdir().unwrap();
        let mut entries = log.entries.clone();
        entries[at].push(b'!');
        Log { entries }.export(folder.path(), 600).unwrap();
        fs::write(folder.path().join("checkpoint"), log.signed(600).as_str()).unwrap();
        let error = verify(folder.path()).unwrap_err();
        assert_eq!(error.kind(), TilesErrorKind::WrongRoot, "{at}");
    }
}

/// The folder's own checkpoint cannot show that its tail is gone; one held elsewhere does.
#[test]
fn a_truncated_tail_is_found_by_a_checkpoint_held_elsewhere() {
    let log = Log::of(600);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 500).unwrap();
    verify(folder.path()).unwrap();
    let error = Tiles::at(folder.path(), log.signed(600))
        .verify()
        .unwrap_err();
    assert_eq!(error.kind(), TilesErrorKind::Missing);
    assert_eq!(error.tile().unwrap().to_string(), "tile/entries/001");
}

/// An export is not built on a right edge that was changed.
#[test]
fn a_damaged_edge_is_not_continued() {
    let log = Log::of(600);
    let begin = |folder: &Path| {
        TileExport::begin(folder, &log.signed(600), &key().verifier())
            .map(drop)
            .map_err(|error| error.kind())
    };
    for (name, content, kind) in [
        (
            "tile/0/001.p/44",
            vec![0; 44 * 32],
            TilesErrorKind::WrongRoot,
        ),
        (
            "tile/0/001.p/44",
            vec![0; 43 * 32],
            TilesErrorKind::Malformed,
        ),
        (
            "tile/0/001.p/44",
            vec![0; 45 * 32],
            TilesErrorKind::Malformed,
        ),
        ("tile/1/000.p/1", vec![0; 32], TilesErrorKind::WrongRoot),
        ("tile/1/000.p/1", vec![0; 31], TilesErrorKind::Malformed),
        (
            "checkpoint",
            vec![0xff; 100],
            TilesErrorKind::Checkpoint(CheckpointErrorKind::Malformed),
        ),
        (
            "checkpoint",
            log.signed(299).as_str().replace("299", "300").into_bytes(),
            TilesErrorKind::Checkpoint(CheckpointErrorKind::BadSignature),
        ),
        ("checkpoint", vec![b'x'; 300_000], TilesErrorKind::Malformed),
    ] {
        let folder = tempfile::tempdir().unwrap();
        log.export(folder.path(), 300).unwrap();
        fs::write(folder.path().join(name), content).unwrap();
        assert_eq!(begin(folder.path()), Err(kind), "{name}");
    }
}

/// A partial tile that is gone is no loss once the full one is there, which must be right then.
#[test]
fn a_full_tile_answers_for_a_partial_one() {
    let log = Log::of(600);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 300).unwrap();
    log.export(folder.path(), 600).unwrap();
    assert!(!folder.path().join("tile/entries/001.p").exists());
    let old = Tiles::at(folder.path(), log.signed(300));
    old.verify().unwrap();
    for name in ["tile/0/001", "tile/entries/001"] {
        let path = folder.path().join(name);
        let content = fs::read(&path).unwrap();
        let mut changed = content.clone();
        changed[20] ^= 1;
        fs::write(&path, changed).unwrap();
        assert_eq!(
            old.verify().unwrap_err().kind(),
            TilesErrorKind::Mismatch,
            "{name}"
        );
        fs::write(&path, content).unwrap();
    }
    old.verify().unwrap();
}
