//! Store, KMS and clock that outlive a process, and processes over them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::MemorySink;
use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::key::{
    KeyCounts, KeyError, KeyErrorKind, KeyNeed, KeyProvider, KeyScope, KeyUse, Scope, ScopedKeys,
    ScopedKeysBuilder, StoredKey,
};
use phi_seal::{
    Access, Actor, AuditSink, Category, Error, ErrorKind, Field, Needs, Phi, Purpose, RecordId,
    RecordRef, RecordType, Sealed, Session, SubjectId, TenantId, Vault,
};
use pollster::block_on;

use crate::kms::TestKms;
use crate::store::TestStore;

pub(crate) const CHART: RecordType = RecordType::new("chart").subject_keyed();
pub(crate) const NOTE: Field<String> = CHART.field("note", Category::Clinical);
pub(crate) const VISIT: RecordType = RecordType::new("visit");
pub(crate) const ROOM: Field<String> = VISIT.field("room", Category::OtherIdentifier);

pub(crate) const MERCY: &str = "mercy";
pub(crate) const MAX_AGE: Duration = Duration::from_secs(3600);
pub(crate) const GRACE: Duration = Duration::from_secs(900);
pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What outlives a process.
pub(crate) struct World {
    pub(crate) store: Arc<TestStore>,
    pub(crate) kms: Arc<TestKms>,
    pub(crate) clock: Arc<ManualClock>,
}

impl World {
    /// With one tenant, [`MERCY`].
    pub(crate) fn new() -> Self {
        let world = Self::empty();
        world.process().add(MERCY);
        world
    }

    pub(crate) fn empty() -> Self {
        Self {
            store: TestStore::new(),
            kms: TestKms::new(),
            clock: Arc::new(ManualClock::new(noon())),
        }
    }

    pub(crate) fn process(&self) -> Process {
        self.process_with(|keys| keys)
    }

    pub(crate) fn process_with(
        &self,
        set: impl FnOnce(ScopedKeysBuilder) -> ScopedKeysBuilder,
    ) -> Process {
        Process::new(self.keys_with(set), DiscardAudit)
    }

    pub(crate) fn recorded(&self, sink: Arc<MemorySink>) -> Process {
        Process::new(self.keys_with(|keys| keys), sink)
    }

    pub(crate) fn keys_with(
        &self,
        set: impl FnOnce(ScopedKeysBuilder) -> ScopedKeysBuilder,
    ) -> Arc<ScopedKeys> {
        let builder = ScopedKeys::builder(self.store.clone(), self.kms.clone())
            .clock(self.clock.clone())
            .max_age(MAX_AGE)
            .grace(GRACE);
        Arc::new(set(builder).build())
    }

    /// The only row of this scope.
    pub(crate) fn row(&self, scope: &KeyScope) -> StoredKey {
        let mut rows = self.rows(scope);
        assert_eq!(rows.len(), 1);
        rows.remove(0)
    }

    /// In order of their versions.
    pub(crate) fn rows(&self, scope: &KeyScope) -> Vec<StoredKey> {
        let mut rows = self.store.rows();
        rows.retain(|row| row.scope == *scope);
        rows.sort_by_key(|row| row.version);
        rows
    }
}

/// What ends with a process.
pub(crate) struct Process {
    pub(crate) keys: Arc<ScopedKeys>,
    pub(crate) vault: Vault,
}

impl Process {
    pub(crate) fn new(keys: Arc<ScopedKeys>, sink: impl AuditSink + 'static) -> Self {
        let vault = Vault::builder(keys.clone(), PermitAll, sink).build();
        Self { keys, vault }
    }

    pub(crate) fn add(&self, name: &str) {
        block_on(self.keys.add_tenant(&tenant(name))).unwrap();
    }

    pub(crate) fn session(&self, name: &str) -> Session {
        let actor = Actor::new("clinician-17").unwrap();
        let access = Access::new(tenant(name), actor, Purpose::Treatment).reason("by-request");
        self.vault.session(access).unwrap()
    }

    /// A note of a patient of [`MERCY`], under the patient's own key.
    pub(crate) fn seal(&self, patient: &str) -> Sealed<String> {
        self.try_seal(MERCY, patient).unwrap()
    }

    pub(crate) fn try_seal(&self, tenant: &str, patient: &str) -> Result<Sealed<String>, Error> {
        let (session, place) = (self.session(tenant), Place::new(patient));
        let _lease = block_on(session.prepare(&Needs::new().seal(&NOTE, place.row())))?;
        session.seal_value(&NOTE, place.row(), &Phi::new(text_of(patient)))
    }

