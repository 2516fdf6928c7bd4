//! `Serde<T>`: its form, how it grows with its type, and what it refuses.

mod depth;
mod evolution;
mod shape;

use phi_seal::Serde;
use phi_seal::codec::{Content, Value};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{decoded, encoded};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Zeroize)]
struct Note {
    text: String,
    pages: u16,
    signed: Option<bool>,
}

#[test]
fn structs_are_maps_with_field_names() {
    let note = Note {
        text: "ok".into(),
        pages: 300,
        signed: None,
    };
    let bytes = b"\x83\xa4text\xa2ok\xa5pages\xcd\x01\x2c\xa6signed\xc0";
    assert_eq!(<Serde<Note> as Value>::CONTENT, Content::Structured);
    assert_eq!(stored(&note), bytes);
    assert_eq!(loaded::<Note>(bytes), note);
    // In any order, as a map of another language may be.
    let reordered = b"\x83\xa5pages\xcd\x01\x2c\xa6signed\xc0\xa4text\xa2ok";
    assert_eq!(loaded::<Note>(reordered), note);
}

#[test]
fn the_plain_forms_are_those_of_messagepack() {
    assert_eq!(stored(&()), [0xc0]);
    assert_eq!(stored(&true), [0xc3]);
    assert_eq!(stored(&-1_i8), [0xff]);
    assert_eq!(stored(&200_u64), [0xcc, 200]);
    assert_eq!(stored(&1.5_f64), [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0]);
    assert_eq!(stored(&(1_u8, 'x')), [0x92, 1, 0xa1, b'x']);
    assert_eq!(stored(&vec![1_u8, 2]), [0x92, 1, 2]);
}

#[test]
fn lists_of_structured_values_are_lists() {
    let list = vec![Serde::new(1_u8), Serde::new(2)];
    let bytes = encoded(&list).unwrap();
    assert_eq!(bytes, [8, 0, 0, 0, 1, 1, 0, 0, 0, 1, 2]);
    let back: Vec<Serde<u8>> = decoded(&bytes).unwrap();
    assert_eq!(back[1].as_inner(), &2);
    assert!(decoded::<Vec<Serde<u8>>>(&[8, 0, 0, 0, 2, 1, 2]).is_err());
}

#[test]
fn nothing_is_shown_and_wiping_reaches_inside() {
    let mut note = Serde::from(Note {
        text: "metastatic".into(),
        pages: 7,
        signed: Some(true),
    });
    assert_eq!(format!("{note:?}"), "Serde { .. }");
    assert_eq!(format!("{:?}", note.clone()), "Serde { .. }");
    note.wipe();
    let Note {
        text,
        pages,
        signed,
    } = note.as_inner();
    assert_eq!((text.as_str(), *pages, *signed), ("", 0, None));
}

#[test]
fn a_request_body_is_read_and_its_errors_quote_nothing() {
    let read = |body| serde_json::from_str::<Serde<Note>>(body);
    let note = read(r#"{"text":"ok","pages":3,"signed":true}"#).unwrap();
    assert_eq!(note.as_inner().pages, 3);
    for body in [
        r#"{"text":"ok","pages":"metastatic","signed":true}"#,
        r#"{"text":"ok","pages":99999,"signed":true}"#,
        r#"{"text":"ok","metastatic":1}"#,
        r#""metastatic""#,
        r#"["metastatic"]"#,
    ] {
        let message = read(body).unwrap_err().to_string();
        assert!(message.starts_with("the value must have the form of the field's type"));
        assert!(!message.contains("metastatic") && !message.contains("99999"));
    }
}

proptest! {
    #[test]
    fn every_note_returns(text: String, pages: u16, signed: Option<bool>) {
        let note = Note { text, pages, signed };
        prop_assert_eq!(loaded::<Note>(&stored(&note)), note);
    }

    #[test]
    fn every_standard_type_returns(
        integers: (u8, i8, u16, i16, u32, i32, u64, i64, i128, u128),
        rest: (bool, char, String, Option<String>, Vec<Vec<i32>>, [u8; 4]),
        float in proptest::num::f64::NORMAL | proptest::num::f64::INFINITE,
    ) {
        prop_assert_eq!(loaded::<(u8, i8, u16, i16, u32, i32, u64, i64, i128, u128)>(
            &stored(&integers)), integers);
        prop_assert_eq!(loaded::<(bool, char, String, Option<String>, Vec<Vec<i32>>, [u8; 4])>(
            &stored(&rest)), rest);
        prop_assert_eq!(loaded::<f64>(&stored(&float)), float);
    }
}

fn stored<T: Clone + Zeroize + Serialize + DeserializeOwned>(value: &T) -> Vec<u8> {
    encoded(&Serde::new(value.clone())).unwrap()
}

fn loaded<T: Clone + Zeroize + Serialize + DeserializeOwned>(bytes: &[u8]) -> T {
    decoded::<Serde<T>>(bytes).unwrap().as_inner().clone()
}
