//! `keyset list`: what is shown, and what is not.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::place::{IDS, KEYSET_ID, KMS, Place, REFERENCE, Ran};

/// With one space between columns, and AGE for an age in days.
fn plain(ran: &Ran) -> String {
    assert_eq!((ran.code, &*ran.err), (0, ""), "{ran:?}");
    let is_age = |word: &str| {
        let days = word.strip_suffix('d').unwrap_or_default();
        days.parse::<u32>().is_ok()
    };
    let line = |line: &str| {
        let words = line.split_whitespace();
        let words: Vec<_> = words
            .map(|word| if is_age(word) { "AGE" } else { word })
            .collect();
        words.join(" ")
    };
    ran.out.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn states_scopes_and_ages_are_shown_and_no_identifier() {
    let place = Place::new();
    let shown = plain(&place.run(&["keyset", "list", "keys.json"]));
    let golden = "keyset 3735aae41da007c7eb11f4cdcf2b4f6f, generation 7, not verified: say --kms\n\
                  minimum version 2\n\
                  wrapped by local:3b8c864724a4074d84d1000f850febe7\n\
                  VERSION STATE USE SCOPE AGE KEY\n\
                  1 destroyed seal shared AGE 6bb22666d747\n\
                  2 decrypt-only seal shared AGE 6a5dde1caac2\n\
                  3 disabled seal shared AGE 4c9aa895ab80\n\
                  4 active seal shared AGE 338f5029a30f\n\
                  5 active index tenant AGE d3586c9063ab\n\
                  6 active seal subject AGE 7b8bdc241ee8";
    assert_eq!(shown, golden);
    let verified = plain(&place.run(&[&["keyset", "list", "keys.json"], &KMS[..]].concat()));
    assert_eq!(
        verified,
        golden.replace("not verified: say --kms", "verified")
    );
}

#[test]
fn columns_stand_under_each_other() {
    let shown = Place::new().run(&["keyset", "list", "keys.json"]).out;
    let starts = shown.lines().skip(3).map(|line| {
        let (start, _) = line.rsplit_once("  ").unwrap();
        start.chars().count()
    });
    let starts: Vec<_> = starts.collect();
    assert_eq!(starts.len(), 7);
    assert!(starts.iter().all(|start| *start == starts[0]), "{shown}");
}

#[test]
fn ids_in_full_and_identifiers_are_shown_when_asked_for() {
    let place = Place::new();
    let shown = plain(&place.run(&["keyset", "list", "keys.json", "--full-ids", "--show-scopes"]));
    for id in IDS {
        assert!(shown.contains(id));
    }
    assert!(shown.contains("subject Klinik Süd p-1 AGE"));
    assert!(shown.contains("tenant Klinik Süd AGE"));
}

#[test]
fn json_has_whole_ids_and_identifiers_only_when_asked_for() {
    let place = Place::new();
    let list = ["keyset", "list", "keys.json", "--json"];
    let shown = place.run(&list).json();
    assert_eq!(shown["keyset"], KEYSET_ID);
    assert_eq!(shown["kms"], serde_json::json!([REFERENCE]));
    assert_eq!(
        (&shown["generation"], &shown["minimum_version"]),
        (&7.into(), &2.into())
    );
    assert_eq!(shown["verified"], false);
    assert!(place.run(&[&list[..], &KMS].concat()).json()["verified"] == true);
    let keys = shown["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 6);
    for (key, id) in keys.iter().zip(IDS) {
        assert_eq!(key["id"], id);
        assert!(key["age_seconds"].as_u64() > Some(1_000_000));
        assert!(key.get("tenant").is_none() && key.get("subject").is_none());
    }
    let member = |at: usize, name: &str| keys[at][name].as_str().unwrap();
    assert_eq!(
        (member(4, "use"), member(4, "scope"), member(5, "scope")),
        ("index", "tenant", "subject")
    );
    assert_eq!(
        (member(0, "state"), member(2, "state")),
        ("destroyed", "disabled")
    );
    assert_eq!(keys[0]["created"], 1_750_000_000);

    let shown = place.run(&[&list[..], &["--show-scopes"]].concat()).json();
    assert_eq!(shown["keys"][5]["tenant"], "Klinik Süd");
    assert_eq!(shown["keys"][5]["subject"], "p-1");
}

/// Somebody may have chosen an id that moves the cursor or turns the line around.
#[test]
fn an_identifier_does_not_steer_the_terminal() {
    let place = Place::new();
    let json = String::from_utf8(place.read("keys.json")).unwrap();
    let json = json.replace("\"p-1\"", r#""p\u001b[2J\r\n\u202e""#);
    place.write("keys.json", json.as_bytes());
    let shown = place
        .run(&["keyset", "list", "keys.json", "--show-scopes"])
        .out;
    assert!(shown.contains(r"p\u{1b}[2J\r\n"), "{shown}");
    assert!(!shown.contains('\u{1b}') && !shown.contains('\r') && !shown.contains('\u{202e}'));
    assert_eq!(shown.lines().count(), 10);
}

#[test]
fn a_file_that_is_none_is_refused() {
    let place = Place::new();
    let kind = |name: &str| place.refused_kind(1, &["keyset", "list", name]);
    assert_eq!(kind("none.json"), "not-found");
    assert_eq!(kind("root.key"), "malformed");
    place.write("half.json", &place.read("keys.json")[..900]);
    assert_eq!(kind("half.json"), "malformed");
    let later = String::from_utf8(place.read("keys.json")).unwrap();
    place.write(
        "later.json",
        later.replace("\"format\": 1", "\"format\": 2").as_bytes(),
    );
    assert_eq!(kind("later.json"), "unsupported");
    place.write("open.json", later.as_bytes());
    fs::set_permissions(place.path("open.json"), Permissions::from_mode(0o644)).unwrap();
    assert_eq!(kind("open.json"), "permissions");
    assert_eq!(kind("."), "malformed");
}

#[test]
fn what_is_verified_is_verified() {
    let place = Place::new();
    let list = [&["keyset", "list", "edited.json"], &KMS[..]].concat();
    let json = String::from_utf8(place.read("keys.json")).unwrap();
    let edited = json.replace("\"disabled\"", "\"decrypt-only\"");
    place.write("edited.json", edited.as_bytes());
    assert_eq!(place.refused_kind(1, &list), "tampered");
    assert_eq!(
        place.run(&["keyset", "list", "edited.json"]).code,
        0,
        "as it says of itself"
    );
    place.run(&["root-key", "other.key"]);
    let other = ["keyset", "list", "keys.json", "--kms", "local:other.key"];
    assert_eq!(place.refused_kind(1, &other), "wrong-key");
    let missing = ["keyset", "list", "keys.json", "--kms", "local:none.key"];
    assert_eq!(place.refused_kind(1, &missing), "not-found");
}
