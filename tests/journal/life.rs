//! Making, opening, tending and closing a journal; every refusal, and what time brings.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use phi_seal::Purpose;
use phi_seal::access::ManualClock;
use phi_seal::audit::Durability;
use phi_seal::audit::journal::{
    Checkpoint, Entry, Journal, JournalBuilder, JournalErrorKind, JournalKey, NoteKind, Verifier,
};

use crate::ward::{
    self, ORIGIN, Ward, builder, clock, contents, key, key_of, note, public, records, verify,
};

fn kind(result: Result<Journal, phi_seal::audit::journal::JournalError>) -> JournalErrorKind {
    result.unwrap_err().kind()
}

/// The kinds of a journal's notes, in order.
fn notes(path: &Path) -> Vec<&'static str> {
    let kinds = ward::entries(path)
        .into_iter()
        .filter_map(|entry| entry.note());
    let name = |kind: &NoteKind| match kind {
        NoteKind::Begin { .. } => "begin",
        NoteKind::Open { .. } => "open",
        NoteKind::Heartbeat { .. } => "heartbeat",
        NoteKind::Spilled { .. } => "spilled",
        NoteKind::Close => "close",
        _ => "other",
    };
    kinds.map(|note| name(note.kind())).collect()
}

#[test]
fn a_journal_is_made_once_and_written_by_one() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let make = || builder(&path, &clock());
    assert_eq!(kind(make().open()), JournalErrorKind::NotFound);
    assert!(!path.exists(), "opening makes nothing");
    let journal = make().create().unwrap();
    assert_eq!(kind(make().create()), JournalErrorKind::InUse);
    assert_eq!(kind(make().open()), JournalErrorKind::InUse);
    journal.close().unwrap();
    assert_eq!(kind(make().create()), JournalErrorKind::AlreadyExists);
    drop(make().open().unwrap());
    drop(make().open().unwrap());
    assert_eq!(
        notes(&path),
        ["begin", "close", "open", "close", "open", "close"]
    );
    for entry in ward::entries(&path).iter().filter_map(Entry::note) {
        if let NoteKind::Open { clean, dropped, .. } = entry.kind() {
            assert_eq!((*clean, dropped), (true, &None), "dropping it closes it");
        }
    }
    // In a folder that is there and empty, too, and in none whose parent is missing.
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    fs::set_permissions(&empty, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(
        kind(builder(&empty, &clock()).open()),
        JournalErrorKind::NotFound
    );
    drop(builder(&empty, &clock()).create().unwrap());
    let nowhere = folder.path().join("no/where");
    assert_eq!(
        kind(builder(&nowhere, &clock()).create()),
        JournalErrorKind::NotFound
    );
}

#[test]
fn modes_keep_others_out() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    builder(&path, &clock()).create().unwrap().close().unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    for (name, _) in contents(&path) {
        assert_eq!(mode(&path.join(&name)), 0o600, "{name}");
    }
    for open in [0o750, 0o705, 0o770, 0o701] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        assert_eq!(
            kind(builder(&path, &clock()).open()),
            JournalErrorKind::Permissions
        );
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    // The second place, too.
    let second = folder.path().join("second");
    fs::create_dir(&second).unwrap();
    fs::set_permissions(&second, fs::Permissions::from_mode(0o755)).unwrap();
    let opened = builder(&path, &clock()).second_place(&second).open();
    assert_eq!(kind(opened), JournalErrorKind::Permissions);
    // A file is no folder.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    assert_eq!(
        kind(builder(&file, &clock()).open()),
        JournalErrorKind::Malformed
    );
}

#[test]
fn a_second_place_that_is_not_there_is_not_made_up() {
    let folder = ward::folder();
    let (path, second) = (folder.path().join("journal"), folder.path().join("second"));
    let place = || builder(&path, &clock()).second_place(&second);
    place().create().unwrap().close().unwrap();
    let mode = fs::metadata(&second).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    // As if its disk were not mounted: nothing is there, so nothing is missing.
    fs::remove_dir(&second).unwrap();
    place().open().unwrap().close().unwrap();
    assert!(!second.exists());
}

