//! A journal and its anchor, as `docs/anchoring.md` puts them together.

use std::fs;
use std::path::Path;

use phi_seal::audit::journal::{
    Anchor, FileAnchor, Journal, JournalError, JournalErrorKind, JournalKey, newest_anchored,
};

use crate::world::origin;

fn open(journal: &Path, anchor: &FileAnchor, key: &str) -> Result<Journal, JournalError> {
    let key = JournalKey::from_text(key).unwrap();
    let anchored = newest_anchored([anchor as &dyn Anchor], &key.verifier());
    assert!(anchored.errors().next().is_none() && !anchored.is_forked());
    let mut builder = Journal::builder(journal, key).tended_by_hand();
    for checkpoint in anchored.trusted() {
        builder = builder.trusts(checkpoint.clone());
    }
    builder.open()
}

#[test]
fn a_journal_that_was_restored_from_a_backup_does_not_go_on() {
    let (folder, mount) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (path, backup) = (folder.path().join("journal"), folder.path().join("backup"));
    let anchor = FileAnchor::new(mount.path());
    let key = JournalKey::generate(origin("ehr.mercy.example/audit")).unwrap();
    let secret = key.to_secret_text().into_string().unwrap();

    let journal = Journal::builder(&path, key)
        .tended_by_hand()
        .create()
        .unwrap();
    anchor.publish(&journal.checkpoint()).unwrap();
    journal.close().unwrap();
    copy(&path, &backup);

    let journal = open(&path, &anchor, &secret).unwrap();
    journal.heartbeat().unwrap();
    journal.heartbeat().unwrap();
    anchor.publish(&journal.checkpoint()).unwrap();
    journal.close().unwrap();
    drop(open(&path, &anchor, &secret).unwrap());

    let refused = open(&backup, &anchor, &secret).unwrap_err();
    assert_eq!(refused.kind(), JournalErrorKind::Behind);
    // Who does not ask the anchor does not notice, and is refused when they come to it.
    let key = JournalKey::from_text(&secret).unwrap();
    let restored = Journal::builder(&backup, key)
        .tended_by_hand()
        .open()
        .unwrap();
    let size = restored.checkpoint().checkpoint().size();
    let refused = anchor.publish(&restored.checkpoint()).unwrap_err();
    let kind = refused.kind();
    assert_eq!(
        kind,
        phi_seal::audit::journal::AnchorErrorKind::Refused,
        "{size}"
    );
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    let mode = fs::metadata(from).unwrap().permissions();
    fs::set_permissions(to, mode).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
