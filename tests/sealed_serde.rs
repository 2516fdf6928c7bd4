//! Sealed values in serde formats: text where people read, bytes elsewhere, nothing else.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use phi_seal::danger::{FixedNonce, import_data_key, seal_unrecorded};
use phi_seal::key::KeyScope;
use phi_seal::{
    Category, Field, Phi, RecordId, RecordRef, RecordType, Sealed, SubjectId, TenantId,
};
use serde::{Deserialize, Serialize};

const SSN: Field<String> = RecordType::new("patient").field("ssn", Category::Ssn);

fn sealed() -> Sealed<String> {
    let key = import_data_key([7; 32], KeyScope::default());
    let (tenant, id) = (TenantId::new("t").unwrap(), RecordId::new("r").unwrap());
    let subject = SubjectId::new("p").unwrap();
    let row = RecordRef::new(&id, &subject);
    let value = Phi::new(String::from("900-01-2345"));
    seal_unrecorded(&key, FixedNonce([9; 24]), &tenant, &SSN, row, &value).unwrap()
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Row {
    ssn: Sealed<String>,
    note: Option<Sealed<String>>,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Flat {
    id: u32,
    #[serde(flatten)]
    row: Row,
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Either {
    Row(Row),
    Other(u32),
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
enum Tagged {
    Row(Row),
}

fn row() -> Row {
    Row {
        ssn: sealed(),
        note: None,
    }
}

#[test]
fn json_holds_the_text_form() {
    let json = serde_json::to_string(&row()).unwrap();
    assert_eq!(
        json,
        format!(r#"{{"ssn":"{}","note":null}}"#, sealed().to_text())
    );
    assert_eq!(serde_json::from_str::<Row>(&json).unwrap(), row());
}

#[test]
fn messagepack_holds_the_bytes() {
    let packed = rmp_serde::to_vec_named(&row()).unwrap();
    let bytes = sealed().into_bytes();
    assert!(packed.windows(bytes.len()).any(|window| window == bytes));
    assert_eq!(rmp_serde::from_slice::<Row>(&packed).unwrap(), row());
}

#[test]
fn both_survive_serdes_own_buffering() {
    fn survives<T: Serialize + for<'de> Deserialize<'de> + PartialEq + std::fmt::Debug>(value: T) {
        let json = serde_json::to_vec(&value).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&json).unwrap(), value);
        let packed = rmp_serde::to_vec_named(&value).unwrap();
        assert_eq!(rmp_serde::from_slice::<T>(&packed).unwrap(), value);
    }
    survives(Flat { id: 1, row: row() });
    survives(Either::Row(row()));
    survives(Either::Other(3));
    survives(Tagged::Row(row()));
}

#[test]
fn a_plaintext_in_the_column_is_refused_and_not_quoted() {
    let text = sealed().to_text();
    for json in [
        r#""900-01-2345""#.to_owned(),
        "900012345".to_owned(),
        "[900]".to_owned(),
        r#"{"ssn":"900-01-2345"}"#.to_owned(),
        "null".to_owned(),
        "true".to_owned(),
        format!(r#""{text}=""#),
        format!(r#"" {text}""#),
        format!(r#""{}""#, &text[..text.len() - 4]),
    ] {
        let error = serde_json::from_str::<Sealed<String>>(&json).unwrap_err();
        for shown in [
            error.to_string(),
            format!("{error:?}"),
            format!("{error:#?}"),
        ] {
            assert!(!shown.contains("900"), "{shown}");
        }
    }
    let packed = rmp_serde::to_vec("900-01-2345").unwrap();
    let error = rmp_serde::from_slice::<Sealed<String>>(&packed).unwrap_err();
    assert!(!format!("{error:?} {error}").contains("900"));
}

#[test]
fn an_envelope_of_another_type_is_refused() {
    let json = serde_json::to_string(&sealed()).unwrap();
    assert!(serde_json::from_str::<Sealed<i64>>(&json).is_err());
    assert!(serde_json::from_str::<Sealed<Vec<u8>>>(&json).is_err());
    assert!(serde_json::from_str::<Sealed<String>>(&json).is_ok());
}