#[test]
fn another_origin_or_key_is_refused() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let ward = Ward::new(builder(&path, &clock()).create().unwrap());
    for number in 0..9 {
        ward.seal(format!("n{number}")).unwrap();
    }
    let signed = ward.journal.checkpoint();
    ward.close();
    let before = contents(&path);
    for other in [
        key_of("other.test", 7),
        key_of(ORIGIN, 8),
        key_of("other.test", 8),
    ] {
        let public = other.verifier();
        assert_eq!(
            kind(Journal::builder(&path, other).open()),
            JournalErrorKind::Foreign
        );
        let report = Verifier::new(public).verify(&path).unwrap();
        assert_eq!((report.intact, report.fault.unwrap().index), (0, 0));
    }
    let own = key_of("other.test", 7);
    let theirs = own.sign(&Checkpoint::new(own.origin().clone(), 1, [0; 32]));
    let opened = builder(&path, &clock()).trusts(theirs.clone()).open();
    assert_eq!(kind(opened), JournalErrorKind::Foreign);
    let error = Verifier::new(public())
        .trusts(theirs)
        .verify(&path)
        .unwrap_err();
    assert_eq!(error.kind(), JournalErrorKind::Foreign);
    assert_eq!(contents(&path), before, "nothing is changed");
    // Behind and diverged.
    let make = |size, root| key().sign(&Checkpoint::new(key().origin().clone(), size, root));
    let size = signed.checkpoint().size();
    for (trusted, expected) in [
        (make(size + 2, [1; 32]), JournalErrorKind::Behind),
        (make(u64::MAX >> 1, [1; 32]), JournalErrorKind::Behind),
        (make(size, [1; 32]), JournalErrorKind::Diverged),
        (make(2, [1; 32]), JournalErrorKind::Diverged),
        (make(1, [1; 32]), JournalErrorKind::Diverged),
    ] {
        let opened = builder(&path, &clock())
            .trusts(signed.clone())
            .trusts(trusted)
            .open();
        assert_eq!(kind(opened), expected);
        assert_eq!(contents(&path), before, "nothing is changed");
    }
    drop(builder(&path, &clock()).trusts(signed).open().unwrap());
}

/// A folder restored from a backup is refused by whoever holds a later checkpoint, and a new journal
/// goes on after it.
#[test]
fn a_restored_journal_goes_on_under_a_new_origin() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let ward = Ward::new(builder(&path, &clock()).create().unwrap());
    ward.seal("before").unwrap();
    let backup = folder.path().join("backup");
    ward::copy(&path, &backup);
    let old = ward.journal.checkpoint();
    ward.seal("after").unwrap();
    let newest = ward.journal.checkpoint();
    ward.close();
    let opened = builder(&backup, &clock()).trusts(newest.clone()).open();
    assert_eq!(kind(opened), JournalErrorKind::Behind);

    let next = folder.path().join("next");
    let create = |key: JournalKey| {
        Journal::builder(&next, key)
            .continues(newest.clone())
            .create()
    };
    assert_eq!(kind(create(key())), JournalErrorKind::Foreign);
    assert!(!next.exists());
    create(key_of("journal.test/2", 9))
        .unwrap()
        .close()
        .unwrap();
    let public = key_of("journal.test/2", 9).verifier();
    let first = phi_seal::audit::journal::Entries::open(&next, &public)
        .unwrap()
        .next();
    let begin = first.unwrap().unwrap().note().unwrap();
    let NoteKind::Begin { origin, continues } = begin.kind() else {
        panic!("{begin:?}");
    };
    let continued = continues.as_ref().unwrap();
    assert_eq!(
        (origin.as_str(), continued.origin.as_str()),
        ("journal.test/2", ORIGIN)
    );
    assert_eq!(continued.size, newest.checkpoint().size());
    assert_eq!(continued.checkpoint, newest.as_str());
    assert_eq!(Verifier::new(public).verify(&next).unwrap().fault, None);
    // Without anything that is held elsewhere, nobody could know.
    drop(builder(&backup, &clock()).trusts(old).open().unwrap());
}

