//! Exports that were interrupted, and two at a time.

use std::fs;
use std::path::Path;

use phi_seal::audit::journal::{TileExport, Tiles, TilesErrorKind};

use crate::ward::{Log, files, key};

fn verify(folder: &Path) {
    Tiles::open(folder, &key().verifier())
        .unwrap()
        .verify()
        .unwrap();
}

/// Ended after any entry: what was published before still verifies, and the next export ends as
/// one that was never interrupted.
#[test]
fn an_interrupted_export_is_begun_again() {
    let log = Log::of(800);
    for published in [0, 100, 256, 300] {
        let whole = tempfile::tempdir().unwrap();
        if published > 0 {
            log.export(whole.path(), published).unwrap();
        }
        log.export(whole.path(), 800).unwrap();
        for ended_at in (0..=800).step_by(50) {
            let folder = tempfile::tempdir().unwrap();
            if published > 0 {
                log.export(folder.path(), published).unwrap();
            }
            let mut export =
                TileExport::begin(folder.path(), &log.signed(800), &key().verifier()).unwrap();
            let from = export.next_index() as usize;
            for entry in log.entries.iter().skip(from).take(ended_at) {
                export.push(entry).unwrap();
            }
            drop(export);
            match published {
                0 => assert!(!folder.path().join("checkpoint").exists()),
                _ => verify(folder.path()),
            }
            log.export(folder.path(), 800).unwrap();
            verify(folder.path());
            assert!(
                files(folder.path()) == files(whole.path()),
                "{published} {ended_at}"
            );
        }
    }
}

/// Where a file cannot be written, nothing is published; when it can, the export goes through.
#[cfg(unix)]
#[test]
fn an_export_that_failed_is_begun_again() {
    let log = Log::of(600);
    // Each in the way of another step: bundles, tiles, the level above, the last ones.
    for obstacle in [
        "tile/entries/001",
        "tile/0/001",
        "tile/1",
        "tile/0/002.p",
        "tile/entries/002.p",
    ] {
        let folder = tempfile::tempdir().unwrap();
        log.export(folder.path(), 200).unwrap();
        let path = folder.path().join(obstacle);
        if obstacle.ends_with('1') && obstacle != "tile/1" {
            // Not a file that could be replaced.
            fs::create_dir(&path).unwrap();
        } else {
            fs::write(&path, "in the way").unwrap();
        }
        let error = log.export(folder.path(), 600).unwrap_err();
        assert!(
            matches!(error.kind(), TilesErrorKind::Io(_)),
            "{obstacle}: {error}"
        );
        verify(folder.path());
        if path.is_dir() {
            fs::remove_dir(&path).unwrap();
        } else {
            fs::remove_file(&path).unwrap();
        }
        log.export(folder.path(), 600).unwrap();
        verify(folder.path());
        assert!(!folder.path().join(".draft").exists());
    }
}

/// What an export of another history left behind before it failed is written over.
#[test]
fn leftovers_of_another_history_do_no_harm() {
    let mut other = Log::of(700);
    other.entries[400].push(b'!');
    let log = Log::of(700);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 300).unwrap();
    let mut export =
        TileExport::begin(folder.path(), &other.signed(700), &key().verifier()).unwrap();
    let from = export.next_index() as usize;
    other.entries[from..]
        .iter()
        .for_each(|entry| export.push(entry).unwrap());
    drop(export);
    verify(folder.path());
    log.export(folder.path(), 700).unwrap();
    verify(folder.path());
}

#[test]
fn two_at_a_time_are_refused() {
    let log = Log::of(10);
    let folder = tempfile::tempdir().unwrap();
    let begin = || TileExport::begin(folder.path(), &log.signed(10), &key().verifier());
    let first = begin().unwrap();
    assert_eq!(begin().unwrap_err().kind(), TilesErrorKind::Locked);
    drop(first);
    begin().unwrap();
}

/// Entries are PHI.
#[cfg(unix)]
#[test]
fn nobody_else_may_look_in() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("tiles");
    Log::of(300).export(&root, 300).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&root.join("tile/entries")), 0o700);
    for name in files(&root).keys() {
        assert_eq!(mode(&root.join(name)), 0o600, "{name}");
    }
}
