//! Rows and records may be written by hand: what their code is handed makes and reads index values
//! only for fields that the policy permitted in the same action.

use phi_seal::record::{index_in, reindex_in};
use phi_seal::{Decision, ErrorKind, Phi, SealedRecord};

use crate::ward::{Patient, PatientBirthDateFamily, PatientSsnIndex, Ward, items, phi, ssn};

const NOTE: &[phi_seal::FieldInfo] = &[Patient::NOTE.field().info()];
const BOTH: &[phi_seal::FieldInfo] = &[Patient::NOTE.field().info(), Patient::SSN.field().info()];
const BIRTH_DATE: &[phi_seal::FieldInfo] = &[Patient::BIRTH_DATE.field().info()];

/// Else who may seal a note could find out whose number is the one at hand.
#[test]
fn index_values_are_made_for_permitted_fields_only() {
    let ward = Ward::new();
    let row = ward.table(1).remove(0);
    let place = row.place().unwrap();
    let session = ward.session();
    let guess: Phi<String> = phi(&ssn(0));
    let make = |fields| {
        session.seal_with(|mut sealing| {
            let permit = sealing.authorize(place.record_ref(), fields)?;
            let value = index_in::<PatientSsnIndex>(&mut sealing, &permit, &[&guess]);
            sealing.record()?.release(value)
        })
    };
    let error = make(NOTE).unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("ssn"))
    );
    assert_eq!(ward.keys.count().indexed, 0);
    assert_eq!(
        items(&ward.event()),
        ["p-0 note aborted granted", "p-0 ssn denied not-announced"]
    );
    ward.forget();
    ward.gate
        .decide(|_| Decision::permit_only("granted", vec![true, false]));
    assert!(make(BOTH).unwrap_err().is_denied());
    assert_eq!(ward.keys.count().indexed, 0);
    ward.gate.decide(|_| Decision::permit("granted"));
    assert_eq!(make(BOTH).unwrap(), row.ssn_index);
}

#[test]
fn each_field_of_a_compound_index_counts() {
    let ward = Ward::new();
    let row = ward.table(1).remove(0);
    let place = row.place().unwrap();
    let (date, family) = (phi("1950-02-01"), phi("Żak"));
    let error = ward
        .session()
        .seal_with(|mut sealing| {
            let permit = sealing.authorize(place.record_ref(), BIRTH_DATE)?;
            let parts: [&dyn phi_seal::record::Indexable; 2] = [&date, &family];
            let value = index_in::<PatientBirthDateFamily>(&mut sealing, &permit, &parts);
            sealing.record()?.release(value)
        })
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("family"))
    );
}

#[test]
fn index_values_are_made_anew_from_permitted_fields_only() {
    let ward = Ward::new();
    let row = ward.table(1).remove(0);
    let place = row.place().unwrap();
    ward.gate
        .decide(|_| Decision::permit_only("granted", vec![true, false]));
    let error = ward
        .session()
        .reseal_with(|mut resealing| {
            let permit = resealing.authorize(place.record_ref(), BOTH)?;
            let value =
                reindex_in::<PatientSsnIndex>(&mut resealing, &permit, &row, &row.ssn_index);
            resealing.record()?.release(value)
        })
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.field()),
        (ErrorKind::Denied, Some("ssn"))
    );
    assert_eq!(
        ward.keys.count(),
        crate::doubles::Count::default(),
        "nothing was decrypted"
    );
}
