//! `audit export`.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::PermissionsExt;

use phi_seal::Purpose;
use phi_seal::audit::journal::{JournalKey, Tiles, VerifierKey};
use serde_json::json;

use super::ward::{ONE, ORIGIN, Ward, day, edit, key, patient};
use crate::place::Place;

fn export<'a>(key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["audit", "export", "journal", "tiles", "--key", key], more].concat()
}

fn verified(place: &Place, key: &str) -> u64 {
    let key = VerifierKey::parse(key).unwrap();
    let tiles = Tiles::open(place.path("tiles"), &key).unwrap();
    tiles.verify().unwrap();
    tiles.checkpoint().checkpoint().size()
}

/// More entries, by another writer of the same journal.
fn go_on(place: &Place, patients: usize) {
    let text = String::from_utf8(place.read("audit.signing")).unwrap();
    let ward = Ward::open(
        place,
        "journal",
        JournalKey::from_text(&text).unwrap(),
        "ehr",
    );
    let session = ward.session("physician", Purpose::Treatment);
    for _ in 0..patients {
        session.seal(&patient(ONE)).unwrap();
    }
}

#[test]
fn an_export_goes_on_where_the_last_one_ended() {
    let place = Place::new();
    let key = day(&place);
    let done = place.run(&export(&key, &["--checkpoint", "six.checkpoint"]));
    assert_eq!((done.code, &*done.err), (0, ""), "{done:?}");
    assert_eq!(
        done.out,
        "exported 6 entries in 2 files; the export has 6\n"
    );
    assert_eq!(verified(&place, &key), 6);

    let done = place.run(&export(&key, &["--json"]));
    let expected = json!({ "origin": ORIGIN, "size": 10, "entries": 4, "files": 2 });
    assert_eq!((done.code, done.json()), (0, expected));
    assert_eq!(verified(&place, &key), 10);
    let done = place.run(&export(&key, &["--json"])).json();
    assert_eq!(done["entries"], 0);

    go_on(&place, 300);
    let done = place.run(&export(&key, &["--json"])).json();
    assert_eq!(
        (&done["size"], &done["entries"]),
        (&312.into(), &302.into())
    );
    assert_eq!(verified(&place, &key), 312);
    let bundle = "tiles/tile/entries/000";
    for (path, mode) in [
        ("tiles", 0o700),
        ("tiles/tile/entries", 0o700),
        (bundle, 0o600),
    ] {
        let found = fs::metadata(place.path(path)).unwrap().permissions().mode();
        assert_eq!(found & 0o777, mode, "{path}");
    }
    let older = export(&key, &["--checkpoint", "six.checkpoint"]);
    assert_eq!(place.refused_kind(3, &older), "refused");
}

#[test]
fn what_does_not_fit_is_not_exported() {
    let place = Place::new();
    let public = day(&place);
    let (_, same_name) = key(&place, "same", ORIGIN);
    let (_, other) = key(&place, "other", "general.example/audit");
    let kind = |code, key: &str, journal: &str, more: &[&str]| {
        let own = ["audit", "export", journal, "tiles", "--key", key];
        place.refused_kind(code, &[&own[..], more].concat())
    };
    assert_eq!(kind(1, &public, "nowhere", &[]), "not-found");
    assert_eq!(kind(1, &same_name, "journal", &[]), "foreign");
    assert_eq!(kind(1, &other, "journal", &[]), "foreign");
    assert_eq!(
        kind(1, &public, "journal", &["--checkpoint", "none"]),
        "not-found"
    );
    assert_eq!(
        kind(1, &public, "journal", &["--checkpoint", "keys.json"]),
        "malformed"
    );
    place.refused(2, &["audit", "export", "journal", "--key", &public]);
    let signed = String::from_utf8(place.read("six.checkpoint")).unwrap();
    place.write("forged", signed.replace("\n6\n", "\n7\n").as_bytes());
    assert_eq!(
        kind(5, &public, "journal", &["--checkpoint", "forged"]),
        "bad-signature"
    );

    place.run(&export(&public, &["--checkpoint", "six.checkpoint"]));
    // Somebody else exports just now.
    let lock: File = OpenOptions::new()
        .write(true)
        .open(place.path("tiles/.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    assert_eq!(kind(1, &public, "journal", &[]), "in-use");
    drop(lock);

    // The journal's history is another than the exported one: the old checkpoint stays.
    edit(&place, "journal", "\"nurse-17\"", "\"nurse-18\"");
    assert_eq!(kind(5, &public, "journal", &[]), "damaged");
    assert_eq!(verified(&place, &public), 6);
}

#[test]
fn a_journal_that_was_cut_or_rewritten_is_not_exported() {
    let place = Place::new();
    let public = day(&place);
    assert_eq!(place.run(&export(&public, &[])).code, 0);
    fs::remove_dir_all(place.path("journal")).unwrap();
    let rewrite = |place: &Place, count: usize| {
        let text = String::from_utf8(place.read("audit.signing")).unwrap();
        let ward = Ward::open(
            place,
            "journal",
            JournalKey::from_text(&text).unwrap(),
            "ehr",
        );
        (0..count).for_each(|_| ward.journal.heartbeat().unwrap());
    };
    // Begin, 3 heartbeats and close: fewer than were exported.
    rewrite(&place, 3);
    assert_eq!(place.refused_kind(5, &export(&public, &[])), "behind");
    // Open, 20 heartbeats and close: more, and others.
    rewrite(&place, 20);
    assert_eq!(place.refused_kind(5, &export(&public, &[])), "diverged");
    assert_eq!(verified(&place, &public), 10);
}
