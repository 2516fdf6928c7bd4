//! What the event of a search says, to the letter.

use phi_seal::{ActionKind, Decision, ErrorKind};

use crate::ward::{
    FAMILIES, Patient, Ward, birth_date, candidates, corrupt, ids, items, phi, recorded_ids, ssn,
};

const FIELDS: [&str; 6] = ["ssn", "family", "full_name", "birth_date", "status", "note"];

#[test]
fn a_search_is_one_event_that_lists_what_it_returned() {
    let ward = Ward::new();
    let table = ward.table(10);
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(4))).unwrap();
    assert!(ward.sink.is_empty(), "nothing is recorded before the rows");
    ward.clock.advance(std::time::Duration::from_secs(5));
    let rows = candidates(&table, &search);
    search.open(rows).unwrap();
    let event = ward.event();
    assert_eq!(event.action, "search");
    assert_eq!(
        event.time, "2026-11-21T12:00:00.000000000Z",
        "when it began"
    );
    assert_eq!(event.event, format!("{}-1-1", session.id()));
    assert_eq!((event.part, event.parts), (1, 1));
    assert_eq!(
        (event.tenant.as_str(), event.purpose.as_str()),
        ("mercy", "TREAT")
    );
    assert_eq!(
        (event.actor.id.as_str(), event.policy.as_str()),
        ("clinician-17", "gate-1")
    );
    let said = event.search.as_ref().unwrap();
    assert_eq!(
        (said.record_type.as_str(), said.index.as_str()),
        ("patient", "ssn_index")
    );
    assert_eq!(
        (said.fields.as_slice(), said.reason.as_str()),
        (&["ssn".to_string()][..], "granted")
    );
    assert_eq!(event.subjects.len(), 1);
    assert_eq!(event.subjects[0].subject.as_deref(), Some("p-4"));
    // Row 4 has no full name; the others of an even number have a status.
    let outcome = |name| {
        if name == "full_name" {
            "absent"
        } else {
            "success"
        }
    };
    let expected = FIELDS.map(|name| format!("p-4 {name} {} granted", outcome(name)));
    assert_eq!(items(&event), expected);
    for field in &event.subjects[0].records[0].fields {
        assert_eq!(field.key.is_some(), field.outcome == "success");
        assert_eq!(field.tag, None);
    }
}

#[test]
fn no_term_and_no_value_stands_in_an_event() {
    let ward = Ward::new();
    let table = ward.table(10);
    let session = ward.session();
    for term in ["Smith", "smith", "Nobody-at-all"] {
        let search = session.search(Patient::FAMILY_INDEX, &phi(term)).unwrap();
        let rows = candidates(&table, &search);
        search.open(rows).unwrap();
    }
    let search = session
        .search(Patient::SSN_INDEX, &phi("900-03-0003"))
        .unwrap();
    let values: Vec<_> = search
        .values()
        .iter()
        .map(|value| value.to_text())
        .collect();
    search.open(&table).unwrap();
    let words = [
        "smith", "nobody", "900-03", "9000300", "żak", "stable", "note 3",
    ];
    assert_eq!(ward.sink.len(), 4);
    for event in ward.sink.events() {
        let json = String::from_utf8(event.to_json()).unwrap().to_lowercase();
        for word in words.into_iter().chain(values.iter().map(String::as_str)) {
            assert!(!json.contains(word), "{word}: {json}");
        }
    }
}

#[test]
fn false_positives_leave_no_trace() {
    let ward = Ward::new();
    let table = ward.table(40);
    let session = ward.session();
    for family in FAMILIES {
        ward.forget();
        let search = session.search(Patient::FAMILY_INDEX, &phi(family)).unwrap();
        let found = ids(search.open(&table).unwrap());
        let event = ward.event();
        assert_eq!(recorded_ids(&event), found);
        assert_eq!(items(&event).len(), 6 * found.len());
        assert_eq!(event.outcome, "success");
    }
}

#[test]
fn no_hits_are_recorded_too() {
    let ward = Ward::new();
    let table = ward.table(3);
    let session = ward.session();
    for rows in [&table[..0], &table] {
        ward.forget();
        let search = session
            .search(Patient::SSN_INDEX, &phi("078-05-1120"))
            .unwrap();
        assert!(search.open(rows).unwrap().is_empty());
        let event = ward.event();
        assert_eq!(
            (event.action.as_str(), event.outcome.as_str()),
            ("search", "success")
        );
        assert!(event.subjects.is_empty());
        assert_eq!(event.search.unwrap().index, "ssn_index");
    }
}

#[test]
fn a_compound_search_names_all_its_fields() {
    let ward = Ward::new();
    let session = ward.session();
    let terms = (&phi(&birth_date(0)), &phi("żak"));
    drop(session.search(Patient::BIRTH_DATE_FAMILY, terms).unwrap());
    let said = ward.event().search.unwrap();
    assert_eq!(said.index, "birth_date_family");
    assert_eq!(said.fields, ["birth_date", "family"]);
}

