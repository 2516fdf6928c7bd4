//! A ward whose vault made the events that are reported on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::{Expiry, ManualClock};
use phi_seal::audit::{Disclosure, EventRecord, MemorySink};
use phi_seal::codec::Date;
use phi_seal::report::AccountingRequest;
use phi_seal::{
    Access, Actor, Category, Decision, FieldInfo, Keyring, Phi, PhiRecord, Policy, Purpose,
    RecordId, RecordRef, RecordType, Request, Session, SubjectId, TenantId, Vault,
};

#[derive(Debug, PhiRecord)]
#[phi(record = "patient")]
pub(crate) struct Patient {
    #[phi(id, subject)]
    pub(crate) id: String,
    #[phi(category = Name)]
    pub(crate) name: Phi<String>,
    #[phi(category = Ssn)]
    pub(crate) ssn: Phi<String>,
    #[phi(category = Clinical)]
    pub(crate) note: Option<Phi<String>>,
}

pub(crate) fn patient(id: &str) -> Patient {
    Patient {
        id: id.into(),
        name: Phi::new("canary-name".into()),
        ssn: Phi::new("900-01-2345".into()),
        note: None,
    }
}

/// What leaves on paper.
pub(crate) const CHART: &[FieldInfo] = &[RecordType::new("paper-chart")
    .field::<String>("pages", Category::Clinical)
    .info()];

/// Permits everybody but the clerk.
#[derive(Debug)]
struct Doors;

impl Policy for Doors {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        if request.access().actor().has_role("clerk") {
            return Decision::deny("clerk");
        }
        Decision::permit("staff")
    }

    fn version(&self) -> &str {
        "doors-1"
    }
}

pub(crate) struct Ward {
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<ManualClock>,
    vault: Vault,
}

impl Ward {
    pub(crate) fn new() -> Self {
        Self::observing("ehr")
    }

    pub(crate) fn observing(observer: &str) -> Self {
        let (sink, clock) = (
            Arc::new(MemorySink::new()),
            Arc::new(ManualClock::new(at(2026, 11, 21))),
        );
        let vault = Vault::builder(Keyring::generate().unwrap(), Doors, sink.clone())
            .clock(clock.clone())
            .expiry(Expiry {
                idle: Duration::MAX,
                max_age: Duration::MAX,
            })
            .observer(observer)
            .unwrap()
            .build();
        Self { sink, clock, vault }
    }

    pub(crate) fn session(&self, role: &str, purpose: Purpose) -> Session {
        self.session_of(access("mercy", role, purpose))
    }

    pub(crate) fn session_of(&self, access: Access) -> Session {
        self.vault.session(access).unwrap()
    }

    /// A session of a physician for treatment.
    pub(crate) fn care(&self) -> Session {
        self.session("physician", Purpose::Treatment)
    }

    /// States, on this day, that a chart went to somebody.
    pub(crate) fn send(
        &self,
        day: (i32, u8, u8),
        patient: &str,
        purpose: Purpose,
        to: &Disclosure,
    ) -> phi_seal::audit::EventId {
        self.clock.set_wall(at(day.0, day.1, day.2));
        let session = self.session("registrar", purpose);
        let (id, subject) = (
            RecordId::new(patient).unwrap(),
            SubjectId::new(patient).unwrap(),
        );
        let row = RecordRef::new(&id, &subject);
        session.disclosed(&[(row, CHART)], to).unwrap()
    }

    pub(crate) fn events(&self) -> Vec<EventRecord> {
        self.sink.events()
    }

    pub(crate) fn history(&self) -> impl Iterator<Item = Result<EventRecord, Infallible>> {
        sound(self.events())
    }
}

pub(crate) fn access(tenant: &str, role: &str, purpose: Purpose) -> Access {
    let actor = Actor::new(format!("{role}-17")).unwrap().role(role);
    Access::new(TenantId::new(tenant.to_owned()).unwrap(), actor, purpose)
        .source_ip([203, 0, 113, 9].into())
        .request_id("req-8f2c")
}

pub(crate) fn sound(
    events: Vec<EventRecord>,
) -> impl Iterator<Item = Result<EventRecord, Infallible>> {
    events.into_iter().map(Ok)
}

/// Noon of a day.
pub(crate) fn at(year: i32, month: u8, day: u8) -> SystemTime {
    let days = u64::try_from(date(year, month, day).days()).unwrap();
    SystemTime::UNIX_EPOCH + Duration::from_secs(days * 86_400 + 43_200)
}

pub(crate) fn date(year: i32, month: u8, day: u8) -> Date {
    Date::from_ymd(year, month, day).unwrap()
}

pub(crate) fn to(name: &str) -> Disclosure {
    Disclosure::to(name).unwrap()
}

/// The request of patient p-1 of 22 November 2026.
pub(crate) fn request() -> AccountingRequest {
    request_on(2026, 11, 22)
}

pub(crate) fn request_on(year: i32, month: u8, day: u8) -> AccountingRequest {
    let (tenant, subject) = (
        TenantId::new("mercy").unwrap(),
        SubjectId::new("p-1").unwrap(),
    );
    AccountingRequest::new(&tenant, &subject, date(year, month, day))
}
