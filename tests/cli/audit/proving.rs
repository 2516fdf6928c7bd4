//! `audit prove`.

use phi_seal::audit::journal::{ConsistencyProof, EntryProof, SignedCheckpoint, VerifierKey};
use serde_json::{Value, json};

use super::ward::{ONE, ORIGIN, day, edit, key};
use crate::place::Place;

fn prove<'a>(key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["audit", "prove", "--key", key], more].concat()
}

/// The journal's newest checkpoint, in a file.
fn newest(place: &Place, key: &str) -> SignedCheckpoint {
    assert_eq!(
        place
            .run(&["audit", "export", "journal", "tiles", "--key", key])
            .code,
        0
    );
    let text = String::from_utf8(place.read("tiles/checkpoint")).unwrap();
    place.write("ten.checkpoint", text.as_bytes());
    SignedCheckpoint::verify(&text, &VerifierKey::parse(key).unwrap()).unwrap()
}

#[test]
fn an_entry_is_proved_and_checked_without_the_journal() {
    let place = Place::new();
    let key = day(&place);
    let proved = place.run(&prove(&key, &["journal", "3"]));
    assert_eq!((proved.code, &*proved.err), (0, ""));
    let proof = EntryProof::parse(&proved.out).unwrap();
    let checkpoint = proof.verify(&VerifierKey::parse(&key).unwrap()).unwrap();
    assert_eq!((proof.index(), checkpoint.size()), (3, 10));
    let entry = std::str::from_utf8(proof.entry()).unwrap();
    assert!(entry.contains("\"open\"") && entry.contains(ONE));

    let out = ["journal", "3", "--out", "e.tlog-proof"];
    let said = place.run(&prove(&key, &out));
    assert_eq!(
        (said.code, place.read("e.tlog-proof")),
        (0, proved.out.clone().into_bytes())
    );
    assert!(
        said.out
            .starts_with(&format!("entry 3 of the 10 of {ORIGIN}, root ")),
        "{said:?}"
    );
    assert!(said.out.ends_with(": the proof is written\n"), "{said:?}");
    let json = place.run(&prove(&key, &["journal", "3", "--json"])).json();
    assert_eq!(
        (&json["proof"], &json["index"]),
        (&proved.out.into(), &3.into())
    );
    let older = ["journal", "3", "--checkpoint", "six.checkpoint", "--json"];
    assert_eq!(place.run(&prove(&key, &older)).json()["size"], 6);

    std::fs::remove_dir_all(place.path("journal")).unwrap();
    let check = prove(&key, &["--check", "e.tlog-proof"]);
    let checked = place.run(&check);
    assert_eq!(checked.code, 0);
    assert!(
        checked.out.starts_with("entry 3 of the 10 of "),
        "{checked:?}"
    );
    assert!(!checked.out.contains("canary"));
    let shown = place.run(&[&check[..], &["--show-entry"]].concat());
    assert_eq!(shown.out.lines().nth(1), Some(entry));
    let json = place.run(&[&check[..], &["--json"]].concat()).json();
    let told = json!({ "origin": ORIGIN, "index": 3, "size": 10, "root": json["root"] });
    assert_eq!(json, told);
    let json = place
        .run(&[&check[..], &["--json", "--show-entry"]].concat())
        .json();
    assert_eq!(json["entry"], entry);
}

#[test]
fn an_entry_that_cannot_be_proved_is_not() {
    let place = Place::new();
    let public = day(&place);
    let (_, same_name) = key(&place, "same", ORIGIN);
    let kind = |code, key: &str, more: &[&str]| place.refused_kind(code, &prove(key, more));
    assert_eq!(kind(1, &public, &["journal", "10"]), "out-of-range");
    assert_eq!(
        kind(
            1,
            &public,
            &["journal", "6", "--checkpoint", "six.checkpoint"]
        ),
        "out-of-range"
    );
    assert_eq!(kind(1, &public, &["nowhere", "3"]), "not-found");
    assert_eq!(kind(1, &same_name, &["journal", "3"]), "foreign");
    assert_eq!(
        kind(1, &public, &["journal", "3", "--checkpoint", "keys.json"]),
        "malformed"
    );
    for wrong in [
        &["journal"][..],
        &["journal", "x"],
        &["journal", "-1"],
        &["journal", "3", "4"],
        &[],
        &["journal", "3", "--show-entry"],
        &[
            "journal",
            "3",
            "--consistency",
            "six.checkpoint",
            "six.checkpoint",
        ],
        &["journal", "--consistency", "six.checkpoint"],
        &["journal", "3", "--check", "six.checkpoint"],
        &["--consistency", "six.checkpoint", "six.checkpoint"],
        &["--check", "six.checkpoint", "--out", "x"],
    ] {
        place.refused(2, &prove(&public, wrong));
    }
    place.refused(2, &["audit", "prove", "journal", "3"]);

    // Another entry of the journal was changed: its own hash tells.
    edit(&place, "journal", "\"nurse-17\"", "\"nurse-18\"");
    assert_eq!(kind(5, &public, &["journal", "3"]), "damaged");
    // The end is cut off that the checkpoint counts.
    newest_then_cut(&place);
    let proof = ["journal", "1", "--checkpoint", "ten.checkpoint"];
    assert_eq!(kind(5, &public, &proof), "behind");
}

