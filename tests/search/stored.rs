//! Index values as they are stored: bytes, text and serde, from whoever wrote them.

use phi_seal::ErrorKind;
use phi_seal::index::{Index, IndexSet, IndexValue};
use phi_seal::{Phi, PhiRecord};
use proptest::prelude::*;

use crate::ward::{PatientFamilyIndex, PatientSsnIndex, PatientWords, Ward, phi};

#[derive(PhiRecord)]
#[phi(record = "widths")]
struct Widths {
    #[phi(id, subject)]
    id: u32,
    #[phi(
        category = Ssn,
        index(name = "one", bits = 1),
        index(name = "seven", bits = 7),
        index(name = "eight", bits = 8),
        index(name = "nine", bits = 9),
        index(name = "most", bits = 256),
        index(name = "usual")
    )]
    ssn: Phi<String>,
}

fn widths() -> WidthsRow {
    let ward = Ward::new();
    let record = Widths {
        id: 1,
        ssn: phi("900-01-2345"),
    };
    ward.session().seal(&record).unwrap()
}

/// Every prefix, every extension and every bit of a value.
fn check<I: Index + std::fmt::Debug>(value: IndexValue<I>) {
    let width = usize::from(I::INFO.width());
    let bytes = value.as_bytes();
    assert_eq!(
        (bytes.len(), IndexValue::<I>::LEN),
        (4 + width.div_ceil(8), bytes.len())
    );
    assert_eq!(bytes[..4], *value.version().as_bytes());
    assert_eq!(IndexValue::from_bytes(bytes), Ok(value));
    assert_eq!(IndexValue::try_from(bytes), Ok(value));
    let malformed = |read: Result<IndexValue<I>, phi_seal::Error>| {
        assert_eq!(read.unwrap_err().kind(), ErrorKind::Malformed);
    };
    for length in 0..bytes.len() {
        malformed(IndexValue::from_bytes(&bytes[..length]));
    }
    malformed(IndexValue::from_bytes(&[bytes, &[0]].concat()));
    for bit in 0..8 * bytes.len() {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        match IndexValue::<I>::from_bytes(&flipped) {
            Ok(other) => {
                assert!(bit < 32 + width, "bit {bit} lies beyond the width");
                assert_ne!(other, value);
                assert_eq!(other.as_bytes(), flipped);
            }
            Err(error) => {
                assert!(bit >= 32 + width, "bit {bit} counts");
                assert_eq!(error.kind(), ErrorKind::Malformed);
            }
        }
    }

    let text = value.to_text();
    assert_eq!(text.len(), 2 * bytes.len());
    assert!(text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f')));
    assert!(text.starts_with(&value.version().to_string()));
    assert_eq!(IndexValue::from_text(&text), Ok(value));
    assert_eq!(text.parse(), Ok(value));
    for length in 0..text.len() {
        malformed(IndexValue::from_text(&text[..length]));
    }
    for odd in [
        format!("{text}0"),
        format!("{text}00"),
        format!("0x{text}"),
        format!(" {text}"),
        format!("{text}\n"),
        text.replacen(|c: char| c.is_ascii_digit(), "g", 1),
        text.replacen(|c: char| c.is_ascii_digit(), "é", 1),
        text.to_uppercase(),
    ] {
        // A value may be of decimal digits alone, of which there is one spelling.
        if odd != text {
            malformed(IndexValue::from_text(&odd));
        }
    }

    let json = serde_json::to_string(&value).unwrap();
    assert_eq!(json, format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<IndexValue<I>>(&json).unwrap(), value);
    let packed = rmp_serde::to_vec(&value).unwrap();
    assert_eq!(
        rmp_serde::from_slice::<IndexValue<I>>(&packed).unwrap(),
        value
    );
    assert!(packed.len() <= bytes.len() + 2, "as bytes");
}

#[test]
fn values_of_every_width_are_read_strictly() {
    let row = widths();
    check(row.one.unwrap());
    check(row.seven.unwrap());
    check(row.eight.unwrap());
    check(row.nine.unwrap());
    check(row.most.unwrap());
    check(row.usual.unwrap());
}

/// Of one length, but another width: what lies beyond must be zero.
#[test]
fn a_value_of_another_width_is_refused() {
    let row = widths();
    let seven = row.seven.unwrap();
    assert_eq!(seven.as_bytes()[4] & 1, 0);
    let mut wider = seven.as_bytes().to_vec();
    wider[4] |= 1;
    assert!(IndexValue::<WidthsEight>::from_bytes(&wider).is_ok());
    assert!(IndexValue::<WidthsSeven>::from_bytes(&wider).is_err());
    assert!(IndexValue::<WidthsNine>::from_bytes(&wider).is_err());
    // The same field and key: another width is another index, and its values share nothing.
    assert_ne!(
        row.eight.unwrap().as_bytes()[..4],
        row.seven.unwrap().as_bytes()[..4]
    );
    assert_ne!(
        row.most.unwrap().as_bytes()[4..20],
        row.usual.unwrap().as_bytes()[4..20]
    );
}

#[test]
fn serde_takes_nothing_else_and_quotes_nothing() {
    for json in [
        "null",
        "7",
        "true",
        "{}",
        "[1,2,3]",
        "\"\"",
        "\"Xylographer-Quixotry\"",
        "\"00000000\"",
        "\"\\u0000\"",
        "{\"Xylographer\":\"Quixotry\"}",
    ] {
        let errors = [
            serde_json::from_str::<IndexValue<PatientSsnIndex>>(json)
                .err()
                .map(|e| e.to_string()),
            serde_json::from_str::<IndexSet<PatientWords>>(&format!("[{json}]"))
                .err()
                .map(|e| e.to_string()),
        ];
        for error in errors {
            let error = error.unwrap();
            assert!(
                !error.contains("Xylo") && !error.contains("Quix"),
                "{error}"
            );
        }
    }
    assert!(serde_json::from_str::<IndexSet<PatientWords>>("\"abc\"").is_err());
    let empty: IndexSet<PatientWords> = serde_json::from_str("[]").unwrap();
    assert!(empty.is_empty());
}

#[test]
fn a_set_has_one_order_and_each_value_once() {
    let ward = Ward::new();
    let row = ward.table(1).remove(0);
    let values = row.words.as_slice().to_vec();
    assert!(values.len() == 3 && values.is_sorted());
    let mut shuffled = values.clone();
    shuffled.reverse();
    shuffled.extend(values.clone());
    assert_eq!(IndexSet::new(shuffled.clone()), row.words);
    let json = serde_json::to_string(&shuffled).unwrap();
    let back: IndexSet<PatientWords> = serde_json::from_str(&json).unwrap();
    assert_eq!(back, row.words);
    let packed = rmp_serde::to_vec(&row.words).unwrap();
    assert_eq!(
        rmp_serde::from_slice::<IndexSet<PatientWords>>(&packed).unwrap(),
        row.words
    );
}

proptest! {
    #[test]
    fn any_bytes_are_a_value_or_malformed(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let is_value = bytes.len() == 5 && bytes[4] & 0x3f == 0;
        let read = IndexValue::<PatientFamilyIndex>::from_bytes(&bytes);
        prop_assert_eq!(read.is_ok(), is_value);
        if let Ok(value) = read {
            prop_assert_eq!(value.as_bytes(), bytes);
        }
    }

    #[test]
    fn any_text_is_a_value_or_malformed(text in "[0-9a-fA-F]{10}|.{0,12}") {
        if let Ok(value) = IndexValue::<PatientFamilyIndex>::from_text(&text) {
            prop_assert_eq!(value.to_text(), text);
        }
    }
}
