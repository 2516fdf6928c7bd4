//! Commands that change a keyset and can be changed back.

use phi_seal::TenantId;
use phi_seal::key::{KeyScope, KeyState, KeyUse};
use serde_json::json;

use crate::place::{IDS, KEYSET_ID, KMS, Place};

fn states(place: &Place) -> Vec<&'static str> {
    let keys = place.keyset().keyset().keys();
    keys.iter().map(|key| key.state().code()).collect()
}

#[test]
fn a_root_key_and_a_keyset_are_made_once() {
    let place = Place::new();
    let made = place.run(&["root-key", "new.key"]);
    let reference = place_reference(&place, "new.key");
    assert_eq!(made.code, 0);
    assert_eq!(
        made.out,
        format!(
            "made the root key {reference}\nwho loses it loses the data: keep a copy elsewhere\n"
        )
    );
    let json = place.run(&["root-key", "third.key", "--json"]).json();
    assert_eq!(
        json,
        json!({ "reference": place_reference(&place, "third.key") })
    );

    let new = ["keyset", "new", "new.json", "--kms", "local:new.key"];
    let made = place.run(&new);
    assert!(
        made.out
            .starts_with("made a keyset: version 1, active, key "),
        "{made:?}"
    );
    assert!(made.out.ends_with("; generation 1\n"));
    let listed = place.run(&["keyset", "list", "new.json", "--json"]).json();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 1);
    let json = place.run(&[
        "keyset",
        "new",
        "third.json",
        "--kms",
        "local:new.key",
        "--json",
    ]);
    assert_eq!(json.json()["key"]["state"], "active");
    assert_eq!(json.json()["changed"], true);

    assert_eq!(
        place.refused_kind(1, &["root-key", "new.key"]),
        "already-exists"
    );
    assert_eq!(
        place.refused_kind(1, &["root-key", "nowhere/new.key"]),
        "not-found"
    );
    assert_eq!(place.refused_kind(1, &new), "already-exists");
    assert_eq!(
        place.refused_kind(
            1,
            &["keyset", "new", "nowhere/k.json", "--kms", "local:new.key"]
        ),
        "not-found"
    );
    assert_eq!(
        place.refused_kind(1, &["keyset", "new", "k.json", "--kms", "local:none.key"]),
        "not-found"
    );
    assert_eq!(
        place.refused_kind(1, &["keyset", "new", "k.json", "--kms", "local:keys.json"]),
        "malformed"
    );
}

fn place_reference(place: &Place, name: &str) -> String {
    let kms = phi_seal::key::LocalKms::from_file(place.path(name)).unwrap();
    kms.reference().to_owned()
}

#[test]
fn a_root_key_comes_from_the_environment_too() {
    let place = Place::new();
    let list = [
        "keyset",
        "list",
        "keys.json",
        "--kms",
        "local-env:PHI_SEAL_ROOT",
    ];
    let run = |value: Option<&str>| {
        let mut command = place.command(&list);
        command.env_remove("PHI_SEAL_ROOT");
        if let Some(value) = value {
            command.env("PHI_SEAL_ROOT", value);
        }
        place.checked(command.output().unwrap()).code
    };
    assert_eq!(run(Some(crate::place::ROOT)), 0);
    assert_eq!(run(None), 1);
    assert_eq!(run(Some("")), 1);
    assert_eq!(run(Some(&crate::place::ROOT[..52])), 1);
}

#[test]
fn a_key_is_disabled_and_enabled_again() {
    let place = Place::new();
    let to = |verb, version| [&["keyset", verb, "keys.json", version], &KMS[..]].concat();
    let done = place.run(&to("disable", "2"));
    assert_eq!(
        done.out,
        "disabled: version 2, disabled, key 6a5dde1caac2; generation 8\n"
    );
    assert_eq!(states(&place)[1], "disabled");
    let done = place.run(&[&to("enable", "2")[..], &["--json"]].concat());
    let expected = json!({
        "changed": true,
        "keyset": KEYSET_ID,
        "generation": 9,
        "minimum_version": 2,
        "key": { "version": 2, "id": IDS[1], "state": "decrypt-only" },
    });
    assert_eq!((done.code, done.json()), (0, expected));
    assert_eq!(states(&place)[1], "decrypt-only");

    for (verb, version, kind) in [
        ("disable", "1", "invalid-state"), // destroyed
        ("disable", "3", "invalid-state"), // disabled already
        ("disable", "4", "invalid-state"), // active
        ("enable", "1", "invalid-state"),
        ("enable", "2", "invalid-state"), // decrypt-only
        ("enable", "4", "invalid-state"),
        ("activate", "1", "invalid-state"),
        ("activate", "2", "invalid-state"), // older than the active one
        ("activate", "3", "invalid-state"), // disabled
        ("activate", "4", "invalid-state"), // active already
    ] {
        assert_eq!(
            place.refused_kind(3, &to(verb, version)),
            kind,
            "{verb} {version}"
        );
    }
    for verb in ["disable", "enable", "activate"] {
        assert_eq!(place.refused_kind(1, &to(verb, "7")), "not-found");
        assert_eq!(place.refused_kind(1, &to(verb, "0")), "not-found");
        for version in ["-1", "4294967296", "two", ""] {
            place.refused(2, &to(verb, version));
        }
    }
}