#[test]
fn heartbeats_come_by_the_clock_and_silences_are_seen() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let clock = clock();
    let journal = builder(&path, &clock).create().unwrap();
    let beats = || {
        notes(&path)
            .iter()
            .filter(|note| **note == "heartbeat")
            .count()
    };
    journal.tend();
    clock.advance(Duration::from_secs(59));
    journal.tend();
    assert_eq!(beats(), 0);
    clock.advance(Duration::from_secs(1));
    journal.tend();
    journal.tend();
    assert_eq!(beats(), 1);
    for _ in 0..10 {
        clock.advance(Duration::from_secs(60));
        journal.tend();
    }
    assert_eq!(beats(), 11);
    assert_eq!(verify(&path, &[]).silences, []);
    // The process hangs.
    let entries = journal.status().entries;
    clock.advance(Duration::from_secs(121));
    journal.tend();
    let silences = verify(&path, &[]).silences;
    assert_eq!(silences.len(), 1);
    assert_eq!(
        (silences[0].after, silences[0].duration),
        (entries - 1, Duration::from_secs(121))
    );
    let lenient = Verifier::new(public()).heartbeat_every(Duration::from_secs(61));
    assert_eq!(lenient.verify(&path).unwrap().silences, []);
    // While it is closed, nothing is to be heard.
    journal.close().unwrap();
    clock.advance(Duration::from_secs(100_000));
    let journal = builder(&path, &clock).open().unwrap();
    assert_eq!(verify(&path, &[]).silences.len(), 1);
    // After a crash, there is.
    let left = folder.path().join("left");
    ward::copy(&path, &left);
    journal.close().unwrap();
    clock.advance(Duration::from_secs(300));
    builder(&left, &clock).open().unwrap().close().unwrap();
    let silences = verify(&left, &[]).silences;
    assert_eq!(
        (silences.len(), silences[1].duration),
        (2, Duration::from_secs(300))
    );
    // One's own interval.
    let quick = folder.path().join("quick");
    let journal = builder(&quick, &clock).heartbeat_every(Duration::from_secs(5));
    let journal = journal.create().unwrap();
    clock.advance(Duration::from_secs(5));
    journal.tend();
    assert_eq!(notes(&quick), ["begin", "heartbeat"]);
}

#[test]
fn segments_end_by_age_and_by_size() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let clock = clock();
    let make = || {
        builder(&path, &clock)
            .segment_bytes(u64::MAX)
            .segment_age(Duration::from_secs(3600))
    };
    let ward = Ward::new(make().create().unwrap());
    let count = || ward::segments(&path).len();
    ward.seal("n0").unwrap();
    clock.advance(Duration::from_secs(3599));
    ward.seal("n1").unwrap();
    assert_eq!(count(), 1);
    clock.advance(Duration::from_secs(1));
    ward.seal("n2").unwrap();
    assert_eq!(count(), 2);
    ward.seal("n3").unwrap();
    assert_eq!(count(), 2);
    ward.close();
    assert_eq!(count(), 2);
    // A new segment for each entry, if somebody wants that.
    let ward = Ward::new(make().segment_bytes(1).open().unwrap());
    let before = count();
    for number in 0..5 {
        ward.seal(format!("m{number}")).unwrap();
    }
    assert_eq!(count(), before + 5);
    ward.close();
    let report = verify(&path, &[]);
    assert_eq!((report.fault, report.unsigned), (None, 0));
    assert_eq!(records(&path).len(), 9);
}

