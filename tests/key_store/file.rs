//! The store on a file, undamaged.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use phi_seal::KeyId;
use phi_seal::key::{
    BoxFuture, FileStore, KeyChange, KeyError, KeyErrorKind, KeyPage, KeyQuery, KeyScope, KeyState,
    KeyStore, StoredKey,
};
use pollster::block_on;

use crate::damage::{VECTOR, vector_rows, with_digest};
use crate::suite::{
    CHECKS, add, content, kind, race_for_the_first_key, race_to_rotate, replace, row, turned,
};

#[test]
fn it_is_a_key_store() {
    for (name, check) in CHECKS {
        println!("{name}");
        let folder = tempfile::tempdir().unwrap();
        block_on(check(&FileStore::create(path(&folder)).unwrap()));
        let shared = Arc::new(Newcomer(path(&folder).with_file_name("other.json")));
        FileStore::create(&shared.0).unwrap();
        block_on(check(&shared));
        let (one, other) = (fs::read(path(&folder)), fs::read(&shared.0));
        assert!(one.unwrap() == other.unwrap(), "the same content");
    }
}

#[test]
fn of_several_threads_and_stores_one_wins() {
    for round in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let stores = [(); 3].map(|()| FileStore::open_or_create(path(&folder)).unwrap());
        let stores: Vec<&dyn KeyStore> = stores.iter().map(|store| store as _).collect();
        // All threads at one store, and each at its own.
        let stores = &stores[..1 + 2 * (round % 2)];
        let apply = |store: &dyn KeyStore, changes: &[_]| block_on(store.apply(changes));
        let first = race_for_the_first_key(stores, &apply);
        for store in stores {
            let (rows, _) = block_on(content(*store));
            assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [first]);
        }
        fs::remove_file(path(&folder)).unwrap();
        FileStore::create(path(&folder)).unwrap();
        let active = race_to_rotate(stores, &apply);
        let (rows, _) = block_on(content(stores[0]));
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].id, rows[0].state), (active, KeyState::Active));
        assert_eq!(names(folder.path()), ["keys.json", "keys.json.lock"]);
    }
}

#[test]
fn threads_that_change_and_read_at_once_lose_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let shared = FileStore::create(path(&folder)).unwrap();
    std::thread::scope(|threads| {
        for writer in 0..3 {
            let (path, shared) = (path(&folder), &shared);
            threads.spawn(move || {
                let own = FileStore::open(path).unwrap();
                let store = if writer == 0 { shared } else { &own };
                for n in 0..20 {
                    let row = row(100 * writer + n, &format!("t{writer}"), n + 1, LAST);
                    block_on(store.apply(&[add(&row)])).unwrap();
                    // Each sees its own change, and nothing that is half there.
                    let query = [KeyQuery::Scope(row.scope.clone())];
                    let found = block_on(store.find(&query)).unwrap();
                    assert_eq!(found.len(), n as usize + 1);
                }
            });
        }
    });
    assert_eq!(block_on(content(&shared)).0.len(), 60);
}

#[test]
fn the_file_is_as_its_page_says() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::create(path(&folder)).unwrap();
    let head = r#"{"format":"phi-seal-keys","version":1,"generation":0,"keys":["#;
    let empty = with_digest(&format!("{head}\n],"));
    assert_eq!(fs::read(path(&folder)).unwrap(), empty);
    let rows = vector_rows();
    block_on(store.apply(&rows.iter().map(add).collect::<Vec<_>>())).unwrap();
    assert_eq!(fs::read(path(&folder)).unwrap(), VECTOR);
}

#[test]
fn nothing_is_made_but_by_those_who_make() {
    let folder = tempfile::tempdir().unwrap();
    let missing = Some(KeyErrorKind::NotFound);
    assert_eq!(kind(FileStore::open(path(&folder))), missing);
    let nowhere = folder.path().join("none/keys.json");
    assert_eq!(kind(FileStore::open(&nowhere)), missing);
    assert_eq!(kind(FileStore::create(&nowhere)), missing);
    assert_eq!(kind(FileStore::open_or_create(&nowhere)), missing);
    assert_eq!(names(folder.path()), Vec::<String>::new());

    let store = FileStore::create(path(&folder)).unwrap();
    let one = row(1, "t", 1, KeyState::Active);
    block_on(store.apply(&[add(&one)])).unwrap();
    let before = fs::read(path(&folder)).unwrap();
    let exists = Some(KeyErrorKind::AlreadyExists);
    assert_eq!(kind(FileStore::create(path(&folder))), exists);
    assert_eq!(fs::read(path(&folder)).unwrap(), before);
    let again = FileStore::open_or_create(path(&folder)).unwrap();
    assert!(block_on(content(&again)) == (vec![one.clone()], 0));
    assert_eq!(format!("{again:?}"), "FileStore { .. }");

    // A store that has seen its file finds it gone, and does not begin anew.
    fs::remove_file(path(&folder)).unwrap();
    let query = [KeyQuery::Id(one.id)];
    assert_eq!(kind(block_on(store.find(&query))), missing);
    assert_eq!(kind(block_on(store.page(None, 1))), missing);
    assert_eq!(kind(block_on(store.apply(&[add(&one)]))), missing);
    assert_eq!(kind(block_on(store.apply(&[]))), missing);
    assert_eq!(names(folder.path()), ["keys.json.lock"]);
    // And finds it again when it is back.
    fs::write(path(&folder), &before).unwrap();
    private(&path(&folder));
    assert_eq!(block_on(store.find(&query)).unwrap(), [one]);
}

