//! A keyset in a file.

use std::fs;
use std::path::Path;

use phi_seal::key::{DataKey, KeyErrorKind, KeysetFile};
use pollster::block_on;

use crate::fixtures::{kind, local, names, patient};

#[test]
fn a_file_keeps_every_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    assert_eq!(kind(KeysetFile::load(&path)), Some(KeyErrorKind::NotFound));
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    assert_eq!(
        kind(block_on(KeysetFile::create(&path, &kms))),
        Some(KeyErrorKind::AlreadyExists)
    );

    block_on(file.rotate(&kms)).unwrap();
    block_on(file.rotate(&kms)).unwrap();
    block_on(file.add(&DataKey::generate(patient()).unwrap(), &kms)).unwrap();
    block_on(file.rotate_scope(&patient(), &kms)).unwrap();
    block_on(file.disable(1, &kms)).unwrap();
    block_on(file.disable(2, &kms)).unwrap();
    block_on(file.enable(2, &kms)).unwrap();
    block_on(file.destroy(1, &kms)).unwrap();
    block_on(file.set_minimum_version(2, &kms)).unwrap();
    let other = local();
    block_on(file.rewrap(&kms, &other)).unwrap();
    assert_eq!(file.keyset().generation(), 11);

    let again = KeysetFile::load(&path).unwrap();
    assert!(again.keyset() == file.keyset());
    let keyring = block_on(again.unlock(&other)).unwrap();
    assert_eq!(keyring.keys(), file.keyset().keys());
    // A refused change leaves the file as it was.
    let before = fs::read(&path).unwrap();
    assert_eq!(
        kind(block_on(file.destroy(1, &other))),
        Some(KeyErrorKind::InvalidState)
    );
    assert_eq!(
        kind(block_on(file.rotate(&kms))),
        Some(KeyErrorKind::WrongKey)
    );
    assert_eq!(fs::read(&path).unwrap(), before);
    assert_eq!(names(folder.path()), ["keys.json", "keys.json.lock"]);
    assert!(!format!("{file:?}").contains("Klinik"));
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (folder.path().join("keys.json"), folder.path().join("link"));
    let kms = local();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    block_on(KeysetFile::create(&path, &kms)).unwrap();
    assert_eq!(mode(&path), 0o600);
    symlink(&path, &link).unwrap();
    let mut file = KeysetFile::load(&link).unwrap();
    block_on(file.rotate(&kms)).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("keys.json.lock")), 0o600);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(KeysetFile::load(&path).unwrap().keyset().generation(), 2);

    assert_eq!(
        kind(KeysetFile::load(folder.path())),
        Some(KeyErrorKind::Malformed)
    );
    let under_a_file = path.join("keys.json");
    assert_eq!(kind(KeysetFile::load(under_a_file)), Some(KeyErrorKind::Io));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_change_or_see_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let set_mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o600, 0o400, 0o640, 0o440, 0o700, 0o750] {
        set_mode(mode);
        assert!(KeysetFile::load(&path).is_ok(), "{mode:o}");
        assert!(file.reload().is_ok(), "{mode:o}");
    }
    let before = fs::read(&path).unwrap();
    let refused = Some(KeyErrorKind::Permissions);
    for mode in [0o620, 0o660, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777] {
        set_mode(mode);
        assert_eq!(kind(KeysetFile::load(&path)), refused, "{mode:o}");
        let made = block_on(KeysetFile::load_or_create(&path, &kms));
        assert_eq!(kind(made), refused, "{mode:o}");
        assert_eq!(kind(file.reload()), refused, "{mode:o}");
        assert_eq!(kind(block_on(file.rotate(&kms))), refused, "{mode:o}");
    }
    assert_eq!(fs::read(&path).unwrap(), before);

    // A change makes the file anew, for its owner only.
    set_mode(0o640);
    block_on(file.rotate(&kms)).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_damaged_or_missing_file_is_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    let kms = local();
    let mut file = block_on(KeysetFile::create(&path, &kms)).unwrap();
    let good = fs::read(&path).unwrap();
    let later = good.clone();
    let later = String::from_utf8(later)
        .unwrap()
        .replace("\"format\": 1", "\"format\": 2");
    for (content, expected) in [
        (&good[..good.len() / 2], KeyErrorKind::Malformed),
        (b"", KeyErrorKind::Malformed),
        (b"\0\0\0\0", KeyErrorKind::Malformed),
        (later.as_bytes(), KeyErrorKind::Unsupported),
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(kind(KeysetFile::load(&path)), Some(expected));
        assert_eq!(
            kind(block_on(KeysetFile::load_or_create(&path, &kms))),
            Some(expected)
        );
        let exists = Some(KeyErrorKind::AlreadyExists);
        assert_eq!(kind(block_on(KeysetFile::create(&path, &kms))), exists);
        assert_eq!(kind(block_on(file.rotate(&kms))), Some(expected));
        assert_eq!(kind(file.reload()), Some(expected));
        assert_eq!(fs::read(&path).unwrap(), content);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(
        kind(block_on(file.rotate(&kms))),
        Some(KeyErrorKind::NotFound)
    );
    assert!(!path.exists());
    let nowhere = folder.path().join("no/keys.json");
    let made = block_on(KeysetFile::load_or_create(nowhere, &kms));
    assert_eq!(kind(made), Some(KeyErrorKind::NotFound));
}
