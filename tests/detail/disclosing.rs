//! To whom something was disclosed, and of what in words: sealed with each patient's details.

use std::convert::Infallible;

use phi_seal::audit::{Disclosure, EventRecord};
use phi_seal::codec::Date;
use phi_seal::erase::{DetailAges, DetailErasure, LegalHold};
use phi_seal::report::{Accounting, AccountingRequest};
use phi_seal::{Access, Actor, ErrorKind, Needs, Purpose, RecordRef, Reviewing, Session};
use pollster::block_on;

use crate::erasing::NoHolds;
use crate::ward::{MERCY, NOTE, PLAN, Ward, kinds, names, record_id, subject, tenant};

const COUNTY: &str = "County Health Department";
const STREET: &str = "12 Main Street";
const TEST: &str = "positive test of 3 November";

fn county() -> Disclosure {
    let to = Disclosure::to(COUNTY).unwrap();
    to.address(STREET).unwrap().description(TEST).unwrap()
}

/// States that notes of these patients, and the plan of the ward, went to the county.
fn send(ward: &Ward, patients: &[&str], with_plan: bool) -> EventRecord {
    let session = session(ward);
    let ids: Vec<_> = patients
        .iter()
        .map(|it| (record_id(it), subject(it)))
        .collect();
    let (notes, plans): (&[_], &[_]) = (&[NOTE.info()], &[PLAN.info()]);
    let hall = record_id("hall");
    let mut rows: Vec<_> = ids
        .iter()
        .map(|(id, of)| (RecordRef::new(id, of), notes))
        .collect();
    let needs = rows
        .iter()
        .fold(Needs::new(), |needs, (at, _)| needs.seal(&NOTE, *at));
    let _lease = block_on(session.prepare(&needs)).unwrap();
    if with_plan {
        rows.push((RecordRef::subjectless(&hall), plans));
    }
    session.disclosed(&rows, &county()).unwrap();
    ward.last()
}

fn session(ward: &Ward) -> Session {
    let actor = Actor::new("registrar-3").unwrap();
    let access = Access::new(tenant(MERCY), actor, Purpose::PublicHealth).reason("court-order");
    ward.vault.session(access).unwrap()
}

fn erase(ward: &Ward, patient: &str) {
    let mut ages = DetailAges::new();
    ward.log.events().iter().for_each(|event| ages.read(event));
    let holds = NoHolds(LegalHold::None);
    let erasure = DetailErasure::new(&ages, &holds).overriding("court-order");
    block_on(session(ward).erase_details(&subject(patient), erasure)).unwrap();
}

fn review(ward: &Ward, event: &EventRecord) -> (EventRecord, Vec<ErrorKind>) {
    let reviewed = ward.review(std::slice::from_ref(event)).remove(0);
    let errors = kinds(reviewed.unread());
    (reviewed.into_event(), errors)
}

fn told(event: &EventRecord) -> (Option<(&str, Option<&str>)>, Option<&str>) {
    let recipient = event.recipient.as_ref();
    let recipient = recipient.map(|it| (&*it.name, it.address.as_deref()));
    (recipient, event.description.as_deref())
}

const ALL: (Option<(&str, Option<&str>)>, Option<&str>) =
    (Some((COUNTY, Some(STREET))), Some(TEST));
const NOTHING: (Option<(&str, Option<&str>)>, Option<&str>) = (None, None);

fn accounting(patient: &str, events: Vec<EventRecord>) -> Accounting {
    let day = Date::from_ymd(2023, 11, 20).unwrap();
    let events = events.into_iter().map(Ok::<_, Infallible>);
    AccountingRequest::new(&tenant(MERCY), &subject(patient), day)
        .over(events)
        .unwrap()
}

#[test]
fn each_patient_has_a_copy() {
    let ward = Ward::new();
    let event = send(&ward, &["p-1", "p-2"], true);
    assert_eq!((told(&event), event.sealed.len()), (NOTHING, 3));
    let (read, errors) = review(&ward, &event);
    assert!(errors.is_empty());
    assert_eq!(told(&read), ALL);
    assert_eq!(names(&read.subjects), [Some("p-1"), Some("p-2"), None]);
    for patient in ["p-1", "p-2"] {
        let of = subject(patient);
        let events = std::slice::from_ref(&event);
        let reviewed = block_on(ward.session().review(events, Reviewing::of(&of))).unwrap();
        let read = reviewed[0].event();
        assert_eq!((told(read), read.sealed.len()), (ALL, 2));
        // The rest can be opened later; the place of each tells.
        let (again, errors) = review(&ward, read);
        assert_eq!((told(&again), errors), (ALL, vec![ErrorKind::Integrity; 2]));
    }
}

