//! The accounting of disclosures: what is listed, what is left out, and by which paragraph.

use phi_seal::audit::{Disclosure, Exclusion, read_events};
use phi_seal::report::{Accounting, Suspension};
use phi_seal::{Purpose, RecordId, RecordRef, SubjectId};

use crate::ward::{CHART, Patient, Ward, date, patient, request, request_on, sound, to};

const COUNTY: &str = "County Health Department";
const SPRING: (i32, u8, u8) = (2026, 4, 1);

fn recipients(accounting: &Accounting) -> Vec<&str> {
    let listed = accounting.disclosures().iter();
    listed.map(|one| one.recipient.as_str()).collect()
}

fn excluded(accounting: &Accounting) -> Vec<(&str, u64, u64)> {
    let excluded = accounting.excluded().iter();
    excluded
        .map(|of| (of.paragraph.as_str(), of.stated, of.implied))
        .collect()
}

#[test]
fn a_disclosure_is_listed_with_all_that_the_rule_asks_for() {
    let ward = Ward::new();
    let access = crate::ward::access("mercy", "registrar", Purpose::PublicHealth);
    let session = ward.session_of(access.reason("tuberculosis"));
    let row = session.seal(&patient("p-1")).unwrap();
    let county = to(COUNTY).address("12 Main Street").unwrap();
    let told = county.clone().description("positive test").unwrap();
    session.disclose(&row, &told).unwrap();
    session
        .disclose_fields(&row, (Patient::NAME, Patient::NOTE), &county)
        .unwrap();
    session.open(&row).unwrap();

    let accounting = request().over(ward.history()).unwrap();
    let [first, second] = accounting.disclosures() else {
        panic!("an opening is no disclosure, and both disclosures are listed")
    };
    assert_eq!(first.date, "2026-11-21");
    assert_eq!(first.recipient, COUNTY);
    assert_eq!(first.address.as_deref(), Some("12 Main Street"));
    assert_eq!(first.description, "positive test");
    assert_eq!(first.purpose, "public health (tuberculosis)");
    assert_eq!((first.count, &first.last_date), (1, &None));
    // The absence of a note was disclosed too.
    assert_eq!(second.description, "patient: name, note");
    assert_eq!(first.event, ward.events()[1].event);
}

#[test]
fn six_years_are_counted_to_the_day() {
    let ward = Ward::new();
    let days = [
        (2020, 11, 21),
        (2020, 11, 22),
        (2026, 11, 22),
        (2026, 11, 23),
    ];
    for day in days {
        let name = format!("{day:?}");
        ward.send(day, "p-1", Purpose::PublicHealth, &to(&name));
    }
    let accounting = request().over(ward.history()).unwrap();
    let expected = ["(2020, 11, 22)", "(2026, 11, 22)"];
    assert_eq!(recipients(&accounting), expected);
    assert_eq!(accounting.out_of_period(), (1, 1));

    let shorter = request().since(date(2020, 11, 23)).over(ward.history());
    assert_eq!(recipients(&shorter.unwrap()), ["(2026, 11, 22)"]);
    let longer = request().since(date(2000, 1, 1)).over(ward.history());
    assert_eq!(recipients(&longer.unwrap()), expected, "six years at most");
}

#[test]
fn six_years_before_a_leap_day_begin_on_the_28th() {
    let ward = Ward::new();
    for day in [(2022, 2, 27), (2022, 2, 28)] {
        ward.send(day, "p-1", Purpose::PublicHealth, &to(&format!("{day:?}")));
    }
    let accounting = request_on(2028, 2, 29).over(ward.history()).unwrap();
    assert_eq!(recipients(&accounting), ["(2022, 2, 28)"]);
}

