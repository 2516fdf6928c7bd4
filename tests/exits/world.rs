//! One vault with all its parts in reach, and one way to run each kind of action.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use phi_seal::access::{Expiry, ManualClock};
use phi_seal::audit::{Disclosure, EventRecord};
use phi_seal::key::Keyring;
use phi_seal::{
    Access, Actor, Category, Error, Field, Phi, Purpose, RecordId, RecordRef, RecordType, Sealed,
    Session, SubjectId, TenantId, Vault,
};

use crate::doubles::{Gate, Lender, Lending, Odd, Recording, Trail, Verdict};

pub(crate) const PATIENT: RecordType = RecordType::new("patient");
pub(crate) const VISIT: RecordType = RecordType::new("visit");
pub(crate) const BED: RecordType = RecordType::new("bed").subjectless();
pub(crate) const NAME: Field<Odd> = PATIENT.field("name", Category::Name);
pub(crate) const SSN: Field<Odd> = PATIENT.field("ssn", Category::Ssn);
pub(crate) const STATUS: Field<Odd> = PATIENT
    .field("status", Category::Clinical)
    .sealed_null()
    .pad_to(32);
pub(crate) const NOTE: Field<Odd> = VISIT.field("note", Category::Clinical);
pub(crate) const PLACE: Field<Odd> = BED.field("place", Category::Clinical);

pub(crate) const TENANT: &str = "mercy";
pub(crate) const EXPIRY: Expiry = Expiry {
    idle: Duration::from_secs(600),
    max_age: Duration::from_secs(3600),
};

pub(crate) struct World {
    pub(crate) gate: Arc<Gate>,
    pub(crate) lender: Arc<Lender>,
    pub(crate) trail: Arc<Trail>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) vault: Vault,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with_ring(Keyring::generate().unwrap())
    }

    pub(crate) fn with_ring(ring: Keyring) -> Self {
        let gate = Arc::new(Gate::default());
        let lender = Arc::new(Lender::new(ring));
        let trail = Arc::new(Trail::default());
        let clock = Arc::new(ManualClock::new(noon()));
        let vault = Vault::builder(lender.clone(), gate.clone(), trail.clone())
            .expiry(EXPIRY)
            .clock(clock.clone())
            .observer("exits")
            .unwrap()
            .build();
        Self {
            gate,
            lender,
            trail,
            clock,
            vault,
        }
    }

    pub(crate) fn session(&self) -> Session {
        self.vault.session(access()).unwrap()
    }

    pub(crate) fn policy(&self, verdict: Verdict) {
        *self.gate.mode.lock().unwrap() = verdict;
    }

    pub(crate) fn provider(&self, lending: Lending) {
        *self.lender.mode.lock().unwrap() = lending;
    }

    pub(crate) fn sink(&self, recording: Recording) {
        *self.trail.mode.lock().unwrap() = recording;
    }

    /// Forgets what the preparation of a case did.
    pub(crate) fn forget(&self) {
        self.trail.events.lock().unwrap().clear();
        self.trail.attempts.store(0, Ordering::Relaxed);
        self.lender.calls.store(0, Ordering::Relaxed);
        self.gate.asked.lock().unwrap().clear();
    }

    pub(crate) fn events(&self) -> Vec<EventRecord> {
        self.trail.events.lock().unwrap().clone()
    }

    pub(crate) fn attempts(&self) -> usize {
        self.trail.attempts.load(Ordering::Relaxed)
    }

    pub(crate) fn provider_calls(&self) -> usize {
        self.lender.calls.load(Ordering::Relaxed)
    }

    pub(crate) fn times_asked(&self) -> usize {
        self.gate.asked.lock().unwrap().len()
    }

    /// The one event since [`forget`](World::forget): of this action, with this outcome and
    /// these outcomes of its items.
    #[track_caller]
    pub(crate) fn expect_event(&self, case: &str, action: &str, outcome: &str, items: &[&str]) {
        let events = self.events();
        assert_eq!(events.len(), 1, "{case}: exactly one event");
        assert_eq!(self.attempts(), 1, "{case}: exactly one attempt");
        let event = &events[0];
        assert_eq!(event.action, action, "{case}");
        assert_eq!(event.outcome, outcome, "{case}");
        assert_eq!(outcomes(event), items, "{case}");
        assert_eq!(event.tenant, TENANT, "{case}");
        assert_eq!((event.part, event.parts), (1, 1), "{case}");
        assert_eq!(event.policy, "gate-1", "{case}");
        assert_eq!(event.observer, "exits", "{case}");
    }
}

