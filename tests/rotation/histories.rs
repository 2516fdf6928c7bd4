//! Random histories of writing, rotating and resealing, against a model: whatever happens, every
//! row opens to its last written value and is found by it.

use std::collections::BTreeMap;
use std::sync::Arc;

use phi_seal::rotate::Census;
use pollster::block_on;
use proptest::prelude::*;

use crate::table::Table;
use crate::ward::{Patient, Ward, candidates, ids, index_scope, patient, phi};

#[derive(Clone, Debug)]
enum Step {
    Write(usize, u32),
    Update(usize, u32),
    Delete(usize),
    Rotate,
    RotateIndex,
    /// With this page size, until so many calls of the store were made.
    Reseal(usize, Option<usize>, bool),
    /// While somebody updates a row.
    Contended(usize, u32),
    /// The oldest key goes, if a census says that it may.
    Retire,
}

fn step() -> impl Strategy<Value = Step> {
    let (row, value) = (0..6_usize, any::<u32>());
    prop_oneof![
        3 => (row.clone(), value).prop_map(|(row, value)| Step::Write(row, value)),
        2 => (row.clone(), value).prop_map(|(row, value)| Step::Update(row, value)),
        1 => row.clone().prop_map(Step::Delete),
        1 => Just(Step::Rotate),
        1 => Just(Step::RotateIndex),
        2 => (1..4_usize, prop::option::of(0..6_usize), any::<bool>())
            .prop_map(|(page, stop, dry)| Step::Reseal(page, stop, dry)),
        1 => (row, value).prop_map(|(row, value)| Step::Contended(row, value)),
        2 => Just(Step::Retire),
    ]
}

fn ssn_of(value: u32) -> String {
    format!("{value:09}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_row_opens_to_what_was_written_last(steps in prop::collection::vec(step(), 1..24)) {
        let ward = Ward::new();
        let session = Arc::new(ward.session());
        let mut table = Table::default();
        let mut model = BTreeMap::<String, u32>::new();
        for step in steps {
            match step {
                Step::Write(row, value) => {
                    let mut patient = patient(row);
                    patient.ssn = phi(&ssn_of(value));
                    model.insert(patient.id.clone(), value);
                    table.rows.insert(patient.id.clone(), session.seal(&patient).unwrap());
                }
                Step::Update(row, value) => {
                    let id = format!("p-{row}");
                    if let Some(row) = table.rows.get_mut(&id) {
                        session.update_field(row, Patient::SSN, &phi(&ssn_of(value))).unwrap();
                        model.insert(id, value);
                    }
                }
                Step::Delete(row) => {
                    let id = format!("p-{row}");
                    prop_assert_eq!(table.rows.remove(&id).is_some(), model.remove(&id).is_some());
                }
                Step::Rotate => drop(ward.keys.ring.rotate().unwrap()),
                Step::RotateIndex => drop(ward.keys.ring.rotate_scope(&index_scope()).unwrap()),
                Step::Reseal(page, stop, dry) => {
                    table.calls_left = stop;
                    let job = session.reseal_all(&mut table).page(page);
                    let job = if dry { job.dry_run() } else { job };
                    if let Ok(summary) = block_on(job.run()) {
                        prop_assert_eq!(summary.seen as usize, model.len());
                        prop_assert_eq!(summary.failed + summary.contended, 0);
                    }
                    table.calls_left = None;
                }
                Step::Contended(row, value) => {
                    let (writing, id) = (session.clone(), format!("p-{row}"));
                    let changed = Arc::new(std::sync::atomic::AtomicBool::new(false));
                    let (note, own) = (changed.clone(), id.clone());
                    table.writer = Some(Box::new(move |rows| {
                        if let Some(row) = rows.get_mut(&own) {
                            writing.update_field(row, Patient::SSN, &phi(&ssn_of(value))).unwrap();
                            note.store(true, std::sync::atomic::Ordering::Relaxed);
                        }
                    }));
                    block_on(session.reseal_all(&mut table).page(3).run()).unwrap();
                    table.writer = None;
                    if changed.load(std::sync::atomic::Ordering::Relaxed) {
                        model.insert(id, value);
                    }
                }
                Step::Retire => {
                    let mut census = Census::new();
                    table.rows.values().for_each(|row| census.count_row(row));
                    for info in ward.keys.ring.keys() {
                        // The active ones and those that are gone refuse.
                        if census.may_retire(info.id()) {
                            let _ = ward.keys.ring.destroy(info.version());
                        }
                    }
                }
            }
            check(&ward, &table, &model);
        }
        // A last run leaves every key but the two active ones free.
        block_on(session.reseal_all(&mut table).run()).unwrap();
        check(&ward, &table, &model);
        let mut census = Census::new();
        table.rows.values().for_each(|row| census.count_row(row));
        let in_use = ward.keys.ring.keys().iter().filter(|info| !census.may_retire(info.id())).count();
        prop_assert!(table.rows.is_empty() || in_use == 2, "{} keys in use", in_use);
    }
}

fn check(ward: &Ward, table: &Table, model: &BTreeMap<String, u32>) {
    let session = ward.session();
    let rows: Vec<_> = table.rows.values().cloned().collect();
    assert_eq!(rows.len(), model.len());
    for (row, (id, value)) in rows.iter().zip(model) {
        assert_eq!(&row.id, id);
        assert_eq!(*session.open(row).unwrap().ssn.expose(), ssn_of(*value));
        let search = session
            .search(Patient::SSN_INDEX, &phi(&ssn_of(*value)))
            .unwrap();
        let found = candidates(&rows, &search);
        assert!(ids(search.open(found).unwrap()).contains(id));
    }
}
