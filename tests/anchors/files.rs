//! The anchor of files.

use std::fs;
use std::path::{Path, PathBuf};

use phi_seal::audit::journal::{
    Anchor, AnchorErrorKind, Checkpoint, FileAnchor, JournalKey, checkpoint_name, origin_name,
};

use crate::world::{key, kind, origin, signed};

fn file(folder: &Path, key: &JournalKey, size: u64) -> PathBuf {
    folder
        .join(origin_name(key.origin()))
        .join(checkpoint_name(size) + ".checkpoint")
}

#[test]
fn what_is_published_is_kept_and_the_largest_is_the_latest() {
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    assert_eq!(anchor.latest(key.origin()).unwrap(), None);
    for size in [2, 9, 10, 100] {
        let checkpoint = signed(&key, size, "a");
        anchor.publish(&checkpoint).unwrap();
        anchor.publish(&checkpoint).unwrap();
        let text = fs::read_to_string(file(folder.path(), &key, size)).unwrap();
        assert_eq!(text, checkpoint.as_str());
        assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), text);
    }
    for (bound, expected) in [
        (u64::MAX, Some(100)),
        (99, Some(10)),
        (2, Some(2)),
        (1, None),
    ] {
        let filed = anchor.latest_up_to(key.origin(), bound).unwrap();
        assert_eq!(filed.map(|filed| filed.size), expected);
    }
    // Whoever opens the folder later finds the same.
    let again = FileAnchor::new(folder.path()).latest(key.origin()).unwrap();
    assert_eq!(again.unwrap(), signed(&key, 100, "a").as_str());
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_and_nobody_may_write() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    anchor.publish(&signed(&key, 1, "a")).unwrap();
    let file = file(folder.path(), &key, 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o400, 0o700));
}

#[test]
fn another_history_and_a_shorter_one_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    anchor.publish(&signed(&key, 5, "a")).unwrap();
    let refused = Some(AnchorErrorKind::Refused);
    assert_eq!(kind(anchor.publish(&signed(&key, 5, "b"))), refused);
    assert_eq!(kind(anchor.publish(&signed(&key, 4, "a"))), refused);
    // The same, under another key's signature.
    assert_eq!(
        kind(anchor.publish(&signed(&crate::world::key(), 5, "a"))),
        refused
    );
    assert_eq!(
        anchor.latest(key.origin()).unwrap().unwrap(),
        signed(&key, 5, "a").as_str()
    );
    assert_eq!(
        fs::read_dir(file(folder.path(), &key, 5).parent().unwrap())
            .unwrap()
            .count(),
        1
    );
}

#[test]
fn of_two_who_publish_at_once_one_is_refused() {
    let key = key();
    for round in 0..200 {
        let folder = tempfile::tempdir().unwrap();
        let anchor = FileAnchor::new(folder.path());
        let publish = |entry| anchor.publish(&signed(&key, 3, entry));
        let (one, two) = std::thread::scope(|scope| {
            let one = scope.spawn(|| publish("a"));
            let two = scope.spawn(|| publish("b"));
            (one.join().unwrap(), two.join().unwrap())
        });
        let latest = anchor.latest(key.origin()).unwrap().unwrap();
        let winner = if one.is_ok() { "a" } else { "b" };
        assert!(one.is_ok() != two.is_ok(), "{round}: {one:?} {two:?}");
        assert_eq!(latest, signed(&key, 3, winner).as_str());
        // At once, or while the other was at it.
        let loser = kind(if one.is_ok() { two } else { one }).unwrap();
        use AnchorErrorKind::{Refused, Unreachable};
        assert!([Refused, Unreachable].contains(&loser), "{loser:?}");
        let again = publish(if winner == "a" { "b" } else { "a" });
        assert_eq!(kind(again), Some(Refused));
    }
}

#[test]
fn a_file_that_somebody_is_writing_is_left_to_them() {
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    let file = file(folder.path(), &key, 7);
    fs::create_dir(file.parent().unwrap()).unwrap();
    let writer = fs::File::create(&file).unwrap();
    writer.lock().unwrap();
    let left = kind(anchor.publish(&signed(&key, 7, "a")));
    assert_eq!(left, Some(AnchorErrorKind::Unreachable));
    assert_eq!(fs::read(&file).unwrap(), b"");
    drop(writer);
    anchor.publish(&signed(&key, 7, "a")).unwrap();
}

#[test]
fn a_file_that_a_crash_tore_counts_once_it_is_completed() {
    let key = key();
    let (before, torn) = (signed(&key, 3, "a"), signed(&key, 7, "a"));
    for cut in 0..torn.as_str().len() {
        let folder = tempfile::tempdir().unwrap();
        let anchor = FileAnchor::new(folder.path());
        anchor.publish(&before).unwrap();
        let file = file(folder.path(), &key, 7);
        fs::write(
            &file,
            &torn.as_str()[..torn.as_str().floor_char_boundary(cut)],
        )
        .unwrap();

        assert_eq!(
            anchor.latest(key.origin()).unwrap().unwrap(),
            before.as_str()
        );
        // Another history does not fit what is there, from where they differ on.
        let other = signed(&key, 7, "b");
        let differ = other
            .as_str()
            .bytes()
            .zip(torn.as_str().bytes())
            .position(|(a, b)| a != b);
        if torn.as_str().floor_char_boundary(cut) > differ.unwrap() {
            assert_eq!(kind(anchor.publish(&other)), Some(AnchorErrorKind::Refused));
        }
        anchor.publish(&torn).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), torn.as_str());
        assert_eq!(anchor.latest(key.origin()).unwrap().unwrap(), torn.as_str());
    }
}

