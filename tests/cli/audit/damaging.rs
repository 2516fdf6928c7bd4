//! `audit verify` of journals that somebody has changed.

use serde_json::{Value, json};

use super::ward::{ORIGIN, Ward, day, edit, key, segments};
use crate::place::Place;

/// A journal after this was done to it: its fault, as JSON and as text.
fn fault(change: impl FnOnce(&Place), more: &[&str]) -> (Value, String) {
    let place = Place::new();
    let key = day(&place);
    change(&place);
    let verify = [&["audit", "verify", "journal", "--key", &key], more].concat();
    let human = place.run(&verify);
    let json = place.run(&[&verify[..], &["--json"]].concat());
    assert_eq!((human.code, json.code), (5, 5), "{human:?}");
    assert_eq!((&*human.err, &*json.err), ("", ""));
    let last = human.out.lines().last().unwrap().to_owned();
    (json.json()["fault"].clone(), last)
}

/// Takes lines out of a segment.
fn drop_lines(place: &Place, number: usize, mut drops: impl FnMut(usize, &str) -> bool) {
    let name = segments(place, "journal").remove(number);
    let content = String::from_utf8(place.read(&name)).unwrap();
    let lines = content.split_inclusive('\n').enumerate();
    let kept: String = lines
        .filter(|(at, line)| !drops(*at, line))
        .map(|(_, line)| line)
        .collect();
    assert_ne!(kept, content);
    place.write(&name, kept.as_bytes());
}

#[test]
fn an_edited_entry_is_named() {
    let edited = |place: &Place| edit(place, "journal", "\"nurse-17\"", "\"nurse-18\"");
    let (json, said) = fault(edited, &[]);
    assert_eq!(json, json!({ "index": 5, "reason": "changed" }));
    assert_eq!(
        said,
        "CHANGED at entry 5: it is not what its own hash says (changed)"
    );
}

#[test]
fn a_deleted_entry_is_within_the_range_that_is_told() {
    let deleted = |place: &Place| drop_lines(place, 0, |_, line| line.contains("\"seal\""));
    let (json, said) = fault(deleted, &[]);
    let (index, until) = (json["index"].as_u64().unwrap(), json["until"].as_u64());
    assert!(index <= 1 && until.is_none_or(|until| until > 1), "{json}");
    assert!(
        said.starts_with(&format!("CHANGED at entry {index}")),
        "{said}"
    );
}

#[test]
fn a_missing_segment_is_told() {
    let removed = |place: &Place| {
        let name = segments(place, "journal").remove(1);
        std::fs::remove_file(place.path(&name)).unwrap();
    };
    assert_eq!(fault(removed, &[]).0["reason"], "bad-segment");
}

#[test]
fn a_truncated_end_is_told_by_what_was_held_elsewhere() {
    let cut = |place: &Place| {
        for name in &segments(place, "journal")[1..] {
            std::fs::remove_file(place.path(name)).unwrap();
        }
    };
    let (json, said) = fault(cut, &["--trust", "six.checkpoint"]);
    assert_eq!(
        (&json["reason"], &json["until"]),
        (&"truncated".into(), &6.into())
    );
    assert!(said.contains(" to 5: the end is missing"), "{said}");

    // So does an export.
    let exported = |place: &Place| {
        let key = place.run(&["audit", "key", "public", "audit.signing"]).out;
        let export = [
            "audit",
            "export",
            "journal",
            "tiles",
            "--key",
            key.trim_end(),
        ];
        assert_eq!(place.run(&export).code, 0);
        cut(place);
    };
    let (json, _) = fault(exported, &["--tiles", "tiles"]);
    assert_eq!(
        (&json["reason"], &json["until"]),
        (&"truncated".into(), &10.into())
    );
}

/// Nobody can tell without what was held elsewhere, and so it is no fault.
#[test]
fn a_truncated_end_is_not_seen_from_within() {
    let place = Place::new();
    let key = day(&place);
    for name in &segments(&place, "journal")[1..] {
        std::fs::remove_file(place.path(name)).unwrap();
    }
    let done = place.run(&["audit", "verify", "journal", "--key", &key]);
    assert_eq!(done.code, 0, "{done:?}");
}

/// Whoever has the signing key writes another history, and an older checkpoint tells.
#[test]
fn a_history_signed_anew_is_told() {
    let rewritten = |place: &Place| {
        std::fs::remove_dir_all(place.path("journal")).unwrap();
        let text = String::from_utf8(place.read("audit.signing")).unwrap();
        let key = phi_seal::audit::journal::JournalKey::from_text(&text).unwrap();
        let ward = Ward::open(place, "journal", key, "ehr");
        (0..8).for_each(|_| ward.journal.heartbeat().unwrap());
    };
    let (json, said) = fault(rewritten, &["--trust", "six.checkpoint"]);
    assert_eq!(json["reason"], "diverged");
    assert!(said.contains("rewritten or forked"), "{said}");
}

#[test]
fn another_key_is_suggested_as_the_reason() {
    let place = Place::new();
    day(&place);
    let (_, same_name) = key(&place, "same", ORIGIN);
    let (_, other) = key(&place, "other", "general.example/audit");
    for (key, reason, hint) in [
        (
            &same_name,
            "bad-signature",
            "is it the key of this journal?",
        ),
        (
            &other,
            "other-origin",
            "is the key the one of this journal?",
        ),
    ] {
        let verify = ["audit", "verify", "journal", "--key", key];
        let human = place.run(&verify);
        assert_eq!(human.code, 5);
        assert!(human.out.contains(hint), "{human:?}");
        let json = place.run(&[&verify[..], &["--json"]].concat()).json();
        assert_eq!(
            (&json["fault"]["reason"], &json["intact"]),
            (&reason.into(), &0.into())
        );
    }
}
