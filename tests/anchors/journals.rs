//! Anchors in the life of a journal.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::journal::{
    Anchor, AnchorError, AnchorErrorKind, Entries, FaultReason, FileAnchor, Journal,
    JournalBuilder, JournalErrorKind, JournalKey, NoteKind, Origin, SignedCheckpoint, Verifier,
    from_fn, newest_anchored,
};

use crate::world::origin;

struct Site {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    secret: String,
}

impl Site {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("anchor")).unwrap();
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let secret = crate::world::key().to_secret_text();
        Self {
            folder,
            clock: Arc::new(ManualClock::new(noon)),
            secret: String::from_utf8(secret.as_slice().to_vec()).unwrap(),
        }
    }

    fn key(&self) -> JournalKey {
        JournalKey::from_text(&self.secret).unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn anchor(&self) -> FileAnchor {
        FileAnchor::new(self.path("anchor"))
    }

    /// Without an anchor.
    fn bare(&self) -> JournalBuilder {
        let builder = Journal::builder(self.path("journal"), self.key());
        builder.clock(self.clock.clone()).tended_by_hand()
    }

    /// No two notes say the same.
    fn record(&self, journal: &Journal, entries: usize) {
        for _ in 0..entries {
            self.clock.advance(Duration::from_secs(1));
            journal.heartbeat().unwrap();
        }
    }

    fn notes(&self, name: &str, key: &JournalKey) -> Vec<NoteKind> {
        let entries = Entries::open(self.path(name), &key.verifier()).unwrap();
        entries
            .map(|entry| entry.unwrap().note().unwrap().kind().clone())
            .collect()
    }

    fn anchored(&self) -> Vec<SignedCheckpoint> {
        let anchored = newest_anchored([&self.anchor() as &dyn Anchor], &self.key().verifier());
        assert!(anchored.errors().next().is_none());
        anchored.trusted().cloned().collect()
    }

    /// A journal, its backup of 5 entries, and 9 entries that the anchor knows.
    fn restored(&self) {
        let journal = self.bare().anchor(self.anchor()).create().unwrap();
        self.record(&journal, 3);
        journal.close().unwrap();
        copy(&self.path("journal"), &self.path("backup"));
        let journal = self.bare().anchor(self.anchor()).open().unwrap();
        self.record(&journal, 2);
        journal.close().unwrap();
        assert_eq!(self.anchored()[0].checkpoint().size(), 9);
        fs::rename(self.path("journal"), self.path("gone")).unwrap();
        copy(&self.path("backup"), &self.path("journal"));
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    #[cfg(unix)]
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

fn kind(builder: JournalBuilder) -> Option<JournalErrorKind> {
    builder.open().err().map(|error| error.kind())
}

#[test]
fn a_journal_from_a_backup_is_behind_and_goes_on_under_another_origin() {
    let site = Site::new();
    site.restored();
    let refused = site.bare().anchor(site.anchor()).open().unwrap_err();
    assert_eq!(
        (refused.kind(), refused.entry()),
        (JournalErrorKind::Behind, Some(5))
    );
    let verifier = Verifier::new(site.key().verifier()).trusts(site.anchored().remove(0));
    let fault = verifier
        .verify(site.path("journal"))
        .unwrap()
        .fault
        .unwrap();
    assert_eq!((fault.index, fault.reason), (5, FaultReason::Truncated));

    let last = site.anchored().remove(0);
    let key = JournalKey::generate(origin("ehr.mercy.example/audit-2")).unwrap();
    let verifier = key.verifier();
    let secret = key.to_secret_text();
    let next = Journal::builder(site.path("next"), key);
    let next = next
        .anchor(site.anchor())
        .continues(last.clone())
        .tended_by_hand();
    next.create().unwrap().close().unwrap();
    let key = JournalKey::from_text(std::str::from_utf8(secret.as_slice()).unwrap()).unwrap();
    let NoteKind::Begin {
        origin,
        continues: Some(continues),
        ..
    } = site.notes("next", &key).remove(0)
    else {
        panic!("it begins with what it continues")
    };
    assert_eq!(origin, "ehr.mercy.example/audit-2");
    assert_eq!(continues.origin, "ehr.mercy.example/audit");
    assert_eq!((continues.size, &*continues.checkpoint), (9, last.as_str()));
    // The anchor keeps both.
    let next = Journal::builder(site.path("next"), key);
    next.anchor(site.anchor())
        .tended_by_hand()
        .open()
        .unwrap()
        .close()
        .unwrap();
    let anchored = newest_anchored([&site.anchor() as &dyn Anchor], &verifier);
    assert_eq!(anchored.newest().unwrap().checkpoint().size(), 4);
    assert_eq!(site.anchored(), [last]);
}

#[test]
fn another_history_of_the_same_length_has_diverged() {
    let site = Site::new();
    site.restored();
    // Somebody goes on with the backup, without the anchor, past what it knows.
    let journal = site.bare().open().unwrap();
    site.record(&journal, 6);
    journal.close().unwrap();
    let with_anchor = || site.bare().anchor(site.anchor());
    assert_eq!(kind(with_anchor()), Some(JournalErrorKind::Diverged));
    // The one that was there before is the anchor's.
    fs::rename(site.path("journal"), site.path("fork")).unwrap();
    fs::rename(site.path("gone"), site.path("journal")).unwrap();
    assert_eq!(kind(with_anchor()), None);
}

#[test]
fn an_origin_that_an_anchor_knows_is_not_begun_a_second_time() {
    let site = Site::new();
    site.restored();
    fs::remove_dir_all(site.path("journal")).unwrap();
    let refused = site.bare().anchor(site.anchor()).create().unwrap_err();
    assert_eq!(refused.kind(), JournalErrorKind::Behind);
    let refused = site.bare().trusts(site.anchored().remove(0)).create();
    assert_eq!(refused.unwrap_err().kind(), JournalErrorKind::Behind);
    site.bare().create().unwrap();
    let there = site.bare().anchor(site.anchor()).create().unwrap_err();
    assert_eq!(there.kind(), JournalErrorKind::AlreadyExists);
}

#[test]
fn the_last_checkpoint_is_anchored_when_the_journal_is_closed() {
    let site = Site::new();
    let journal = site.bare().anchor(site.anchor()).create().unwrap();
    site.record(&journal, 4);
    assert_eq!((journal.status().anchored, site.anchored().len()), (0, 0));
    assert_eq!(journal.anchor().unwrap(), 5);
    assert_eq!(journal.status().anchored, 5);
    site.record(&journal, 2);
    journal.close().unwrap();
    let verifier = Verifier::new(site.key().verifier());
    let verifier = site.anchored().into_iter().fold(verifier, Verifier::trusts);
    let report = verifier.verify(site.path("journal")).unwrap();
    assert_eq!(
        (report.entries, report.anchored, report.fault),
        (8, 8, None)
    );
    // The heartbeats say what was anchored when they were written.
    let told: Vec<_> = site
        .notes("journal", &site.key())
        .into_iter()
        .filter_map(|note| match note {
            NoteKind::Heartbeat { anchored, .. } => Some(anchored.get("file").copied()),
            _ => None,
        })
        .collect();
    let expected = [None, None, None, None, Some(5), Some(5)];
    assert_eq!(told, expected);
}

#[test]
fn an_anchor_that_cannot_be_asked_is_named_and_stops_nothing() {
    let site = Site::new();
    site.bare().create().unwrap().close().unwrap();
    let error = AnchorError::new(AnchorErrorKind::Unreachable, "down");
    let down = from_fn("cloud", move |_| Err(error), move |_: &Origin| Err(error));
    let journal = site
        .bare()
        .anchor(down)
        .anchor(site.anchor())
        .open()
        .unwrap();
    site.record(&journal, 3);
    assert_eq!(journal.anchor(), Err(error));
    // The other one has it all the same.
    let status = journal.status();
    assert_eq!((status.entries, status.anchored), (6, 6));
    assert_eq!(status.anchor_error, Some(error));
    assert_eq!(site.anchored()[0].checkpoint().size(), 6);
    site.record(&journal, 1);
    assert_eq!(journal.status().entries, 7);
    journal.close().unwrap();
    let opened = site
        .notes("journal", &site.key())
        .into_iter()
        .find_map(|note| match note {
            NoteKind::Open { unasked, .. } => Some(unasked),
            _ => None,
        });
    assert_eq!(opened.unwrap(), ["cloud"]);
}

#[test]
fn two_anchors_of_one_name_are_two() {
    let site = Site::new();
    let folders = ["one", "two"].map(|name| site.path(name));
    let builder = folders.iter().fold(site.bare(), |builder, folder| {
        fs::create_dir(folder).unwrap();
        builder.anchor(FileAnchor::new(folder))
    });
    let journal = builder.create().unwrap();
    site.record(&journal, 2);
    assert_eq!(journal.anchor().unwrap(), 3);
    for folder in folders {
        let anchor = FileAnchor::new(folder);
        let newest = newest_anchored([&anchor as &dyn Anchor], &site.key().verifier());
        assert_eq!(newest.newest().unwrap().checkpoint().size(), 3);
    }
}

#[test]
fn a_slow_anchor_holds_up_nobody_who_records() {
    let site = Site::new();
    let (entered, enters) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let (entered, released) = (Mutex::new(entered), Mutex::new(released));
    let slow = from_fn(
        "slow",
        move |_: &SignedCheckpoint| {
            let _ = entered.lock().unwrap().send(());
            // Until the test lets go of the other end.
            let _ = released.lock().unwrap().recv();
            Ok(())
        },
        |_: &Origin| Ok(None),
    );
    let builder = Journal::builder(site.path("journal"), site.key()).anchor(slow);
    let builder = builder.anchor_every(Duration::from_millis(1));
    let journal = builder.heartbeat_every(Duration::MAX).create().unwrap();
    enters.recv().unwrap();
    for _ in 0..20 {
        journal.heartbeat().unwrap();
    }
    let status = journal.status();
    assert_eq!((status.entries, status.anchored), (21, 0));
    assert_eq!(journal.checkpoint().checkpoint().size(), 21);
    drop(release);
    journal.close().unwrap();
    let report = Verifier::new(site.key().verifier()).verify(site.path("journal"));
    assert_eq!(report.unwrap().entries, 22);
}

/// An older checkpoint that arrives after a newer one looks like a second history.
#[test]
fn whoever_anchors_at_the_same_time_anchors_in_order() {
    let site = Site::new();
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let (kept, inside) = (sizes.clone(), AtomicUsize::new(0));
    let slow = from_fn(
        "slow",
        move |checkpoint: &SignedCheckpoint| {
            let is_alone = inside.fetch_add(1, Ordering::SeqCst) == 0;
            (0..100).for_each(|_| std::thread::yield_now());
            kept.lock().unwrap().push(checkpoint.checkpoint().size());
            inside.fetch_sub(1, Ordering::SeqCst);
            assert!(is_alone);
            Ok(())
        },
        |_: &Origin| Ok(None),
    );
    let journal = site
        .bare()
        .anchor(slow)
        .anchor(site.anchor())
        .create()
        .unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    journal.heartbeat().unwrap();
                    journal.anchor().unwrap();
                }
            });
        }
    });
    assert!(sizes.lock().unwrap().is_sorted());
    assert_eq!(
        (journal.status().anchored, journal.status().anchor_error),
        (201, None)
    );
}
