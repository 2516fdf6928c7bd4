//! Journals whose details are sealed, and entries that this version does not read.

use std::sync::Arc;

use phi_seal::audit::journal::{Journal, JournalKey};
use phi_seal::audit::{Disclosure, RecordSink};
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyScope, Keyring};
use phi_seal::{Access, Actor, Purpose, SealedDetails, SubjectId, TenantId, Vault};
use serde_json::{Value, json};

use super::ward::{ONE, ORIGIN, TWO, key, patient};
use crate::place::{Place, Ran};

/// A journal in which one patient is sealed, and read, and disclosed to somebody; broken glass too.
fn sealed(place: &Place) -> String {
    let (key, public) = key(place, "audit", ORIGIN);
    let (tenant, one) = (
        TenantId::new("mercy").unwrap(),
        SubjectId::new(ONE).unwrap(),
    );
    let keys = Arc::new(Keyring::generate().unwrap());
    let details = KeyScope::audit_details(tenant.clone(), one);
    keys.add(DataKey::generate(details).unwrap()).unwrap();
    let journal = Arc::new(open(place, key));
    let sink = SealedDetails::new(journal.clone(), keys.clone());
    let vault = Vault::builder(keys, PermitAll, sink).build();
    let session = |purpose| {
        let access = Access::new(tenant.clone(), Actor::new("dr-9").unwrap(), purpose);
        vault.session(access.reason("unconscious")).unwrap()
    };
    let row = session(Purpose::Treatment).seal(&patient(ONE)).unwrap();
    session(Purpose::BreakGlass).open(&row).unwrap();
    let county = Disclosure::to("County Health").unwrap();
    session(Purpose::PublicHealth)
        .disclose(&row, &county)
        .unwrap();
    public
}

fn open(place: &Place, key: JournalKey) -> Journal {
    let builder = Journal::builder(place.path("journal"), key).tended_by_hand();
    builder.reserve_bytes(4_096).create().unwrap()
}

fn run(place: &Place, key: &str, command: &[&str]) -> Ran {
    place.run(&[&["audit"], command, &["--key", key]].concat())
}

#[test]
fn what_does_not_ask_for_details_is_answered() {
    let place = Place::new();
    let key = sealed(&place);
    let ran = run(&place, &key, &["query", "journal", "--action", "open"]);
    assert_eq!((ran.code, ran.out.lines().count()), (0, 1), "{ran:?}");
    let event: Value = serde_json::from_str(&ran.out).unwrap();
    assert!(event["sealed"][0].as_str().unwrap().starts_with("phi1."));
    assert!(!ran.out.contains(ONE));
    assert_eq!(ran.err, "phi-seal: 1 of these events have sealed details\n");
    let glass = run(&place, &key, &["report", "break-glass", "journal"]);
    assert_eq!((glass.code, glass.out.lines().count()), (0, 1), "{glass:?}");
    let glass = run(
        &place,
        &key,
        &["report", "break-glass", "journal", "--json"],
    );
    let note: Value = serde_json::from_str(&glass.err).unwrap();
    assert_eq!(note, json!({ "note": { "kind": "sealed", "events": 1 } }));
    let failures = run(&place, &key, &["report", "failures", "journal"]);
    assert_eq!((failures.code, &*failures.err), (0, ""), "{failures:?}");
    assert_eq!(run(&place, &key, &["verify", "journal"]).code, 0);
}

/// An empty answer would say that nobody has looked at the patient.
#[test]
fn an_answer_that_may_lack_something_says_so() {
    let place = Place::new();
    let key = sealed(&place);
    let record = format!("patient/{ONE}");
    for command in [
        &["query", "journal", "--subject", ONE][..],
        &["query", "journal", "--subject", TWO],
        &["query", "journal", "--record", &record],
        &["query", "journal", "--outcome", "absent"],
        &[
            "report",
            "accesses",
            "journal",
            "--tenant",
            "mercy",
            "--subject",
            ONE,
        ],
        &[
            "report",
            "disclosures",
            "journal",
            "--tenant",
            "mercy",
            "--subject",
            ONE,
            "--requested-on",
            "2100-01-01",
        ],
    ] {
        let ran = run(&place, &key, command);
        assert_eq!((ran.code, &*ran.out), (1, ""), "{command:?}: {ran:?}");
        assert!(ran.err.contains("the answer is not whole"), "{ran:?}");
        let json = run(&place, &key, &[command, &["--json"]].concat());
        let error: Value = serde_json::from_str(&json.err).unwrap();
        assert_eq!(error["error"]["kind"], "sealed-details");
    }
    // What other conditions rule out is not in doubt.
    for command in [
        &["query", "journal", "--subject", ONE, "--action", "erase"][..],
        &["query", "journal", "--subject", ONE, "--tenant", "general"],
        &[
            "query",
            "journal",
            "--outcome",
            "success",
            "--purpose",
            "TREAT",
            "--action",
            "open",
        ],
        &[
            "report",
            "accesses",
            "journal",
            "--tenant",
            "general",
            "--subject",
            ONE,
        ],
    ] {
        let ran = run(&place, &key, command);
        assert_eq!((ran.code, &*ran.err), (0, ""), "{command:?}");
    }
}

/// A later version's events must not vanish from a report.
#[test]
fn events_of_a_later_version_end_the_answer() {
    let place = Place::new();
    let (key, public) = key(&place, "audit", ORIGIN);
    let journal = open(&place, key);
    let line = br#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s","auth":{"strength":"service"},"actor":{"id":"a"},"purpose":"TREAT","action":"open","outcome":"success"}"#;
    let mut event = phi_seal::audit::EventRecord::from_json(line).unwrap();
    journal.append(&event).unwrap();
    event.v = 2;
    journal.append(&event).unwrap();
    journal.close().unwrap();
    let ran = run(&place, &public, &["query", "journal", "--json"]);
    assert_eq!((ran.code, ran.out.lines().count()), (1, 1), "{ran:?}");
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["kind"], "unsupported");
    assert!(
        error["error"]["message"]
            .as_str()
            .unwrap()
            .contains("entry 2")
    );
}