#[test]
fn once_all_its_patients_are_erased_nobody_reads_to_whom() {
    let ward = Ward::new();
    let both = send(&ward, &["p-1", "p-2"], true);
    let own = send(&ward, &["p-1"], false);
    erase(&ward, "p-1");
    // p-2's own copy is as good as ever.
    let (read, errors) = review(&ward, &both);
    assert_eq!((told(&read), errors), (ALL, vec![ErrorKind::Erased]));
    assert_eq!(names(&read.subjects), [Some("p-2"), None]);
    let (read, errors) = review(&ward, &own);
    assert_eq!((told(&read), errors), (NOTHING, vec![ErrorKind::Erased]));
    erase(&ward, "p-2");
    // What is about the ward is still there, and has no copy.
    let (read, errors) = review(&ward, &both);
    assert_eq!((told(&read), errors), (NOTHING, vec![ErrorKind::Erased; 2]));
    assert_eq!(names(&read.subjects), [None]);
}

#[test]
fn without_patients_the_tenants_key_seals_it() {
    let ward = Ward::new();
    let plan = send(&ward, &[], true);
    assert_eq!((told(&plan), plan.sealed.len()), (NOTHING, 1));
    let (read, _) = review(&ward, &plan);
    assert_eq!((told(&read), names(&read.subjects)), (ALL, vec![None]));

    let session = session(&ward);
    session
        .disclose_with(&county(), |opening| opening.record().map(drop))
        .unwrap();
    let nothing = ward.last();
    assert_eq!((told(&nothing), nothing.sealed.len()), (NOTHING, 1));
    let (read, errors) = review(&ward, &nothing);
    assert_eq!(told(&read), ALL);
    assert!(read.subjects.is_empty() && read.sealed.is_empty() && errors.is_empty());
}

#[test]
fn a_disclosure_without_address_and_description_has_none_afterwards() {
    let ward = Ward::new();
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let place = RecordRef::new(&id, &of);
    let session = session(&ward);
    let _lease = block_on(session.prepare(&Needs::new().seal(&NOTE, place))).unwrap();
    let left: &[_] = &[NOTE.info()];
    let to = Disclosure::to(COUNTY).unwrap();
    session.disclosed(&[(place, left)], &to).unwrap();
    let (read, _) = review(&ward, &ward.last());
    assert_eq!(told(&read), (Some((COUNTY, None)), None));
}

#[test]
fn the_accounting_is_whole_once_it_was_reviewed() {
    let ward = Ward::new();
    send(&ward, &["p-1", "p-2"], false);
    send(&ward, &["p-1"], false);
    let events = ward.log.events();
    let blind = accounting("p-1", events.clone());
    assert_eq!((blind.disclosures().len(), blind.sealed()), (0, 2));

    let reviewed = ward.review(&events);
    let reviewed: Vec<_> = reviewed.into_iter().map(|it| it.into_event()).collect();
    let whole = accounting("p-1", reviewed.clone());
    assert_eq!((whole.disclosures().len(), whole.sealed()), (2, 0));
    for disclosure in whole.disclosures() {
        assert_eq!(disclosure.recipient, COUNTY);
        assert_eq!(disclosure.address.as_deref(), Some(STREET));
        assert_eq!(disclosure.description, TEST);
    }
    assert_eq!(accounting("p-2", reviewed).disclosures().len(), 1);

    erase(&ward, "p-1");
    let reviewed = ward.review(&events);
    assert_eq!(kinds(reviewed[1].unread()), [ErrorKind::Erased]);
    let reviewed: Vec<_> = reviewed.into_iter().map(|it| it.into_event()).collect();
    let erased = accounting("p-1", reviewed.clone());
    assert_eq!((erased.disclosures().len(), erased.sealed()), (0, 2));
    let other = accounting("p-2", reviewed);
    assert_eq!(other.disclosures()[0].recipient, COUNTY);
}