    /// The room of a patient of [`MERCY`], under the tenant's key.
    pub(crate) fn seal_room(&self, patient: &str) -> Sealed<String> {
        let (session, place) = (self.session(MERCY), Place::new(patient));
        let _lease = block_on(session.prepare(&Needs::new().seal(&ROOM, place.row()))).unwrap();
        session
            .seal_value(&ROOM, place.row(), &Phi::new(text_of(patient)))
            .unwrap()
    }

    /// Whether it is what was sealed; panics if it is something else.
    pub(crate) fn open(&self, patient: &str, sealed: &Sealed<String>) -> Result<(), ErrorKind> {
        self.open_of(MERCY, patient, sealed)
    }

    pub(crate) fn open_of(
        &self,
        tenant: &str,
        patient: &str,
        sealed: &Sealed<String>,
    ) -> Result<(), ErrorKind> {
        let (session, place) = (self.session(tenant), Place::new(patient));
        let needs = Needs::new().open(&NOTE, place.row(), sealed);
        let _lease = block_on(session.prepare(&needs)).map_err(|error| error.kind())?;
        open_in(&session, patient, sealed)
    }

    /// Without preparing anything.
    pub(crate) fn open_unprepared(
        &self,
        patient: &str,
        sealed: &Sealed<String>,
    ) -> Result<(), ErrorKind> {
        open_in(&self.session(MERCY), patient, sealed)
    }

    pub(crate) fn open_room(
        &self,
        patient: &str,
        sealed: &Sealed<String>,
    ) -> Result<(), ErrorKind> {
        let (session, place) = (self.session(MERCY), Place::new(patient));
        let needs = Needs::new().open(&ROOM, place.row(), sealed);
        let _lease = block_on(session.prepare(&needs)).map_err(|error| error.kind())?;
        let opened = session.open_value(&ROOM, place.row(), sealed);
        opened
            .map(|text| check(patient, text.expose()))
            .map_err(|error| error.kind())
    }

    pub(crate) fn counts(&self) -> KeyCounts {
        self.keys.counts()
    }

    /// The kind of error that preparing these needs gives, if one.
    pub(crate) fn prepare(&self, needs: &[KeyNeed<'_>]) -> Option<KeyErrorKind> {
        kind(block_on(self.keys.prepare(needs)))
    }
}

pub(crate) fn open_in(
    session: &Session,
    patient: &str,
    sealed: &Sealed<String>,
) -> Result<(), ErrorKind> {
    let place = Place::new(patient);
    let opened = session.open_value(&NOTE, place.row(), sealed);
    opened
        .map(|text| check(patient, text.expose()))
        .map_err(|error| error.kind())
}

fn check(patient: &str, text: &str) {
    assert_eq!(text, text_of(patient));
}

/// What is sealed for a patient.
pub(crate) fn text_of(patient: &str) -> String {
    format!("what {patient} said")
}

/// A patient's row.
pub(crate) struct Place {
    pub(crate) id: RecordId<'static>,
    pub(crate) subject: SubjectId<'static>,
}

impl Place {
    pub(crate) fn new(patient: &str) -> Self {
        Self {
            id: RecordId::new(patient.to_string()).unwrap(),
            subject: subject(patient),
        }
    }

    pub(crate) fn row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.id, &self.subject)
    }
}

pub(crate) fn places(count: usize) -> Vec<Place> {
    (0..count)
        .map(|number| Place::new(&format!("p-{number}")))
        .collect()
}

pub(crate) fn tenant(name: &str) -> TenantId<'static> {
    TenantId::new(name.to_string()).unwrap()
}

pub(crate) fn subject(name: &str) -> SubjectId<'static> {
    SubjectId::new(name.to_string()).unwrap()
}

/// A patient of [`MERCY`].
pub(crate) fn of(patient: &str) -> KeyScope {
    KeyScope::subject(tenant(MERCY), subject(patient))
}

pub(crate) fn tenants(name: &str) -> KeyScope {
    KeyScope::tenant(tenant(name), KeyUse::Seal)
}

pub(crate) fn root_of(name: &str) -> KeyScope {
    KeyScope::tenant(tenant(name), KeyUse::Root)
}

pub(crate) fn need<'a>(tenant: &'a TenantId<'a>, subject: &'a SubjectId<'a>) -> KeyNeed<'a> {
    KeyNeed::active(Scope::of_record(tenant, Some(subject), CHART))
}

pub(crate) fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}