#[test]
fn what_others_do_is_seen_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let one = FileStore::create(path(&folder)).unwrap();
    let other = FileStore::open(path(&folder)).unwrap();
    let mut rows = Vec::new();
    for n in 1..=20 {
        let (writer, reader) = if n % 2 == 0 {
            (&one, &other)
        } else {
            (&other, &one)
        };
        let row = row(n, "t", n, LAST);
        block_on(writer.apply(&[add(&row)])).unwrap();
        rows.push(row);
        assert!(block_on(content(reader)) == (rows.clone(), 0));
        assert!(block_on(content(writer)) == (rows.clone(), 0));
    }
    // Also of who replaces the file, as by a backup, and who writes into it.
    let old = fs::read(path(&folder)).unwrap();
    let gone = [replace(&rows[0], &turned(&rows[0], KeyState::Destroyed))];
    block_on(one.apply(&gone)).unwrap();
    assert_eq!(block_on(content(&other)).1, 1);
    let backup = folder.path().join("backup");
    fs::write(&backup, &old).unwrap();
    private(&backup);
    fs::rename(&backup, path(&folder)).unwrap();
    assert_eq!(block_on(content(&other)).1, 0);
    assert_eq!(block_on(content(&one)).1, 0);
    fs::write(path(&folder), &old[..old.len() - 1]).unwrap();
    let damaged = Some(KeyErrorKind::Malformed);
    assert_eq!(kind(block_on(other.page(None, 1))), damaged);
    assert_eq!(kind(block_on(one.apply(&gone))), damaged);
    fs::write(path(&folder), &old).unwrap();
    assert!(block_on(content(&other)) == (rows, 0));
}

#[test]
fn a_row_that_is_none_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::create(path(&folder)).unwrap();
    let good = row(1, "t", 1, LAST);
    block_on(store.apply(&[add(&good)])).unwrap();
    let before = fs::read(path(&folder)).unwrap();
    let edits: [fn(&mut StoredKey); 13] = [
        |row| row.version = 0,
        |row| row.wrapped = None,
        |row| row.wrapped = Some(vec![]),
        |row| row.wrapped = Some(vec![7; 8193]),
        |row| row.state = KeyState::Destroyed,
        |row| (row.state, row.wrapped) = (KeyState::Active, None),
        |row| (row.state, row.wrapped) = (KeyState::Disabled, None),
        |row| row.reference.clear(),
        |row| row.reference = "x".repeat(513),
        |row| row.reference = "line\nend".into(),
        |row| row.reference = "sch\u{f6}n".into(),
        |row| row.reference = "del\u{7f}".into(),
        |row| row.scope = KeyScope::default(),
    ];
    for (nth, edit) in edits.iter().enumerate() {
        let mut bad = row(2, "t", 2, LAST);
        edit(&mut bad);
        let mut to = good.clone();
        edit(&mut to);
        let another = row(3, "t", 3, LAST);
        let changes: [&[KeyChange]; 3] = [
            &[add(&bad)],
            &[add(&another), add(&bad)],
            &[replace(&good, &to), add(&another)],
        ];
        for changes in changes {
            let answer = kind(block_on(store.apply(changes)));
            assert_eq!(answer, Some(KeyErrorKind::Malformed), "edit {nth}");
        }
    }
    assert_eq!(fs::read(path(&folder)).unwrap(), before);

    // More than can be read back.
    let mut long = (10..).map(|n| row(n, "t", n, LAST)).map(|mut row| {
        row.wrapped = Some(vec![7; 8192]);
        add(&row)
    });
    let too_many: Vec<_> = long.by_ref().take(6000).collect();
    assert_eq!(
        kind(block_on(store.apply(&too_many))),
        Some(KeyErrorKind::Io)
    );
    assert_eq!(fs::read(path(&folder)).unwrap(), before);
    block_on(store.apply(&too_many[..5000])).unwrap();
    assert_eq!(block_on(store.page(None, 9999)).unwrap().rows.len(), 5001);
}

#[cfg(unix)]
#[test]
fn files_belong_to_their_owner_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let (path, link) = (path(&folder), folder.path().join("link"));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    FileStore::create(&path).unwrap();
    assert_eq!(mode(&path), 0o600);
    symlink(&path, &link).unwrap();
    let store = FileStore::open(&link).unwrap();
    let one = row(1, "t", 1, LAST);
    block_on(store.apply(&[add(&one)])).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&folder.path().join("keys.json.lock")), 0o600);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    let seen = FileStore::open(&path).unwrap();
    assert!(block_on(content(&seen)) == (vec![one.clone()], 0));

    let nothing = Some(KeyErrorKind::Malformed);
    assert_eq!(kind(FileStore::open(folder.path())), nothing);
    assert_eq!(kind(FileStore::open("/dev/null")), nothing);
    let under_a_file = path.join("keys.json");
    assert_eq!(kind(FileStore::open(under_a_file)), Some(KeyErrorKind::Io));
    // Nothing is read from a link that leads nowhere, and nothing made through it.
    fs::remove_file(&path).unwrap();
    let missing = Some(KeyErrorKind::NotFound);
    assert_eq!(kind(FileStore::open(&link)), missing);
    let exists = Some(KeyErrorKind::AlreadyExists);
    assert_eq!(kind(FileStore::create(&link)), exists);
    assert_eq!(kind(FileStore::open_or_create(&link)), missing);
}

