//! `audit query`.

use phi_seal::Purpose;
use serde_json::Value;

use super::ward::{ONE, TWO, Ward, day, edit, key};
use crate::place::{Place, Ran};

fn query<'a>(key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["audit", "query", "journal", "--key", key], more].concat()
}

/// The events of the output, each by action, actor and outcome.
fn found(ran: &Ran) -> Vec<String> {
    assert_eq!((ran.code, &*ran.err), (0, ""), "{ran:?}");
    let event = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |at: &str| event.pointer(at).unwrap().as_str().unwrap().to_owned();
        format!(
            "{} {} {}",
            text("/actor/id"),
            text("/action"),
            text("/outcome")
        )
    };
    ran.out.lines().map(event).collect()
}

const ALL: [&str; 8] = [
    "physician-17 seal success",
    "physician-17 seal success",
    "physician-17 open success",
    "clerk-17 open denied",
    "nurse-17 open success",
    "registrar-17 disclose success",
    "registrar-17 disclose success",
    "registrar-17 disclose success",
];

#[test]
fn each_condition_finds_what_it_names() {
    let place = Place::new();
    let key = day(&place);
    place.write("subject", format!("{TWO}\n").as_bytes());
    place.write("record", format!("patient/{TWO}").as_bytes());
    let record = format!("patient/{ONE}");
    let other_type = format!("visit/{ONE}");
    let cases: &[(&[&str], &[usize])] = &[
        (&[], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&["--subject", ONE], &[0, 2, 3, 5, 6, 7]),
        (&["--subject", "@subject"], &[1, 4]),
        (
            &["--subject", ONE, "--subject", TWO],
            &[0, 1, 2, 3, 4, 5, 6, 7],
        ),
        (&["--record", &record], &[0, 2, 3]),
        (&["--record", "@record"], &[1, 4]),
        (&["--record", &other_type], &[]),
        (&["--actor", "clerk-17"], &[3]),
        (&["--actor", "clerk"], &[]),
        (&["--role", "nurse"], &[4]),
        (&["--from", "2026-11-21T13:00:00Z"], &[2, 3, 4, 5, 6, 7]),
        (
            &["--from", "2026-11-21T13:00:00.000000001Z"],
            &[3, 4, 5, 6, 7],
        ),
        (&["--to", "2026-11-21T13:00:00Z"], &[0, 1]),
        (&["--to", "2026-11-21"], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&["--to", "2026-11-20"], &[]),
        (&["--from", "2026-11-21"], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&["--from", "2026-11-22"], &[]),
        (&["--action", "disclose"], &[5, 6, 7]),
        (
            &["--action", "disclose", "--action", "seal"],
            &[0, 1, 5, 6, 7],
        ),
        (&["--outcome", "denied"], &[3]),
        (&["--failures"], &[3]),
        (&["--purpose", "BTG"], &[4]),
        (&["--purpose", "HPAYMT", "--purpose", "HLEGAL"], &[3, 6]),
        (&["--tenant", "mercy"], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&["--tenant", "general"], &[]),
        (&["--source-ip", "203.0.113.9"], &[0, 1, 2, 3, 4, 5, 6, 7]),
        (&["--source-ip", "::1"], &[]),
        (&["--observer", "ehr", "--subject", TWO], &[1, 4]),
        (&["--observer", "portal"], &[]),
    ];
    for (conditions, places) in cases {
        let events = found(&place.run(&query(&key, conditions)));
        let expected: Vec<_> = places.iter().map(|at| ALL[*at]).collect();
        assert_eq!(events, expected, "{conditions:?}");
    }
}

