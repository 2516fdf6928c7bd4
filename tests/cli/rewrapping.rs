//! `keyset rewrap`.

use crate::place::{IDS, Place, exported};

fn rewrap<'a>(from: &'a str, to: &'a str) -> [&'a str; 7] {
    ["keyset", "rewrap", "keys.json", "--from", from, "--to", to]
}

#[test]
fn every_key_moves_and_stays_the_same() {
    let place = Place::new();
    let (keys, backup) = (exported(&place.keyring()), place.read("keys.json"));
    place.run(&["root-key", "other.key"]);
    let done = place.run(&rewrap("local:root.key", "local:other.key"));
    assert_eq!(
        (done.code, &*done.out),
        (0, "wrapped every key anew; generation 8\n")
    );
    let old = ["keyset", "verify", "keys.json", "--kms", "local:root.key"];
    assert_eq!(place.refused_kind(1, &old), "wrong-key");
    let new = [
        "keyset",
        "verify",
        "keys.json",
        "--kms",
        "local:other.key",
        "--json",
    ];
    assert_eq!(place.run(&new).json()["unwrapped"], 5);
    let listed = place.run(&["keyset", "list", "keys.json", "--json"]).json();
    let ids: Vec<_> = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["id"].clone())
        .collect();
    assert_eq!(ids, IDS);
    assert_eq!(listed["kms"].as_array().unwrap().len(), 1);

    let back = place.run(
        &[
            &rewrap("local:other.key", "local:root.key")[..],
            &["--json"],
        ]
        .concat(),
    );
    assert_eq!(back.json()["generation"], 9);
    assert_eq!(exported(&place.keyring()), keys);
    assert_ne!(place.read("keys.json"), backup);
}

#[test]
fn both_must_be_the_right_ones() {
    let place = Place::new();
    place.run(&["root-key", "other.key"]);
    let kind = |from, to| place.refused_kind(1, &rewrap(from, to));
    assert_eq!(kind("local:other.key", "local:root.key"), "wrong-key");
    assert_eq!(kind("local:root.key", "local:none.key"), "not-found");
    assert_eq!(kind("local:none.key", "local:root.key"), "not-found");
    assert_eq!(kind("local:root.key", "local:keys.json"), "malformed");
    assert_eq!(kind("local:root.key", "other.key"), "malformed");
    place.refused(2, &rewrap("local:root.key", "local:other.key")[..5]);
    let error = place.refused(1, &rewrap("local:root.key", "local:none.key"));
    assert!(
        error.starts_with("phi-seal: --to: there is no such file"),
        "{error}"
    );
}
