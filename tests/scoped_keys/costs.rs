//! How many queries and calls things cost.

use phi_seal::access::{Decision, Policy, Request};
use phi_seal::danger::DiscardAudit;
use phi_seal::key::{KeyProvider, SubjectKeys};
use phi_seal::{Needs, Phi, PhiRecord, Record, SealedRecord, Session, Vault};
use pollster::block_on;

use crate::ward::{MERCY, NOTE, Place, Process, ROOM, World, need, of, open_in, places, tenant};

/// The queries and calls that something costs a process.
fn cost(process: &Process, f: impl FnOnce()) -> (u64, u64) {
    let before = process.counts();
    f();
    let after = process.counts();
    (
        after.store_queries - before.store_queries,
        after.kms_calls - before.kms_calls,
    )
}

#[test]
fn a_cold_page_of_a_hundred_patients_is_one_query_and_one_call() {
    let world = World::new();
    let first = world.process();
    let patients = places(100);
    let names: Vec<_> = patients
        .iter()
        .map(|place| place.subject.as_str())
        .collect();
    let sealed: Vec<_> = names.iter().map(|name| first.seal(name)).collect();
    let process = world.process();
    let (finds, calls) = (world.store.calls().finds, world.kms.total());
    let session = process.session(MERCY);
    let page = || {
        let rows = patients.iter().zip(&sealed);
        let needs = rows.fold(Needs::new(), |needs, (place, sealed)| {
            needs.open(&NOTE, place.row(), sealed)
        });
        let _lease = block_on(session.prepare(&needs)).unwrap();
        for (name, sealed) in names.iter().zip(&sealed) {
            assert_eq!(open_in(&session, name, sealed), Ok(()));
        }
    };
    assert_eq!(cost(&process, page), (1, 1));
    assert_eq!(
        (world.store.calls().finds - finds, world.kms.total() - calls),
        (1, 1)
    );
    assert_eq!((process.counts().misses, process.counts().hits), (100, 0));
    assert_eq!(cost(&process, page), (0, 0));
    assert_eq!((process.counts().misses, process.counts().hits), (100, 100));
}

#[test]
fn with_keys_for_all_subjects_too_and_whoever_sealed() {
    let world = World::new();
    let all = || world.process_with(|keys| keys.subject_keys(SubjectKeys::All));
    let (by_tenant, by_patient) = (world.process(), all());
    let patients = places(100);
    let mut sealed: Vec<_> = Vec::new();
    for (number, place) in patients.iter().enumerate() {
        let name = place.subject.as_str();
        let process = if number.is_multiple_of(2) {
            &by_tenant
        } else {
            &by_patient
        };
        sealed.push((name, process.seal_room(name)));
    }
    let process = all();
    let session = process.session(MERCY);
    let page = || {
        let rows = patients.iter().zip(&sealed);
        let needs = rows.fold(Needs::new(), |needs, (place, (_, sealed))| {
            needs.open(&ROOM, place.row(), sealed)
        });
        let _lease = block_on(session.prepare(&needs)).unwrap();
        for (place, (_, sealed)) in patients.iter().zip(&sealed) {
            assert!(session.open_value(&ROOM, place.row(), sealed).is_ok());
        }
    };
    assert_eq!(cost(&process, page), (1, 1));
    assert_eq!(cost(&process, page), (0, 0));
}

#[test]
fn sealing_for_a_hundred_new_patients_is_one_query_one_change_and_one_call() {
    let world = World::new();
    let process = world.process();
    let mercy = tenant(MERCY);
    let patients = places(100);
    let needs: Vec<_> = patients
        .iter()
        .map(|place| need(&mercy, &place.subject))
        .collect();
    let before = world.store.calls();
    assert_eq!(
        cost(&process, || assert_eq!(process.prepare(&needs), None)),
        (2, 1)
    );
    let after = world.store.calls();
    assert_eq!(
        (after.finds - before.finds, after.applies - before.applies),
        (1, 1)
    );
    assert_eq!(world.store.rows().len(), 101);
}

#[test]
fn a_root_that_was_rotated_elsewhere_is_read_once_for_a_page() {
    let world = World::new();
    let [process, other] = [world.process(), world.process()];
    process.seal("p-known");
    block_on(other.keys.rotate_root(&tenant(MERCY))).unwrap();
    let patients = places(100);
    let sealed: Vec<_> = patients
        .iter()
        .map(|place| other.seal(place.subject.as_str()))
        .collect();
    let session = process.session(MERCY);
    let rows = patients.iter().zip(&sealed);
    let needs = rows.fold(Needs::new(), |needs, (place, sealed)| {
        needs.open(&NOTE, place.row(), sealed)
    });
    let page = || drop(block_on(session.prepare(&needs)).unwrap());
    // The page, and the roots.
    assert_eq!(cost(&process, page), (2, 1));
}

