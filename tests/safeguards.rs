//! What `docs/hipaa.md` and `docs/threat-model.md` say of sessions, emergencies and recording.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use phi_seal::access::{Decision, Expiry, ManualClock};
use phi_seal::audit::MemorySink;
use phi_seal::danger::PermitAll;
use phi_seal::{
    Access, Actor, AuditError, Category, ErrorKind, Field, Keyring, Label, Labels, Phi, Policy,
    Purpose, RecordId, RecordRef, RecordType, Request, RolePolicy, Rule, Sealed, Session,
    SubjectId, TenantId, Vault,
};

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const HIV: Field<String> = PATIENT.field("hiv", Category::Clinical).label(Label::Hiv);
const START: SystemTime = SystemTime::UNIX_EPOCH;

#[test]
fn every_event_names_one_actor() {
    let ward = Ward::new(PermitAll);
    let sealed = ward.seal(&ward.admit(access(Purpose::Treatment)), &NAME);
    ward.open(&ward.admit(access(Purpose::Treatment)), &NAME, &sealed)
        .unwrap();
    let actors: Vec<_> = ward.sink.events().into_iter().map(|e| e.actor.id).collect();
    assert_eq!(actors, ["clinician-17", "clinician-17"]);
    assert_eq!(
        Actor::new("").unwrap_err().kind(),
        ErrorKind::InvalidInput,
        "nobody acts without an id"
    );
}

#[test]
fn breaking_the_glass_needs_a_reason_and_is_recorded_with_it() {
    let emergencies = RolePolicy::new("1")
        .allow(Rule::role("physician", &[Purpose::BreakGlass]).reason("break-glass"));
    let ward = Ward::new(emergencies);
    let refused = ward.vault.session(access(Purpose::BreakGlass)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);

    let session = ward.admit(access(Purpose::BreakGlass).reason("unconscious-patient"));
    let sealed = ward.seal(&session, &NAME);
    ward.open(&session, &NAME, &sealed).unwrap();
    let event = ward.sink.events().pop().unwrap();
    assert_eq!(event.purpose, "BTG");
    assert_eq!(event.reason.as_deref(), Some("unconscious-patient"));

    let session = ward.admit(access(Purpose::Treatment));
    let denied = ward.open(&session, &NAME, &sealed).unwrap_err();
    assert_eq!(denied, ErrorKind::Denied, "without the emergency");
}

#[test]
fn an_emergency_is_recorded_or_nothing_opens() {
    let ward = Ward::new(PermitAll);
    let session = ward.admit(access(Purpose::BreakGlass).reason("unconscious-patient"));
    let sealed = ward.seal(&session, &NAME);
    ward.sink
        .fail_with(AuditError::new("the audit store is down"));
    let refused = ward.open(&session, &NAME, &sealed).unwrap_err();
    assert_eq!(refused, ErrorKind::Audit);
    ward.sink.recover();
    assert_eq!(ward.open(&session, &NAME, &sealed), Ok("Ada".into()));
}

#[test]
fn idle_and_old_sessions_end() {
    let Expiry { idle, max_age } = Expiry::default();
    assert_eq!((idle.as_secs(), max_age.as_secs()), (15 * 60, 12 * 60 * 60));
    let second = Duration::from_secs(1);

    let ward = Ward::new(PermitAll);
    let session = ward.admit(access(Purpose::Treatment));
    let sealed = ward.seal(&session, &NAME);
    ward.clock.advance(idle);
    assert!(ward.open(&session, &NAME, &sealed).is_ok());
    ward.clock.advance(idle + second);
    ward.clock.set_wall(START); // turning the clock back helps nobody
    let ended = ward.open(&session, &NAME, &sealed).unwrap_err();
    assert_eq!(ended, ErrorKind::Expired);
    assert_eq!(ward.sink.events().pop().unwrap().outcome, "expired");

    let ward = Ward::new(PermitAll);
    let session = ward.admit(access(Purpose::Treatment));
    let sealed = ward.seal(&session, &NAME);
    for _ in 0..48 {
        ward.clock.advance(idle);
        assert!(ward.open(&session, &NAME, &sealed).is_ok());
    }
    ward.clock.advance(second);
    let ended = ward.open(&session, &NAME, &sealed).unwrap_err();
    assert_eq!(ended, ErrorKind::Expired, "12 hours, however busy");
}

