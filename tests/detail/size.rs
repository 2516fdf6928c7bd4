//! The longest events.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use phi_seal::audit::{Disclosure, EventRecord, RecordSink, Tee};
use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
use phi_seal::{
    Access, Actor, AuditError, AuditSink, Category, Decision, Event, Field, Needs, Phi, Policy,
    Purpose, RecordId, RecordRef, RecordType, Request, Reviewing, Sealed, SealedDetails, Session,
    SubjectId, Vault,
};
use pollster::block_on;

use crate::ward::{MERCY, names, subject, tenant};

/// What a journal's entry holds.
const MAX: usize = 65_535;

/// The shortest there are, so that as many envelopes as possible come into a part.
const SHORT: RecordType = RecordType::new("a");
const FIELDS: [Field<String>; 3] = [
    SHORT.field("b", Category::Clinical),
    SHORT.field("c", Category::Clinical),
    SHORT.field("d", Category::Clinical),
];

#[test]
fn no_sealed_part_is_longer_than_an_entry_of_the_journal() {
    let world = World::new();
    let mut longest = 0;
    for id_len in [3, 4, 8, 15, 16, 31, 32, 33, 36, 48, 64, 100, 255, 256, 1024] {
        for fields in [1, 2, 3] {
            for is_sealing in [false, true] {
                // Enough for two parts and more.
                let patients = (90_000 / (100 + 2 * id_len)).clamp(40, 900);
                let subjects = subjects(patients, id_len);
                world.act(&subjects, fields, is_sealing);
                let (clear, sealed) = world.longest();
                assert!(clear <= 32_768);
                assert!(sealed <= MAX, "{id_len} {fields} {is_sealing}: {sealed}");
                longest = longest.max(sealed);
            }
        }
    }
    // Else this proves nothing: parts get near twice as long.
    assert!(longest > 50_000, "{longest}");
}

/// Each patient's envelope has a copy of the recipient and the description.
#[test]
fn no_sealed_part_of_a_disclosure_is_longer_either() {
    let world = World::new();
    let (mut longest, mut most) = (0, 0);
    for (name, address, description) in [
        (1, 0, 0),
        (1, 1, 1),
        (20, 0, 0),
        (30, 40, 0),
        (40, 60, 120),
        (256, 512, 768),
    ] {
        // In JSON twice as long, sealed not.
        for letter in ["n", "\""] {
            let text = |len: usize| letter.repeat(len);
            let mut to = Disclosure::to(text(name)).unwrap();
            if address > 0 {
                to = to.address(text(address)).unwrap();
            }
            if description > 0 {
                to = to.description(text(description)).unwrap();
            }
            for id_len in [3, 16, 100, 1024] {
                let patients = match name + address + description + id_len {
                    ..100 => 320,
                    100..300 => 150,
                    _ => 50,
                };
                world.disclose(&subjects(patients, id_len), &to);
                let (clear, sealed) = world.longest();
                assert!(clear <= 32_768);
                assert!(
                    sealed <= MAX,
                    "{name} {address} {description} {id_len}: {sealed}"
                );
                longest = longest.max(sealed);
                let envelopes = world
                    .log
                    .0
                    .lock()
                    .unwrap()
                    .iter()
                    .map(|it| it.sealed.len())
                    .max();
                most = most.max(envelopes.unwrap());
            }
        }
    }
    // Else this proves nothing.
    assert!(longest > 44_000 && most > 150, "{longest} {most}");
}

/// What needs no copies is cut as before.
#[test]
fn many_records_of_one_patient_are_one_part() {
    let world = World::new();
    let to = Disclosure::to("n".repeat(256)).unwrap();
    let to = to.description("d".repeat(768)).unwrap();
    let of = vec![subject("p"); 60];
    world.disclose(&of, &to);
    assert_eq!(world.log.0.lock().unwrap().len(), 1);
}

#[test]
fn thousands_of_patients_are_reviewed_from_their_parts() {
    let world = World::new();
    let subjects = subjects(3000, 4);
    world.act(&subjects, 1, false);
    let events = world.log.0.lock().unwrap().clone();
    assert!(events.len() > 9, "{}", events.len());
    let reviewed = block_on(world.session().review(&events, Reviewing::all())).unwrap();
    let named: Vec<_> = reviewed
        .iter()
        .flat_map(|event| names(&event.event().subjects))
        .map(|name| name.unwrap().to_owned())
        .collect();
    let expected: Vec<_> = subjects.iter().map(|it| it.as_str().to_owned()).collect();
    assert_eq!(named, expected);
}

