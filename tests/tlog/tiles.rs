//! The layout of exported tiles, and that a longer export is the same as one from the beginning.

use std::collections::BTreeSet;
use std::fs;

use phi_seal::audit::journal::{
    CheckpointErrorKind, Frontier, TileExport, Tiles, TilesError, TilesErrorKind, leaf_hash,
};

use crate::ward::{Log, Signer, files, key};

/// The example of C2SP's `tlog-tiles`: 70,000 entries.
#[test]
fn the_layout_is_c2sps() {
    let log = Log::of(70_000);
    let folder = tempfile::tempdir().unwrap();
    let written = log.export(folder.path(), 70_000).unwrap();
    let found = files(folder.path());

    let mut expected: BTreeSet<String> = [
        "checkpoint",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    .map(String::from)
    .into();
    for kind in ["tile/0", "tile/entries"] {
        expected.extend((0..273).map(|index| format!("{kind}/{index:03}")));
        expected.insert(format!("{kind}/273.p/112"));
    }
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), expected);
    assert_eq!((written.entries(), written.files()), (70_000, 2 * 274 + 3));
    assert_eq!(found["checkpoint"], log.signed(70_000).as_str().as_bytes());

    // By the specification's formula: hash i of tile n of level l is the hash of a subtree.
    let leaves: Vec<_> = log.leaves().collect();
    for (name, level, tile, width) in [
        ("tile/0/000", 0, 0, 256),
        ("tile/0/272", 0, 272, 256),
        ("tile/0/273.p/112", 0, 273, 112),
        ("tile/1/000", 1, 0, 256),
        ("tile/1/001.p/17", 1, 1, 17),
        ("tile/2/000.p/1", 2, 0, 1),
    ] {
        let subtree = 256usize.pow(level);
        let hashes: Vec<u8> = (tile * 256..tile * 256 + width)
            .flat_map(|index| {
                let mut tree = Frontier::new();
                let below = &leaves[index * subtree..(index + 1) * subtree];
                below.iter().for_each(|leaf| tree.push(*leaf));
                tree.root()
            })
            .collect();
        assert_eq!(found[name], hashes, "{name}");
    }
    for (name, from, count) in [
        ("tile/entries/001", 256, 256),
        ("tile/entries/273.p/112", 69_888, 112),
    ] {
        let bundle: Vec<u8> = log.entries[from..from + count]
            .iter()
            .flat_map(|entry| [&[0, entry.len() as u8], &entry[..]].concat())
            .collect();
        assert_eq!(found[name], bundle, "{name}");
    }
    let tiles = Tiles::open(folder.path(), &key().verifier()).unwrap();
    tiles.verify().unwrap();
    assert_eq!(tiles.checkpoint(), &log.signed(70_000));
}

/// Beyond 256,000 entries names have two parts. Not exported, because that takes a while: only the
/// reader's opinion of what it misses.
#[test]
fn long_indexes_are_parted() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(0);
    let named = |size: u64| {
        let checkpoint =
            phi_seal::audit::journal::Checkpoint::new(key().origin().clone(), size, [1; 32]);
        fs::write(
            folder.path().join("checkpoint"),
            key().sign(&checkpoint).as_str(),
        )
        .unwrap();
        let larger =
            phi_seal::audit::journal::Checkpoint::new(key().origin().clone(), size + 1, [1; 32]);
        // It begins with the incomplete tiles.
        let error =
            TileExport::begin(folder.path(), &key().sign(&larger), &key().verifier()).unwrap_err();
        assert_eq!(error.kind(), TilesErrorKind::Missing);
        error.tile().unwrap().to_string()
    };
    assert_eq!(log.len(), 0);
    assert_eq!(named(255), "tile/0/000.p/255");
    assert_eq!(named(256), "tile/1/000.p/1");
    assert_eq!(named(256 * 999 + 1), "tile/0/999.p/1");
    assert_eq!(named(256 * 1000 + 1), "tile/0/x001/000.p/1");
    assert_eq!(named(256 * 1_234_067 + 5), "tile/0/x001/x234/067.p/5");
    assert_eq!(named(256 << 16), "tile/3/000.p/1");
    assert_eq!(
        named((1 << 63) - 2),
        "tile/0/x036/x028/x797/x018/x963/967.p/254"
    );
}

