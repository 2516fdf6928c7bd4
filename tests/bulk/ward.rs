//! A session to work in, with its policy, clock and events in reach.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::{EventRecord, MemorySink};
use phi_seal::codec::Value;
use phi_seal::{
    Access, Actor, Decision, Error, Keyring, Phi, PhiRecord, Policy, Purpose, Request, Sealed,
    Session, TenantId, Vault,
};

#[derive(Debug, PhiRecord)]
#[phi(record = "patient", ct_eq, row_derive(Clone, PartialEq))]
pub(crate) struct Patient {
    #[phi(id, subject)]
    pub(crate) id: String,
    #[phi(category = Name)]
    pub(crate) name: Phi<String>,
    #[phi(category = Clinical)]
    pub(crate) note: Option<Phi<String>>,
}

/// The patient of a number: every third has no note.
pub(crate) fn patient(number: usize) -> Patient {
    Patient {
        id: format!("p-{number}"),
        name: Phi::new(format!("name {number}")),
        note: (!number.is_multiple_of(3)).then(|| Phi::new(format!("note {number}"))),
    }
}

pub(crate) fn patients(count: usize) -> Vec<Patient> {
    (0..count).map(patient).collect()
}

pub(crate) struct Ward {
    pub(crate) session: Session,
    pub(crate) sink: Arc<MemorySink>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) gate: Arc<Gate>,
}

impl Ward {
    pub(crate) fn new() -> Self {
        let sink = Arc::new(MemorySink::new());
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_262_400);
        let clock = Arc::new(ManualClock::new(start));
        let gate = Arc::new(Gate::new(clock.clone()));
        let vault = Vault::builder(Keyring::generate().unwrap(), gate.clone(), sink.clone())
            .clock(clock.clone())
            .build();
        let actor = Actor::new("clinician-17").unwrap();
        let tenant = TenantId::new("mercy").unwrap();
        Self {
            session: vault
                .session(Access::new(tenant, actor, Purpose::Treatment))
                .unwrap(),
            sink,
            clock,
            gate,
        }
    }

    /// Rows of the first patients; their sealing is forgotten.
    pub(crate) fn rows(&self, count: usize) -> Vec<PatientRow> {
        let rows = self.session.seal_all(patients(count));
        let rows = rows.collect::<Result<_, _>>().unwrap();
        self.sink.clear();
        rows
    }

    /// The events since the last call.
    pub(crate) fn events(&self) -> Vec<EventRecord> {
        let events = self.sink.events();
        self.sink.clear();
        events
    }
}

/// Denies the records, or one field of them, that it was told to; panics over others, and over
/// others it takes a day.
#[derive(Debug)]
pub(crate) struct Gate {
    clock: Arc<ManualClock>,
    pub(crate) denied: Mutex<BTreeSet<String>>,
    pub(crate) name_only: Mutex<BTreeSet<String>>,
    pub(crate) panics: Mutex<BTreeSet<String>>,
    pub(crate) takes_a_day: Mutex<BTreeSet<String>>,
}

impl Gate {
    fn new(clock: Arc<ManualClock>) -> Self {
        Self {
            clock,
            denied: Mutex::default(),
            name_only: Mutex::default(),
            panics: Mutex::default(),
            takes_a_day: Mutex::default(),
        }
    }

    pub(crate) fn tell(list: &Mutex<BTreeSet<String>>, ids: &[&str]) {
        *list.lock().unwrap() = ids.iter().map(|id| (*id).to_string()).collect();
    }
}

impl Policy for Gate {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        let id = request.record().unwrap().id().as_str();
        let is_in = |list: &Mutex<BTreeSet<String>>| list.lock().unwrap().contains(id);
        if is_in(&self.panics) {
            panic!("the policy, as told");
        }
        if is_in(&self.takes_a_day) {
            self.clock.advance(Duration::from_secs(24 * 60 * 60));
        }
        if is_in(&self.denied) {
            return Decision::deny("refused");
        }
        if is_in(&self.name_only) {
            return Decision::permit_only("granted", vec![true, false]);
        }
        Decision::permit("granted")
    }
}

/// The ids of the records of an event, in order.
pub(crate) fn ids(event: &EventRecord) -> Vec<String> {
    let records = event.subjects.iter().flat_map(|subject| &subject.records);
    records.map(|record| record.id.clone()).collect()
}

/// What became of the fields of a record in an event, as `name outcome`.
pub(crate) fn outcomes(event: &EventRecord, id: &str) -> Vec<String> {
    let mut records = event.subjects.iter().flat_map(|subject| &subject.records);
    let record = records.find(|record| record.id == id).unwrap();
    let fields = record.fields.iter();
    fields
        .map(|field| format!("{} {}", field.name, field.outcome))
        .collect()
}

/// The ids that an event of these numbers has.
pub(crate) fn numbered(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|n| format!("p-{n}")).collect()
}

/// The same envelope with its last bit flipped.
pub(crate) fn corrupt<T: Value>(sealed: &Sealed<T>) -> Sealed<T> {
    let mut bytes = sealed.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    Sealed::from_bytes(bytes).unwrap()
}

/// The positions and codes of the errors among results, each of which is where it says.
pub(crate) fn errors<T>(results: &[Result<T, Error>]) -> Vec<(usize, &'static str)> {
    let errors = results.iter().enumerate();
    errors
        .filter_map(|(at, result)| Some((at, result.as_ref().err()?)))
        .map(|(at, error)| {
            assert_eq!(error.index(), Some(at));
            (at, error.kind().code())
        })
        .collect()
}

/// That each of the first records came back as it was, in order.
#[track_caller]
pub(crate) fn assert_patients(opened: &[Result<Patient, Error>], count: usize) {
    assert_eq!(opened.len(), count);
    for (number, opened) in opened.iter().enumerate() {
        assert!(opened.as_ref().unwrap().ct_eq(&patient(number)), "{number}");
    }
}
