//! Destroying what the log says of one patient, and what that takes.

use phi_seal::danger::PermitAll;
use phi_seal::erase::{DetailAges, DetailErasure, DetailReceipt, LegalHold, LegalHolds, Shredding};
use phi_seal::key::{BoxFuture, KeyState};
use phi_seal::{
    Access, ActionKind, Actor, Category, Decision, Error, ErrorKind, Field, Needs, Phi, Policy,
    Purpose, RecordRef, RecordType, Request, Reviewing, RolePolicy, Rule, SubjectId, TenantId,
};
use pollster::block_on;

use crate::ward::{
    MERCY, Ward, details_of, kinds, names, open_note, record_id, seal_note, subject, tenant,
};

const SIX_YEARS: u64 = 2192;

#[test]
fn after_the_retention_one_patients_details_are_gone_and_nobody_elses() {
    let ward = Ward::new();
    let (note, own) = ward.seal("p-1");
    let both = ward.seal_all(&["p-1", "p-2"]);
    let (other_note, other) = ward.seal("p-2");
    ward.advance_days(SIX_YEARS + 1);
    let before = ward.log.len();
    let receipt = erase(&ward, "p-1", |it| it).unwrap();
    assert_eq!(receipt.subject().as_str(), "p-1");
    assert_eq!(receipt.newest(), Some(&*both.time));
    let keys: Vec<_> = block_on(ward.keys.keys(&details_of("p-1"))).unwrap();
    assert!(keys.iter().all(|key| key.state() == KeyState::Destroyed));

    // Announced and concluded, both readable, both about the key.
    let events = ward.log.events().split_off(before);
    let said: Vec<_> = events
        .iter()
        .map(|it| (&*it.action, &*it.outcome))
        .collect();
    assert_eq!(
        said,
        [("erase_details", "pending"), ("erase_details", "success")]
    );
    assert_eq!(receipt.event().to_string(), events[1].event);
    for event in ward.review(&events) {
        let subjects = &event.event().subjects;
        assert_eq!(names(subjects), [None]);
        let field = &subjects[0].records[0].fields[0];
        assert_eq!(field.key.as_deref(), Some(&*keys[0].id().to_hex()));
    }

    // Erased is neither missing nor corrupt, and the rest reads.
    let reviewed = ward.review(&[own.clone(), both.clone(), other]);
    assert_eq!(kinds(reviewed[0].unread()), [ErrorKind::Erased]);
    assert_eq!(reviewed[0].event().sealed, own.sealed);
    assert_eq!(kinds(reviewed[1].unread()), [ErrorKind::Erased]);
    assert_eq!(names(&reviewed[1].event().subjects), [Some("p-2"), None]);
    assert_eq!(names(&reviewed[2].event().subjects), [Some("p-2")]);
    // The review did not say who it was.
    let last = ward.last();
    let last = ward.review(&[last]).remove(0).into_event();
    assert_eq!(names(&last.subjects), [None, Some("p-2")]);
    assert_eq!(last.subjects[0].records[0].fields[0].outcome, "erased");
    let patient = subject("p-1");
    let of_one = block_on(ward.session().review(&[own], Reviewing::of(&patient))).unwrap();
    assert_eq!(kinds(of_one[0].unread()), [ErrorKind::Erased]);

    // Nothing about the patient can be recorded, so nothing is done; others are not affected.
    let recorded = ward.log.len();
    assert_eq!(
        open_note(&ward.session(), "p-1", &note),
        Err(ErrorKind::Audit)
    );
    assert_eq!(
        seal_note(&ward.session(), "p-1").unwrap_err().kind(),
        ErrorKind::Audit
    );
    assert_eq!(ward.log.len(), recorded);
    assert_eq!(
        open_note(&ward.session(), "p-2", &other_note),
        Ok("asthma".into())
    );

    // Once more is no error.
    let again = erase(&ward, "p-1", |it| it).unwrap();
    assert_eq!(again.keys().len(), 1);
    assert_eq!(ward.last().outcome, "success");
}

