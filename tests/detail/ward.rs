//! A ward whose log seals its details: keys of both kinds, and sessions.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::{EventRecord, MemorySink, RecordedSubject};
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring, LocalKms, MemoryStore, ScopedKeys};
use phi_seal::{
    Access, Actor, Category, Error, ErrorKind, Field, Needs, Phi, Policy, Purpose, RecordId,
    RecordRef, RecordType, ReviewedEvent, Reviewing, Sealed, SealedDetails, Session, SubjectId,
    TenantId, Vault,
};
use pollster::block_on;

pub(crate) const NOTE: Field<String> = RecordType::new("chart").field("note", Category::Clinical);
pub(crate) const WARD: RecordType = RecordType::new("ward").subjectless();
pub(crate) const PLAN: Field<String> = WARD.field("plan", Category::OtherIdentifier);

pub(crate) const MERCY: &str = "mercy";
pub(crate) const OTHER: &str = "other";

/// A vault over keys in a store, whose sink seals details into memory.
pub(crate) struct Ward {
    pub(crate) keys: Arc<ScopedKeys>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) log: Arc<MemorySink>,
    pub(crate) vault: Vault,
}

impl Ward {
    pub(crate) fn new() -> Self {
        Self::with_policy(PermitAll)
    }

    pub(crate) fn with_policy(policy: impl Policy + 'static) -> Self {
        let clock = Arc::new(ManualClock::new(noon()));
        let builder = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate().unwrap());
        let keys = Arc::new(builder.clock(clock.clone()).build());
        for name in [MERCY, OTHER] {
            block_on(keys.add_tenant(&tenant(name))).unwrap();
        }
        let log = Arc::new(MemorySink::new());
        let sink = SealedDetails::new(log.clone(), keys.clone());
        let vault = Vault::builder(keys.clone(), policy, sink);
        let vault = vault.clock(clock.clone()).build();
        Self {
            keys,
            clock,
            log,
            vault,
        }
    }

    pub(crate) fn session(&self) -> Session {
        self.session_of(MERCY)
    }

    pub(crate) fn session_of(&self, name: &str) -> Session {
        let actor = Actor::new("officer-7").unwrap().role("officer");
        let access = Access::new(tenant(name), actor, Purpose::Operations).reason("routine");
        self.vault.session(access).unwrap()
    }

    /// One event about one patient.
    pub(crate) fn seal(&self, patient: &str) -> (Sealed<String>, EventRecord) {
        self.seal_in(MERCY, patient)
    }

    pub(crate) fn seal_in(&self, name: &str, patient: &str) -> (Sealed<String>, EventRecord) {
        let session = self.session_of(name);
        let sealed = seal_note(&session, patient).unwrap();
        (sealed, self.last())
    }

    /// One event about several patients, and about none.
    pub(crate) fn seal_all(&self, patients: &[&str]) -> EventRecord {
        let session = self.session();
        let ids: Vec<_> = patients
            .iter()
            .map(|it| (record_id(it), subject(it)))
            .collect();
        let places: Vec<_> = ids.iter().map(|(id, of)| RecordRef::new(id, of)).collect();
        let needs = places
            .iter()
            .fold(Needs::new(), |needs, at| needs.seal(&NOTE, *at));
        let _lease = block_on(session.prepare(&needs)).unwrap();
        let (fields, plans) = ([NOTE.info()], [PLAN.info()]);
        let hall = record_id("hall");
        session
            .seal_with(|mut sealing| {
                for place in &places {
                    let permit = sealing.authorize(*place, &fields)?;
                    drop(sealing.seal(&permit, &NOTE, &Phi::new(String::from("x"))));
                }
                let permit = sealing.authorize(RecordRef::subjectless(&hall), &plans)?;
                drop(sealing.seal(&permit, &PLAN, &Phi::new(String::from("x"))));
                sealing.record().map(drop)
            })
            .unwrap();
        self.last()
    }

    pub(crate) fn last(&self) -> EventRecord {
        self.log.events().pop().unwrap()
    }

    pub(crate) fn review(&self, events: &[EventRecord]) -> Vec<ReviewedEvent> {
        block_on(self.session().review(events, Reviewing::all())).unwrap()
    }

    /// Moves the clock; whoever is asked next needs a new session.
    pub(crate) fn advance_days(&self, days: u64) {
        self.clock.advance(Duration::from_secs(days * 86_400));
    }
}

/// A keyring with audit-detail keys of the tenant and these patients.
pub(crate) fn keyring(patients: &[&str]) -> Arc<Keyring> {
    let keys = Keyring::generate().unwrap();
    let add = |scope| keys.add(DataKey::generate(scope).unwrap()).unwrap();
    add(KeyScope::tenant(tenant(MERCY), KeyUse::Audit));
    for patient in patients {
        add(KeyScope::audit_details(tenant(MERCY), subject(patient)));
    }
    Arc::new(keys)
}

pub(crate) fn seal_note(session: &Session, patient: &str) -> Result<Sealed<String>, Error> {
    let (id, of) = (record_id(patient), subject(patient));
    let place = RecordRef::new(&id, &of);
    let _lease = block_on(session.prepare(&Needs::new().seal(&NOTE, place)))?;
    session.seal_value(&NOTE, place, &Phi::new(String::from("asthma")))
}

pub(crate) fn open_note(
    session: &Session,
    patient: &str,
    sealed: &Sealed<String>,
) -> Result<String, ErrorKind> {
    let (id, of) = (record_id(patient), subject(patient));
    let place = RecordRef::new(&id, &of);
    let lease = block_on(session.prepare(&Needs::new().open(&NOTE, place, sealed)));
    let _lease = lease.map_err(|error| error.kind())?;
    let opened = session.open_value(&NOTE, place, sealed);
    opened
        .map(|note| note.expose().clone())
        .map_err(|error| error.kind())
}

pub(crate) fn details_of(patient: &str) -> KeyScope {
    KeyScope::audit_details(tenant(MERCY), subject(patient))
}

/// The patients that events name in clear.
pub(crate) fn names(subjects: &[RecordedSubject]) -> Vec<Option<&str>> {
    subjects.iter().map(|it| it.subject.as_deref()).collect()
}

pub(crate) fn kinds(errors: &[Error]) -> Vec<ErrorKind> {
    errors.iter().map(Error::kind).collect()
}

pub(crate) fn tenant(name: &str) -> TenantId<'static> {
    TenantId::new(name.to_owned()).unwrap()
}

pub(crate) fn subject(name: &str) -> SubjectId<'static> {
    SubjectId::new(name.to_owned()).unwrap()
}

/// Another id than the patient's.
pub(crate) fn record_id(patient: &str) -> RecordId<'static> {
    RecordId::new(format!("row-of-{patient}")).unwrap()
}

fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}