#[test]
fn stated_times_end_sessions_of_single_requests() {
    let Expiry { idle, max_age } = Expiry::default();
    let ward = Ward::new(PermitAll);
    ward.clock.advance(max_age);
    let now = START + max_age;
    let second = Duration::from_secs(1);
    let stated = |start, last| {
        access(Purpose::Treatment)
            .started_at(start)
            .last_activity(last)
    };

    assert!(ward.vault.session(stated(START, now - idle)).is_ok());
    assert!(ward.sink.is_empty(), "admission alone is no event");
    for (start, last) in [(START, now - idle - second), (START - second, now)] {
        let refused = ward.vault.session(stated(start, last)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Expired);
        let event = ward.sink.events().pop().unwrap();
        assert_eq!((&*event.action, &*event.outcome), ("admit", "expired"));
    }
    assert_eq!(ward.sink.len(), 2);
}

#[test]
fn a_policy_stops_a_running_session() {
    #[derive(Debug)]
    struct Employed(Arc<AtomicBool>);

    impl Policy for Employed {
        fn authorize(&self, _: &Request<'_>) -> Decision {
            match self.0.load(Ordering::Relaxed) {
                true => Decision::permit("employed"),
                false => Decision::deny("left"),
            }
        }
    }

    let is_employed = Arc::new(AtomicBool::new(true));
    let ward = Ward::new(Employed(is_employed.clone()));
    let session = ward.admit(access(Purpose::Treatment));
    let sealed = ward.seal(&session, &NAME);
    assert!(ward.open(&session, &NAME, &sealed).is_ok());
    is_employed.store(false, Ordering::Relaxed);
    let denied = ward.open(&session, &NAME, &sealed).unwrap_err();
    assert_eq!(denied, ErrorKind::Denied);
}

#[test]
fn a_label_must_be_named_to_open_its_field() {
    let sealed = {
        let ward = Ward::new(PermitAll);
        ward.seal(&ward.admit(access(Purpose::Treatment)), &HIV)
    };
    let physician = || Rule::role("physician", &[Purpose::Treatment]);
    let hiv = Labels::NONE.with(Label::Hiv);
    for (rule, outcome) in [
        (physician(), ErrorKind::Denied),
        // Permitted; the key is another ward's.
        (physician().labels(hiv), ErrorKind::MissingKey),
    ] {
        let ward = Ward::new(RolePolicy::new("1").allow(rule));
        let session = ward.admit(access(Purpose::Treatment));
        assert_eq!(ward.open(&session, &HIV, &sealed).unwrap_err(), outcome);
    }
}

#[test]
fn rebinding_in_place_reseals_under_the_active_key() {
    let ward = Ward::new(PermitAll);
    let session = ward.admit(access(Purpose::Treatment));
    let (id, subject) = ids();
    let here = RecordRef::new(&id, &subject);
    let before = ward.seal(&session, &NAME);
    let active = ward.keys.rotate().unwrap();
    let after = session.rebind(&NAME, here, here, &before).unwrap();
    assert_ne!(before.key_id(), active);
    assert_eq!(after.key_id(), active);
    assert_eq!(ward.open(&session, &NAME, &after), Ok("Ada".into()));
}

/// A vault whose keys, clock and events the test holds too.
struct Ward {
    vault: Vault,
    keys: Arc<Keyring>,
    clock: Arc<ManualClock>,
    sink: Arc<MemorySink>,
}

impl Ward {
    fn new(policy: impl Policy + 'static) -> Self {
        let keys = Arc::new(Keyring::generate().unwrap());
        let clock = Arc::new(ManualClock::new(START));
        let sink = Arc::new(MemorySink::new());
        let vault = Vault::builder(keys.clone(), policy, sink.clone())
            .clock(clock.clone())
            .build();
        Self {
            vault,
            keys,
            clock,
            sink,
        }
    }

    fn admit(&self, access: Access) -> Session {
        self.vault.session(access).unwrap()
    }

    fn seal(&self, session: &Session, field: &Field<String>) -> Sealed<String> {
        let (id, subject) = ids();
        let value = Phi::new(String::from("Ada"));
        session
            .seal_value(field, RecordRef::new(&id, &subject), &value)
            .unwrap()
    }

    fn open(
        &self,
        session: &Session,
        field: &Field<String>,
        sealed: &Sealed<String>,
    ) -> Result<String, ErrorKind> {
        let (id, subject) = ids();
        session
            .open_value(field, RecordRef::new(&id, &subject), sealed)
            .map(|value| value.expose().clone())
            .map_err(|error| error.kind())
    }
}

fn access(purpose: Purpose) -> Access {
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    Access::new(TenantId::new("mercy").unwrap(), actor, purpose)
}

fn ids() -> (RecordId<'static>, SubjectId<'static>) {
    (
        RecordId::new("4711").unwrap(),
        SubjectId::new("p-1").unwrap(),
    )
}
