//! Absence and length.

use phi_seal::{Phi, PhiRecord, Sealed};

use crate::ward::{fields, ward};

#[derive(PhiRecord)]
#[phi(record = "screening")]
struct Screening {
    #[phi(id)]
    id: u32,
    #[phi(subject)]
    patient: String,
    #[phi(category = Clinical, label = Hiv, pad = 16, sealed_null)]
    result: Option<Phi<String>>,
    #[phi(category = Clinical)]
    remark: Option<Phi<String>>,
}

fn screening(result: Option<&str>) -> Screening {
    Screening {
        id: 1,
        patient: "p-1".into(),
        result: result.map(|result| Phi::new(result.into())),
        remark: result.map(|result| Phi::new(result.into())),
    }
}

fn len(sealed: Option<&Sealed<String>>) -> usize {
    sealed.unwrap().as_bytes().len() - phi_seal::OVERHEAD
}

#[test]
fn a_sealed_null_is_there_and_its_removal_is_found() {
    let ward = ward();
    let mut row = ward.session.seal(&screening(None)).unwrap();
    assert!(row.result.is_some());
    assert!(row.remark.is_none());
    assert!(ward.session.open(&row).unwrap().result.is_none());

    row.result = None;
    ward.sink.clear();
    let error = ward.session.open(&row).err().unwrap();
    assert!(error.is_integrity());
    assert_eq!(error.field(), Some("result"));
    assert_eq!(fields(&ward.event()), ["result integrity", "remark absent"]);
}

#[test]
fn padding_makes_lengths_alike() {
    let ward = ward();
    let rows = [Some("positive"), Some("neg"), None]
        .map(|result| ward.session.seal(&screening(result)).unwrap());
    assert_eq!(
        rows.each_ref().map(|row| len(row.result.as_ref())),
        [16, 16, 16]
    );
    let unpadded = [&rows[0], &rows[1]].map(|row| len(row.remark.as_ref()));
    assert_eq!(unpadded, [8, 3]);
}

#[test]
fn an_update_to_none_seals_the_null() {
    let ward = ward();
    let mut row = ward.session.seal(&screening(Some("positive"))).unwrap();
    ward.session
        .update_field(&mut row, Screening::RESULT, &None)
        .unwrap();
    assert!(row.result.is_some());
    assert!(ward.session.open(&row).unwrap().result.is_none());
}
