//! `audit report`.

use serde_json::{Value, json};

use super::ward::{ONE, TWO, day};
use crate::place::{Place, Ran};

fn report<'a>(key: &'a str, name: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["audit", "report", name, "journal", "--key", key], more].concat()
}

/// The first patient's accounting of 22 November 2026.
fn disclosures<'a>(key: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let of = [
        "--tenant",
        "mercy",
        "--subject",
        ONE,
        "--requested-on",
        "2026-11-22",
    ];
    report(key, "disclosures", &[&of[..], more].concat())
}

fn done(ran: Ran) -> String {
    assert_eq!((ran.code, &*ran.err), (0, ""), "{ran:?}");
    ran.out
}

#[test]
fn the_accounting_is_the_patients() {
    let place = Place::new();
    let key = day(&place);
    let text = done(place.run(&disclosures(&key, &[])));
    let head = format!("Accounting of disclosures of patient {ONE}, 2020-11-22 to 2026-11-22: 2\n");
    assert!(text.starts_with(&head), "{text}");
    let county =
        "\n2026-02-03  to County Health\n    what: paper-chart: pages\n    why: public health\n";
    assert!(text.contains(county), "{text}");
    assert!(text.contains("\n2026-03-04  to Springfield Police\n"));
    assert!(
        !text.contains("Lab") && !text.contains("ORGANISATION"),
        "{text}"
    );

    let json: Value =
        serde_json::from_str(&done(place.run(&disclosures(&key, &["--json"])))).unwrap();
    assert_eq!(json["disclosures"].as_array().unwrap().len(), 2);
    assert_eq!(json["disclosures"][0]["recipient"], "County Health");
    assert_eq!(
        (&json["subject"], &json["from"]),
        (&ONE.into(), &"2020-11-22".into())
    );
    assert_eq!(json.get("excluded"), None);
    let csv = done(place.run(&disclosures(&key, &["--format", "csv"])));
    assert_eq!(csv.lines().count(), 3);
    assert!(csv.contains("\"2026-02-03\",\"County Health\""), "{csv}");

    let listed = done(place.run(&disclosures(&key, &["--list-implied"])));
    assert!(listed.contains("Mercy Lab"));
    let since = done(place.run(&disclosures(&key, &["--since", "2026-03-01"])));
    assert!(since.contains(", 2026-03-01 to 2026-11-22: 1\n"), "{since}");
    let place_of_other = [
        "--tenant",
        "mercy",
        "--subject",
        TWO,
        "--requested-on",
        "2026-11-22",
    ];
    let none = done(place.run(&report(&key, "disclosures", &place_of_other)));
    assert!(none.ends_with(": 0\n"), "{none}");
}

