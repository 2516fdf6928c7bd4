//! What stands in a column where an envelope or an index value should.

use phi_seal::index::IndexValue;

use crate::ward::{BySsn, CANARY, index_value, sealed, sealed_integer};

/// Content of a cell, as it is written past the library.
#[derive(Clone, Debug)]
pub enum Cell {
    Bytes(Vec<u8>),
    Text(String),
}

impl Cell {
    /// What an error must not quote.
    pub fn content(&self) -> &[u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Text(text) => text.as_bytes(),
        }
    }
}

/// What is no envelope of a text.
pub fn envelopes() -> Vec<(&'static str, Cell)> {
    let envelope = sealed(CANARY);
    let (bytes, text) = (envelope.as_bytes(), envelope.to_text());
    let changed = |at: usize, to: u8| {
        let mut bytes = bytes.to_vec();
        bytes[at] = to;
        Cell::Bytes(bytes)
    };
    vec![
        ("no bytes", Cell::Bytes(Vec::new())),
        ("one byte", Cell::Bytes(vec![1])),
        ("cut short", Cell::Bytes(bytes[..73].to_vec())),
        ("another suite", changed(0, 2)),
        ("unknown content", changed(1, 0x7f)),
        ("an integer's", Cell::Bytes(sealed_integer())),
        ("plaintext as bytes", Cell::Bytes(CANARY.into())),
        ("no text", Cell::Text(String::new())),
        ("only the prefix", Cell::Text("phi1.".into())),
        ("text cut short", Cell::Text(text[..40].into())),
        ("text without its prefix", Cell::Text(text[5..].into())),
        ("text with white space", Cell::Text(format!("{text}\n"))),
        ("plaintext as text", Cell::Text(CANARY.into())),
    ]
}

/// What is no value of [`BySsn`].
pub fn index_values() -> Vec<(&'static str, Cell)> {
    let value = index_value::<BySsn>(7);
    let (bytes, text) = (value.as_bytes(), value.to_text());
    assert_eq!((IndexValue::<BySsn>::LEN, text.len()), (20, 40));
    vec![
        ("no bytes", Cell::Bytes(Vec::new())),
        ("a byte less", Cell::Bytes(bytes[1..].to_vec())),
        ("a byte more", Cell::Bytes([bytes, &[0]].concat())),
        ("plaintext as bytes", Cell::Bytes(CANARY.into())),
        ("no text", Cell::Text(String::new())),
        ("a digit less", Cell::Text(text[1..].into())),
        ("upper case", Cell::Text(text.to_uppercase())),
        ("plaintext as text", Cell::Text(CANARY.into())),
    ]
}