#[test]
fn events_are_told_as_they_are_or_narrowed() {
    let place = Place::new();
    let key = day(&place);
    let whole = place.run(&query(&key, &["--subject", ONE, "--action", "open"]));
    let event: Value = serde_json::from_str(whole.out.lines().next().unwrap()).unwrap();
    let segment: String = super::ward::segments(&place, "journal")
        .iter()
        .map(|name| String::from_utf8(place.read(name)).unwrap())
        .collect();
    assert!(segment.contains(whole.out.lines().next().unwrap()));
    assert_eq!(event["subjects"][0]["subject"], ONE);

    // One event about both patients.
    let (page, key) = super::ward::key(&place, "page", "mercy.example/page");
    let ward = Ward::open(&place, "page", page, "ehr");
    let care = ward.session("physician", Purpose::Treatment);
    let rows = [ONE, TWO].map(|id| care.seal(&super::ward::patient(id)).unwrap());
    assert_eq!(care.open_all(&rows).filter(Result::is_ok).count(), 2);
    drop((care, ward));
    let of = [
        "audit",
        "query",
        "page",
        "--key",
        &key,
        "--action",
        "open",
        "--subject",
        ONE,
    ];
    let whole = place.run(&of);
    assert!(
        found(&whole).len() == 1 && whole.out.contains(TWO),
        "{whole:?}"
    );
    let narrow = place.run(&[&of[..], &["--narrow"]].concat());
    assert!(
        found(&narrow).len() == 1 && !narrow.out.contains(TWO),
        "{narrow:?}"
    );
    assert!(narrow.out.contains(ONE));
}

#[test]
fn tables_and_fhir_are_other_forms_of_the_same() {
    let place = Place::new();
    let key = day(&place);
    let of = |format: &str| {
        let ran = place.run(&query(&key, &["--subject", TWO, "--format", format]));
        assert_eq!((ran.code, &*ran.err), (0, ""));
        ran.out
    };
    let csv = of("csv");
    let lines: Vec<_> = csv.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].starts_with("\"time\",\"event\",\"tenant\",\"actor\""));
    assert!(lines[2].contains("\"nurse-17\"") && lines[2].contains("\"BTG\",\"unconscious\""));
    let fhir = of("fhir");
    let resources: Vec<Value> = fhir
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(resources.len(), 2);
    for resource in &resources {
        assert_eq!(resource["resourceType"], "AuditEvent");
        let profile = resource["meta"]["profile"][0].as_str().unwrap();
        assert!(profile.contains("BasicAudit.Patient"), "{profile}");
    }
    assert_eq!(
        place.run(&query(&key, &["--format", "ndjson"])).out,
        place.run(&query(&key, &[])).out
    );
}

/// A portal and a ward, each with a journal and a key of its own.
#[test]
fn several_journals_are_one_history() {
    let place = Place::new();
    let ward_key = day(&place);
    let (portal, portal_key) = key(&place, "portal", "mercy.example/portal");
    let ward = Ward::open(&place, "portal", portal, "portal");
    ward.clock.advance(super::ward::HOUR / 2);
    let session = ward.session("physician", Purpose::Treatment);
    session.seal(&super::ward::patient(ONE)).unwrap();
    drop((session, ward));
    place.write("portal.pub", format!("{portal_key}\n").as_bytes());
    let both = |more: &[&'static str]| {
        let keys = ["--key", "@portal.pub", "--key", &ward_key];
        place.run(&[&["audit", "query", "portal", "journal"], &keys[..], more].concat())
    };
    let history = both(&[]);
    assert_eq!(found(&history).len(), 9);
    let times = history.out.lines().map(|line| {
        let event: Value = serde_json::from_str(line).unwrap();
        (
            event["time"].as_str().unwrap().to_owned(),
            event["observer"] == "portal",
        )
    });
    let times: Vec<_> = times.collect();
    assert!(times.is_sorted(), "{times:?}");
    assert!(times[2].1, "between the sealing and the opening: {times:?}");
    assert_eq!(found(&both(&["--observer", "portal"])).len(), 1);
    // The same journal twice holds each event once.
    let twice = ["audit", "query", "journal", "journal", "--key", &ward_key];
    assert_eq!(found(&place.run(&twice)).len(), 8);
    // Each journal needs its key.
    let one = ["audit", "query", "portal", "journal", "--key", &ward_key];
    assert_eq!(place.refused_kind(1, &one), "foreign");
}

