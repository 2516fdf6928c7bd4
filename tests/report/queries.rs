//! What a query finds, and what the reports on one patient and on broken glass tell.

use std::time::Duration;

use phi_seal::audit::EventRecord;
use phi_seal::report::{Query, break_glass, patient_accesses};
use phi_seal::{ActionKind, Purpose, SubjectId, TenantId};

use crate::ward::{Patient, Ward, access, at, patient, to};

/// A day of a ward: 9 events.
fn day() -> Ward {
    let ward = Ward::new();
    let care = ward.care();
    let rows: Vec<_> = ["p-1", "p-2"]
        .iter()
        .map(|id| care.seal(&patient(id)).unwrap())
        .collect(); // events 0 and 1
    ward.clock.advance(Duration::from_secs(3600));
    care.open(&rows[0]).unwrap(); // 2
    let opened = care.open_all(&rows).collect::<Result<Vec<_>, _>>();
    assert_eq!(opened.unwrap().len(), 2); // 3: a page of two patients
    ward.clock.advance(Duration::from_secs(3600));
    let clerk = ward.session("clerk", Purpose::Payment);
    assert!(clerk.open(&rows[0]).is_err()); // 4
    let glass = access("mercy", "nurse", Purpose::BreakGlass).reason("unconscious");
    let nurse = ward.session_of(glass.source_ip([198, 51, 100, 7].into()));
    nurse.open_fields(&rows[1], (Patient::NAME,)).unwrap(); // 5
    let registrar = ward.session("registrar", Purpose::PublicHealth);
    registrar.disclose(&rows[0], &to("County")).unwrap(); // 6
    let general = ward.session_of(access("general", "physician", Purpose::Treatment));
    general.seal(&patient("p-1")).unwrap(); // 7
    // Of another tenant, so it does not open.
    assert!(general.open(&rows[0]).is_err()); // 8
    ward
}

/// The places of the events that match.
fn found(ward: &Ward, query: Query) -> Vec<usize> {
    let events = ward.events();
    assert_eq!(events.len(), 9);
    let found: Vec<EventRecord> = query.filter(ward.history()).map(Result::unwrap).collect();
    let place = |event: &EventRecord| events.iter().position(|one| one == event).unwrap();
    found.iter().map(place).collect()
}