#[test]
fn the_minimum_version_goes_up_and_down() {
    let place = Place::new();
    let to = |version| {
        [
            &["keyset", "set-minimum-version", "keys.json", version],
            &KMS[..],
        ]
        .concat()
    };
    let done = place.run(&to("4"));
    assert_eq!(
        (done.code, &*done.out),
        (0, "keys below version 4 are refused; generation 8\n")
    );
    let shown = place.run(&["keyset", "list", "keys.json"]).out;
    assert!(
        shown.contains("decrypt-only, below minimum") && shown.contains("disabled, below minimum")
    );
    assert!(!shown.contains("destroyed, below minimum"));
    let done = place.run(&[&to("1")[..], &["--json"]].concat()).json();
    assert_eq!(
        (&done["minimum_version"], &done["generation"]),
        (&1.into(), &9.into())
    );
    assert!(done.get("key").is_none());
    for version in ["0", "5", "6", "4000000000"] {
        assert_eq!(
            place.refused_kind(3, &to(version)),
            "invalid-state",
            "{version}"
        );
    }
    place.refused(2, &to("x"));
}

fn add<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["keyset", "add", "keys.json"], &KMS[..], more].concat()
}

#[test]
fn a_scope_gets_its_first_key_once() {
    let place = Place::new();
    let done = place.run(&add(&["--use", "index"]));
    assert!(
        done.out.starts_with("added: version 7, active, key "),
        "{done:?}"
    );
    let done = place.run(&add(&["--tenant", "t-1", "--json"]));
    assert_eq!(done.json()["key"]["version"], 8);
    let keys = place.keyset().keyset().keys();
    assert!(*keys[6].scope() == KeyScope::shared(KeyUse::Index));
    assert!(*keys[7].scope() == KeyScope::tenant(TenantId::new("t-1").unwrap(), KeyUse::Seal));
    assert_eq!(keys[7].state(), KeyState::Active);

    let long = "x".repeat(1025);
    assert_eq!(place.refused_kind(3, &add(&[])), "refused");
    assert_eq!(place.refused_kind(3, &add(&["--use", "index"])), "refused");
    assert_eq!(place.refused_kind(3, &add(&["--tenant", "t-1"])), "refused");
    assert_eq!(
        place.refused_kind(3, &add(&["--use", "index", "--tenant", "Klinik Süd"])),
        "refused"
    );
    assert_eq!(place.refused_kind(2, &add(&["--tenant", ""])), "usage");
    assert_eq!(place.refused_kind(2, &add(&["--tenant", &long])), "usage");
    place.refused(2, &add(&["--use", "root"]));
    place.refused(2, &add(&["--use", "Seal"]));
}

/// None of them unwraps or changes anything under another root key, or in an edited file.
#[test]
fn another_root_key_and_an_edited_file_change_nothing() {
    let place = Place::new();
    place.run(&["root-key", "other.key"]);
    let json = String::from_utf8(place.read("keys.json")).unwrap();
    let edited = json.replace("\"minimum_version\": 2", "\"minimum_version\": 1");
    place.write("edited.json", edited.as_bytes());
    for (verb, version) in [
        ("disable", "2"),
        ("enable", "3"),
        ("set-minimum-version", "4"),
        ("rotate", ""),
        ("add", ""),
        ("destroy", "2"),
        ("verify", ""),
        ("activate", "2"),
    ] {
        let run = |file: &str, kms: &str, code| {
            let mut arguments = vec!["keyset", verb, file, version, "--kms", kms];
            arguments.retain(|argument| !argument.is_empty());
            match verb {
                "destroy" => arguments.push("--yes"),
                "add" => arguments.extend(["--use", "audit"]),
                _ => {}
            }
            place.refused_kind(code, &arguments)
        };
        assert_eq!(
            run("keys.json", "local:other.key", 1),
            "wrong-key",
            "{verb}"
        );
        assert_eq!(
            run("edited.json", "local:root.key", 1),
            "tampered",
            "{verb}"
        );
        assert_eq!(run("none.json", "local:root.key", 1), "not-found", "{verb}");
        assert_eq!(run("keys.json", "vault:x", 1), "malformed", "{verb}");
        assert_eq!(run("keys.json", "local:", 1), "malformed", "{verb}");
        assert_eq!(run("keys.json", "local", 1), "malformed", "{verb}");
    }
}
