//! `audit key`.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use phi_seal::audit::journal::JournalKey;
use serde_json::json;

use super::ward::{ORIGIN, key};
use crate::place::Place;

#[test]
fn a_key_is_made_once_and_only_its_public_part_is_told() {
    let place = Place::new();
    let new = ["audit", "key", "new", "--origin", ORIGIN, "--out"];
    let made = place.run(&[&new[..], &["a.signing"]].concat());
    assert_eq!(made.code, 0, "{made:?}");
    let text = String::from_utf8(place.read("a.signing")).unwrap();
    let public = JournalKey::from_text(&text).unwrap().verifier().to_string();
    assert_eq!(made.out, format!("{public}\n"));
    assert!(made.err.contains("anchor checkpoints"), "{made:?}");
    let mode = fs::metadata(place.path("a.signing")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);

    let told = place.run(&["audit", "key", "public", "a.signing"]);
    assert_eq!((told.code, told.out), (0, format!("{public}\n")));
    let expected = json!({ "origin": ORIGIN, "key": public });
    let told = place.run(&["audit", "key", "public", "a.signing", "--json"]);
    assert_eq!((&*told.err, told.json()), ("", expected));
    let made = place.run(&[&new[..], &["b.signing", "--json"]].concat());
    assert_eq!((made.code, &*made.err), (0, ""));
    assert_ne!(made.json()["key"], public.as_str());

    let again = [&new[..], &["a.signing"]].concat();
    assert_eq!(place.refused_kind(1, &again), "already-exists");
    let nowhere = [&new[..], &["nowhere/a.signing"]].concat();
    assert_eq!(place.refused_kind(1, &nowhere), "not-found");
    let long = "x".repeat(129);
    for origin in ["", "mercy audit", "mercy+audit", "Klinik-Süd", &long] {
        let new = [
            "audit",
            "key",
            "new",
            "--origin",
            origin,
            "--out",
            "c.signing",
        ];
        assert_eq!(place.refused_kind(2, &new), "usage", "{origin}");
    }
    place.refused(2, &["audit", "key", "new", "--origin", ORIGIN]);
    place.refused(2, &["audit", "key", "new", "--out", "c.signing"]);
}

#[test]
fn a_file_that_is_no_key_or_that_others_read_is_refused() {
    let place = Place::new();
    let (secret, public) = key(&place, "audit", ORIGIN);
    let show = |name: &str, kind: &str| {
        let told = place.refused_kind(1, &["audit", "key", "public", name]);
        assert_eq!(told, kind, "{name}");
    };
    show("none.signing", "not-found");
    show("keys.json", "malformed");
    let text = secret.to_secret_text();
    place.write("short", &text.as_slice()[..60]);
    show("short", "malformed");
    place.write("long", &[text.as_slice(), b"\n\n"].concat());
    show("long", "malformed");
    place.write("endless", &[b'x'; 5_000]);
    show("endless", "malformed");
    place.write("public", public.as_bytes());
    show("public", "malformed");
    for mode in [0o640, 0o604, 0o660] {
        fs::set_permissions(place.path("audit.signing"), Permissions::from_mode(mode)).unwrap();
        show("audit.signing", "permissions");
    }
    // With the newline that an editor adds it is still the key.
    place.write("audit.signing", &[text.as_slice(), b"\n"].concat());
    let told = place.run(&["audit", "key", "public", "audit.signing"]);
    assert_eq!((told.code, told.out), (0, format!("{public}\n")));
}

/// Somebody mixes up the two halves; `Place::run` looks for the secret one.
#[test]
fn a_secret_key_in_the_place_of_a_public_one_is_not_repeated() {
    let place = Place::new();
    let (secret, _) = key(&place, "audit", ORIGIN);
    let secret = String::from_utf8(secret.to_secret_text().as_slice().to_vec()).unwrap();
    for key in [&*secret, "@audit.signing"] {
        for arguments in [
            &["audit", "verify", "journal", "--key", key][..],
            &["audit", "query", "journal", "--key", key],
            &["audit", "export", "journal", "out", "--key", key],
            &["audit", "prove", "journal", "0", "--key", key],
            &["audit", "report", "failures", "journal", "--key", key],
        ] {
            assert_eq!(place.refused_kind(1, arguments), "malformed");
        }
    }
    place.refused(
        2,
        &[
            "audit", "key", "new", "--origin", ORIGIN, "--out", "x", &secret,
        ],
    );
    place.refused(2, &["audit", "key", &secret]);
}
