//! A ward to search in: a table of patients with every kind of index, and all parts in reach.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use phi_seal::access::{Expiry, ManualClock};
use phi_seal::audit::{EventRecord, MemorySink};
use phi_seal::index::StoredIndex;
use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring};
use phi_seal::record::{RecordIndex, Search};
use phi_seal::{Access, Actor, Phi, PhiRecord, Purpose, Sealed, Session, TenantId, Vault};

use crate::doubles::{Counting, Gate};

#[derive(Debug, PhiRecord)]
#[phi(
    record = "patient",
    row_derive(Clone, PartialEq),
    index(name = "birth_date_family", of(birth_date = date, family))
)]
pub struct Patient {
    #[phi(id, subject)]
    pub id: String,
    #[phi(category = Ssn, index(digits, unique))]
    pub ssn: Phi<String>,
    /// Two bits: among five rows, two collide for certain.
    #[phi(category = Name, index(bits = 2), index(name = "family_prefix", prefix(3)))]
    pub family: Phi<String>,
    #[phi(category = Name, index(name = "words", tokens))]
    pub full_name: Option<Phi<String>>,
    #[phi(category = Date, index(name = "birth_year", year))]
    pub birth_date: Phi<String>,
    #[phi(category = Clinical, sealed_null, pad = 32, index)]
    pub status: Option<Phi<String>>,
    #[phi(category = Clinical)]
    pub note: Phi<String>,
    pub active: bool,
}

pub const FAMILIES: [&str; 7] = [
    "Żak",
    "Müller",
    "Mülller",
    "O'Neil",
    "Smith",
    "Smithson",
    "van der Berg",
];

/// One of many: every value follows from the number.
pub fn patient(number: usize) -> Patient {
    let family = FAMILIES[number % FAMILIES.len()];
    Patient {
        id: format!("p-{number}"),
        ssn: phi(&ssn(number)),
        family: phi(family),
        full_name: (number % 5 != 4).then(|| phi(&format!("Zofia-{} {family}", number % 3))),
        birth_date: phi(&birth_date(number)),
        status: number.is_multiple_of(2).then(|| phi("stable")),
        note: phi(&format!("note {number}")),
        active: true,
    }
}

pub fn ssn(number: usize) -> String {
    format!("900-{:02}-{number:04}", number % 100)
}

pub fn birth_date(number: usize) -> String {
    format!("{}-02-{:02}", 1950 + number % 4, 1 + number % 6)
}

pub fn phi(text: &str) -> Phi<String> {
    Phi::new(text.to_string())
}

pub const EXPIRY: Expiry = Expiry {
    idle: Duration::from_secs(600),
    max_age: Duration::from_secs(3600),
};

pub struct Ward {
    pub gate: Arc<Gate>,
    pub keys: Arc<Counting>,
    pub sink: Arc<MemorySink>,
    pub clock: Arc<ManualClock>,
    pub vault: Vault,
}

impl Ward {
    pub fn new() -> Self {
        let ring = Keyring::generate().unwrap();
        ring.add(DataKey::generate(index_scope()).unwrap()).unwrap();
        Self::with_ring(ring)
    }

    pub fn with_ring(ring: Keyring) -> Self {
        let (gate, keys) = (Gate::open(), Counting::new(ring));
        let sink = Arc::new(MemorySink::new());
        let noon = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
        let clock = Arc::new(ManualClock::new(noon));
        let vault = Vault::builder(keys.clone(), gate.clone(), sink.clone())
            .expiry(EXPIRY)
            .clock(clock.clone())
            .observer("ward")
            .unwrap()
            .build();
        Self {
            gate,
            keys,
            sink,
            clock,
            vault,
        }
    }

    pub fn session(&self) -> Session {
        self.vault.session(access("mercy")).unwrap()
    }

    /// Patients from 0, sealed; what that did is forgotten.
    pub fn table(&self, rows: usize) -> Vec<PatientRow> {
        let session = self.session();
        let rows = (0..rows).map(|number| session.seal(&patient(number)).unwrap());
        let rows = rows.collect();
        self.forget();
        rows
    }

    pub fn forget(&self) {
        self.sink.clear();
        self.gate.asked();
        self.keys.count();
    }

    /// The only event since [`forget`](Ward::forget).
    #[track_caller]
    pub fn event(&self) -> EventRecord {
        let [event] = <[_; 1]>::try_from(self.sink.events())
            .unwrap_or_else(|events| panic!("one action, one event, not {}", events.len()));
        event
    }
}

pub fn index_scope() -> KeyScope {
    KeyScope::shared(KeyUse::Index)
}

pub fn access(tenant: &'static str) -> Access {
    let actor = Actor::new("clinician-17").unwrap().role("physician");
    Access::new(TenantId::new(tenant).unwrap(), actor, Purpose::Treatment)
}

/// What a database finds: rows whose column has one of the values.
pub fn candidates<'t, I: RecordIndex<Record = Patient>>(
    table: &'t [PatientRow],
    search: &Search<'_, I>,
) -> Vec<&'t PatientRow> {
    let has_one = |row: &&PatientRow| {
        let stored = I::stored(row).values();
        stored.iter().any(|value| search.values().contains(value))
    };
    table.iter().filter(has_one).collect()
}

/// The ids of those that came out; panics on an error.
pub fn ids(found: Vec<Result<Patient, phi_seal::Error>>) -> Vec<String> {
    found.into_iter().map(|opened| opened.unwrap().id).collect()
}

/// Each field of an event, as `p-1 ssn success granted`.
pub fn items(event: &EventRecord) -> Vec<String> {
    let records = event.subjects.iter().flat_map(|subject| &subject.records);
    records
        .flat_map(|record| {
            record.fields.iter().map(|field| {
                format!(
                    "{} {} {} {}",
                    record.id, field.name, field.outcome, field.reason
                )
            })
        })
        .collect()
}

/// The ids that an event names.
pub fn recorded_ids(event: &EventRecord) -> Vec<&str> {
    let records = event.subjects.iter().flat_map(|subject| &subject.records);
    records.map(|record| record.id.as_str()).collect()
}

/// The same envelope with its last bit flipped.
pub fn corrupt<T: phi_seal::codec::Value>(sealed: &Sealed<T>) -> Sealed<T> {
    let mut bytes = sealed.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    Sealed::from_bytes(bytes).unwrap()
}