#[test]
fn an_empty_journal_is_a_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(0);
    log.export(folder.path(), 0).unwrap();
    assert_eq!(
        files(folder.path()).into_keys().collect::<Vec<_>>(),
        ["checkpoint"]
    );
    Tiles::open(folder.path(), &key().verifier())
        .unwrap()
        .verify()
        .unwrap();
}

/// Step by step over the edges of bundles and tiles, each verified, also by all checkpoints before.
#[test]
fn a_continued_export_is_the_same_as_a_new_one() {
    let log = Log::of(1100);
    for steps in [
        &[1, 2, 3, 255, 256, 257, 511, 512, 513, 513, 1100][..],
        &[0, 256, 1024, 1025],
        &[100, 1000],
        &[256, 512, 768],
        &[1100, 1100],
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut old = 0;
        for (number, size) in steps.iter().enumerate() {
            let written = log.export(folder.path(), *size).unwrap();
            assert_eq!(written.entries(), size - old);
            old = *size;
            for held in &steps[..=number] {
                Tiles::at(folder.path(), log.signed(*held))
                    .verify()
                    .unwrap();
            }
            let fresh = tempfile::tempdir().unwrap();
            log.export(fresh.path(), *size).unwrap();
            let continued = files(folder.path());
            for (name, content) in files(fresh.path()) {
                assert_eq!(continued.get(&name), Some(&content), "{steps:?}: {name}");
            }
        }
    }
}

/// Only what is new is read and written.
#[test]
fn an_export_goes_on_where_the_last_one_ended() {
    let log = Log::of(1000);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 700).unwrap();
    let export = TileExport::begin(folder.path(), &log.signed(1000), &key().verifier()).unwrap();
    assert_eq!(export.next_index(), 512);
    drop(export);
    // Bundles and tiles 2 and 3, and level 1.
    let written = log.export(folder.path(), 1000).unwrap();
    assert_eq!((written.entries(), written.files()), (300, 5));
    assert_eq!(log.export(folder.path(), 1000).unwrap().entries(), 0);
    // Of tiles that are whole now, the partial ones are gone.
    assert!(!folder.path().join("tile/0/002.p").exists());
    assert!(!folder.path().join("tile/entries/002.p").exists());
    // Of the others they stay, because an older checkpoint asks for them.
    assert!(folder.path().join("tile/1/000.p/2").exists());
    assert!(folder.path().join("tile/1/000.p/3").exists());
}

