//! Several threads and processes at one file.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Barrier;

use phi_seal::KeyId;
use phi_seal::key::{KeyErrorKind, Keyset, KeysetFile, LocalKms};
use pollster::block_on;

use crate::fixtures::{kind, local, names};

#[test]
fn the_later_of_two_changes_conflicts_and_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut one = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let mut other = KeysetFile::load(&path).unwrap();
    let old = fs::read(&path).unwrap();
    let first = block_on(one.rotate(&kms)).unwrap();
    assert_eq!(
        kind(block_on(other.rotate(&kms))),
        Some(KeyErrorKind::Conflict)
    );
    assert_eq!(other.keyset().generation(), 1);
    other.reload().unwrap();
    let second = block_on(other.rotate(&kms)).unwrap();
    let keys = KeysetFile::load(&path).unwrap().keyset().keys();
    assert_eq!([*keys[1].id(), *keys[2].id()], [first, second]);

    // Going back in time is noticed by who saw the later generation.
    fs::write(&path, old).unwrap();
    assert_eq!(kind(other.reload()), Some(KeyErrorKind::Tampered));
    assert_eq!(
        kind(block_on(other.rotate(&kms))),
        Some(KeyErrorKind::Conflict)
    );
    let foreign = block_on(Keyset::generate(&kms)).unwrap();
    fs::write(&path, foreign.to_json()).unwrap();
    assert_eq!(kind(other.reload()), Some(KeyErrorKind::Tampered));
}

#[test]
fn threads_that_rotate_at_once_lose_no_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    block_on(KeysetFile::create(&path, &kms)).unwrap();
    let start = Barrier::new(3);
    let rotate = || {
        let mut file = KeysetFile::load(&path).unwrap();
        let mut made = Vec::new();
        start.wait();
        while made.len() < 4 {
            match block_on(file.rotate(&kms)) {
                Ok(id) => made.push(id),
                Err(error) => {
                    assert_eq!(error.kind(), KeyErrorKind::Conflict);
                    file.reload().unwrap();
                }
            }
        }
        made
    };
    let mut made: Vec<KeyId> = std::thread::scope(|threads| {
        let threads: Vec<_> = (0..3).map(|_| threads.spawn(rotate)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let keyset = KeysetFile::load(&path).unwrap();
    let keyring = block_on(keyset.unlock(&kms)).unwrap();
    let mut stored: Vec<KeyId> = keyring.keys()[1..].iter().map(|key| *key.id()).collect();
    made.sort();
    stored.sort();
    assert_eq!(made, stored);
    assert_eq!(keyset.keyset().generation(), 13);
}

#[test]
fn threads_that_create_at_once_end_with_one_keyset() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let (kms, start) = (local(), Barrier::new(4));
        let create = || {
            start.wait();
            let file = block_on(KeysetFile::load_or_create(&path, &kms)).unwrap();
            (*file.keyset().id(), file.keyset().keys())
        };
        let made: Vec<_> = std::thread::scope(|threads| {
            let threads: Vec<_> = (0..4).map(|_| threads.spawn(create)).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(made.iter().all(|other| *other == made[0]));
        assert_eq!(names(folder.path()), ["keys.json"]);
    }
}

/// The children wait for a byte on their standard input, so that they start together.
#[test]
fn processes_that_create_and_rotate_at_once_end_with_one_keyset() {
    const FOLDER: &str = "PHI_SEAL_TEST_FOLDER";
    if let Some(folder) = std::env::var_os(FOLDER) {
        let folder = Path::new(&folder);
        std::io::stdin().read_exact(&mut [0]).unwrap();
        let kms = LocalKms::from_file(folder.join("root.key")).unwrap();
        let path = folder.join("keys.json");
        let mut file = block_on(KeysetFile::load_or_create(&path, &kms)).unwrap();
        let first = file.keyset().keys()[0].id().to_hex();
        let rotated = loop {
            match block_on(file.rotate(&kms)) {
                Ok(id) => break id.to_hex(),
                Err(error) => assert_eq!(error.kind(), KeyErrorKind::Conflict),
            }
            file.reload().unwrap();
        };
        let result = folder.join(format!("result-{}", std::process::id()));
        fs::write(result, format!("{first} {rotated}")).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let kms = LocalKms::create_file(folder.path().join("root.key")).unwrap();
    let spawn = |_| {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "races::processes_that_create_and_rotate_at_once_end_with_one_keyset",
            ])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let mut children: Vec<_> = (0..4).map(spawn).collect();
    for child in &mut children {
        child.stdin.take().unwrap().write_all(b"!").unwrap();
    }
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let file = KeysetFile::load(folder.path().join("keys.json")).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let ids: Vec<_> = keyring.keys().iter().map(|key| key.id().to_hex()).collect();
    assert_eq!(ids.len(), 5);
    let mut rotated = Vec::new();
    for name in names(folder.path())
        .iter()
        .filter(|name| name.starts_with("result-"))
    {
        let result = fs::read_to_string(folder.path().join(name)).unwrap();
        let (first, last) = result.split_once(' ').unwrap();
        assert_eq!(first, ids[0]);
        rotated.push(last.to_owned());
    }
    rotated.sort();
    let mut expected = ids[1..].to_vec();
    expected.sort();
    assert_eq!(rotated, expected);
}