#[test]
fn lengths_tell_little() {
    let world = World::new();
    let len_of = |id: &str| {
        world.act(&[subject(id)], 1, false);
        world.log.0.lock().unwrap().last().unwrap().sealed[0].len()
    };
    let short = len_of("p");
    assert!(
        ["p-1", "patient-00042", "3f2b8c1e-93d4-4d3a"]
            .iter()
            .all(|id| len_of(id) == short)
    );
}

struct World {
    keys: Arc<ScopedKeys>,
    vault: Vault,
    clear: Arc<Measured>,
    log: Arc<Kept>,
}

impl World {
    fn new() -> Self {
        let keys = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate().unwrap());
        let keys = Arc::new(keys.build());
        block_on(keys.add_tenant(&tenant(MERCY))).unwrap();
        let (clear, log) = (Arc::new(Measured::default()), Arc::new(Kept::default()));
        let sealed = SealedDetails::new(log.clone(), keys.clone());
        let sink = Tee::new(clear.clone()).and(sealed);
        let vault = Vault::builder(keys.clone(), Curt, sink);
        let vault = vault.observer("o").unwrap().build();
        Self {
            keys,
            vault,
            clear,
            log,
        }
    }

    fn session(&self) -> Session {
        let actor = Actor::new("a").unwrap();
        self.vault
            .session(Access::new(tenant(MERCY), actor, Purpose::Treatment))
            .unwrap()
    }

    /// Opens what is absent, or seals something, of these patients.
    fn act(&self, subjects: &[SubjectId<'static>], fields: usize, is_sealing: bool) {
        self.log.0.lock().unwrap().clear();
        self.clear.0.store(0, Ordering::Relaxed);
        let session = self.session();
        let id = RecordId::new("i").unwrap();
        let places: Vec<_> = subjects.iter().map(|it| RecordRef::new(&id, it)).collect();
        let needs = places
            .iter()
            .fold(Needs::new(), |needs, at| needs.seal(&FIELDS[0], *at));
        let _lease = block_on(session.prepare(&needs)).unwrap();
        let infos: Vec<_> = FIELDS[..fields].iter().map(Field::info).collect();
        let result = match is_sealing {
            true => session.seal_with(|mut sealing| {
                for place in &places {
                    let permit = sealing.authorize(*place, &infos)?;
                    for field in &FIELDS[..fields] {
                        drop(sealing.seal(&permit, field, &Phi::new(String::new())));
                    }
                }
                sealing.record().map(drop)
            }),
            false => session.open_with(|mut opening| {
                for place in &places {
                    let permit = opening.authorize(*place, &infos)?;
                    for field in &FIELDS[..fields] {
                        drop(opening.open(&permit, field, &None::<Sealed<String>>));
                    }
                }
                opening.record().map(drop)
            }),
        };
        result.unwrap();
        assert!(self.keys.counts().held > 0);
    }

    /// States that something of these patients left.
    fn disclose(&self, subjects: &[SubjectId<'static>], to: &Disclosure) {
        self.log.0.lock().unwrap().clear();
        self.clear.0.store(0, Ordering::Relaxed);
        let session = self.session();
        let ids: Vec<_> = (0..subjects.len())
            .map(|at| RecordId::new(format!("{at}")).unwrap())
            .collect();
        let places = ids
            .iter()
            .zip(subjects)
            .map(|(id, of)| RecordRef::new(id, of));
        let places: Vec<_> = places.collect();
        let needs = places
            .iter()
            .fold(Needs::new(), |needs, at| needs.seal(&FIELDS[0], *at));
        let _lease = block_on(session.prepare(&needs)).unwrap();
        let left: &[_] = &[FIELDS[0].info()];
        let rows: Vec<_> = places.into_iter().map(|place| (place, left)).collect();
        session.disclosed(&rows, to).unwrap();
    }

    /// In JSON, of the last action: clear, and sealed.
    fn longest(&self) -> (usize, usize) {
        let log = self.log.0.lock().unwrap();
        let sealed = log.iter().map(|event| event.to_json().len()).max().unwrap();
        assert!(log.iter().all(|event| event.subjects.is_empty()));
        (self.clear.0.load(Ordering::Relaxed), sealed)
    }
}

fn subjects(count: usize, len: usize) -> Vec<SubjectId<'static>> {
    (0..count)
        .map(|n| subject(&format!("{n:x<len$}")))
        .collect()
}

/// The shortest reason.
#[derive(Debug)]
struct Curt;

impl Policy for Curt {
    fn authorize(&self, _: &Request<'_>) -> Decision {
        Decision::permit("r")
    }
}

#[derive(Debug, Default)]
struct Measured(AtomicUsize);

impl AuditSink for Measured {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        self.0.fetch_max(event.to_json().len(), Ordering::Relaxed);
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Kept(std::sync::Mutex<Vec<EventRecord>>);

impl RecordSink for Kept {
    fn append(&self, event: &EventRecord) -> Result<(), AuditError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}