pub(crate) fn noon() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400)
}

pub(crate) fn access() -> Access {
    let actor = Actor::new("clinician-17").unwrap();
    Access::new(TenantId::new(TENANT).unwrap(), actor, Purpose::Treatment)
}

pub(crate) fn outcomes(event: &EventRecord) -> Vec<&str> {
    let records = event.subjects.iter().flat_map(|subject| &subject.records);
    let fields = records.flat_map(|record| &record.fields);
    fields.map(|field| field.outcome.as_str()).collect()
}

/// A patient's row, and one more of the same patient.
pub(crate) struct Rows {
    id: RecordId<'static>,
    next: RecordId<'static>,
    subject: SubjectId<'static>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        Self {
            id: RecordId::new("r-1").unwrap(),
            next: RecordId::new("r-2").unwrap(),
            subject: SubjectId::new("p-1").unwrap(),
        }
    }

    pub(crate) fn row(&self) -> RecordRef<'_> {
        RecordRef::new(&self.id, &self.subject)
    }

    pub(crate) fn next(&self) -> RecordRef<'_> {
        RecordRef::new(&self.next, &self.subject)
    }

    pub(crate) fn subjectless(&self) -> RecordRef<'_> {
        RecordRef::subjectless(&self.id)
    }
}

/// One way to act. Those over many values act on one here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Way {
    Seal,
    SealMany,
    Open,
    OpenMany,
    Disclose,
    Rebind,
}

impl Way {
    pub(crate) const ALL: [Self; 6] = [
        Self::Seal,
        Self::SealMany,
        Self::Open,
        Self::OpenMany,
        Self::Disclose,
        Self::Rebind,
    ];

    pub(crate) const fn is_batch(self) -> bool {
        matches!(self, Self::SealMany | Self::OpenMany)
    }

    /// How events call it.
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Seal | Self::SealMany => "seal",
            Self::Open | Self::OpenMany => "open",
            Self::Disclose => "disclose",
            Self::Rebind => "rebind",
        }
    }
}

/// A cell: where it is, what it should hold, and what is stored there.
pub(crate) struct Cell<'a> {
    pub(crate) field: Field<Odd>,
    pub(crate) row: RecordRef<'a>,
    pub(crate) to: RecordRef<'a>,
    pub(crate) value: Option<Phi<Odd>>,
    pub(crate) stored: Option<Sealed<Odd>>,
}

/// What came out.
pub(crate) enum Released {
    Plaintext(Option<Phi<Odd>>),
    Ciphertext(Option<Sealed<Odd>>),
}

impl Cell<'_> {
    pub(crate) fn act(&self, session: &Session, way: Way) -> Result<Released, Error> {
        let Self { field, row, .. } = self;
        match way {
            Way::Seal => session
                .seal_value(field, *row, &self.value)
                .map(Released::Ciphertext),
            Way::SealMany => {
                one(session.seal_values(field, &[(*row, &self.value)])?).map(Released::Ciphertext)
            }
            Way::Open => session
                .open_value(field, *row, &self.stored)
                .map(Released::Plaintext),
            Way::OpenMany => {
                one(session.open_values(field, &[(*row, &self.stored)])?).map(Released::Plaintext)
            }
            Way::Disclose => {
                let (to, fields) = (recipient(), [field.info()]);
                let opened = session.disclose_with(&to, |mut opening| {
                    let permit = opening.authorize(*row, &fields)?;
                    let value = opening.open(&permit, field, &self.stored);
                    opening.record()?.release(value)
                });
                opened.map(Released::Plaintext)
            }
            Way::Rebind => session
                .rebind(field, *row, self.to, &self.stored)
                .map(Released::Ciphertext),
        }
    }
}

/// To whom the world's disclosures go.
pub(crate) fn recipient() -> Disclosure {
    let county = Disclosure::to("County Health Department").unwrap();
    county.description("canary-description").unwrap()
}

fn one<T>(results: Vec<Result<T, Error>>) -> Result<T, Error> {
    let [result] = <[_; 1]>::try_from(results).unwrap_or_else(|_| panic!("one result for each"));
    if let Err(error) = &result {
        assert_eq!(error.index(), Some(0));
    }
    result
}

pub(crate) fn phi(text: &str) -> Phi<Odd> {
    Phi::new(Odd(text.to_string()))
}
