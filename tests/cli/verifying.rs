//! `keyset verify`: whether the keys, or those of a census, are there.

use serde_json::{Value, json};

use crate::place::{IDS, KEYSET_ID, KMS, Place};
use crate::ward::{census_naming, census_of_rows, column};

fn verify<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["keyset", "verify", "keys.json"], &KMS[..], more].concat()
}

#[test]
fn every_key_unwraps() {
    let place = Place::new();
    let done = place.run(&verify(&[]));
    let said = format!("keyset {KEYSET_ID}, generation 7: 5 keys unwrap, 1 are destroyed\n");
    assert_eq!((done.code, done.out, &*done.err), (0, said, ""));
    let done = place.run(&verify(&["--json"])).json();
    let expected = json!({
        "keyset": KEYSET_ID, "generation": 7, "minimum_version": 2, "unwrapped": 5, "destroyed": 1,
    });
    assert_eq!(done, expected);
}

#[test]
fn it_is_the_keyset_and_no_older_than_somebody_remembers() {
    let place = Place::new();
    let old = place.read("keys.json");
    place.run(&[&["keyset", "rotate", "keys.json"], &KMS[..]].concat());
    let remembered = verify(&["--is", KEYSET_ID, "--at-least-generation", "8"]);
    assert_eq!(place.run(&remembered).code, 0);
    place.write("keys.json", &old);
    assert_eq!(place.refused_kind(1, &remembered), "older-generation");
    assert_eq!(place.run(&verify(&["--at-least-generation", "7"])).code, 0);
    for id in [
        "",
        "3735",
        &KEYSET_ID.to_uppercase(),
        IDS[0],
        "00000000000000000000000000000000",
    ] {
        assert_eq!(
            place.refused_kind(1, &verify(&["--is", id])),
            "another-keyset"
        );
    }
    place.refused(2, &verify(&["--at-least-generation", "-1"]));
}

#[test]
fn the_keys_of_a_census_are_proved() {
    let place = Place::new();
    place.write("rows.json", census_of_rows(&place, 3).to_json().as_bytes());
    let done = place.run(&verify(&["--census", "rows.json"]));
    assert_eq!(done.code, 0, "{done:?}");
    let lines: Vec<_> = done.out.lines().collect();
    assert_eq!(lines[0], "opens: key 338f5029a30f, version 4, 3 values");
    assert!(lines[1].starts_with("opens: index version "), "{done:?}");
    assert!(lines[1].ends_with(", version 5, 3 rows"));
    assert_eq!(lines[2..], ["every key of the census is there and opens"]);

    let done = place
        .run(&verify(&["--census", "rows.json", "--json"]))
        .json();
    assert_eq!(
        (&done["holds_all"], &done["opens_all"]),
        (&true.into(), &true.into())
    );
    let key = json!({ "id": IDS[3], "rows": 3, "values": 3, "holding": "opens", "version": 4 });
    assert_eq!(done["keys"], json!([key]));
    let index = &done["index_versions"][0];
    assert_eq!((&index["rows"], &index["version"]), (&3.into(), &5.into()));
}

#[test]
fn each_key_has_its_own_verdict() {
    let place = Place::new();
    let verdict = |id: &str| {
        place.write("named.json", census_naming(id, &place).to_json().as_bytes());
        let ran = place.run(&verify(&["--census", "named.json", "--json"]));
        let report = ran.json();
        assert_eq!(report["keys"].as_array().unwrap().len(), 1);
        let holding = report["keys"][0]["holding"].as_str().unwrap().to_owned();
        (
            ran.code,
            holding,
            report["holds_all"] == true,
            report["opens_all"] == true,
        )
    };
    let expected = |code, holding: &str, holds, opens| (code, holding.to_owned(), holds, opens);
    assert_eq!(verdict(IDS[0]), expected(1, "destroyed", false, false));
    assert_eq!(verdict(IDS[1]), expected(0, "opens", true, true));
    assert_eq!(verdict(IDS[2]), expected(0, "disabled", true, false));
    assert_eq!(
        verdict(&"ab".repeat(32)),
        expected(1, "missing", false, false)
    );
    // A key for index values seals nothing.
    assert_eq!(verdict(IDS[4]), expected(1, "missing", false, false));
    assert_eq!(verdict(IDS[5]), expected(0, "opens", true, true));
    place.run(
        &[
            &["keyset", "set-minimum-version", "keys.json", "4"],
            &KMS[..],
        ]
        .concat(),
    );
    assert_eq!(verdict(IDS[1]), expected(0, "below-minimum", true, false));

    let human = |id: &str| {
        place.write("named.json", census_naming(id, &place).to_json().as_bytes());
        place.run(&verify(&["--census", "named.json"])).out
    };
    let missing = human(&"ab".repeat(32));
    assert!(
        missing.starts_with("missing: key abababababab, 1 values\n"),
        "{missing}"
    );
    assert!(missing.ends_with("keys of the census are NOT there\n"));
    assert!(human(IDS[2]).ends_with("is there; not all open as the keyset stands\n"));
}

#[test]
fn an_older_backup_lacks_the_later_keys() {
    let place = Place::new();
    let backup = place.read("keys.json");
    for more in [&[][..], &["--scope-of", "5"]] {
        let rotate = [&["keyset", "rotate", "keys.json"], &KMS[..], more].concat();
        assert_eq!(place.run(&rotate).code, 0);
    }
    place.write("rows.json", census_of_rows(&place, 2).to_json().as_bytes());
    assert_eq!(place.run(&verify(&["--census", "rows.json"])).code, 0);
    place.write("keys.json", &backup);
    let ran = place.run(&verify(&["--census", "rows.json", "--json"]));
    assert_eq!(ran.code, 1);
    let report = ran.json();
    for list in ["keys", "index_versions"] {
        assert_eq!(report[list][0]["holding"], "missing", "{list}");
        assert_eq!(report[list][0].get("version"), None::<&Value>);
    }
}

#[test]
fn a_census_of_nothing_proves_nothing() {
    let place = Place::new();
    place.write(
        "empty.json",
        place.run(&["census", "--json"]).out.as_bytes(),
    );
    let ran = place.run(&verify(&["--census", "empty.json"]));
    assert_eq!(
        (ran.code, &*ran.out),
        (1, "the census names no key, which proves nothing\n")
    );
    let report = place.run(&verify(&["--census", "empty.json", "--json"]));
    assert_eq!(
        (report.code, &report.json()["holds_all"]),
        (1, &false.into())
    );
    // With another that names some, it is as if it were not there.
    let column = column(&place, 2).join("\n");
    let counted = place.run_with(&["census", "--json"], column.as_bytes()).out;
    place.write("two.json", counted.as_bytes());
    let both = verify(&["--census", "empty.json", "--census", "two.json"]);
    assert_eq!(place.run(&both).code, 0);
    for (name, kind) in [("keys.json", "malformed"), ("none.json", "bad-input")] {
        let both = verify(&["--census", "two.json", "--census", name]);
        assert_eq!(place.refused_kind(1, &both), kind);
    }
}