#[test]
fn ten_thousand_needs_are_asked_for_by_the_thousand() {
    let world = World::new();
    let mercy = tenant(MERCY);
    let patients = places(10_000);
    let needs: Vec<_> = patients
        .iter()
        .map(|place| need(&mercy, &place.subject))
        .collect();
    let first = world.process();
    assert_eq!(
        cost(&first, || assert_eq!(first.prepare(&needs), None)),
        (11 + 1, 1)
    );
    let sealed = first.seal("p-9999");

    let process = world.process_with(|keys| keys.capacity(100));
    let twice: Vec<_> = needs.iter().chain(&needs).copied().collect();
    let (queries, calls) = cost(&process, || {
        let lease = block_on(process.keys.prepare(&twice)).unwrap();
        assert_eq!(process.counts().held, 10_000);
        assert_eq!(process.open_unprepared("p-9999", &sealed), Ok(()));
        drop(lease);
    });
    assert_eq!((queries, calls), (11, 1));
    assert_eq!(process.counts().misses, 10_000);
    assert_eq!(world.store.calls().longest, 1_000);
    process.seal("p-another");
    assert_eq!(process.counts().held, 100);
}

/// Permits nothing.
#[derive(Debug)]
struct DenyAll;

impl Policy for DenyAll {
    fn authorize(&self, _: &Request<'_>) -> Decision {
        Decision::deny("test")
    }
}

#[test]
fn what_is_denied_costs_nothing_and_tells_nothing() {
    let world = World::new();
    let first = world.process();
    let sealed = first.seal("p-0");
    let access = first.session(MERCY).access().clone();
    let process = world.process();
    let vault = Vault::builder(process.keys.clone(), DenyAll, DiscardAudit).build();
    let session = vault.session(access).unwrap();
    let (known, unknown) = (Place::new("p-0"), Place::new("p-unknown"));
    world
        .store
        .fail_find(Some(phi_seal::key::KeyErrorKind::Unavailable));
    for needs in [
        Needs::new().open(&NOTE, known.row(), &sealed),
        Needs::new().seal(&NOTE, known.row()),
        Needs::new().seal(&NOTE, unknown.row()),
        Needs::new().seal(&ROOM, unknown.row()),
    ] {
        let (queries, calls) = cost(&process, || {
            assert!(block_on(session.prepare(&needs)).is_ok());
        });
        assert_eq!((queries, calls), (0, 0));
    }
    assert_eq!(process.counts(), phi_seal::key::KeyCounts::default());
}

#[test]
fn a_page_of_unknown_ids_is_one_query() {
    let world = World::new();
    let process = world.process();
    let patients = places(100);
    let foreign = process.seal("p-foreign");
    for place in &patients {
        process.seal(place.subject.as_str());
    }
    let session = process.session(MERCY);
    let needs = patients.iter().fold(Needs::new(), |needs, place| {
        needs.open(&NOTE, place.row(), &foreign)
    });
    let page = || drop(block_on(session.prepare(&needs)).unwrap());
    assert_eq!(cost(&process, page), (1, 0));
    assert_eq!(cost(&process, page), (1, 0));
}

#[test]
fn a_tenant_that_nobody_added_costs_one_query_and_no_call() {
    let world = World::new();
    let process = world.process_with(|keys| keys.capacity(10));
    let foreign = process.seal("p-0");
    let before = process.counts();
    for number in 0..200 {
        let opened = process.open_of(&format!("unknown-{number}"), "p-0", &foreign);
        assert_eq!(opened, Err(phi_seal::ErrorKind::MissingKey));
    }
    let after = process.counts();
    assert_eq!(after.store_queries - before.store_queries, 200);
    assert_eq!((after.kms_calls, after.held), (before.kms_calls, 10));
}

#[derive(Debug, PhiRecord)]
#[phi(record = "record", subject_keyed)]
struct Chart {
    #[phi(id)]
    id: String,
    #[phi(subject)]
    patient: String,
    #[phi(category = Clinical)]
    a: Phi<u64>,
    #[phi(category = Clinical)]
    b: Phi<u64>,
    #[phi(category = Clinical)]
    c: Phi<u64>,
    #[phi(category = Clinical)]
    d: Phi<u64>,
    #[phi(category = Clinical)]
    e: Phi<String>,
}

