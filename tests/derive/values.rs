//! `#[derive(PhiValue)]`.

use phi_seal::codec::{Content, Encoder, Value};
use phi_seal::{Category, Field, Phi, PhiRecord, PhiValue, RecordType, SecretBytes, Serde};

use crate::ward::ward;

#[derive(Clone, Debug, PartialEq, PhiValue)]
struct Mrn(String);

#[derive(PhiValue)]
struct Weight {
    grams: u32,
}

#[derive(PhiValue)]
struct Listed<T>(Vec<T>);

#[derive(PhiValue)]
struct Structured(Serde<(String, u8)>);

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: u64,
    #[phi(category = MedicalRecordNumber)]
    mrn: Phi<Mrn>,
    #[phi(category = Clinical)]
    weight: Option<Phi<Weight>>,
    #[phi(category = Clinical)]
    others: Phi<Listed<Mrn>>,
}

#[test]
fn newtypes_come_back_in_records() {
    let ward = ward();
    let patient = Patient {
        id: 1,
        mrn: Phi::new(Mrn("MRN-17".into())),
        weight: Some(Phi::new(Weight { grams: 71_500 })),
        others: Phi::new(Listed(vec![Mrn("MRN-18".into())])),
    };
    let row = ward.session.seal(&patient).unwrap();
    let opened = ward.session.open(&row).unwrap();
    assert_eq!(opened.mrn.expose(), &Mrn("MRN-17".into()));
    assert_eq!(opened.weight.unwrap().expose().grams, 71_500);
    assert_eq!(opened.others.expose().0, [Mrn("MRN-18".into())]);
}

#[test]
fn the_stored_form_is_that_of_the_inner_type() {
    const PATIENT: RecordType = RecordType::new("patient");
    const AS_TEXT: Field<String> = PATIENT.field("mrn", Category::MedicalRecordNumber);
    const AS_MRN: Field<Mrn> = PATIENT.field("mrn", Category::MedicalRecordNumber);
    assert_eq!(Mrn::CONTENT, Content::Text);
    assert_eq!(Weight::CONTENT, Content::Integer);
    assert_eq!(Listed::<u8>::CONTENT, Content::Bytes);
    assert_eq!(Listed::<Mrn>::CONTENT, Content::List);
    assert_eq!(Structured::CONTENT, Content::Structured);
    let ward = ward();
    let place = phi_seal::record::Place::new(&1_u64)
        .unwrap()
        .subject("p")
        .unwrap();
    let sealed = ward
        .session
        .seal_value(&AS_MRN, place.record_ref(), &Phi::new(Mrn("MRN-17".into())))
        .unwrap();
    let as_text = phi_seal::Sealed::<String>::from_bytes(sealed.into_bytes()).unwrap();
    let opened = ward
        .session
        .open_value(&AS_TEXT, place.record_ref(), &as_text)
        .unwrap();
    assert_eq!(opened.expose(), "MRN-17");
}

#[test]
fn encoding_size_and_wiping_are_delegated() {
    let mut weight = Weight { grams: 71_500 };
    let mut buffer = SecretBytes::default();
    weight.encode(&mut Encoder::new(&mut buffer)).unwrap();
    assert_eq!(buffer.as_slice(), 71_500_i128.to_be_bytes());
    assert_eq!(weight.size_hint(), 16);
    weight.wipe();
    assert_eq!(weight.grams, 0);

    let mut mrn = Mrn("MRN-17".into());
    assert_eq!(mrn.size_hint(), 6);
    mrn.wipe();
    assert_eq!(mrn, Mrn(String::new()));

    let mut invalid = SecretBytes::default();
    invalid.append(&[0xff]);
    assert!(Mrn::decode(invalid).is_err());
}
