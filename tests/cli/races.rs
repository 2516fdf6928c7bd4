//! Several processes at one keyset.

use std::process::{Child, Stdio};

use crate::place::{KMS, Place, Ran};

fn at_once(place: &Place, arguments: &[&str], count: usize) -> Vec<Ran> {
    let spawn = |_| {
        place
            .command(arguments)
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    };
    let children: Vec<Child> = (0..count).map(spawn).collect();
    let outputs = children
        .into_iter()
        .map(|child| child.wait_with_output().unwrap());
    outputs.map(|output| place.checked(output)).collect()
}

#[test]
fn processes_that_rotate_at_once_lose_no_key() {
    let place = Place::new();
    let rotate = [&["keyset", "rotate", "keys.json", "--json"], &KMS[..]].concat();
    let ran = at_once(&place, &rotate, 6);
    let mut made = Vec::new();
    for ran in &ran {
        match ran.code {
            0 => made.push(ran.json()["key"]["id"].as_str().unwrap().to_owned()),
            code => {
                assert_eq!((code, &*ran.out), (1, ""), "{ran:?}");
                assert!(ran.err.contains("\"kind\":\"conflict\""), "{ran:?}");
            }
        }
    }
    assert!(!made.is_empty());
    let keyring = place.keyring();
    let mut stored: Vec<_> = keyring.keys()[6..]
        .iter()
        .map(|key| key.id().to_hex())
        .collect();
    stored.sort();
    made.sort();
    assert_eq!(stored, made);
    assert_eq!(place.keyset().keyset().generation(), 7 + made.len() as u64);
}

/// The same job on each of several machines.
#[test]
fn processes_on_one_schedule_rotate_once() {
    let place = Place::new();
    let rotate = [
        "keyset",
        "rotate",
        "keys.json",
        "--if-older-than",
        "90d",
        "--json",
    ];
    let ran = at_once(&place, &[&rotate[..], &KMS].concat(), 6);
    let changed = ran.iter().map(|ran| {
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(ran.json()["key"]["version"], 7);
        ran.json()["changed"] == true
    });
    assert_eq!(changed.filter(|changed| *changed).count(), 1);
    assert_eq!(place.keyset().keyset().generation(), 8);
}

#[test]
fn processes_that_make_a_file_at_once_make_one() {
    let place = Place::new();
    let ran = at_once(
        &place,
        &[&["keyset", "new", "new.json", "--json"], &KMS[..]].concat(),
        4,
    );
    let (made, refused): (Vec<_>, Vec<_>) = ran.iter().partition(|ran| ran.code == 0);
    assert_eq!(made.len(), 1);
    assert!(
        refused
            .iter()
            .all(|ran| ran.code == 1 && ran.err.contains("already-exists"))
    );
    let listed = place.run(&["keyset", "list", "new.json", "--json"]).json();
    assert_eq!(listed["keys"][0]["id"], made[0].json()["key"]["id"]);
}
