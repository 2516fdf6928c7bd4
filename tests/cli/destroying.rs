//! `keyset destroy`, without a terminal. `asking.rs` has the rest.

use phi_seal::key::KeyState;
use serde_json::json;

use crate::place::{IDS, KEYSET_ID, KMS, Place};
use crate::ward::{census_naming, census_of_rows, column};

fn destroy<'a>(version: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["keyset", "destroy", "keys.json", version], &KMS[..], more].concat()
}

#[test]
fn a_key_goes_for_good_when_it_is_said_so() {
    let place = Place::new();
    let done = place.run(&destroy("3", &["--yes"]));
    assert_eq!(
        (done.code, &*done.out, &*done.err),
        (
            0,
            "destroyed: version 3, destroyed, key 4c9aa895ab80; generation 8\n",
            ""
        )
    );
    let done = place.run(&destroy("2", &["--yes", "--json"]));
    let expected = json!({
        "changed": true,
        "keyset": KEYSET_ID,
        "generation": 9,
        "minimum_version": 2,
        "key": { "version": 2, "id": IDS[1], "state": "destroyed" },
    });
    assert_eq!(done.json(), expected);
    let keys = place.keyset().keyset().keys();
    assert!(
        keys[..3]
            .iter()
            .all(|key| key.state() == KeyState::Destroyed)
    );
    assert!(
        !String::from_utf8(place.read("keys.json"))
            .unwrap()
            .contains("MmlY6ljXet8J")
    );
}

#[test]
fn nobody_is_asked_where_nobody_is() {
    let place = Place::new();
    for input in [&b""[..], b"6a5dde1c\n", b"yes\n", IDS[1].as_bytes()] {
        let before = place.contents();
        let ran = place.run_with(&destroy("2", &[]), input);
        assert_eq!((ran.code, &*ran.out), (3, ""));
        assert!(
            ran.err.contains("standard input is no terminal. Say --yes"),
            "{ran:?}"
        );
        assert_eq!(place.contents(), before);
    }
    assert_eq!(place.refused_kind(3, &destroy("2", &[])), "refused");
}

#[test]
fn what_cannot_go_does_not() {
    let place = Place::new();
    for (version, code, kind) in [
        ("1", 3, "refused"), // destroyed
        ("4", 3, "refused"), // active
        ("5", 3, "refused"),
        ("6", 3, "refused"),
        ("7", 1, "not-found"),
        ("0", 1, "not-found"),
    ] {
        assert_eq!(
            place.refused_kind(code, &destroy(version, &["--yes"])),
            kind,
            "{version}"
        );
    }
    place.refused(2, &destroy("2", &["--yes", "--even-if-used"]));
    place.refused(2, &destroy("2", &["--yes", "3"]));
    place.refused(2, &destroy("2", &["-y"]));
}

#[test]
fn a_census_that_names_the_key_keeps_it() {
    let place = Place::new();
    place.write(
        "used.json",
        census_naming(IDS[1], &place).to_json().as_bytes(),
    );
    place.write("free.json", census_of_rows(&place, 2).to_json().as_bytes());
    let error = place.refused(3, &destroy("2", &["--yes", "--census", "used.json"]));
    assert_eq!(
        error,
        "phi-seal: 1 values of the census are under this key; reseal them first\n"
    );
    // One of several is enough, in any order.
    for [one, other] in [["used.json", "free.json"], ["free.json", "used.json"]] {
        place.refused(
            3,
            &destroy("2", &["--yes", "--census", one, "--census", other]),
        );
    }
    let done = place.run(&destroy("3", &["--yes", "--census", "free.json"]));
    assert_eq!(done.code, 0, "{done:?}");
    let done = place.run(&destroy(
        "2",
        &["--yes", "--census", "used.json", "--even-if-used"],
    ));
    assert_eq!(done.code, 0, "{done:?}");
}

#[test]
fn a_census_that_proves_nothing_keeps_the_key() {
    let place = Place::new();
    let refused = |version, name| place.refused(3, &destroy(version, &["--yes", "--census", name]));
    let empty = place.run(&["census", "--json"]);
    place.write("empty.json", empty.out.as_bytes());
    assert!(refused("2", "empty.json").contains("counted nothing"));

    // A key for index values is named in no envelope, so that envelopes alone do not free it.
    place.run(
        &[
            &["keyset", "rotate", "keys.json", "--scope-of", "5"],
            &KMS[..],
        ]
        .concat(),
    );
    let column = column(&place, 3).join("\n");
    let counted = place.run_with(&["census", "--json"], column.as_bytes());
    place.write("envelopes.json", counted.out.as_bytes());
    refused("5", "envelopes.json");
    let of_rows = census_of_rows(&place, 2);
    place.write("rows.json", of_rows.to_json().as_bytes());
    let done = place.run(&destroy("5", &["--yes", "--census", "rows.json"]));
    assert_eq!(
        done.code, 0,
        "its successor made the values that were counted: {done:?}"
    );
}

#[test]
fn a_key_of_index_values_that_were_counted_stays() {
    let place = Place::new();
    place.write("rows.json", census_of_rows(&place, 2).to_json().as_bytes());
    place.run(
        &[
            &["keyset", "rotate", "keys.json", "--scope-of", "5"],
            &KMS[..],
        ]
        .concat(),
    );
    place.refused(3, &destroy("5", &["--yes", "--census", "rows.json"]));
    let done = place.run(&destroy(
        "5",
        &["--yes", "--census", "rows.json", "--even-if-used"],
    ));
    assert_eq!(done.code, 0);
}

#[test]
fn what_is_no_census_keeps_the_key() {
    let place = Place::new();
    let good = census_of_rows(&place, 1).to_json();
    place.write(
        "later.json",
        good.replace("\"census\": 1", "\"census\": 2").as_bytes(),
    );
    place.write("half.json", &good.as_bytes()[..good.len() / 2]);
    place.write(
        "wrong.json",
        good.replacen("\"values\": 1", "\"values\": 2", 1)
            .as_bytes(),
    );
    for name in [
        "later.json",
        "half.json",
        "wrong.json",
        "keys.json",
        "root.key",
    ] {
        for more in [&["--yes"][..], &["--yes", "--even-if-used"]] {
            let arguments = destroy("2", &[more, &["--census", name]].concat());
            assert_eq!(place.refused_kind(1, &arguments), "malformed", "{name}");
        }
    }
    let missing = destroy("2", &["--yes", "--census", "none.json"]);
    assert_eq!(place.refused_kind(1, &missing), "bad-input");
}