#[test]
fn it_is_refused_before_the_retention_ends() {
    let ward = Ward::new();
    ward.seal("p-1");
    ward.advance_days(1000);
    ward.seal("p-1");
    // The first event is old enough, the newest is not.
    ward.advance_days(SIX_YEARS - 1);
    assert_eq!(
        erase(&ward, "p-1", |it| it).unwrap_err().kind(),
        ErrorKind::Retained
    );
    let last = ward.last();
    assert_eq!(
        (&*last.action, &*last.outcome),
        ("erase_details", "retained")
    );
    // A refusal is not an event about the patient: it does not prolong anything.
    ward.advance_days(2);
    let longer = std::time::Duration::from_secs((SIX_YEARS + 365) * 86_400);
    let refused = erase(&ward, "p-1", |it| it.retention(longer)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Retained);
    // Shorter than six years it does not get.
    let shorter = std::time::Duration::from_secs(1);
    assert!(erase(&ward, "p-1", |it| it.retention(shorter)).is_ok());
}

#[test]
fn a_review_is_an_event_about_the_patient_too() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    ward.advance_days(SIX_YEARS + 1);
    ward.review(&[event]);
    assert_eq!(
        erase(&ward, "p-1", |it| it).unwrap_err().kind(),
        ErrorKind::Retained
    );
    ward.advance_days(SIX_YEARS + 1);
    assert!(erase(&ward, "p-1", |it| it).is_ok());
}

#[test]
fn a_short_retention_does_not_count() {
    let ward = Ward::new();
    ward.seal("p-1");
    ward.advance_days(30);
    let shorter = std::time::Duration::from_secs(1);
    let refused = erase(&ward, "p-1", |it| it.retention(shorter)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Retained);
}

#[test]
fn a_log_that_says_too_little_is_not_believed() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    ward.seal("p-2");
    let try_with = |ages: &DetailAges| {
        let session = ward.session();
        let erasure = DetailErasure::new(ages, &NoHolds(LegalHold::None));
        block_on(session.erase_details(&subject("p-1"), erasure))
            .unwrap_err()
            .kind()
    };
    // The key is too young, whatever the log says of the times.
    let mut lying = DetailAges::new();
    let mut old = event.clone();
    old.time = "1999-01-01T00:00:00.000000000Z".into();
    lying.read(&old);
    assert_eq!((lying.len(), try_with(&lying)), (1, ErrorKind::Retained));

    ward.advance_days(SIX_YEARS + 1);
    // Nothing of this patient.
    let mut others = DetailAges::new();
    others.read(&ward.log.events()[1]);
    assert_eq!(try_with(&others), ErrorKind::Retained);
    // Something that might be the patient's.
    let mut torn = ages(&ward);
    let mut cut = event.clone();
    cut.sealed[0].truncate(40);
    torn.read(&cut);
    assert_eq!(
        (torn.unreadable(), try_with(&torn)),
        (1, ErrorKind::Retained)
    );
    let mut timeless = ages(&ward);
    let mut odd = event;
    odd.time = "yesterday".into();
    timeless.read(&odd);
    assert_eq!(
        (timeless.unreadable(), try_with(&timeless)),
        (1, ErrorKind::Retained)
    );
    assert!(erase(&ward, "p-1", |it| it).is_ok());
}

#[test]
fn overriding_takes_a_code_and_a_permission_of_its_own() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    let refused = erase(&ward, "p-1", |it| it.overriding("no code at all")).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    let before = ward.log.len();
    erase(&ward, "p-1", |it| it.overriding("court-order")).unwrap();
    let events = ward.log.events().split_off(before);
    assert_eq!(events.len(), 2);
    for event in ward.review(&events) {
        let fields: Vec<_> = event.event().subjects[0].records[0].fields.iter().collect();
        assert_eq!(
            (&*fields[1].name, &*fields[1].reason),
            ("retention", "court-order")
        );
    }
    assert_eq!(
        kinds(ward.review(&[event])[0].unread()),
        [ErrorKind::Erased]
    );

    #[derive(Debug)]
    struct NoOverriding;
    impl Policy for NoOverriding {
        fn authorize(&self, request: &Request<'_>) -> Decision {
            let names = request.fields().iter().map(|field| field.name());
            Decision::permit_only("some", names.map(|name| name != "retention").collect())
        }
    }
    let ward = Ward::with_policy(NoOverriding);
    ward.seal("p-1");
    let refused = erase(&ward, "p-1", |it| it.overriding("court-order")).unwrap_err();
    assert!(refused.is_denied());
    let last = ward.last();
    assert_eq!((&*last.action, &*last.outcome), ("erase_details", "denied"));
}

