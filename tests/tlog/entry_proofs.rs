//! An entry that travels with its proof.

use phi_seal::audit::journal::{
    CheckpointErrorKind, EntryProof, JournalKey, Origin, ProofErrorKind,
};

use crate::ward::{Log, NAME, Signer, key};

fn proof(log: &Log, index: u64) -> EntryProof {
    let entry = log.entries[index as usize].clone();
    EntryProof::new(entry, log.include(index, log.len()), &log.signed(log.len())).unwrap()
}

#[test]
fn every_entry_is_proven_by_its_text_and_the_public_key() {
    let log = Log::of(21);
    for index in 0..21 {
        let text = proof(&log, index).to_text();
        let read = EntryProof::parse(&text).unwrap();
        assert_eq!(read.verify(&key().verifier()), Ok(log.checkpoint(21)));
        assert_eq!(
            (read.index(), read.entry()),
            (index, &log.entries[index as usize][..])
        );
        assert_eq!(read.to_text(), text);
    }
}

#[test]
fn the_text_is_c2sps() {
    let log = Log::of(2);
    let text = proof(&log, 1).to_text();
    let expected = format!(
        "c2sp.org/tlog-proof@v1\nextra ZQAAAAAAAAAB\nindex 1\n{}\n\n{}",
        base64(&phi_seal::audit::journal::leaf_hash(&log.entries[0])),
        log.signed(2).as_str()
    );
    assert_eq!(log.entries[1], b"e\0\0\0\0\0\0\0\x01");
    assert_eq!(text, expected);
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[test]
fn another_form_is_refused() {
    let log = Log::of(3);
    let text = proof(&log, 1).to_text();
    for (from, to) in [
        ("@v1", "@v2"),
        ("@v1", "@v1 "),
        ("c2sp", "\nc2sp"),
        ("extra ", "extra  "),
        ("extra ", "extra"),
        ("extra ", "Extra "),
        ("extra ", "extra !"),
        ("extra ZQAAAAAAAAAB\n", ""),
        ("index 1", "index 01"),
        ("index 1", "index +1"),
        ("index 1", "index -1"),
        ("index 1", "index 18446744073709551616"),
        ("index 1", "index"),
        ("index 1\n", ""),
        ("index 1\n", "index 1\n\n"),
        ("index 1\n", "index 1\nAAAA\n"),
        ("index 1\n", "index 1\r\n"),
        ("=\n\n", "=\n"),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text, "{from}");
        let result = EntryProof::parse(&changed).and_then(|proof| proof.verify(&key().verifier()));
        let kind = result.unwrap_err().kind();
        // An empty line in the wrong place moves hashes into the note.
        let moved = ProofErrorKind::Checkpoint(CheckpointErrorKind::BadSignature);
        let note = ProofErrorKind::Checkpoint(CheckpointErrorKind::Malformed);
        let expected = [ProofErrorKind::Malformed, note, moved];
        assert!(expected.contains(&kind), "{from}: {kind:?}");
    }
}

#[test]
fn nothing_in_it_can_be_exchanged() {
    let log = Log::of(9);
    let text = proof(&log, 4).to_text();
    let verify =
        |text: &str| EntryProof::parse(text).and_then(|proof| proof.verify(&key().verifier()));
    assert!(verify(&text).is_ok());
    let mut tried = 0;
    for at in 0..text.len() {
        for bit in 0..7 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            if let Ok(changed) = String::from_utf8(bytes) {
                assert!(verify(&changed).is_err(), "byte {at}, bit {bit}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1000, "{tried}");

    // The same proof under the checkpoint of another key, another size and another history.
    let other = JournalKey::from_text(&Signer::new(NAME, 9).secret_text()).unwrap();
    let not_signed = text.replace(
        log.signed(9).as_str(),
        other.sign(&log.checkpoint(9)).as_str(),
    );
    let not_signed = verify(&not_signed).unwrap_err().kind();
    assert_eq!(
        not_signed,
        ProofErrorKind::Checkpoint(CheckpointErrorKind::NotSigned)
    );
    let smaller = text.replace(log.signed(9).as_str(), log.signed(5).as_str());
    assert_eq!(
        verify(&smaller).unwrap_err().kind(),
        ProofErrorKind::Malformed
    );
    let mut forked = Log::of(9);
    forked.entries[8].push(0);
    let forked = text.replace(log.signed(9).as_str(), forked.signed(9).as_str());
    assert_eq!(verify(&forked).unwrap_err().kind(), ProofErrorKind::Refuted);
}

#[test]
fn parts_that_do_not_fit_are_not_put_together() {
    let log = Log::of(9);
    for (entry, inclusion, size, kind) in [
        (5, log.include(4, 9), 9, ProofErrorKind::Refuted),
        (4, log.include(5, 9), 9, ProofErrorKind::Refuted),
        (4, log.include(4, 8), 9, ProofErrorKind::OtherSize),
    ] {
        let entry = log.entries[entry].clone();
        let error = EntryProof::new(entry, inclusion, &log.signed(size)).unwrap_err();
        assert_eq!(error.kind(), kind);
    }
}

#[test]
fn limits_hold() {
    let longest = Log {
        entries: vec![vec![b'x'; 65_535]],
    };
    let text = proof(&longest, 0).to_text();
    assert!(
        EntryProof::parse(&text)
            .unwrap()
            .verify(&key().verifier())
            .is_ok()
    );
    let too_long = Log {
        entries: vec![vec![b'x'; 65_536]],
    };
    assert!(EntryProof::parse(&proof(&too_long, 0).to_text()).is_err());

    let log = Log::of(1);
    let text = proof(&log, 0).to_text();
    let with = |count: usize| {
        let hashes = format!("{}\n", base64(&[0; 32])).repeat(count);
        EntryProof::parse(&text.replacen("index 0\n", &format!("index 0\n{hashes}"), 1))
    };
    assert!(with(63).is_ok());
    assert!(with(64).is_err());
}

/// Entries are PHI.
#[test]
fn debug_shows_no_entry() {
    let entry = b"patient-4711".to_vec();
    let shown = format!(
        "{:?}",
        proof(
            &Log {
                entries: vec![entry.clone()]
            },
            0
        )
    );
    assert!(
        !shown.contains("4711") && !shown.contains(&format!("{entry:?}")),
        "{shown}"
    );
    let origin = Origin::new(NAME).unwrap();
    assert!(format!("{origin:?}").contains(NAME));
}