fn chart(patient: usize, number: usize) -> Chart {
    let value = (patient * 100 + number) as u64;
    Chart {
        id: format!("c-{patient}-{number}"),
        patient: format!("p-{patient}"),
        a: Phi::new(value),
        b: Phi::new(value + 1),
        c: Phi::new(value + 2),
        d: Phi::new(value + 3),
        e: Phi::new(value.to_string()),
    }
}

const FIELDS: usize = 5;
const RECORDS: usize = 20;
const TENANTS: usize = 10;
const PATIENTS: usize = 1_000;

/// 10 tenants, 10,000 patients, 1,000,000 fields.
#[test]
fn a_million_fields_of_ten_tenants_are_ten_calls_to_seal_and_ten_to_open() {
    let world = World::empty();
    let sealing = world.process();
    let opening = world.process();
    let (mut sealed, mut opened, mut opening_calls) = (0, 0, 0);
    for number in 0..TENANTS {
        let name = format!("tenant-{number}");
        sealing.add(&name);
        let session = sealing.session(&name);
        let charts =
            || (0..PATIENTS).flat_map(|patient| (0..RECORDS).map(move |at| chart(patient, at)));
        let rows = seal_all(&session, charts());
        sealed += rows.len() * FIELDS;

        // As after a restart, the very first time.
        let calls = world.kms.total();
        let session = opening.session(&name);
        for page in rows.chunks(PATIENTS * RECORDS / 4) {
            let places: Vec<_> = page.iter().map(|row| row.place().unwrap()).collect();
            let needs = page
                .iter()
                .zip(&places)
                .fold(Needs::new(), |needs, (row, place)| {
                    needs.open_row(place, row)
                });
            let _lease = block_on(session.prepare(&needs)).unwrap();
            for (row, record) in page.iter().zip(session.open_all(page)) {
                let record = record.unwrap();
                assert_eq!((&record.id, &record.patient), (&row.id, &row.patient));
                assert_eq!(record.a.expose().to_string(), *record.e.expose());
                opened += FIELDS;
            }
        }
        opening_calls += world.kms.total() - calls;
    }
    assert_eq!((sealed, opened), (1_000_000, 1_000_000));
    let calls = world.kms.calls();
    assert_eq!(
        (calls.generated, calls.unwrapped, calls.wrapped),
        (10, 10, 0)
    );
    assert_eq!(opening_calls, 10);
    assert_eq!(
        (sealing.counts().kms_calls, opening.counts().kms_calls),
        (10, 10)
    );
    assert_eq!(world.store.rows().len(), TENANTS * (1 + PATIENTS));
    assert_eq!(
        (sealing.counts().held, opening.counts().held),
        (10_000, 10_000)
    );
}

fn seal_all(session: &Session, charts: impl Iterator<Item = Chart>) -> Vec<ChartRow> {
    let charts: Vec<_> = charts.collect();
    let places: Vec<_> = charts.iter().map(|chart| chart.place().unwrap()).collect();
    let needs = places.iter().fold(Needs::new(), |needs, place| {
        needs.seal_record::<Chart>(place)
    });
    let _lease = block_on(session.prepare(&needs)).unwrap();
    session.seal_all(charts).collect::<Result<_, _>>().unwrap()
}

#[test]
fn keys_of_index_values_are_the_tenants() {
    let world = World::new();
    let process = world.process();
    let mercy = tenant(MERCY);
    let scope = phi_seal::key::Scope::indexing(&mercy);
    assert_eq!(
        process.prepare(&[phi_seal::key::KeyNeed::active(scope)]),
        None
    );
    let mut lent = Vec::new();
    process
        .keys
        .with_each(scope, &mut |key| lent.push(*key.id()))
        .unwrap();
    let index = phi_seal::key::KeyScope::tenant(mercy.clone(), phi_seal::key::KeyUse::Index);
    assert_eq!(lent, [world.row(&index).id]);
    block_on(process.keys.rotate(&index)).unwrap();
    let mut lent = Vec::new();
    process
        .keys
        .with_each(scope, &mut |key| lent.push(*key.id()))
        .unwrap();
    let rows = world.rows(&index);
    assert_eq!(lent, [rows[1].id, rows[0].id]);
    block_on(process.keys.disable(&index, 1)).unwrap();
    let mut lent = Vec::new();
    process
        .keys
        .with_each(scope, &mut |key| lent.push(*key.id()))
        .unwrap();
    assert_eq!(lent, [rows[1].id]);
    assert!(world.rows(&of("p-0")).is_empty());
}
