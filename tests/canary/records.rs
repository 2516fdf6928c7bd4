//! Records, rows and bulk: success, corrupt, denied, unrecorded.
#![cfg(feature = "derive")]

use phi_seal::{
    AuditError, Error, Phi, PhiRecord, Record, RolePolicy, Sealed, SealedRecord, Vault,
};

use crate::evidence::Evidence;
use crate::ward::{MARKERS, Ward, access};

#[derive(Debug, PhiRecord)]
#[phi(
    record = "patient",
    duplicate,
    ct_eq,
    row_derive(Clone, serde::Serialize)
)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Clinical, pad = 64)]
    note: Option<Phi<String>>,
    #[phi(category = Clinical)]
    codes: Phi<Vec<String>>,
    beds: u8,
}

fn patient(number: usize, marker: &str) -> Patient {
    Patient {
        id: format!("p-{number}"),
        name: Phi::new(marker.to_string()),
        note: Some(Phi::new(format!("{number}: {marker}"))),
        codes: Phi::new(vec![marker.to_string(); 2]),
        beds: 3,
    }
}

#[test]
fn records_leak_nothing_on_any_path() {
    for marker in MARKERS {
        let ward = Ward::new();
        let mut evidence = Evidence::default();
        one(&ward, &mut evidence, marker);
        many(&ward, &mut evidence, marker);
        #[cfg(feature = "threads")]
        on_threads(&ward, &mut evidence, marker);
        for event in ward.sink.events() {
            evidence.take("event", event.to_json());
            evidence.debug("event record", &event);
        }
        assert!(evidence.len() > 150, "{}", evidence.len());
        evidence.is_clean(marker, &ward.key);
    }
}

fn one(ward: &Ward, evidence: &mut Evidence, marker: &str) {
    let session = &ward.session;
    let record = patient(1, marker);
    evidence.debug("record", &record);
    evidence.debug("duplicate", &record.duplicate());
    evidence.debug("place", &Record::place(&record).unwrap());
    evidence.debug("schema", &(Patient::SCHEMA, Patient::NAME));
    let mut row = session.seal(&record).unwrap();
    take_row(evidence, &row);
    evidence.debug("row's place", &SealedRecord::place(&row).unwrap());
    let opened = session.open(&row).unwrap();
    assert!(opened.ct_eq(&record), "the marker did go through");
    evidence.debug("opened", &opened);
    let some = session.open_fields(&row, (Patient::NAME, Patient::NOTE));
    evidence.debug("opened in part", &some);
    session
        .update_field(&mut row, Patient::NAME, &record.name)
        .unwrap();
    take_row(evidence, &row);

    let corrupt = corrupted(&row);
    evidence.error("corrupt", &session.open(&corrupt).unwrap_err());
    let some = session.open_fields(&corrupt, (Patient::NAME,));
    evidence.error("corrupt in part", &some.unwrap_err());
    let denied = denied(ward);
    evidence.error("denied", &denied.seal(&record).unwrap_err());
    evidence.error("denied", &denied.open(&row).unwrap_err());
    ward.sink.fail_with(DOWN);
    evidence.error("unrecorded", &session.seal(&record).unwrap_err());
    evidence.error("unrecorded", &session.open(&row).unwrap_err());
    ward.sink.recover();
}

fn many(ward: &Ward, evidence: &mut Evidence, marker: &str) {
    let session = &ward.session;
    let records: Vec<_> = (0..10).map(|number| patient(number, marker)).collect();
    let mut sealing = session.seal_all(&records).page(4);
    evidence.debug("SealAll", &sealing);
    let first = sealing.next();
    evidence.debug("sealed", &first);
    evidence.debug("SealAll, begun", &sealing);
    let mut rows: Vec<_> = first
        .into_iter()
        .chain(sealing)
        .map(Result::unwrap)
        .collect();
    rows.iter().for_each(|row| take_row(evidence, row));

    rows[3] = corrupted(&rows[3]);
    rows[5].id = "p-6".into();
    rows[7].id = String::new();
    let mut told = Vec::new();
    let mut opening = session
        .open_all(&rows)
        .page(4)
        .progress(|progress| told.push(progress));
    let first = opening.next();
    assert!(first.as_ref().unwrap().as_ref().unwrap().ct_eq(&records[0]));
    evidence.debug("opened", &first);
    evidence.debug("OpenAll, begun", &opening);
    let opened: Vec<_> = opening.collect();
    evidence.debug("progress", &told);
    assert_eq!(take_errors(evidence, "corrupt", &opened), 3);
    evidence.debug("all", &opened);

    let denied = denied(ward);
    let opened: Vec<_> = denied.open_all(&rows).collect();
    assert_eq!(take_errors(evidence, "denied", &opened), 10);
    let sealed: Vec<_> = denied.seal_all(&records).collect();
    assert_eq!(take_errors(evidence, "denied, sealing", &sealed), 10);
    ward.sink.fail_with(DOWN);
    let opened: Vec<_> = session.open_all(&rows).collect();
    assert_eq!(take_errors(evidence, "unrecorded", &opened), 10);
    let sealed: Vec<_> = session.seal_all(&records).collect();
    assert_eq!(take_errors(evidence, "unrecorded, sealing", &sealed), 10);
    ward.sink.recover();
}

#[cfg(feature = "threads")]
fn on_threads(ward: &Ward, evidence: &mut Evidence, marker: &str) {
    let records: Vec<_> = (0..10).map(|number| patient(number, marker)).collect();
    let mut sealing = ward.session.seal_all(&records).page(2).threads(2);
    evidence.debug("on threads", &sealing);
    let first = sealing.next();
    evidence.debug("on threads, begun", &sealing);
    let mut rows = Vec::from_iter(first);
    sealing.for_each(|row| rows.push(row));
    let rows: Vec<_> = rows.into_iter().map(Result::unwrap).collect();
    rows.iter().for_each(|row| take_row(evidence, row));
    let opened: Vec<_> = ward.session.open_all(rows).threads(2).collect();
    assert!(opened[9].as_ref().unwrap().ct_eq(&records[9]));
    evidence.debug("opened on threads", &opened);
}

const DOWN: AuditError = AuditError::new("the store is down; try again");

fn denied(ward: &Ward) -> phi_seal::Session {
    let policy = RolePolicy::new("nobody");
    let vault = Vault::builder(ward.keys.clone(), policy, ward.sink.clone()).build();
    vault.session(access()).unwrap()
}

fn corrupted(row: &PatientRow) -> PatientRow {
    let mut bytes = row.name.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    PatientRow {
        name: Sealed::from_bytes(bytes).unwrap(),
        ..row.clone()
    }
}

fn take_row(evidence: &mut Evidence, row: &PatientRow) {
    evidence.debug("row", row);
    evidence.take("row as JSON", serde_json::to_vec(row).unwrap());
    evidence.take("row as MessagePack", rmp_serde::to_vec(row).unwrap());
    evidence.take("column", row.name.as_bytes());
}

/// How many there were.
fn take_errors<T>(evidence: &mut Evidence, place: &str, results: &[Result<T, Error>]) -> usize {
    let errors = results.iter().filter_map(|result| result.as_ref().err());
    errors.map(|error| evidence.error(place, error)).count()
}