/// With `Written`, nothing is signed before the disk has it, and the disk has it in time.
#[test]
fn what_is_written_is_synced_and_signed_in_time() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let clock = clock();
    let make = |path: &Path, clock: &Arc<ManualClock>| {
        builder(path, clock)
            .durability(Durability::Written)
            .segment_bytes(1 << 20)
    };
    let ward = Ward::new(make(&path, &clock).create().unwrap());
    let status = || {
        let status = ward.journal.status();
        (status.entries, status.signed)
    };
    ward.seal("n0").unwrap();
    ward.seal("n1").unwrap();
    assert_eq!(status(), (3, 1));
    assert_eq!(
        records(&path),
        ["n0", "n1"],
        "the operating system has them"
    );
    clock.advance(Duration::from_millis(100));
    ward.journal.tend();
    assert_eq!(status(), (3, 1));
    clock.advance(Duration::from_millis(900));
    ward.journal.tend();
    assert_eq!(status(), (3, 3));
    let report = verify(&path, &[ward.journal.checkpoint()]);
    assert_eq!((report.intact, report.unsigned), (3, 0));
    // Without the thread, the next event after that time does it.
    ward.seal("n2").unwrap();
    clock.advance(Duration::from_secs(1));
    ward.seal("n3").unwrap();
    assert_eq!(status(), (5, 5));
    ward.close();
    assert_eq!(verify(&path, &[]).unsigned, 0);
    // Another time.
    let quick = folder.path().join("quick");
    let journal = make(&quick, &clock)
        .sync_within(Duration::from_millis(10))
        .create()
        .unwrap();
    journal.heartbeat().unwrap();
    assert_eq!(journal.status().signed, 1);
    clock.advance(Duration::from_millis(10));
    journal.tend();
    assert_eq!(journal.status().signed, 2);
}

/// Threads that record at the same time share what is done for all, and nothing is lost or reordered.
#[test]
fn eight_threads_at_once() {
    const EVENTS: usize = 100;
    for durability in [Durability::Synced, Durability::Written] {
        let folder = ward::folder();
        let path = folder.path().join("journal");
        let journal = Journal::builder(&path, key())
            .durability(durability)
            .create();
        let ward = Ward::new(journal.unwrap());
        thread::scope(|scope| {
            for thread in 0..8 {
                let ward = &ward;
                scope.spawn(move || {
                    let session = ward.session(Purpose::Treatment);
                    for number in 0..EVENTS {
                        session.seal(&note(format!("{thread}.{number}"))).unwrap();
                    }
                });
            }
        });
        let status = ward.journal.status();
        ward.close();
        assert_eq!(status.entries, 8 * EVENTS as u64 + 1);
        let records = records(&path);
        assert_eq!(records.iter().collect::<BTreeSet<_>>().len(), 8 * EVENTS);
        for thread in 0..8 {
            let prefix = format!("{thread}.");
            let own = records
                .iter()
                .filter_map(|record| record.strip_prefix(&prefix));
            assert!(own.eq((0..EVENTS).map(|number| format!("{number}"))));
        }
        let checkpoints = ward::checkpoints(&path).len();
        println!(
            "{durability:?}: {} events, {checkpoints} checkpoints",
            8 * EVENTS
        );
        assert!(checkpoints < EVENTS);
        assert_eq!(verify(&path, &[]).unsigned, 0);
    }
}

/// The journal's own thread does what the tests above do by hand.
#[test]
fn the_thread_of_its_own_ends_with_the_journal() {
    let folder = ward::folder();
    let path = folder.path().join("journal");
    let make = || -> JournalBuilder { Journal::builder(&path, key()) };
    let ward = Ward::new(make().durability(Durability::Written).create().unwrap());
    ward.seal("n0").unwrap();
    // It gives the lock back, so it is gone.
    ward.close();
    let journal = make().open().unwrap();
    let status = journal.status();
    assert_eq!((status.entries, status.signed, status.elsewhere), (4, 4, 0));
    assert!(status.reserve_left > 1_000_000);
    journal.close().unwrap();
}