#[test]
fn what_is_mistyped_is_an_error_and_not_an_empty_answer() {
    let place = Place::new();
    let key = day(&place);
    for wrong in [
        ["--action", "Open"],
        ["--action", "read"],
        ["--outcome", "denid"],
        ["--purpose", "treatment"],
        ["--source-ip", "203.0.113"],
        ["--format", "xml"],
        ["--from", "yesterday"],
        ["--from", "2026-11-31"],
        ["--from", "2026-11-21 08:30:00Z"],
        ["--to", "2026-11-21T24:00:00Z"],
        ["--to", "2026-11-21T08:30:00"],
        ["--to", "2026-11-21T08:30:00.1234567890Z"],
        ["--to", "2026-11-21T08:30:00.Z"],
        ["--to", "26-11-21"],
        ["--to", "2026-11-+1"],
    ] {
        let error = place.refused(2, &query(&key, &wrong));
        assert!(error.contains("'…'"), "{error}");
        assert!(!error.contains(&format!("'{}'", wrong[1])), "{error}");
    }
    let long = "x".repeat(1025);
    for wrong in [
        ["--subject", ""],
        ["--subject", &long],
        ["--tenant", ""],
        ["--record", ONE],
    ] {
        assert_eq!(
            place.refused_kind(2, &query(&key, &wrong)),
            "usage",
            "{wrong:?}"
        );
    }
    for (wrong, kind) in [("@none", "not-found"), ("@journal", "io")] {
        assert_eq!(
            place.refused_kind(1, &query(&key, &["--subject", wrong])),
            kind
        );
    }
    place.refused(2, &["audit", "query", "journal"]);
    place.refused(2, &["audit", "query", "--key", &key]);
    // Nothing that names a patient is in an error.
    let foreign = place.refused(
        1,
        &["audit", "query", "none", "--key", &key, "--subject", ONE],
    );
    assert!(!foreign.contains("canary"), "{foreign}");
}

/// Every outcome of the page, so that none is forgotten here.
#[test]
fn every_documented_outcome_may_be_asked_for() {
    let place = Place::new();
    let key = day(&place);
    let page = include_str!("../../../docs/audit-event.md");
    let rows = page.lines().filter_map(|line| {
        let cells: Vec<_> = line.split('|').map(str::trim).collect();
        let is_outcome = cells.len() == 5 && cells[2].contains("action");
        is_outcome.then(|| cells[1].trim_matches('`').to_owned())
    });
    let codes: Vec<_> = rows.collect();
    assert!(codes.len() >= 20, "{codes:?}");
    for code in &codes {
        let ran = place.run(&query(&key, &["--outcome", code]));
        assert_eq!((ran.code, &*ran.err), (0, ""), "{code}");
    }
}

#[test]
fn a_journal_that_cannot_be_read_through_is_an_error() {
    let place = Place::new();
    let public = day(&place);
    let kind = |journal: &str, code: i32| {
        place.refused_kind(code, &["audit", "query", journal, "--key", &public])
    };
    assert_eq!(kind("nowhere", 1), "not-found");
    assert_eq!(kind("keys.json", 1), "io");
    let second = query(&public, &["--second-place", "nowhere"]);
    assert_eq!(place.refused_kind(1, &second), "not-found");
    let (_, other) = key(&place, "same", super::ward::ORIGIN);
    assert_eq!(place.refused_kind(1, &query(&other, &[])), "foreign");

    // Changed in the middle: what came before was told, and the rest is not passed over.
    edit(&place, "journal", "\"nurse-17\"", "\"nurse-18\"");
    let ran = place.run(&query(&public, &["--json"]));
    assert_eq!((ran.code, ran.out.lines().count()), (5, 4), "{ran:?}");
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["kind"], "damaged");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("entry 5")
    );
    // A file is not left half-written.
    place.refused(5, &query(&public, &["--out", "half.ndjson"]));
}