#[cfg(unix)]
#[test]
fn a_file_that_others_may_change_or_see_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = path(&folder);
    let store = FileStore::create(&path).unwrap();
    let one = row(1, "t", 1, LAST);
    block_on(store.apply(&[add(&one)])).unwrap();
    let set_mode = |mode| fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    for mode in [0o600, 0o400, 0o640, 0o440, 0o700, 0o750] {
        set_mode(mode);
        assert!(FileStore::open(&path).is_ok(), "{mode:o}");
        assert!(block_on(store.page(None, 1)).is_ok(), "{mode:o}");
    }
    let before = fs::read(&path).unwrap();
    let refused = Some(KeyErrorKind::Permissions);
    for mode in [0o620, 0o660, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777] {
        // Also one that was good a moment ago, and whose content is known.
        set_mode(0o600);
        assert!(block_on(store.page(None, 1)).is_ok());
        set_mode(mode);
        assert_eq!(kind(FileStore::open(&path)), refused, "{mode:o}");
        assert_eq!(kind(FileStore::open_or_create(&path)), refused, "{mode:o}");
        assert_eq!(kind(block_on(store.page(None, 1))), refused, "{mode:o}");
        let found = block_on(store.find(&[KeyQuery::Id(one.id)]));
        assert_eq!(kind(found), refused, "{mode:o}");
        let another = row(2, "t", 2, LAST);
        assert_eq!(kind(block_on(store.apply(&[add(&another)]))), refused);
    }
    assert_eq!(fs::read(&path).unwrap(), before);
    // A change makes the file anew, for its owner only.
    set_mode(0o640);
    block_on(store.apply(&[add(&row(2, "t", 2, LAST))])).unwrap();
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_lock_that_cannot_be_taken_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::create(path(&folder)).unwrap();
    let before = fs::read(path(&folder)).unwrap();
    let lock = folder.path().join("keys.json.lock");
    fs::create_dir(&lock).unwrap();
    let one = row(1, "t", 1, LAST);
    assert_eq!(
        kind(block_on(store.apply(&[add(&one)]))),
        Some(KeyErrorKind::Io)
    );
    assert_eq!(fs::read(path(&folder)).unwrap(), before);
    fs::remove_dir(&lock).unwrap();
    block_on(store.apply(&[add(&one)])).unwrap();
}

/// A store that is opened for each call, as by a process that has just begun.
#[derive(Debug)]
struct Newcomer(PathBuf);

impl KeyStore for Newcomer {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        Box::pin(async { FileStore::open(&self.0)?.find(queries).await })
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(async { FileStore::open(&self.0)?.apply(changes).await })
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        Box::pin(async move { FileStore::open(&self.0)?.page(after, limit).await })
    }
}

const LAST: KeyState = KeyState::DecryptOnly;

pub(crate) fn path(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("keys.json")
}

/// For its owner only, as the store wants it.
pub(crate) fn private(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    #[cfg(not(unix))]
    let _ = path;
}

pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// No test of anything: prints what `docs/keys.md` states.
#[test]
#[ignore = "measures; run it with --release --nocapture"]
fn cost_of_ten_thousand_keys() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    let path = path(&folder);
    let store = FileStore::create(&path).unwrap();
    let rows: Vec<_> = (0..10_000)
        .map(|n| row(n, &format!("tenant-{}", n / 100), n + 1, LAST))
        .collect();
    block_on(store.apply(&rows.iter().map(add).collect::<Vec<_>>())).unwrap();
    println!("{} bytes", fs::metadata(&path).unwrap().len());
    let query = [KeyQuery::Id(rows[777].id)];
    let timed = |what: &str, f: &dyn Fn(u32)| {
        let times = (0..21).map(|n| {
            let start = std::time::Instant::now();
            f(n);
            start.elapsed()
        });
        let mut times: Vec<_> = times.collect();
        times.sort();
        println!(
            "{what}: median {:?}, of {:?} to {:?}",
            times[10], times[0], times[20]
        );
    };
    timed("change", &|n| {
        let row = row(10_000 + n, "t", n + 1, LAST);
        block_on(store.apply(&[add(&row)])).unwrap();
    });
    timed("open and look up", &|_| {
        let store = FileStore::open(&path).unwrap();
        assert_eq!(block_on(store.find(&query)).unwrap().len(), 1);
    });
    timed("look up again", &|_| {
        assert_eq!(block_on(store.find(&query)).unwrap().len(), 1);
    });
}
