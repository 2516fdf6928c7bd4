//! Arbitrary bytes as a request body: `from_json` reads what serde_json reads, and its errors are
//! made of its own words, the application's names and numbers that count.

// Most fields below are only ever filled by serde and shown by `Debug`.
#![allow(dead_code)]

use core::fmt::{self, Debug};
use std::collections::BTreeMap;

use phi_seal::codec::Value;
use phi_seal::{JsonError, JsonReason, Phi, Sealed, Serde, from_json};
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use zeroize::Zeroize;

pub fn run(data: &[u8]) {
    read::<Body>(data);
    read::<BTreeMap<String, Body>>(data);
    read::<Vec<Contact>>(data);
    read::<Tree>(data);
    read::<serde_json::Value>(data);
}

/// As serde_json does, and with an error that quotes nothing.
fn read<T: DeserializeOwned + Debug>(data: &[u8]) {
    let theirs = serde_json::from_slice::<T>(data);
    match from_json::<T>(data) {
        Ok(ours) => {
            let theirs = theirs.expect("read what serde_json refuses");
            assert_eq!(format!("{ours:?}"), format!("{theirs:?}"));
        }
        Err(error) => {
            assert!(theirs.is_err(), "refused what serde_json reads: {error}");
            quotes_nothing(data, &error);
        }
    }
}

fn quotes_nothing(data: &[u8], error: &JsonError) {
    let is_syntax = matches!(error.reason(), JsonReason::Syntax | JsonReason::Incomplete);
    assert_eq!(error.line().is_some(), is_syntax);
    assert_eq!(error.column().is_some(), is_syntax);
    let texts = [
        error.to_string(),
        format!("{error:?}"),
        error.path().to_string(),
    ];
    for text in &texts {
        // Tighter than to look for pieces of the input: these words only, whatever it held.
        for word in text.split(|c: char| !(c.is_alphanumeric() || c == '_')) {
            let counts = word
                .parse()
                .is_ok_and(|number: usize| number <= data.len() + 1);
            assert!(
                word.is_empty() || counts || WORDS.contains(&word),
                "the error says {word:?}"
            );
        }
        let is_mark = |c: char| c.is_alphanumeric() || " _.*[](){},:`\"-".contains(c);
        assert!(text.chars().all(is_mark), "a foreign character");
    }
}

/// All that an error may say: the crate's words, then the names in the types below.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "JsonError", "path", "reason", "line", "column", "Some", "None", "Syntax", "Incomplete",
    "WrongType", "WrongValue", "found", "WrongLength", "UnknownField", "UnknownVariant",
    "MissingField", "DuplicateField", "Refused",
    "not", "valid", "JSON", "the", "document", "ends", "too", "early", "expected", "another",
    "type", "than", "value", "this", "number", "of", "elements", "unknown", "field", "variant",
    "missing", "duplicate", "was", "refused",
    "a", "an", "string", "integer", "floating", "point", "boolean", "byte", "null", "array",
    "object", "shape", "what", "is", "there",
    "patient", "contacts", "notes", "flat", "untagged", "internal", "adjacent", "pair", "quoting",
    "lenient", "strict", "stored", "chart", "by_number", "name", "ssn", "age", "birth", "dob", "id",
    "active", "kind", "ward", "t", "c", "text", "pages",
    "Nobody", "Phone", "Mail", "Other", "Admitted", "Named", "Age", "Name", "Red", "Green",
];

#[derive(Debug, Deserialize)]
struct Body {
    patient: Option<Patient>,
    #[serde(default)]
    contacts: Vec<Contact>,
    #[serde(default)]
    notes: BTreeMap<String, Shown<String>>,
    #[serde(default)]
    by_number: BTreeMap<u8, BTreeMap<Color, Shown<i64>>>,
    flat: Option<Flat>,
    untagged: Option<Vec<Untagged>>,
    internal: Option<Internal>,
    adjacent: Option<Adjacent>,
    pair: Option<(bool, Shown<String>, [u8; 2])>,
    #[serde(default)]
    quoting: Option<Quoting>,
    #[serde(default, deserialize_with = "readable")]
    lenient: Option<u8>,
    strict: Option<Strict>,
    stored: Option<Sealed<String>>,
    chart: Option<Shown<Serde<Chart>>>,
}

#[derive(Debug, Deserialize)]
struct Patient {
    name: Shown<String>,
    ssn: Shown<String>,
    age: Option<Shown<u8>>,
    #[serde(rename = "birth", alias = "dob")]
    born: Option<Shown<i32>>,
}

#[derive(Debug, Deserialize)]
enum Contact {
    Nobody,
    Phone { number: Shown<String> },
    Mail(Shown<String>, Shown<String>),
    Other(Shown<Vec<u8>>),
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
enum Color {
    Red,
    Green,
}

#[derive(Debug, Deserialize)]
struct Flat {
    id: Shown<u8>,
    #[serde(flatten)]
    person: Person,
}

#[derive(Debug, Deserialize)]
struct Person {
    name: Shown<String>,
    active: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    name: Shown<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Person { name: Shown<u8> },
    Tree(Tree),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind")]
enum Internal {
    Admitted { ward: u8 },
    Named(Strict),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "t", content = "c")]
enum Adjacent {
    Age(Shown<u8>),
    Name(Shown<String>),
}

#[derive(Debug, Deserialize)]
struct Tree(Vec<Tree>);

/// What applications write: a conversion whose error quotes.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Quoting;

impl TryFrom<String> for Quoting {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "Nobody" => Ok(Self),
            _ => Err(format!("{text} is not known")),
        }
    }
}

/// And a failure that is overcome.
fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    match u8::deserialize(deserializer) {
        Ok(0) => Err(D::Error::custom("0 is not an age")),
        other => Ok(other.ok()),
    }
}

#[derive(Serialize, Deserialize, Zeroize)]
struct Chart {
    text: String,
    pages: Option<u16>,
}

/// The value in clear, so that two readings can be compared.
#[derive(Deserialize)]
#[serde(transparent, bound = "T: Value + DeserializeOwned")]
struct Shown<T: Value>(Phi<T>);

impl<T: Value> Debug for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut buffer = phi_seal::SecretBytes::default();
        let mut encoder = phi_seal::codec::Encoder::new(&mut buffer);
        self.0
            .expose()
            .encode(&mut encoder)
            .map_err(|_| fmt::Error)?;
        buffer.as_slice().fmt(f)
    }
}