#[test]
fn what_a_patient_must_not_see_is_told_on_request() {
    let place = Place::new();
    let key = day(&place);
    let police = "springfield  police=2026-11-01..2027-04-30";
    let suspended = ["--suspend", police, "--suspend-oral", "FBI=2026-11-20"];
    let text = done(place.run(&disclosures(&key, &suspended)));
    assert!(text.contains(": 1\n") && !text.contains("Police"), "{text}");
    let whole = [&suspended[..], &["--internal"]].concat();
    let text = done(place.run(&disclosures(&key, &whole)));
    for line in [
        "\nFOR THE ORGANISATION, NOT FOR THE PATIENT\n",
        "\nexcluded by (a)(1)(i): 0 stated, 1 by purpose\n",
        "\nwithheld until 2027-04-30 for springfield  police, written statement:\n",
        "\nthe suspension of FBI withheld nothing\n",
        "\nbefore the period: 0; after it: 0\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    let json = place
        .run(&disclosures(&key, &[&whole[..], &["--json"]].concat()))
        .json();
    assert_eq!(json["withheld"].as_array().unwrap().len(), 1);
    assert_eq!(
        json["excluded"],
        json!([{ "paragraph": "i", "stated": 0, "implied": 1 }])
    );
    // An oral statement has ended by then.
    let oral = ["--suspend-oral", "Springfield Police=2026-10-01"];
    assert!(done(place.run(&disclosures(&key, &oral))).contains("Police"));

    let table = [&whole[..], &["--format", "csv"]].concat();
    assert_eq!(place.refused_kind(2, &disclosures(&key, &table)), "usage");
    for wrong in [
        ["--suspend", "Police"],
        ["--suspend", "Police=2026-11-01"],
        ["--suspend", "=2026-11-01..2026-12-01"],
        ["--suspend", "Police=2026-12-01..2026-11-01"],
        ["--suspend-oral", "Police=2026-11-01..2026-12-01"],
        ["--suspend-oral", "Police=soon"],
        ["--since", "2026"],
        ["--requested-on", "2026-02-30"],
        ["--format", "xml"],
    ] {
        let error = place.refused(2, &disclosures(&key, &wrong));
        assert!(!error.contains("Police"), "{error}");
    }
    for missing in ["--tenant", "--subject", "--requested-on"] {
        let mut arguments = disclosures(&key, &[]);
        let at = arguments.iter().position(|it| *it == missing).unwrap();
        arguments.drain(at..at + 2);
        place.refused(2, &arguments);
    }
}

#[test]
fn who_accessed_a_patient() {
    let place = Place::new();
    let key = day(&place);
    let of = ["--tenant", "mercy", "--subject", TWO];
    let accesses = |more: &[&'static str]| {
        done(place.run(&report(&key, "accesses", &[&of[..], more].concat())))
    };
    let text = accesses(&[]);
    assert_eq!(text.lines().count(), 2);
    let glass = "2026-11-21T15:00:00.000000000Z  nurse-17 (nurse)  open success  BTG unconscious  ";
    let line = text.lines().nth(1).unwrap();
    assert!(line.starts_with(glass), "{line}");
    assert!(line.contains(&format!(
        "{TWO} [patient {TWO}: name success]  from 203.0.113.9"
    )));
    assert!(!text.contains(ONE));
    let rows = accesses(&["--json"]);
    let rows: Vec<Value> = rows
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!((rows.len(), &rows[1]["actor"]), (2, &"nurse-17".into()));
    assert_eq!(accesses(&["--format", "csv"]).lines().count(), 3);
    assert_eq!(
        accesses(&["--from", "2026-11-21T14:00:00Z"])
            .lines()
            .count(),
        1
    );
    assert_eq!(accesses(&["--to", "2026-11-20"]), "");
    // Refusals too.
    let first = report(&key, "accesses", &["--tenant", "mercy", "--subject", ONE]);
    assert!(done(place.run(&first)).contains("clerk-17 (clerk)  open denied"));
    place.refused(2, &report(&key, "accesses", &["--tenant", "mercy"]));
    place.refused(2, &report(&key, "accesses", &["--subject", ONE]));
}

#[test]
fn broken_glass_and_failures() {
    let place = Place::new();
    let key = day(&place);
    let run =
        |name: &'static str, more: &[&'static str]| done(place.run(&report(&key, name, more)));
    let glass = run("break-glass", &[]);
    assert_eq!(glass.lines().count(), 1);
    assert!(glass.contains("nurse-17") && glass.contains("BTG unconscious"));
    assert_eq!(run("break-glass", &["--tenant", "general"]), "");
    assert_eq!(run("break-glass", &["--to", "2026-11-21T15:00:00Z"]), "");
    assert_eq!(run("break-glass", &["--json"]).lines().count(), 1);

    let failures = run("failures", &[]);
    let time = "2026-11-21T14:00:00.000000000Z";
    let line =
        format!("       1  clerk-17 of mercy, {time} to {time}: denied 1\n       1  in all\n");
    assert_eq!(failures, line);
    let json: Value = serde_json::from_str(&run("failures", &["--json"])).unwrap();
    assert_eq!(json["actors"][0]["outcomes"], json!({ "denied": 1 }));
    assert_eq!(
        (&json["others"], &json["approximate"]),
        (&0.into(), &false.into())
    );
    assert_eq!(run("failures", &["--format", "csv"]).lines().count(), 2);
    assert_eq!(
        run("failures", &["--tenant", "general"]),
        "       0  in all\n"
    );
    assert_eq!(
        run("failures", &["--from", "2026-11-22"]),
        "       0  in all\n"
    );
}

#[test]
fn a_report_of_what_cannot_be_read_is_none() {
    let place = Place::new();
    let key = day(&place);
    for name in ["accesses", "break-glass", "failures", "disclosures"] {
        let mut of = vec!["--tenant", "mercy"];
        if name == "accesses" || name == "disclosures" {
            of.extend(["--subject", ONE]);
        }
        if name == "disclosures" {
            of.extend(["--requested-on", "2026-11-22"]);
        }
        let kind = |code, journal: &str, key: &str, more: &[&str]| {
            let own = ["audit", "report", name, journal, "--key", key];
            place.refused_kind(code, &[&own[..], &of, more].concat())
        };
        assert_eq!(kind(1, "nowhere", &key, &[]), "not-found");
        assert_eq!(kind(1, "keys.json", &key, &[]), "io");
        assert_eq!(kind(1, "journal", "x", &[]), "malformed");
        assert_eq!(kind(1, "journal", "@none", &[]), "not-found");
        assert_eq!(
            kind(1, "journal", &key, &["--second-place", "none"]),
            "not-found"
        );
        assert_eq!(
            kind(1, "journal", &key, &["--out", "keys.json"]),
            "already-exists"
        );
    }
    place.refused(2, &["audit", "report"]);
    place.refused(2, &["audit", "report", "everything"]);
}

/// An id may hold what steers a terminal.
#[test]
fn text_is_escaped() {
    use phi_seal::audit::RecordSink;

    let place = Place::new();
    let (key, public) = super::ward::key(&place, "audit", super::ward::ORIGIN);
    let journal = phi_seal::audit::journal::Journal::builder(place.path("journal"), key);
    let journal = journal
        .reserve_bytes(4_096)
        .tended_by_hand()
        .create()
        .unwrap();
    let line = br#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s","auth":{"strength":"service"},"actor":{"id":"a\u001b[2J\u009b\u202e"},"purpose":"BTG","action":"open","outcome":"denied"}"#;
    journal
        .append(&phi_seal::audit::EventRecord::from_json(line).unwrap())
        .unwrap();
    journal.close().unwrap();
    for name in ["break-glass", "failures"] {
        let text = done(place.run(&report(&public, name, &[])));
        assert!(text.contains("a\\u{1b}[2J\\u{9b}\\u{202e}"), "{text}");
        let is_steering = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!text.contains(is_steering), "{text:?}");
    }
}
