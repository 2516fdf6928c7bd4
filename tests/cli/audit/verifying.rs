//! `audit verify` of journals that nobody has changed, and of what it cannot read.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use phi_seal::access::ManualClock;
use phi_seal::audit::journal::Journal;
use serde_json::json;

use super::ward::{HOUR, ORIGIN, Ward, day, key, noon, segments};
use crate::place::Place;

#[test]
fn an_intact_journal_is_told_to_be() {
    let place = Place::new();
    let key = day(&place);
    assert!(segments(&place, "journal").len() > 2);
    let verify = ["audit", "verify", "journal", "--key", &key];
    let done = place.run(&verify);
    let head = format!("journal {ORIGIN}: 10 entries read\n");
    let said = format!("{head}intact up to 10, anchored up to 0\n");
    assert_eq!((done.code, done.out, &*done.err), (0, said, ""));

    place.write("public", format!("{key}\n").as_bytes());
    let trusting = [
        "audit",
        "verify",
        "journal",
        "--key",
        "@public",
        "--trust",
        "six.checkpoint",
    ];
    let said = format!("{head}intact up to 10, anchored up to 6\n");
    assert_eq!(place.run(&trusting).out, said);
    let done = place.run(&[&trusting[..], &["--json"]].concat());
    let expected = json!({
        "origin": ORIGIN, "entries": 10, "intact": 10, "anchored": 6, "unsigned": 0,
        "torn_bytes": 0, "silences": [],
    });
    assert_eq!((done.code, &*done.err, done.json()), (0, "", expected));
}

#[test]
fn an_export_is_verified_with_its_journal() {
    let place = Place::new();
    let key = day(&place);
    place.run(&["audit", "export", "journal", "tiles", "--key", &key]);
    let verify = [
        "audit", "verify", "journal", "--key", &key, "--tiles", "tiles",
    ];
    let done = place.run(&verify);
    assert_eq!(done.code, 0);
    // What lies beside the journal anchors nothing.
    assert!(
        done.out
            .contains("anchored up to 0\ntiles: 10 entries, intact\n"),
        "{done:?}"
    );
    let json = place.run(&[&verify[..], &["--json"]].concat()).json();
    assert_eq!(json["tiles"], json!({ "entries": 10 }));
    let both = [&verify[..], &["--trust", "six.checkpoint"]].concat();
    assert!(place.run(&both).out.contains("anchored up to 6\n"));

    let tile = "tiles/tile/0/000.p/10";
    let mut bytes = place.read(tile);
    bytes[0] ^= 1;
    place.write(tile, &bytes);
    let done = place.run(&verify);
    assert_eq!(done.code, 5);
    assert!(
        done.out
            .contains("TILES CHANGED: mismatch, tile/0/000.p/10\n"),
        "{done:?}"
    );
    let json = place.run(&[&verify[..], &["--json"]].concat()).json();
    let fault = json!({ "reason": "mismatch", "tile": "tile/0/000.p/10" });
    assert_eq!(json["tiles"]["fault"], fault);
    fs::remove_file(place.path(tile)).unwrap();
    let json = place.run(&[&verify[..], &["--json"]].concat());
    assert_eq!(
        (json.code, &json.json()["tiles"]["fault"]["reason"]),
        (5, &"missing".into())
    );

    fs::create_dir(place.path("empty")).unwrap();
    for folder in ["empty", "nowhere"] {
        let verify = [
            "audit", "verify", "journal", "--key", &key, "--tiles", folder,
        ];
        assert_eq!(place.refused_kind(1, &verify), "not-found");
    }
    let signed = String::from_utf8(place.read("tiles/checkpoint")).unwrap();
    place.write(
        "tiles/checkpoint",
        signed.replace("\n10\n", "\n11\n").as_bytes(),
    );
    assert_eq!(place.refused_kind(5, &verify), "bad-signature");
}

