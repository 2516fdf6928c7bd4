//! Rotating a file and a keyring in one call.

use std::fs;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use phi_seal::key::{KeyErrorKind, KeyProvider, KeyState, Keyring, KeysetFile, Scope};
use phi_seal::{KeyId, TenantId};
use pollster::block_on;

use crate::fixtures::{kind, local, vector_kms};
use crate::kms::{Liar, Lie};

/// The key that a request to seal gets.
fn active(keyring: &Keyring) -> KeyId {
    let tenant = TenantId::new("t").unwrap();
    let mut id = None;
    keyring
        .with_active(Scope::sealing(&tenant, None), &mut |key| {
            id = Some(*key.id());
        })
        .unwrap();
    id.unwrap()
}

#[test]
fn the_new_key_is_stored_and_in_use_and_the_old_one_opens() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let old = active(&keyring);

    let new = block_on(file.rotate_into(&keyring, &kms)).unwrap();
    assert_ne!(new, old);
    assert_eq!(active(&keyring), new);
    let states: Vec<_> = keyring
        .keys()
        .iter()
        .map(|k| (*k.id(), k.state()))
        .collect();
    assert_eq!(
        states,
        [(old, KeyState::DecryptOnly), (new, KeyState::Active)]
    );
    let tenant = TenantId::new("t").unwrap();
    keyring
        .with_key(Scope::sealing(&tenant, None), &old, &mut |key| {
            assert_eq!(*key.id(), old);
        })
        .unwrap();

    let stored = KeysetFile::load(&path).unwrap();
    assert!(stored.keyset() == file.keyset());
    assert_eq!(stored.keyset().generation(), 2);
    let unlocked = block_on(stored.unlock(&kms)).unwrap();
    assert_eq!(unlocked.keys(), keyring.keys());
    assert_eq!(active(&unlocked), new);
}

/// The KMS fails at each of its unwrappings, and the file at its lock.
#[test]
fn what_fails_changes_neither_file_nor_keyring() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = vector_kms();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let (keys, content) = (keyring.keys(), fs::read(&path).unwrap());
    let unchanged = |file: &KeysetFile| {
        assert_eq!(keyring.keys(), keys);
        assert_eq!(fs::read(&path).unwrap(), content);
        assert_eq!(file.keyset().to_json().as_bytes(), content);
    };

    // The MAC key and the new key to rotate; the MAC key, the old and the new key to unlock.
    for from in 0..5 {
        let kms = Liar::new(vector_kms(), Lie::Error(KeyErrorKind::Unavailable), from);
        assert_eq!(
            kind(block_on(file.rotate_into(&keyring, &kms))),
            Some(KeyErrorKind::Unavailable),
            "unwrapping {from}"
        );
        unchanged(&file);
    }
    assert_eq!(
        kind(block_on(file.rotate_into(&keyring, &local()))),
        Some(KeyErrorKind::WrongKey)
    );
    unchanged(&file);

    let lock = folder.path().join("keys.json.lock");
    assert!(!lock.exists(), "nothing has come as far as the file");
    fs::create_dir(&lock).unwrap();
    assert_eq!(
        kind(block_on(file.rotate_into(&keyring, &kms))),
        Some(KeyErrorKind::Io)
    );
    unchanged(&file);
    fs::remove_dir(&lock).unwrap();

    let honest = Liar::new(vector_kms(), Lie::Error(KeyErrorKind::Unavailable), 5);
    block_on(file.rotate_into(&keyring, &honest)).unwrap();
    assert_eq!(keyring.keys(), file.keyset().keys());
}

/// Right code passes however the threads run. The wrong order has the disk's time to be seen in.
#[test]
fn no_key_is_in_use_before_it_is_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let (start, is_done) = (Barrier::new(2), AtomicBool::new(false));
    let watch = || {
        start.wait();
        while !is_done.load(Ordering::Relaxed) {
            let in_use = active(&keyring).to_hex();
            let stored = fs::read_to_string(&path).unwrap();
            assert!(stored.contains(&in_use), "sealed under a key in memory");
        }
    };
    let rotated = std::thread::scope(|threads| {
        threads.spawn(watch);
        start.wait();
        let rotate = |_| block_on(file.rotate_into(&keyring, &kms));
        let rotated: Result<Vec<_>, _> = (0..16).map(rotate).collect();
        is_done.store(true, Ordering::Relaxed);
        rotated
    });
    assert_eq!(rotated.unwrap().len(), 16);
    assert_eq!(keyring.keys().len(), 17);
}

#[test]
fn a_keyring_with_keys_of_its_own_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let content = fs::read(&path).unwrap();
    let in_memory_only = Keyring::generate().unwrap();
    let keys = in_memory_only.keys();
    assert_eq!(
        kind(block_on(file.rotate_into(&in_memory_only, &kms))),
        Some(KeyErrorKind::InvalidState)
    );
    assert_eq!(in_memory_only.keys(), keys);
    assert_eq!(fs::read(&path).unwrap(), content);

    // One that is behind loses nothing.
    let behind = block_on(file.unlock(&kms)).unwrap();
    block_on(file.rotate(&kms)).unwrap();
    block_on(file.rotate_into(&behind, &kms)).unwrap();
    assert_eq!(behind.keys().len(), 3);
    assert_eq!(behind.keys(), file.keyset().keys());

    // One that is ahead of a file loaded earlier: that file is the one to reload.
    let mut earlier = KeysetFile::load(&path).unwrap();
    block_on(file.rotate_into(&behind, &kms)).unwrap();
    let ahead = behind;
    assert_eq!(
        kind(block_on(earlier.rotate_into(&ahead, &kms))),
        Some(KeyErrorKind::Conflict)
    );
    assert_eq!(ahead.keys(), file.keyset().keys());
}

#[test]
fn threads_that_rotate_one_keyring_at_once_leave_it_as_the_file_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let keyring = block_on(file.unlock(&kms)).unwrap();
    let start = Barrier::new(3);
    let rotate = || {
        let mut file = KeysetFile::load(&path).unwrap();
        start.wait();
        for _ in 0..4 {
            while let Err(error) = block_on(file.rotate_into(&keyring, &kms)) {
                assert_eq!(error.kind(), KeyErrorKind::Conflict);
                file.reload().unwrap();
            }
        }
    };
    std::thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(rotate);
        }
    });
    let stored = KeysetFile::load(&path).unwrap();
    assert_eq!(stored.keyset().generation(), 13);
    assert_eq!(keyring.keys(), stored.keyset().keys());
}