#[test]
fn each_condition_finds_what_it_names() {
    let ward = day();
    let subject = |id: &'static str| SubjectId::new(id).unwrap();
    let tenant = |id: &'static str| TenantId::new(id).unwrap();
    let noon = at(2026, 11, 21);
    let hour = Duration::from_secs(3600);
    let nothing = Duration::from_nanos(1);
    let cases: Vec<(&str, Query, &[usize])> = vec![
        ("all", Query::new(), &[0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("subject", Query::new().subject(&subject("p-2")), &[1, 3, 5]),
        (
            "subjects",
            Query::new()
                .subject(&subject("p-2"))
                .subject(&subject("p-9")),
            &[1, 3, 5],
        ),
        ("record", Query::new().record("patient", "p-2"), &[1, 3, 5]),
        ("no such record", Query::new().record("visit", "p-2"), &[]),
        (
            "a record of another patient",
            Query::new()
                .subject(&subject("p-1"))
                .record("patient", "p-2"),
            &[],
        ),
        ("actor", Query::new().actor("clerk-17"), &[4]),
        ("role", Query::new().role("nurse"), &[5]),
        (
            "from",
            Query::new().from(noon + hour + hour),
            &[4, 5, 6, 7, 8],
        ),
        ("until", Query::new().until(noon + hour), &[0, 1]),
        (
            "between",
            Query::new()
                .from(noon + nothing)
                .until(noon + hour + nothing),
            &[2, 3],
        ),
        ("action", Query::new().action(ActionKind::Disclose), &[6]),
        (
            "actions",
            Query::new()
                .action(ActionKind::Disclose)
                .action_code("seal"),
            &[0, 1, 6, 7],
        ),
        ("outcome", Query::new().outcome("denied"), &[4]),
        ("failures", Query::new().failures(), &[4, 8]),
        ("purpose", Query::new().purpose(Purpose::Payment), &[4]),
        ("tenant", Query::new().tenant(&tenant("general")), &[7, 8]),
        (
            "tenant and subject",
            Query::new()
                .tenant(&tenant("mercy"))
                .subject(&subject("p-1")),
            &[0, 2, 3, 4, 6],
        ),
        (
            "address",
            Query::new().source_ip([198, 51, 100, 7].into()),
            &[5],
        ),
        ("observer", Query::new().observer("ehr").role("nurse"), &[5]),
        ("another observer", Query::new().observer("portal"), &[]),
    ];
    for (case, query, places) in cases {
        assert_eq!(found(&ward, query), places, "{case}");
    }
}

/// One field of two of a page was corrupt.
#[test]
fn a_failure_of_another_patient_in_the_page_is_none_of_this_one() {
    let ward = Ward::new();
    let care = ward.care();
    let rows = ["p-1", "p-2"].map(|id| care.seal(&patient(id)).unwrap());
    let other = Ward::new();
    let foreign = other.care().seal(&patient("p-2")).unwrap();
    let results = care.open_all([&rows[0], &foreign]);
    assert_eq!(results.filter(Result::is_err).count(), 1);
    let failures = |id| {
        let query = Query::new().subject(&SubjectId::new(id).unwrap());
        let query = query.action(ActionKind::Open).outcome("missing_key");
        query.filter(ward.history()).count()
    };
    assert_eq!((failures("p-1"), failures("p-2")), (0, 1));
}

#[test]
fn an_event_with_a_strange_time_is_in_every_range() {
    let ward = day();
    let mut events = ward.events();
    events[0].time = "yesterday".into();
    let query = Query::new().from(at(2027, 1, 1));
    assert_eq!(query.filter(crate::ward::sound(events)).count(), 1);
}

#[test]
fn who_accessed_this_patient_names_no_other() {
    let ward = day();
    let (tenant, subject) = (
        TenantId::new("mercy").unwrap(),
        SubjectId::new("p-1").unwrap(),
    );
    let rows = patient_accesses(&tenant, &subject, ward.history());
    let rows: Vec<_> = rows.map(Result::unwrap).collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&*row.actor, &*row.action, &*row.outcome))
        .collect();
    let expected = [
        ("physician-17", "seal", "success"),
        ("physician-17", "open", "success"),
        ("physician-17", "open", "success"),
        ("clerk-17", "open", "denied"),
        ("registrar-17", "disclose", "success"),
    ];
    assert_eq!(told, expected);
    for row in &rows {
        assert_eq!(row.subjects, ["p-1"]);
        assert!(!row.records.join(" ").contains("p-2"), "{:?}", row.records);
    }
    let fields = "patient p-1: name success, ssn success, note absent";
    assert_eq!(rows[2].records, [fields]);
    assert_eq!(rows[4].recipient.as_deref(), Some("County"));
    let shown = format!("{rows:?}");
    assert!(!shown.contains("p-1") && !shown.contains("-17"), "{shown}");
}

#[test]
fn broken_glass_is_told_with_its_reason_and_refusals_too() {
    let ward = day();
    let without_reason = access("mercy", "nurse", Purpose::BreakGlass);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ward.session_of(without_reason)
    }));
    assert!(refused.is_err());
    let rows: Vec<_> = break_glass(ward.history()).map(Result::unwrap).collect();
    let told: Vec<_> = rows
        .iter()
        .map(|row| (&*row.action, row.reason.as_deref(), &*row.outcome))
        .collect();
    let expected = [
        ("open", Some("unconscious"), "success"),
        ("admit", None, "invalid_input"),
    ];
    assert_eq!(told, expected);
    assert_eq!(rows[0].records, ["patient p-2: name success"]);
}
