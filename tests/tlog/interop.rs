//! The exported log in the hands of packages that nobody here wrote: `tests/interop/tlog.py`.

use std::fs;
use std::path::Path;
use std::process::Command;

use phi_seal::audit::journal::EntryProof;

use crate::ward::{Log, files, key};

/// What the script says.
fn ask(arguments: &[&str]) -> Result<String, String> {
    let python = std::env::var("PHI_SEAL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/tlog.py");
    let output = Command::new(&python)
        .arg(script)
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => Ok(said),
        Some(10) => Err(said),
        other => panic!(
            "{other:?}: {}\nRun `pip install sigstore`, and name that Python \
             in the variable PHI_SEAL_PYTHON if it is not python3.",
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

fn check(folder: &Path) -> Result<String, String> {
    ask(&[
        "tiles",
        folder.to_str().unwrap(),
        &key().verifier().to_string(),
    ])
}

/// Sizes at the edges of tiles, one that took three exports, and one of three levels.
#[test]
fn exported_tiles_are_verified_by_others() {
    let log = Log::of(66_000);
    for steps in [&[1][..], &[256], &[300], &[100, 256, 700], &[66_000]] {
        let folder = tempfile::tempdir().unwrap();
        for size in steps {
            log.export(folder.path(), *size).unwrap();
        }
        let size = steps.last().unwrap();
        let said = check(folder.path()).unwrap();
        assert!(said.contains(&format!("{size} entries")), "{said}");
    }
}

/// The others would notice: the check is not one that cannot fail.
#[test]
fn others_refuse_tiles_that_were_changed() {
    let log = Log::of(300);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 300).unwrap();
    for (name, content) in files(folder.path()) {
        let mut changed = content.clone();
        let at = content.len() / 2;
        changed[at] ^= 4;
        fs::write(folder.path().join(&name), changed).unwrap();
        assert!(check(folder.path()).is_err(), "{name}");
        fs::write(folder.path().join(&name), content).unwrap();
    }
    // Signed by the key, for a tree that is not the one of the tiles.
    fs::write(folder.path().join("checkpoint"), log.signed(299).as_str()).unwrap();
    assert!(check(folder.path()).is_err());
    fs::write(folder.path().join("checkpoint"), log.signed(300).as_str()).unwrap();
    check(folder.path()).unwrap();
}

#[test]
fn proofs_of_entries_are_verified_by_others() {
    let log = Log::of(70);
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let verifier = key().verifier().to_string();
    for index in [0, 1, 63, 64, 69] {
        let entry = log.entries[index as usize].clone();
        let proof = EntryProof::new(entry, log.include(index, 70), &log.signed(70)).unwrap();
        let text = proof.to_text();
        fs::write(path("entry.tlog-proof"), &text).unwrap();
        let said = ask(&["entry", &path("entry.tlog-proof"), &verifier]).unwrap();
        assert!(said.contains(&format!("index {index} of 70")), "{said}");
        let moved = text.replacen(&format!("index {index}\n"), "index 2\n", 1);
        fs::write(path("entry.tlog-proof"), moved).unwrap();
        ask(&["entry", &path("entry.tlog-proof"), &verifier]).unwrap_err();
    }
}