#[test]
fn a_day_that_is_stated_counts_and_a_day_to_come_hides_nothing() {
    let ward = Ward::new();
    let on = |name: &str, day| to(name).made_on(day).unwrap();
    let send = |to: &Disclosure| ward.send(SPRING, "p-1", Purpose::PublicHealth, to);
    send(&on("earlier", date(2026, 1, 5)));
    send(&on("too early", date(2020, 1, 5)));
    send(&on("to come", date(2062, 1, 5)));
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(recipients(&accounting), ["earlier", "to come"]);
    assert_eq!(accounting.disclosures()[0].date, "2026-01-05");
    assert_eq!(accounting.out_of_period(), (1, 0));
}

#[test]
fn every_exclusion_is_counted_by_its_paragraph_and_not_listed() {
    let ward = Ward::new();
    for exclusion in Exclusion::ALL {
        let to = to(exclusion.code()).excluded(*exclusion);
        ward.send(SPRING, "p-1", Purpose::PublicHealth, &to);
    }
    ward.send(SPRING, "p-1", Purpose::PublicHealth, &to(COUNTY));
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(recipients(&accounting), [COUNTY]);
    let codes = ["i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    assert_eq!(excluded(&accounting), codes.map(|code| (code, 1, 0)));
}

#[test]
fn only_treatment_payment_and_operations_are_implied_by_the_purpose() {
    let ward = Ward::new();
    for purpose in Purpose::ALL {
        let access = crate::ward::access("mercy", "registrar", *purpose).reason("code");
        let session = ward.session_of(access);
        let (id, subject) = (RecordId::new("x").unwrap(), SubjectId::new("p-1").unwrap());
        let row = RecordRef::new(&id, &subject);
        session
            .disclosed(&[(row, CHART)], &to(purpose.code()))
            .unwrap();
    }
    let accounting = request().over(ward.history()).unwrap();
    let implied = ["TREAT", "ETREAT", "HPAYMT", "HOPERAT"];
    let mut expected: Vec<_> = Purpose::ALL.iter().map(|purpose| purpose.code()).collect();
    expected.retain(|code| !implied.contains(code));
    let mut listed = recipients(&accounting);
    listed.sort_unstable();
    expected.sort_unstable();
    assert_eq!(listed, expected);
    assert_eq!(excluded(&accounting), [("i", 0, 4)]);

    let all = request().list_implied().over(ward.history()).unwrap();
    assert_eq!(all.disclosures().len(), Purpose::ALL.len());
    assert!(all.excluded().is_empty());
}

#[test]
fn what_released_nothing_is_no_disclosure() {
    let ward = Ward::new();
    let session = ward.session("registrar", Purpose::PublicHealth);
    let row = session.seal(&patient("p-1")).unwrap();
    let clerk = ward.session("clerk", Purpose::PublicHealth);
    assert!(clerk.disclose(&row, &to("refused")).is_err());
    // Sealed under another vault's key.
    let stranger = Ward::new();
    let strange = stranger.session("registrar", Purpose::PublicHealth);
    let mut with_note = patient("p-1");
    with_note.note = Some(phi_seal::Phi::new("canary-note".into()));
    let foreign = strange.seal(&with_note).unwrap();
    assert!(session.disclose(&foreign, &to("no key")).is_err());
    session.disclose_with(&to("dropped"), |_| Ok(())).unwrap();
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(recipients(&accounting), [""; 0]);

    // An outcome of a later version may have released something.
    let mut events = ward.events();
    let refused = events.iter_mut().find(|event| event.outcome == "denied");
    let refused = refused.unwrap();
    refused.subjects[0].records[0].fields[0].outcome = "of-version-2".into();
    let accounting = request().over(sound(events)).unwrap();
    assert_eq!(recipients(&accounting), ["refused"]);
}

/// The event says of one field that it was sound, and not that the record failed as a whole.
#[test]
fn of_a_record_that_failed_the_sound_fields_are_listed_all_the_same() {
    let ward = Ward::new();
    let session = ward.session("registrar", Purpose::PublicHealth);
    let mut row = session.seal(&patient("p-1")).unwrap();
    row.name = session.seal(&patient("p-2")).unwrap().name;
    assert!(session.disclose(&row, &to(COUNTY)).is_err());
    let accounting = request().over(ward.history()).unwrap();
    let listed = accounting.disclosures();
    assert_eq!(listed[0].description, "patient: note, ssn");
}

#[test]
fn other_patients_and_tenants_are_others() {
    let ward = Ward::new();
    ward.send(SPRING, "p-2", Purpose::PublicHealth, &to("of p-2"));
    let access = crate::ward::access("general", "registrar", Purpose::PublicHealth);
    let session = ward.session_of(access);
    let (id, subject) = (RecordId::new("x").unwrap(), SubjectId::new("p-1").unwrap());
    let row = RecordRef::new(&id, &subject);
    session
        .disclosed(&[(row, CHART)], &to("of general"))
        .unwrap();
    ward.send(SPRING, "p-1", Purpose::PublicHealth, &to(COUNTY));
    let accounting = request().over(ward.history()).unwrap();
    assert_eq!(recipients(&accounting), [COUNTY]);
    let copy = serde_json::to_string(&accounting.patient_copy()).unwrap();
    assert!(!copy.contains("p-2") && !copy.contains("general"), "{copy}");
}

#[test]
fn all_parts_of_an_action_and_all_copies_of_an_event_are_one_disclosure() {
    let ward = Ward::new();
    let session = ward.session("registrar", Purpose::PublicHealth);
    let subject = SubjectId::new("p-1").unwrap();
    let ids: Vec<_> = (0..100)
        .map(|n| RecordId::new(format!("{n:0>1024}")).unwrap())
        .collect();
    let what: Vec<_> = ids
        .iter()
        .map(|id| (RecordRef::new(id, &subject), CHART))
        .collect();
    session.disclosed(&what, &to(COUNTY)).unwrap();
    let mut events = ward.events();
    assert!(events.len() > 2, "{} parts", events.len());
    events.extend(ward.events());
    let accounting = request().over(sound(events)).unwrap();
    assert_eq!(recipients(&accounting), [COUNTY]);
    assert_eq!(
        accounting.disclosures()[0].description,
        "paper-chart: pages"
    );
}

#[test]
fn a_suspension_withholds_from_the_patient_and_tells_the_organisation() {
    let ward = Ward::new();
    let police = to("Springfield  POLICE Department");
    ward.send(SPRING, "p-1", Purpose::Legal, &police);
    ward.send(SPRING, "p-1", Purpose::PublicHealth, &to(COUNTY));
    let excluded = to("Springfield Police Department").excluded(Exclusion::Custody);
    ward.send(SPRING, "p-1", Purpose::Legal, &excluded);

    let name = "springfield police department";
    let written = |from, until| Suspension::written(name, from, until).unwrap();
    let accounting = request()
        .suspend(written(date(2026, 11, 22), date(2026, 11, 22)))
        .suspend(Suspension::oral("Nobody", date(2026, 11, 1)).unwrap())
        .over(ward.history())
        .unwrap();
    assert_eq!(recipients(&accounting), [COUNTY]);
    let [withheld] = accounting.withheld() else {
        panic!("one is withheld; what is excluded is not")
    };
    assert_eq!((&*withheld.agency, &*withheld.until), (name, "2026-11-22"));
    assert_eq!(
        withheld.disclosure.recipient,
        "Springfield  POLICE Department"
    );
    assert_eq!(accounting.without_effect(), ["Nobody"]);
    let copy = serde_json::to_string(&accounting.patient_copy()).unwrap();
    assert!(!copy.to_lowercase().contains("police"), "{copy}");
    assert!(!copy.contains("withheld") && !copy.contains("excluded"));
    let whole = serde_json::to_string(&accounting).unwrap();
    assert!(whole.contains("POLICE"), "{whole}");

    for (from, until) in [
        (date(2026, 11, 23), date(2027, 1, 1)),
        (date(2026, 1, 1), date(2026, 11, 21)),
    ] {
        let request = request().suspend(written(from, until));
        let over = request.over(ward.history()).unwrap();
        assert_eq!(over.disclosures().len(), 2, "not in force on that day");
    }
}

#[test]
fn an_oral_statement_suspends_for_30_days() {
    let ward = Ward::new();
    ward.send(SPRING, "p-1", Purpose::Legal, &to("Sheriff"));
    let stated = date(2026, 10, 23);
    let is_listed = |year, month, day| {
        let oral = Suspension::oral("Police", stated).unwrap().also("sheriff");
        let request = request_on(year, month, day).suspend(oral);
        let accounting = request.over(ward.history()).unwrap();
        assert_eq!(
            accounting.disclosures().len() + accounting.withheld().len(),
            1
        );
        accounting.withheld().is_empty()
    };
    assert!(is_listed(2026, 10, 22));
    assert!(!is_listed(2026, 10, 23));
    assert!(!is_listed(2026, 11, 22), "the 30th day after it");
    assert!(is_listed(2026, 11, 23));
    assert!(Suspension::written(" ", stated, stated).is_err());
    assert!(Suspension::written("x", stated, date(2026, 10, 22)).is_err());
}

#[test]
fn several_for_a_single_purpose_are_summarised_on_request() {
    let ward = Ward::new();
    let county = to(COUNTY).address("12 Main Street").unwrap();
    for month in [3, 1, 2] {
        let described = county.clone().description(format!("report {month}"));
        let day = (2026, month, 1);
        ward.send(day, "p-1", Purpose::PublicHealth, &described.unwrap());
    }
    ward.send((2026, 5, 1), "p-1", Purpose::Research, &county);
    ward.send((2026, 5, 2), "p-1", Purpose::PublicHealth, &to(COUNTY));
    for day in [3, 4] {
        ward.send((2026, 5, day), "p-1", Purpose::Marketing, &county);
    }
    let accounting = request().summarise().over(ward.history()).unwrap();
    let lines: Vec<_> = accounting
        .disclosures()
        .iter()
        .map(|one| (&*one.date, one.count, one.last_date.as_deref()))
        .collect();
    let expected = [
        ("2026-01-01", 3, Some("2026-03-01")),
        ("2026-05-01", 1, None),
        ("2026-05-02", 1, None), // another address
        ("2026-05-03", 1, None), // no purpose of 164.512
        ("2026-05-04", 1, None),
    ];
    assert_eq!(lines, expected);
    assert_eq!(accounting.disclosures()[0].description, "report 1");
    let each = request().over(ward.history()).unwrap();
    assert_eq!(each.disclosures().len(), 7);
}

/// An accounting that left out what it could not read would pass for a whole one.
#[test]
fn sealed_disclosures_of_the_tenant_are_counted() {
    let ward = Ward::new();
    ward.send(SPRING, "p-1", Purpose::PublicHealth, &to(COUNTY));
    let whole = request().over(ward.history()).unwrap();
    assert_eq!(whole.sealed(), 0);
    let mut events = ward.events();
    events[0].sealed = vec!["phi1.".to_owned()];
    events[0].subjects.clear();
    let accounting = request().over(sound(events.clone())).unwrap();
    assert_eq!(
        (accounting.disclosures().len(), accounting.sealed()),
        (0, 1)
    );
    events[0].tenant = "general".into();
    assert_eq!(request().over(sound(events)).unwrap().sealed(), 0);
}

#[test]
fn half_a_log_makes_no_accounting() {
    let ward = Ward::new();
    ward.send(SPRING, "p-1", Purpose::PublicHealth, &to(COUNTY));
    let mut log = ward.events()[0].to_json();
    log.extend(b"\n{\"v\":1,");
    let error = request().over(read_events(&log[..])).map(drop).unwrap_err();
    assert_eq!(error.line(), 2);
}