#[test]
fn a_legal_hold_is_stronger_than_an_override() {
    let ward = Ward::new();
    let (_, event) = ward.seal("p-1");
    let (ages, holds) = (ages(&ward), NoHolds(LegalHold::Held));
    let erasure = DetailErasure::new(&ages, &holds).overriding("court-order");
    let refused = block_on(ward.session().erase_details(&subject("p-1"), erasure)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::OnHold);
    assert_eq!(ward.last().outcome, "on_hold");
    assert!(ward.review(&[event])[0].unread().is_empty());
}

#[test]
fn who_may_erase_a_patient_may_not_erase_the_log() {
    let rule = Rule::role("officer", &[Purpose::Operations]);
    let rules = RolePolicy::new("1").allow(rule.actions(&[ActionKind::Erase, ActionKind::Seal]));
    let ward = Ward::with_policy(rules);
    ward.seal("p-1");
    ward.advance_days(SIX_YEARS + 1);
    assert!(erase(&ward, "p-1", |it| it).unwrap_err().is_denied());
    assert_eq!(ward.last().outcome, "denied");
}

#[test]
fn it_demands_a_reason_in_the_access() {
    let ward = Ward::new();
    ward.seal("p-1");
    ward.advance_days(SIX_YEARS + 1);
    let actor = Actor::new("officer-7").unwrap();
    let session = ward
        .vault
        .session(Access::new(tenant(MERCY), actor, Purpose::Operations));
    let (ages, holds) = (ages(&ward), NoHolds(LegalHold::None));
    let erasure = DetailErasure::new(&ages, &holds);
    let refused = block_on(session.unwrap().erase_details(&subject("p-1"), erasure)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

#[test]
fn erasing_a_patients_values_leaves_the_log_readable() {
    const OWN: Field<String> = RecordType::new("own")
        .subject_keyed()
        .field("note", Category::Clinical);
    let ward = Ward::with_policy(PermitAll);
    let session = ward.session();
    let (id, of) = (record_id("p-1"), subject("p-1"));
    let place = RecordRef::new(&id, &of);
    let needs = Needs::new().seal(&OWN, place);
    let _lease = block_on(session.prepare(&needs)).unwrap();
    let sealed = session
        .seal_value(&OWN, place, &Phi::new(String::from("asthma")))
        .unwrap();
    let holds = NoHolds(LegalHold::None);
    drop(block_on(session.shred(&of, Shredding::new(&holds))).unwrap());
    let _lease = block_on(session.prepare(&Needs::new().open(&OWN, place, &sealed))).unwrap();
    let refused = session.open_value(&OWN, place, &sealed).unwrap_err();
    assert!(refused.is_erased());
    let keys = block_on(ward.keys.keys(&details_of("p-1"))).unwrap();
    assert_eq!(keys[0].state(), KeyState::Active);
    // What was done before, that it was erased, and that somebody tried since.
    let events = ward.log.events();
    let outcomes: Vec<_> = events.iter().map(|it| &*it.outcome).collect();
    assert_eq!(outcomes, ["success", "pending", "success", "erased"]);
    for event in ward.review(&events) {
        assert!(event.unread().is_empty());
        assert_eq!(names(&event.event().subjects), [Some("p-1")]);
    }
}

fn erase(
    ward: &Ward,
    patient: &str,
    set: impl for<'a> FnOnce(DetailErasure<'a>) -> DetailErasure<'a>,
) -> Result<DetailReceipt, Error> {
    let (ages, holds) = (ages(ward), NoHolds(LegalHold::None));
    let erasure = set(DetailErasure::new(&ages, &holds));
    block_on(ward.session().erase_details(&subject(patient), erasure))
}

fn ages(ward: &Ward) -> DetailAges {
    let mut ages = DetailAges::new();
    for event in ward.log.events() {
        ages.read(&event);
    }
    ages
}

#[derive(Debug)]
pub(crate) struct NoHolds(pub(crate) LegalHold);

impl LegalHolds for NoHolds {
    fn check<'a>(
        &'a self,
        _: &'a TenantId<'a>,
        _: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        Box::pin(core::future::ready(Ok(self.0)))
    }
}