#[test]
fn rows_that_may_not_be_opened_are_recorded_and_not_returned() {
    let ward = Ward::new();
    let table = ward.table(15);
    ward.gate.decide(|request| match request.record() {
        Some(record) if record.id().as_str() == "p-7" => match request.action() {
            ActionKind::Open => Decision::deny("not-treating"),
            _ => Decision::permit("granted"),
        },
        _ => Decision::permit("granted"),
    });
    let session = ward.session();
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    let rows = [&table[0], &table[7], &table[14]];
    assert_eq!(ids(search.open(rows).unwrap()), ["p-0", "p-14"]);
    let event = ward.event();
    assert_eq!(event.outcome, "partial");
    assert_eq!(recorded_ids(&event), ["p-0", "p-7", "p-14"]);
    let denied: Vec<_> = items(&event)
        .into_iter()
        .filter(|item| item.contains("p-7 "))
        .collect();
    assert_eq!(
        denied,
        FIELDS.map(|name| format!("p-7 {name} denied not-treating"))
    );
    assert!(
        event.subjects[1].records[0]
            .fields
            .iter()
            .all(|field| field.key.is_none())
    );
}

#[test]
fn one_refused_field_keeps_a_row_out() {
    let ward = Ward::new();
    let table = ward.table(1);
    ward.gate.decide(|request| match request.action() {
        ActionKind::Open => Decision::permit_only("granted", vec![true, true, true, true, true]),
        _ => Decision::permit("granted"),
    });
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    ward.keys.count();
    assert!(search.open(&table).unwrap().is_empty());
    assert_eq!(ward.keys.count().opened, 0, "not even to compare");
    let event = ward.event();
    assert_eq!(event.outcome, "denied");
    let outcome = |name| match name {
        "note" => "denied not-permitted",
        _ => "aborted granted",
    };
    assert_eq!(
        items(&event),
        FIELDS.map(|name| format!("p-0 {name} {}", outcome(name)))
    );
}

#[test]
fn a_corrupt_row_is_an_error_in_its_place_and_loses_no_other() {
    let ward = Ward::new();
    let mut table = ward.table(15);
    table[7].family = corrupt(&table[7].family);
    table[14].note = corrupt(&table[14].note);
    let session = ward.session();
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    let found = search.open(&table).unwrap();
    let found: Vec<_> = found
        .into_iter()
        .map(|opened| {
            opened
                .map(|patient| patient.id)
                .map_err(|e| (e.kind(), e.field(), e.index()))
        })
        .collect();
    let integrity = ErrorKind::Integrity;
    assert_eq!(
        found,
        [
            Ok("p-0".into()),
            // The searched field itself: it may be an answer or not.
            Err((integrity, Some("family"), Some(7))),
            Err((integrity, Some("note"), Some(14))),
        ]
    );
    let event = ward.event();
    assert_eq!(
        (event.outcome.as_str(), recorded_ids(&event)),
        ("partial", vec!["p-0", "p-7", "p-14"])
    );
    let of = |id: &str| -> Vec<_> {
        items(&event)
            .into_iter()
            .filter(|item| item.starts_with(id))
            .collect()
    };
    assert_eq!(
        of("p-7 "),
        FIELDS.map(|name| format!("p-7 {name} integrity granted"))
    );
    assert_eq!(of("p-14 ")[5], "p-14 note integrity granted");
    assert_eq!(of("p-14 ")[0], "p-14 ssn success granted");
}

/// A row whose id names nothing has no place in the event, since it is no row.
#[test]
fn a_row_without_an_id_is_an_error_in_its_place() {
    let ward = Ward::new();
    let mut table = ward.table(2);
    table[0].id.clear();
    let session = ward.session();
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(1))).unwrap();
    let found = search.open(&table).unwrap();
    assert_eq!(found.len(), 2);
    let error = found[0].as_ref().err().unwrap();
    assert_eq!(
        (error.kind(), error.index()),
        (ErrorKind::InvalidInput, Some(0))
    );
    assert_eq!(found[1].as_ref().unwrap().id, "p-1");
    assert_eq!(recorded_ids(&ward.event()), ["p-1"]);
}

#[test]
fn fields_only_are_listed_as_such() {
    let ward = Ward::new();
    let table = ward.table(8);
    let session = ward.session();
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    let found = search.open_fields(&table, (Patient::NOTE,)).unwrap();
    assert_eq!(found.len(), 2);
    let event = ward.event();
    // What was compared is said once, by the search itself.
    assert_eq!(
        items(&event),
        ["p-0 note success granted", "p-7 note success granted"]
    );
    assert_eq!(event.search.unwrap().fields, ["family"]);
}

/// More than a part holds: each part says what was searched by.
#[test]
fn a_long_search_is_one_action_in_several_parts() {
    let ward = Ward::new();
    let session = ward.session();
    let table: Vec<_> = (0..300)
        .map(|number| {
            let mut patient = crate::ward::patient(0);
            patient.id = format!("p-{number}-{}", "x".repeat(100));
            session.seal(&patient).unwrap()
        })
        .collect();
    ward.forget();
    let search = session.search(Patient::FAMILY_INDEX, &phi("żak")).unwrap();
    assert_eq!(search.open(&table).unwrap().len(), 300);
    let events = ward.sink.events();
    assert!(events.len() > 1);
    for event in &events {
        assert_eq!(event.action_id, events[0].action_id);
        assert_eq!(event.search, events[0].search);
        assert!(event.search.is_some() && event.to_json().len() <= 32_768);
    }
    let rows: Vec<_> = events.iter().flat_map(recorded_ids).collect();
    assert!(rows.len() >= 300, "a row may be cut in two: {}", rows.len());
}
