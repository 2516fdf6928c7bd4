//! Arbitrary bytes as the file of a key store.
//!
//! As they are, and once more with the digest that nobody finds by chance, so that what is behind
//! it is seen too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use phi_seal::key::{FileStore, KeyErrorKind, KeyPage, KeyQuery, KeyState, KeyStore};
use pollster::block_on;
use sha2::{Digest, Sha256};

pub fn run(data: &[u8]) {
    // In memory, where there is such a folder: nothing here is to outlive the run.
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let folder = folder.expect("a temporary folder");
    let path = folder.path().join("keys.json");
    // Made first, for its mode of 0600.
    drop(FileStore::create(&path).expect("a file can be made"));
    check(&path, data);
    check(&path, &with_digest(data));
}

fn with_digest(rest: &[u8]) -> Vec<u8> {
    let digest = Sha256::digest(rest);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    [rest, format!("\"sha256\":\"{hex}\"}}\n").as_bytes()].concat()
}

fn check(path: &Path, content: &[u8]) {
    let write = || fs::write(path, content).expect("the file can be written");
    let read = || fs::read(path).expect("the file can be read");
    write();
    let store = match FileStore::open(path) {
        Ok(store) => store,
        Err(error) => {
            let kind = error.kind();
            assert!(matches!(
                kind,
                KeyErrorKind::Malformed | KeyErrorKind::Unsupported
            ));
            assert!(read() == content, "a bad file was changed");
            return;
        }
    };
    let page = all(&store);
    hold_together(&page);
    for row in &page.rows {
        let by_id = block_on(store.find(&[KeyQuery::Id(row.id)])).expect("it was read");
        assert!(by_id == [row.clone()], "another row of that id");
        let scope = KeyQuery::Scope(row.scope.clone());
        let by_scope = block_on(store.find(&[scope])).expect("it was read");
        let of_scope = page.rows.iter().filter(|other| other.scope == row.scope);
        assert!(of_scope.eq(&by_scope), "other rows of that scope");
    }
    // Written anew it is the same, and has one spelling.
    block_on(store.apply(&[])).expect("what was read can be written");
    let written = read();
    let again = FileStore::open(path).expect("what was written is read");
    let reread = all(&again);
    assert!(reread.rows == page.rows && reread.generation == page.generation);
    block_on(again.apply(&[])).expect("what was read can be written");
    assert!(read() == written, "two spellings of the same rows");
    // Left for the next, of its mode.
    write();
}

fn all(store: &FileStore) -> KeyPage {
    block_on(store.page(None, usize::MAX)).expect("it was read when it was opened")
}

/// What a store promises of any rows it hands out.
fn hold_together(page: &KeyPage) {
    assert!(page.rows.is_sorted_by(|one, other| one.id < other.id));
    let in_state = |state| page.rows.iter().filter(move |row| row.state == state);
    assert!(in_state(KeyState::Destroyed).count() as u64 <= page.generation);
    let mut versions = BTreeMap::new();
    let mut active = BTreeMap::new();
    for row in &page.rows {
        let tenant = row
            .scope
            .tenant_id()
            .expect("each row is a tenant's")
            .as_str();
        let subject = row.scope.subject_id().map(|subject| subject.as_str());
        let scope = (row.scope.key_use().code(), tenant, subject);
        assert!(row.version > 0);
        assert_eq!(row.wrapped.is_none(), row.state == KeyState::Destroyed);
        assert_eq!(versions.insert((scope, row.version), ()), None);
        if row.state == KeyState::Active {
            assert_eq!(active.insert(scope, ()), None);
        }
    }
}