/// As a crash leaves them, and while somebody writes.
#[test]
fn unsigned_and_torn_ends_are_told_and_are_no_faults() {
    let place = Place::new();
    let (key, public) = key(&place, "audit", ORIGIN);
    let ward = Ward::open(&place, "journal", key, "ehr");
    let verify = ["audit", "verify", "journal", "--key", &public, "--json"];
    ward.journal.heartbeat().unwrap();
    ward.journal.heartbeat().unwrap();
    let open = place.run(&verify).json();
    assert_eq!(open["entries"], 3);
    let unsigned = open["unsigned"].as_u64().unwrap();
    assert_eq!(open["intact"].as_u64().unwrap() + unsigned, 3);
    assert!(unsigned > 0);
    let human = place.run(&verify[..5]).out;
    assert!(human.contains(&format!(
        "unsigned: the last {unsigned} are under no checkpoint\n"
    )));
    drop(ward);
    assert_eq!(place.run(&verify).json()["unsigned"], 0);

    let name = segments(&place, "journal").remove(0);
    place.write(&name, &[&place.read(&name)[..], b"+half a line"].concat());
    let torn = place.run(&verify);
    assert_eq!((torn.code, &torn.json()["torn_bytes"]), (0, &12.into()));
    let human = place.run(&verify[..5]);
    assert!(
        human
            .out
            .ends_with("torn: 12 bytes at the end, as a crash leaves them\n")
    );
    assert_eq!(human.code, 0);
}

#[test]
fn silences_are_told() {
    let place = Place::new();
    let (key, public) = key(&place, "audit", ORIGIN);
    let clock = Arc::new(ManualClock::new(noon()));
    let builder = Journal::builder(place.path("journal"), key).tended_by_hand();
    let journal = builder.clock(clock.clone()).create().unwrap();
    clock.advance(Duration::from_secs(100));
    journal.heartbeat().unwrap();
    clock.advance(3 * HOUR);
    journal.heartbeat().unwrap();
    journal.close().unwrap();
    let verify = ["audit", "verify", "journal", "--key", &public];
    let done = place.run(&verify);
    assert_eq!(done.code, 0);
    assert!(
        done.out.ends_with("\nsilence: 3h after entry 1\n"),
        "{done:?}"
    );
    let silences = |every: &str| {
        let options = ["--json", "--heartbeat-every", every];
        place.run(&[&verify[..], &options].concat()).json()["silences"].clone()
    };
    let long = json!({ "after": 1, "seconds": 10_800 });
    assert_eq!(silences("60s"), json!([long]));
    assert_eq!(silences("2h"), json!([]));
    assert_eq!(
        silences("30s"),
        json!([{ "after": 0, "seconds": 100 }, long])
    );
    for every in ["", "60", "-1s", "1y", "soon"] {
        place.refused(2, &[&verify[..], &["--heartbeat-every", every]].concat());
    }
}

#[test]
fn what_cannot_be_read_is_another_error_than_tampering() {
    let place = Place::new();
    let public = day(&place);
    let (_, other) = key(&place, "other", "general.example/audit");
    let verify = |journal: &str, more: &[&str]| {
        let own = ["audit", "verify", journal, "--key", &public];
        place.refused_kind(1, &[&own[..], more].concat())
    };
    fs::create_dir(place.path("empty")).unwrap();
    for journal in ["nowhere", "empty"] {
        assert_eq!(verify(journal, &[]), "not-found");
    }
    assert_eq!(verify("keys.json", &[]), "io");
    assert_eq!(verify("journal", &["--trust", "none"]), "not-found");
    assert_eq!(verify("journal", &["--trust", "keys.json"]), "malformed");
    assert_eq!(verify("journal", &["--trust", "journal"]), "io");
    assert_eq!(
        verify("journal", &["--second-place", "nowhere"]),
        "not-found"
    );
    let foreign = [
        "audit",
        "verify",
        "journal",
        "--key",
        &other,
        "--trust",
        "six.checkpoint",
    ];
    assert_eq!(place.refused_kind(1, &foreign), "foreign");
    for bad in [
        "",
        "x",
        "@nowhere",
        "@keys.json",
        &public[..public.len() - 2],
    ] {
        let kind = place.refused_kind(1, &["audit", "verify", "journal", "--key", bad]);
        let expected = if bad == "@nowhere" {
            "not-found"
        } else {
            "malformed"
        };
        assert_eq!(kind, expected, "{bad}");
    }
    place.refused(2, &["audit", "verify", "journal"]);
    place.refused(2, &["audit", "verify", "--key", &public]);
    place.refused(
        2,
        &["audit", "verify", "journal", "journal", "--key", &public],
    );

    let signed = String::from_utf8(place.read("six.checkpoint")).unwrap();
    place.write("changed", signed.replace("\n6\n", "\n5\n").as_bytes());
    let changed = [
        "audit", "verify", "journal", "--key", &public, "--trust", "changed",
    ];
    assert_eq!(place.refused_kind(5, &changed), "bad-signature");
}
