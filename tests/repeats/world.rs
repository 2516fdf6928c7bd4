//! A vault, its journal, and failures at will.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::EventRecord;
use phi_seal::audit::journal::{Entries, Journal, JournalKey, Origin, VerifierKey};
use phi_seal::danger::PermitAll;
use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::report::FailedAccess;
use phi_seal::{
    Access, Actor, AuditSink, Category, Error, Field, Phi, Purpose, RecordId, RecordRef,
    RecordType, Sealed, Session, SubjectId, TenantId, Vault,
};

const CHART: RecordType = RecordType::new("chart");
pub(crate) const NOTE: Field<String> = CHART.field("note", Category::Clinical);
pub(crate) const PLAN: Field<String> = CHART.field("plan", Category::Clinical);

pub(crate) const MINUTE: Duration = Duration::from_secs(60);

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) keys: Arc<Keyring>,
    pub(crate) verifier: VerifierKey,
}

impl World {
    pub(crate) fn new() -> (Self, Arc<Journal>) {
        let folder = tempfile::tempdir().unwrap();
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        let clock = Arc::new(ManualClock::new(noon));
        let key = JournalKey::generate(Origin::new("ehr.example/audit").unwrap()).unwrap();
        let verifier = key.verifier();
        let builder = Journal::builder(folder.path().join("journal"), key);
        let builder = builder.clock(clock.clone()).tended_by_hand();
        let journal = Arc::new(builder.create().unwrap());
        let world = Self {
            folder,
            clock,
            keys: keyring(),
            verifier,
        };
        (world, journal)
    }

    pub(crate) fn vault(&self, sink: impl AuditSink + 'static) -> Vault {
        let vault = Vault::builder(self.keys.clone(), PermitAll, sink);
        vault.clock(self.clock.clone()).build()
    }

    /// The audit events on the disk.
    pub(crate) fn events(&self) -> Vec<EventRecord> {
        let entries = Entries::open(self.folder.path().join("journal"), &self.verifier).unwrap();
        entries.filter_map(|entry| entry.unwrap().event()).collect()
    }

    pub(crate) fn failures(&self) -> Vec<EventRecord> {
        failures(self.events())
    }
}

pub(crate) fn failures(events: Vec<EventRecord>) -> Vec<EventRecord> {
    let is_failure = |event: &EventRecord| event.outcome != "success";
    events.into_iter().filter(is_failure).collect()
}

/// Keys for values, and for the details of what is about p-1 and p-2.
fn keyring() -> Arc<Keyring> {
    let keys = Keyring::generate().unwrap();
    let add = |scope| keys.add(DataKey::generate(scope).unwrap()).unwrap();
    add(KeyScope::tenant(tenant(), KeyUse::Audit));
    for patient in ["p-1", "p-2"] {
        add(KeyScope::audit_details(tenant(), subject(patient)));
    }
    Arc::new(keys)
}

pub(crate) fn access() -> Access {
    Access::new(tenant(), Actor::new("dr-9").unwrap(), Purpose::Treatment)
}

pub(crate) fn seal(session: &Session) -> Sealed<String> {
    let (id, of) = (RecordId::new("r-1").unwrap(), subject("p-1"));
    let value = Phi::new(String::from("asthma"));
    session
        .seal_value(&NOTE, RecordRef::new(&id, &of), &value)
        .unwrap()
}

/// Opens an envelope that was sealed for somewhere else.
pub(crate) fn fail(session: &Session, sealed: &Sealed<String>) -> Error {
    fail_at(session, sealed, &NOTE, "p-1", "r-2")
}

pub(crate) fn fail_at(
    session: &Session,
    sealed: &Sealed<String>,
    field: &Field<String>,
    patient: &'static str,
    id: &'static str,
) -> Error {
    let (id, of) = (RecordId::new(id).unwrap(), subject(patient));
    let place = RecordRef::new(&id, &of);
    session.open_value(field, place, sealed).unwrap_err()
}

/// What the report on failed accesses says.
pub(crate) fn reported(events: Vec<EventRecord>) -> u64 {
    let report = FailedAccess::over(events.into_iter().map(Ok::<_, Infallible>)).unwrap();
    assert!(!report.approximate());
    report.total()
}

pub(crate) fn counts(events: &[EventRecord]) -> Vec<Option<u64>> {
    events.iter().map(|event| event.count).collect()
}

fn tenant() -> TenantId<'static> {
    TenantId::new("mercy").unwrap()
}

pub(crate) fn subject(name: &'static str) -> SubjectId<'static> {
    SubjectId::new(name).unwrap()
}