#[test]
fn nothing_is_published_over_another_history() {
    let log = Log::of(600);
    let folder = tempfile::tempdir().unwrap();
    log.export(folder.path(), 300).unwrap();
    let before = fs::read(folder.path().join("checkpoint")).unwrap();
    let check = |result: Result<_, TilesError>, kind| {
        assert_eq!(result.map(drop).map_err(|error| error.kind()), Err(kind));
        assert_eq!(fs::read(folder.path().join("checkpoint")).unwrap(), before);
        Tiles::open(folder.path(), &key().verifier())
            .unwrap()
            .verify()
            .unwrap();
    };

    // A shorter one, and another of the same length.
    check(
        log.export(folder.path(), 299).map(drop),
        TilesErrorKind::Behind,
    );
    let changed_at = |at: usize| {
        let mut entries = log.entries.clone();
        entries[at].push(b'!');
        Log { entries }
    };
    check(
        changed_at(299).export(folder.path(), 300).map(drop),
        TilesErrorKind::Diverged,
    );
    // Changed in what is exported: far back, in the incomplete bundle, and at its end.
    for at in [0, 255, 256, 299] {
        check(
            changed_at(at).export(folder.path(), 600).map(drop),
            TilesErrorKind::Diverged,
        );
    }
    // The entries are not those of the checkpoint.
    for at in [300, 511, 512, 599] {
        let mut export =
            TileExport::begin(folder.path(), &log.signed(600), &key().verifier()).unwrap();
        let from = export.next_index() as usize;
        let entries = changed_at(at).entries.split_off(from);
        export
            .extend(entries.into_iter().map(Ok::<_, TilesError>))
            .unwrap();
        check(export.finish().map(drop), TilesErrorKind::Diverged);
    }
    // Of another journal, though signed by a key of the same name.
    let other = phi_seal::audit::journal::JournalKey::from_text(
        &Signer::new(crate::ward::NAME, 9).secret_text(),
    )
    .unwrap();
    let target = other.sign(&log.checkpoint(600));
    let not_signed = TilesErrorKind::Checkpoint(CheckpointErrorKind::NotSigned);
    check(
        TileExport::begin(folder.path(), &target, &other.verifier()).map(drop),
        not_signed,
    );
    // A checkpoint to publish that the key did not sign.
    check(
        TileExport::begin(folder.path(), &target, &key().verifier()).map(drop),
        not_signed,
    );
    log.export(folder.path(), 600).unwrap();
    Tiles::open(folder.path(), &key().verifier())
        .unwrap()
        .verify()
        .unwrap();
}

#[test]
fn entries_are_counted_and_measured() {
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(10);
    let begin = |log: &Log| {
        TileExport::begin(folder.path(), &log.signed(log.len()), &key().verifier()).unwrap()
    };
    let mut export = begin(&log);
    for entry in &log.entries[..9] {
        export.push(entry).unwrap();
    }
    assert_eq!(
        export.finish().unwrap_err().kind(),
        TilesErrorKind::TooFewEntries
    );
    assert!(!folder.path().join("checkpoint").exists());

    let long = Log {
        entries: vec![vec![b'x'; 65_535]; 2],
    };
    let mut export = begin(&long);
    assert_eq!(
        export.push(&[b'x'; 65_536]).unwrap_err().kind(),
        TilesErrorKind::EntryTooLong
    );
    // It does not go on after that.
    assert_eq!(
        export.push(b"").unwrap_err().kind(),
        TilesErrorKind::EntryTooLong
    );
    assert_eq!(
        export.finish().unwrap_err().kind(),
        TilesErrorKind::EntryTooLong
    );
    long.export(folder.path(), 2).unwrap();
    Tiles::open(folder.path(), &key().verifier())
        .unwrap()
        .verify()
        .unwrap();
    // Those beyond the checkpoint do not matter.
    let other = tempfile::tempdir().unwrap();
    let mut export = TileExport::begin(other.path(), &log.signed(3), &key().verifier()).unwrap();
    for entry in &log.entries {
        export.push(entry).unwrap();
    }
    assert_eq!(export.finish().unwrap().entries(), 3);
    assert_eq!(leaf_hash(&log.entries[0]), log.root(1));
}

/// An error among the entries ends the export and is the caller's own.
#[test]
fn errors_of_the_reader_come_through() {
    #[derive(Debug, PartialEq)]
    enum ReadError {
        Disk,
        Tiles(TilesError),
    }
    impl From<TilesError> for ReadError {
        fn from(error: TilesError) -> Self {
            Self::Tiles(error)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let log = Log::of(2);
    let mut export = TileExport::begin(folder.path(), &log.signed(2), &key().verifier()).unwrap();
    let entries = [Ok(log.entries[0].clone()), Err(ReadError::Disk)];
    assert_eq!(export.extend(entries), Err(ReadError::Disk));
    let long = [Ok(vec![0; 65_536])];
    let Err(ReadError::Tiles(error)) = export.extend(long) else {
        panic!("a long entry was taken");
    };
    assert_eq!(error.kind(), TilesErrorKind::EntryTooLong);
}
