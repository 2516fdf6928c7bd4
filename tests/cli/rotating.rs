//! `keyset rotate` and `activate`.

use phi_seal::key::KeyState;

use crate::place::{KMS, Place};

fn rotate<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["keyset", "rotate", "keys.json"], &KMS[..], more].concat()
}

#[test]
fn a_fresh_key_seals_and_the_old_one_opens() {
    let place = Place::new();
    let done = place.run(&rotate(&[]));
    assert!(
        done.out.starts_with("rotated: version 7, active, key "),
        "{done:?}"
    );
    assert!(done.out.ends_with("; generation 8\n"));
    let done = place.run(&rotate(&["--json"])).json();
    assert_eq!(
        (&done["key"]["version"], &done["generation"]),
        (&8.into(), &9.into())
    );
    let keys = place.keyset().keyset().keys();
    let states: Vec<_> = keys[3..].iter().map(|key| key.state()).collect();
    use KeyState::{Active, DecryptOnly};
    assert_eq!(states, [DecryptOnly, Active, Active, DecryptOnly, Active]);
    assert_eq!(done["key"]["id"], keys[7].id().to_hex());
}

#[test]
fn a_scope_is_named_by_use_and_tenant_or_by_a_version() {
    let place = Place::new();
    let version = |more: &[&str]| {
        let done = place.run(&rotate(&[more, &["--json"]].concat()));
        done.json()["key"]["version"].as_u64().unwrap() as usize
    };
    let by_name = version(&["--use", "index", "--tenant", "Klinik Süd"]);
    let by_version = version(&["--scope-of", "5"]);
    let of_a_patient = version(&["--scope-of", "6"]);
    let keys = place.keyset().keyset().keys();
    assert!(keys[by_name - 1].scope() == keys[4].scope());
    assert!(keys[by_version - 1].scope() == keys[4].scope());
    assert!(keys[of_a_patient - 1].scope() == keys[5].scope());
    assert_eq!(keys[3].state(), KeyState::Active);

    assert_eq!(
        place.refused_kind(1, &rotate(&["--use", "index"])),
        "not-found"
    );
    assert_eq!(
        place.refused_kind(1, &rotate(&["--tenant", "klinik süd"])),
        "not-found"
    );
    assert_eq!(
        place.refused_kind(1, &rotate(&["--scope-of", "99"])),
        "not-found"
    );
    place.refused(2, &rotate(&["--scope-of", "5", "--use", "index"]));
    place.refused(2, &rotate(&["--scope-of", "5", "--tenant", "t"]));
    // A patient is named nowhere: arguments can be seen by others.
    place.refused(2, &rotate(&["--subject", "p-1"]));
}

#[test]
fn a_schedule_rotates_what_is_due_and_nothing_else() {
    let place = Place::new();
    let due = |age| place.run(&rotate(&["--if-older-than", age]));
    // Nothing of 2025 is older than a million weeks, and everything than 90 days.
    let before = place.contents();
    let done = due("1000000w");
    assert_eq!(
        (done.code, &*done.out),
        (
            0,
            "nothing changed: version 4, active, key 338f5029a30f; generation 7\n"
        )
    );
    assert_eq!(place.contents(), before);
    assert!(
        due("90d")
            .out
            .starts_with("rotated: version 7, active, key ")
    );
    let again = place
        .run(&rotate(&["--if-older-than", "90d", "--json"]))
        .json();
    assert_eq!(
        (&again["changed"], &again["key"]["version"]),
        (&false.into(), &7.into())
    );
    assert_eq!(place.keyset().keyset().generation(), 8);
    // Of its own scope.
    let index = place.run(&rotate(&["--if-older-than", "90d", "--scope-of", "5"]));
    assert!(index.out.starts_with("rotated: version 8"), "{index:?}");

    for age in [
        "",
        "d",
        "90",
        "90 d",
        "-1d",
        "+1d",
        "1.5d",
        "90D",
        "90days",
        "9999999999999999999d",
        "340282366920938463463374607431768211456s",
        "٣d",
    ] {
        let error = place.refused(2, &rotate(&[&*format!("--if-older-than={age}")]));
        assert!(age.len() < 5 || !error.contains(age), "{error}");
    }
}

#[test]
fn a_prepared_key_opens_and_seals_only_when_activated() {
    let place = Place::new();
    let done = place.run(&rotate(&["--prepare"]));
    assert!(
        done.out
            .starts_with("prepared: version 7, decrypt-only, key "),
        "{done:?}"
    );
    assert_eq!(place.keyset().keyset().keys()[3].state(), KeyState::Active);
    let activate = [&["keyset", "activate", "keys.json", "7"], &KMS[..]].concat();
    let done = place.run(&activate);
    assert!(
        done.out.starts_with("activated: version 7, active, key "),
        "{done:?}"
    );
    assert_eq!(
        place.keyset().keyset().keys()[3].state(),
        KeyState::DecryptOnly
    );

    assert_eq!(place.refused_kind(3, &activate), "invalid-state");
    assert_eq!(
        place.refused_kind(1, &rotate(&["--prepare", "--use", "audit"])),
        "not-found"
    );
    place.refused(2, &rotate(&["--prepare", "--if-older-than", "90d"]));
}