#[test]
fn origins_do_not_mix() {
    let folder = tempfile::tempdir().unwrap();
    let anchor = FileAnchor::new(folder.path());
    let names = [
        "a", "A", "a/b", "a%2Fb", "a%2fb", "..", ".", "/", "a.", ".a",
    ];
    let keys = names.map(|name| JournalKey::generate(origin(name)).unwrap());
    for (size, key) in (1..).zip(&keys) {
        anchor.publish(&signed(key, size, "a")).unwrap();
    }
    for (size, key) in (1..).zip(&keys) {
        let latest = anchor.latest(key.origin()).unwrap().unwrap();
        assert_eq!(latest, signed(key, size, "a").as_str());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), names.len());
}

#[test]
fn what_is_no_checkpoint_by_its_name_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    anchor.publish(&signed(&key, 3, "a")).unwrap();
    let beside = file(folder.path(), &key, 3).parent().unwrap().to_path_buf();
    for name in [
        "9.checkpoint",
        "00000000000000000009",
        "00000000000000000009.checkpoint.tmp",
        "+0000000000000000009.checkpoint",
        "99999999999999999999.checkpoint",
    ] {
        fs::write(beside.join(name), signed(&key, 9, "a").as_str()).unwrap();
    }
    fs::write(folder.path().join("notes"), "x").unwrap();
    assert_eq!(
        anchor.latest(key.origin()).unwrap().unwrap(),
        signed(&key, 3, "a").as_str()
    );
}

#[test]
fn a_folder_that_is_not_there_is_an_error_and_is_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("canary-mount");
    let (anchor, key) = (FileAnchor::new(&missing), key());
    let published = anchor.publish(&signed(&key, 1, "a")).unwrap_err();
    assert_eq!(published.kind(), AnchorErrorKind::Missing);
    assert_eq!(
        kind(anchor.latest(key.origin())),
        Some(AnchorErrorKind::Missing)
    );
    assert!(!missing.exists());
    let said = format!("{published} {published:?} {anchor:?}");
    assert!(
        !said.contains("canary") && !said.contains("mercy"),
        "{said}"
    );

    let no_folder = folder.path().join("file");
    fs::write(&no_folder, "x").unwrap();
    let refused = kind(FileAnchor::new(&no_folder).publish(&signed(&key, 1, "a")));
    assert_eq!(refused, Some(AnchorErrorKind::Contract));
}

#[test]
fn an_origin_that_is_too_long_for_a_name_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let key = JournalKey::generate(origin(&"/".repeat(100))).unwrap();
    let refused = kind(FileAnchor::new(folder.path()).publish(&signed(&key, 1, "a")));
    assert_eq!(refused, Some(AnchorErrorKind::Contract));
}

#[cfg(target_os = "linux")]
#[test]
fn what_may_not_be_written_is_denied() {
    // Where nobody makes folders, not even root.
    let denied = FileAnchor::new("/sys/kernel").publish(&signed(&key(), 1, "a"));
    assert_eq!(kind(denied), Some(AnchorErrorKind::Denied));
}

#[test]
fn what_is_there_is_never_written_to_unless_it_is_the_beginning() {
    let key = key();
    for content in [
        vec![0xff],
        vec![b'x'; 262_145],
        b"ehr.mercy.example/audit\n2".to_vec(),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = file(folder.path(), &key, 1);
        fs::create_dir(file.parent().unwrap()).unwrap();
        fs::write(&file, &content).unwrap();
        let anchor = FileAnchor::new(folder.path());
        let refused = kind(anchor.publish(&signed(&key, 1, "a")));
        assert_eq!(refused, Some(AnchorErrorKind::Refused));
        assert!(fs::read(&file).unwrap() == content);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_mount_that_is_missing_is_noticed() {
    let (journal, anchored) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = key();
    let same = FileAnchor::new(anchored.path()).apart_from(journal.path());
    let refused = kind(same.publish(&signed(&key, 1, "a")));
    assert_eq!(refused, Some(AnchorErrorKind::Unprotected));
    assert_eq!(fs::read_dir(anchored.path()).unwrap().count(), 0);

    // `/proc` is a device of its own.
    let apart = FileAnchor::new(anchored.path()).apart_from("/proc");
    apart.publish(&signed(&key, 1, "a")).unwrap();
}

#[test]
fn any_number_of_entries_has_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let (anchor, key) = (FileAnchor::new(folder.path()), key());
    for size in [0, 1, u64::from(u32::MAX), Checkpoint::MAX_SIZE] {
        anchor.publish(&signed(&key, size, "a")).unwrap();
        assert!(file(folder.path(), &key, size).exists());
    }
}