/// As if the journal had ended with its first segment.
fn newest_then_cut(place: &Place) {
    edit(place, "journal", "\"nurse-18\"", "\"nurse-17\"");
    let key = place.run(&["audit", "key", "public", "audit.signing"]).out;
    newest(place, key.trim_end());
    for name in &super::ward::segments(place, "journal")[1..] {
        std::fs::remove_file(place.path(name)).unwrap();
    }
}

#[test]
fn a_proof_that_proves_nothing_is_told() {
    let place = Place::new();
    let public = day(&place);
    let (_, same_name) = key(&place, "same", ORIGIN);
    let text = place.run(&prove(&public, &["journal", "3"])).out;
    let kind = |code, key: &str, text: &str| {
        place.write("p", text.as_bytes());
        place.refused_kind(code, &prove(key, &["--check", "p"]))
    };
    let line = |at: usize| text.lines().nth(at).unwrap();
    assert_eq!(kind(1, &same_name, &text), "foreign");
    assert_eq!(kind(1, &public, ""), "malformed");
    assert_eq!(kind(1, &public, &text[..40]), "malformed");
    assert_eq!(
        kind(5, &public, &text.replace("index 3\n", "index 2\n")),
        "refuted"
    );
    assert_eq!(kind(5, &public, &text.replace(line(3), line(4))), "refuted");
    assert_eq!(
        kind(5, &public, &text.replace("\n10\n", "\n11\n")),
        "bad-signature"
    );
    let other = place.run(&prove(&public, &["journal", "4"])).out;
    let swapped = text.replace(line(1), other.lines().nth(1).unwrap());
    assert_eq!(kind(5, &public, &swapped), "refuted");
    assert_eq!(
        place.refused_kind(1, &prove(&public, &["--check", "none"])),
        "not-found"
    );
}

#[test]
fn that_a_journal_only_grew_is_proved_and_checked() {
    let place = Place::new();
    let key = day(&place);
    let newest = newest(&place, &key);
    let both = ["--consistency", "six.checkpoint", "ten.checkpoint"];
    let grew = prove(&key, &[&["journal"], &both[..]].concat());
    let proved = place.run(&grew);
    assert_eq!((proved.code, &*proved.err), (0, ""), "{proved:?}");
    let proof = ConsistencyProof::from_json(proved.out.trim_end().as_bytes()).unwrap();
    let six = String::from_utf8(place.read("six.checkpoint")).unwrap();
    let six = SignedCheckpoint::verify(&six, &VerifierKey::parse(&key).unwrap()).unwrap();
    proof.verify(six.checkpoint(), newest.checkpoint()).unwrap();
    let json = place.run(&[&grew[..], &["--json"]].concat()).json();
    assert_eq!((&json["old_size"], &json["size"]), (&6.into(), &10.into()));
    assert_eq!(json["proof"], proved.out.as_str());

    let written = place.run(&[&grew[..], &["--out", "grew.json"]].concat());
    assert!(
        written.out.starts_with("the first 6 of the 10 entries of "),
        "{written:?}"
    );
    let check = prove(&key, &[&["--check", "grew.json"], &both[..]].concat());
    let checked = place.run(&check);
    assert_eq!(checked.code, 0);
    assert!(
        checked.out.ends_with("unchanged: the proof holds\n"),
        "{checked:?}"
    );
    assert_eq!(
        place.run(&[&check[..], &["--json"]].concat()).json()["old_size"],
        6
    );

    let kind = |code, more: &[&str]| place.refused_kind(code, &prove(&key, more));
    let turned = ["--consistency", "ten.checkpoint", "six.checkpoint"];
    assert_eq!(
        kind(1, &[&["journal"], &turned[..]].concat()),
        "out-of-range"
    );
    assert_eq!(
        kind(1, &[&["--check", "grew.json"], &turned[..]].concat()),
        "other-size"
    );
    assert_eq!(
        kind(1, &[&["--check", "keys.json"], &both[..]].concat()),
        "malformed"
    );
    assert_eq!(
        kind(1, &[&["--check", "none"], &both[..]].concat()),
        "not-found"
    );
    assert_eq!(
        kind(1, &["journal", "--consistency", "none", "ten.checkpoint"]),
        "not-found"
    );
    let mut changed: Value = serde_json::from_str(&proved.out).unwrap();
    changed["hashes"].as_array_mut().unwrap().swap(0, 1);
    place.write("changed.json", changed.to_string().as_bytes());
    assert_eq!(
        kind(5, &[&["--check", "changed.json"], &both[..]].concat()),
        "refuted"
    );
}
