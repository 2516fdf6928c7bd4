//! Request bodies into `Phi<T>`: good ones are read, bad ones are refused without being quoted.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]
// Many fields here are only ever filled by serde.
#![allow(dead_code)]

use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Display};

use phi_seal::JsonReason::{self, *};
use phi_seal::{JsonError, Phi, from_json};
use proptest::prelude::*;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// Digits only, so that it can stand where JSON wants a number. `@` in the tables below.
const CANARY: &str = "780511207";

const STRING: JsonReason = WrongType { found: "a string" };
const INTEGER: JsonReason = WrongType {
    found: "an integer",
};
const OBJECT: JsonReason = WrongType { found: "an object" };
const ARRAY: JsonReason = WrongType { found: "an array" };

#[test]
fn good_bodies_are_read() {
    let ward: Ward = from_json(
        br#"{"patients": [{"name": "Zofia \u017bak", "ssn": "078-05-1120", "age": 36,
            "contact": {"Phone": {"number": "1"}}, "pair": [true, "x"],
            "notes": {"b": "second", "a": "first"}, "extra": [1, {"deep": null}]}]}"#,
    )
    .unwrap();
    let patient = &ward.patients[0];
    assert_eq!(patient.name.expose(), "Zofia Żak");
    assert_eq!(patient.age.as_ref().unwrap().expose(), &36);
    assert_eq!(patient.notes["a"].expose(), "first");
    assert_eq!(patient.pair.as_ref().unwrap().1.expose(), "x");
    assert!(matches!(&patient.contact, Some(Contact::Phone { number }) if number.expose() == "1"));

    let big = format!("[{}, {}]", i128::MIN, u64::MAX);
    let big: (Phi<i128>, Phi<u64>) = from_json(big.as_bytes()).unwrap();
    assert_eq!((big.0.expose(), big.1.expose()), (&i128::MIN, &u64::MAX));

    let by_number: HashMap<u8, Phi<Vec<u8>>> = from_json(br#"{"7": [1, 2]}"#).unwrap();
    assert_eq!(by_number[&7].expose(), &[1, 2]);
    assert!(
        from_json::<Option<Phi<String>>>(b" null ")
            .unwrap()
            .is_none()
    );
    assert_eq!(
        from_json::<Contact>(br#""Nobody""#).unwrap(),
        Contact::Nobody
    );
    let event: Internal = from_json(br#"{"kind": "Admitted", "ward": 3}"#).unwrap();
    assert!(matches!(event, Internal::Admitted { ward: 3 }));
    let flat: Flat = from_json(br#"{"id": 1, "name": "x", "active": true}"#).unwrap();
    assert_eq!(flat.person.name.expose(), "x");
    assert_eq!(from_json::<f64>(b"1e3").unwrap(), 1000.0);
    assert_eq!(from_json::<Arity>(br#"["x", 2]"#).unwrap().1, 2);
}

#[test]
fn a_failure_that_was_overcome_is_forgotten() {
    let lenient: Lenient = from_json(br#"{"age": "old", "name": "x"}"#).unwrap();
    assert_eq!(lenient.age, None);
    case::<Lenient>(r#"{"age": "@", "name": [["@"]]}"#, "name", ARRAY);
    case::<Lenient>(r#"{"age": "@"}"#, ".", MissingField("name"));
}

#[test]
fn structs() {
    case::<Ward>(r#""@""#, ".", STRING);
    case::<Ward>(r#"@"#, ".", INTEGER);
    case::<Ward>(r#"{"patients": {"@": 1}}"#, "patients", OBJECT);
    case::<Ward>(r#"{"patients": ["@"]}"#, "patients[0]", STRING);
    case::<Ward>(r#"{"patients": []}, "@""#, ".", Syntax);
    case::<Ward>(r#"{"@": 1}"#, ".", MissingField("patients"));
    patient(r#"{"name": @}"#, "name", INTEGER);
    patient(r#"{"name": null}"#, "name", WrongType { found: "null" });
    patient(r#"{"name": ["@"]}"#, "name", ARRAY);
    patient(r#"{"age": "@"}"#, "age", STRING);
    patient(
        r#"{"age": @}"#,
        "age",
        WrongValue {
            found: "an integer",
        },
    );
    patient(
        r#"{"age": @.5}"#,
        "age",
        WrongType {
            found: "a floating-point number",
        },
    );
    patient(r#"{"age": true}"#, "age", WrongType { found: "a boolean" });
    patient(r#"{"name": "@", "name": "@"}"#, "", DuplicateField("name"));
    patient(r#"{"name": "@"}"#, "", MissingField("ssn"));
    case::<Strict>(r#"{"@": "@"}"#, ".", UnknownField);
    case::<Strict>(r#"{"name": {"@": "@"}}"#, "name", OBJECT);
    case::<Strict>(r#"["@", @]"#, ".", WrongLength);
    case::<Strict>("[]", ".", WrongLength);
    case::<Renamed>(r#"{"dateOfBirth": @}"#, "dateOfBirth", INTEGER);
    case::<Renamed>(r#"{"dob": @}"#, "dob", INTEGER);
}

#[test]
fn lists_tuples_and_newtypes() {
    case::<Vec<Vec<u8>>>(r#"[[1], [2, "@"]]"#, "[1][1]", STRING);
    case::<Vec<Vec<u8>>>(
        r#"[[1], [2, @]]"#,
        "[1][1]",
        WrongValue {
            found: "an integer",
        },
    );
    case::<Phi<Vec<String>>>(r#"["a", "b", @]"#, "[2]", INTEGER);
    patient(r#"{"pair": [true]}"#, "pair", WrongLength);
    patient(r#"{"pair": [true, "@", "@"]}"#, "pair", WrongLength);
    patient(r#"{"pair": ["@", "@"]}"#, "pair[0]", STRING);
    case::<[u8; 2]>("[1, 2, @]", ".", WrongLength);
    case::<[u8; 2]>("[1]", ".", WrongLength);
    case::<Arity>(r#"["@"]"#, ".", WrongLength);
    case::<Newtype>(r#""@""#, ".", STRING);
    case::<Vec<Newtype>>(
        "[@]",
        "[0]",
        WrongValue {
            found: "an integer",
        },
    );
    case::<Option<bool>>(r#""@""#, ".", STRING);
    case::<()>(r#""@""#, ".", STRING);
    case::<char>(r#""@""#, ".", WrongValue { found: "a string" });
    case::<i128>(r#""@""#, ".", STRING);
    case::<Phi<u32>>(r#""@""#, ".", STRING);
}

#[test]
fn maps_never_show_their_keys() {
    patient(r#"{"notes": {"@": @}}"#, "notes.*", INTEGER);
    patient(r#"{"notes": {"x": "", "@": {"@": 1}}}"#, "notes.*", OBJECT);
    patient(r#"{"notes": ["@"]}"#, "notes", ARRAY);
    case::<HashMap<u8, u8>>(r#"{"1": 1, "x@": 1}"#, "*", STRING);
    case::<HashMap<u8, u8>>(
        r#"{"@": 1}"#,
        "*",
        WrongValue {
            found: "an integer",
        },
    );
    case::<HashMap<bool, u8>>(r#"{"@": 1}"#, "*", STRING);
    case::<HashMap<Color, u8>>(r#"{"@": 1}"#, "*", UnknownVariant);
    case::<HashMap<String, Vec<Strict>>>(r#"{"@": [{"@": 1}]}"#, "*[0]", UnknownField);
}

#[test]
fn enums() {
    patient(r#"{"contact": "@"}"#, "contact", UnknownVariant);
    patient(r#"{"contact": {"@": "@"}}"#, "contact", UnknownVariant);
    patient(r#"{"contact": @}"#, "contact", INTEGER);
    patient(r#"{"contact": {"Phone": "@"}}"#, "contact.Phone", STRING);
    patient(
        r#"{"contact": {"Phone": {"number": @}}}"#,
        "contact.Phone.number",
        INTEGER,
    );
    patient(
        r#"{"contact": {"Phone": {"@": 1}}}"#,
        "contact.Phone",
        MissingField("number"),
    );
    patient(
        r#"{"contact": {"Mail": ["@", @]}}"#,
        "contact.Mail[1]",
        INTEGER,
    );
    patient(
        r#"{"contact": {"Mail": ["@"]}}"#,
        "contact.Mail",
        WrongLength,
    );
    patient(r#"{"contact": {"Other": ["@"]}}"#, "contact.Other", ARRAY);
    patient(r#"{"contact": {"Nobody": "@"}}"#, "contact.Nobody", STRING);
    patient(r#"{"contact": "Other"}"#, "contact.Other", STRING);
    patient(
        r#"{"contact": {"Other": "x", "@": "@"}}"#,
        "contact",
        OBJECT,
    );
}

#[test]
fn what_serde_buffers() {
    // The path ends where the buffer begins, and a `Phi` in the buffer replaces the reason.
    // Untagged: serde keeps no reason at all.
    case::<Vec<Untagged>>(r#"[{"name": "@"}]"#, "[0]", Refused);
    case::<Vec<Untagged>>(r#"[1, "@"]"#, "[1]", Refused);
    // Internally tagged.
    case::<Vec<Internal>>(r#"[{"kind": "@"}]"#, "[0].*", UnknownVariant);
    case::<Vec<Internal>>(r#"[{"@": "@"}]"#, "[0]", MissingField("kind"));
    case::<Vec<Internal>>(r#"[{"kind": "Admitted", "ward": "@"}]"#, "[0]", STRING);
    case::<Internal>(r#"{"kind": "Named", "name": @}"#, ".", Refused);
    case::<Internal>(r#""@""#, ".", STRING);
    // Adjacently tagged.
    case::<Vec<Adjacent>>(r#"[{"t": "@", "c": 1}]"#, "[0].t", UnknownVariant);
    case::<Vec<Adjacent>>(r#"[{"t": "Age", "c": "@"}]"#, "[0].c", STRING);
    case::<Vec<Adjacent>>(r#"[{"c": "@", "t": "Age"}]"#, "[0]", Refused);
    case::<Vec<Adjacent>>(r#"[{"@": "@"}]"#, "[0]", MissingField("t"));
    // Flattened.
    case::<Vec<Flat>>(r#"[{"id": "@", "name": "x"}]"#, "[0].*", STRING);
    case::<Vec<Flat>>(r#"[{"id": 1, "name": @, "active": true}]"#, "[0]", Refused);
    case::<Vec<Flat>>(r#"[{"id": 1, "name": "x", "active": "@"}]"#, "[0]", STRING);
    case::<Vec<Flat>>(r#"[{"id": 1, "@": "@"}]"#, "[0]", MissingField("name"));
    case::<StrictFlat>(r#"{"name": "x", "active": true, "@": 1}"#, ".", Refused);
}

#[test]
fn code_of_the_application_that_quotes() {
    case::<Vec<Quoting>>(r#"[{"with": "@"}]"#, "[0].with", Refused);
    case::<Vec<Quoting>>(r#"[{"with": @}]"#, "[0].with", INTEGER);
    case::<Vec<Quoting>>(r#"[{"mrn": "@"}]"#, "[0].mrn", Refused);
    case::<Vec<Quoting>>(r#"[{"rewrapped": "@"}]"#, "[0].rewrapped", STRING);
    case::<Vec<Quoting>>(
        r#"[{"unexpected": "@"}]"#,
        "[0].unexpected",
        WrongValue {
            found: "what is there",
        },
    );
    case::<Quoting>(
        r#"{"unexpected": "@", "mrn": "@"}"#,
        "unexpected",
        WrongValue {
            found: "what is there",
        },
    );
}

#[test]
fn syntax() {
    case::<Ward>("", ".", Incomplete);
    case::<Ward>(r#"{"patients": [{"ssn": "@"#, "patients[0].ssn", Incomplete);
    case::<Ward>(r#"{"patients": [{"ssn": "@""#, "patients[0]", Incomplete);
    case::<Ward>(r#"{"patients": [{"@"#, "patients[0]", Incomplete);
    case::<Ward>(r#"{"@": {"@": [@"#, ".", Incomplete);
    patient(r#"{"name": "@\q"}"#, "name", Syntax);
    patient(r#"{"name": "@\ud800"}"#, "name", Syntax);
    patient("{\"name\": \"@\n\"}", "name", Syntax);
    patient(r#"{"name": "x" "@"}"#, "", Syntax);
    patient(r#"{"name" "@"}"#, "", Syntax);
    patient(r#"{@: 1}"#, "", Syntax);
    patient(r#"{"notes": {"@": "@",}}"#, "notes", Syntax);
    patient(r#"{"age": 0@}"#, "age", Syntax);
    patient(r#"{"age": -}"#, "age", Syntax);
    patient(r#"{"pair": [true, "@" "@"]}"#, "pair", Syntax);
    case::<f64>("@e999", ".", Syntax);
    case::<Phi<u8>>("1 @", ".", Syntax);
    case::<Phi<String>>(r#""x" "@""#, ".", Syntax);

    let error = from_json::<Ward>(b"{\n \"patients\": [tru]}").unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(2), Some(18)));
    assert_eq!(
        error.to_string(),
        "patients[0]: not valid JSON (line 2, column 18)"
    );
}

#[test]
fn text_that_is_not_utf_8() {
    let body = [
        br#"{"patients": [{"ssn": ""#,
        CANARY.as_bytes(),
        b"\xff\"}]}",
    ]
    .concat();
    let error = from_json::<Ward>(&body).unwrap_err();
    check(&error, "patients[0].ssn", Syntax);

    let body = [br#"{""#, CANARY.as_bytes(), b"\xff\": 1}"].concat();
    check(&from_json::<Ward>(&body).unwrap_err(), ".", Syntax);
    check(
        &from_json::<HashMap<String, u8>>(&body).unwrap_err(),
        "*",
        Syntax,
    );
}

#[test]
fn the_recursion_limit_is_that_of_serde_json() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(from_json::<Tree>(nested(127).as_bytes()).is_ok());
    let error = from_json::<Tree>(nested(128).as_bytes()).unwrap_err();
    assert_eq!(error.reason(), Syntax);
    assert_eq!(error.path().to_string(), "[0]".repeat(127));
    assert!(from_json::<Tree>("[".repeat(1 << 20).as_bytes()).is_err());
}

#[test]
fn errors_read_well() {
    let error = from_json::<Ward>(br#"{"patients": [{"ssn": 780511207}]}"#).unwrap_err();
    assert_eq!(
        error.to_string(),
        "patients[0].ssn: expected another type than an integer"
    );
    assert_eq!(
        format!("{error:?}"),
        "JsonError { path: patients[0].ssn, reason: WrongType { found: \"an integer\" }, \
         line: None, column: None, .. }"
    );
    assert_eq!(error.clone(), error);
    assert!(std::error::Error::source(&error).is_none());
}

#[test]
fn phi_without_from_json_replaces_the_errors_of_its_type() {
    let fixed = "a protected value could not be read";
    for body in [r#""@""#, "-@", "[@]", r#"{"@": "@"}"#, r#""@"#, "@@@"] {
        let error = serde_json::from_str::<Phi<u32>>(&body.replace('@', CANARY)).unwrap_err();
        quotes_nothing(&error);
        assert!(error.to_string().starts_with(fixed), "{error}");
    }
    let error = serde_json::from_str::<Strict>(r#"{"name": 780511207}"#).unwrap_err();
    quotes_nothing(&error);
    assert!(error.to_string().starts_with(fixed), "{error}");

    let error = serde_json::from_str::<Strict>("{}").unwrap_err();
    assert!(error.to_string().starts_with("missing field `name`"));
}

#[test]
fn phi_reads_from_deserializers_without_newtypes() {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    let text = IntoDeserializer::<Error>::into_deserializer("x");
    assert_eq!(Phi::<String>::deserialize(text).unwrap().expose(), "x");
    let list = IntoDeserializer::<Error>::into_deserializer(vec![1u8, 2]);
    assert_eq!(Phi::<Vec<u8>>::deserialize(list).unwrap().expose(), &[1, 2]);
    let wrong = IntoDeserializer::<Error>::into_deserializer(CANARY);
    quotes_nothing(&Phi::<bool>::deserialize(wrong).unwrap_err());
}

proptest! {
    #[test]
    fn no_bytes_panic(body: Vec<u8>) {
        read_as_everything(&body);
    }

    #[test]
    fn no_json_like_bytes_panic(words in prop::collection::vec(0..WORDS.len(), 0..24)) {
        let body: String = words.into_iter().map(|word| WORDS[word]).collect();
        read_as_everything(body.as_bytes());
        for error in [from_json::<Ward>(body.as_bytes()).err(), from_json::<Flat>(body.as_bytes()).err()] {
            error.iter().for_each(quotes_nothing);
        }
    }

    #[test]
    fn what_serde_json_reads_is_read(words in prop::collection::vec(0..WORDS.len(), 0..12)) {
        let body: String = words.into_iter().map(|word| WORDS[word]).collect();
        let ours = from_json::<serde_json::Value>(body.as_bytes());
        prop_assert_eq!(ours.ok(), serde_json::from_str(&body).ok());
    }
}

const WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\"patients\":",
    "[{",
    "}]",
    "\"ssn\":",
    "\"name\":",
    "\"780511207\"",
    "780511207",
    "-",
    ".5",
    "null",
    "true",
    "\"contact\":",
    "{\"Phone\":",
    "\"Nobody\"",
    "\\",
    "\\u",
    " ",
    "\"pair\":",
    "\"notes\":",
    "{}",
    "[]",
    "\"id\":",
];

fn read_as_everything(body: &[u8]) {
    let _ = from_json::<Ward>(body);
    let _ = from_json::<Flat>(body);
    let _ = from_json::<Untagged>(body);
    let _ = from_json::<Internal>(body);
    let _ = from_json::<Adjacent>(body);
    let _ = from_json::<Tree>(body);
    let _ = from_json::<HashMap<u8, Contact>>(body);
    let _ = from_json::<Phi<Vec<i128>>>(body);
}

/// A patient in a ward; `path` begins behind `patients[0]`.
#[track_caller]
fn patient(body: &str, path: &str, reason: JsonReason) {
    let dot = if path.is_empty() { "" } else { "." };
    case::<Ward>(
        &format!(r#"{{"other": [], "patients": [{body}]}}"#),
        &format!("patients[0]{dot}{path}"),
        reason,
    );
}

#[track_caller]
fn case<T: DeserializeOwned + Debug>(body: &str, path: &str, reason: JsonReason) {
    let body = body.replace('@', CANARY);
    check(&from_json::<T>(body.as_bytes()).unwrap_err(), path, reason);
}

#[track_caller]
fn check(error: &JsonError, path: &str, reason: JsonReason) {
    quotes_nothing(error);
    assert_eq!(
        (error.path().to_string().as_str(), error.reason()),
        (path, reason)
    );
    let is_syntax = matches!(reason, Syntax | Incomplete);
    assert_eq!(error.line().is_some(), is_syntax);
    assert_eq!(error.column().is_some(), is_syntax);
}

#[track_caller]
fn quotes_nothing<E: Debug + Display>(error: &E) {
    for text in [
        format!("{error}"),
        format!("{error:?}"),
        format!("{error:#?}"),
    ] {
        assert!(!text.contains(&CANARY[..4]), "{text}");
    }
}

#[derive(Debug, Deserialize)]
struct Ward {
    patients: Vec<Patient>,
}

#[derive(Debug, Deserialize)]
struct Patient {
    name: Phi<String>,
    ssn: Phi<String>,
    age: Option<Phi<u8>>,
    contact: Option<Contact>,
    #[serde(default)]
    notes: BTreeMap<String, Phi<String>>,
    pair: Option<(bool, Phi<String>)>,
}

#[derive(Debug, Deserialize)]
enum Contact {
    Nobody,
    Phone { number: Phi<String> },
    Mail(Phi<String>, Phi<String>),
    Other(Phi<String>),
}

impl PartialEq for Contact {
    fn eq(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Nobody, Self::Nobody))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strict {
    name: Phi<String>,
}

#[derive(Debug, Deserialize)]
struct Renamed {
    #[serde(rename = "dateOfBirth", alias = "dob")]
    birth: Phi<String>,
}

#[derive(Debug, Deserialize)]
struct Arity(Phi<String>, u8);

#[derive(Debug, Deserialize)]
struct Newtype(u8);

#[derive(Debug, Deserialize)]
struct Tree(Vec<Tree>);

#[derive(Debug, Deserialize, PartialEq, Eq, Hash)]
enum Color {
    Red,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Untagged {
    Number(u8),
    Person { name: Phi<u8> },
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
    Age(Phi<u8>),
    Name(Phi<String>),
}

#[derive(Debug, Deserialize)]
struct Flat {
    id: Phi<u8>,
    #[serde(flatten)]
    person: Person,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StrictFlat {
    #[serde(flatten)]
    person: Person,
}

#[derive(Debug, Deserialize)]
struct Person {
    name: Phi<String>,
    active: bool,
}

#[derive(Debug, Deserialize)]
struct Quoting {
    #[serde(default, deserialize_with = "quote")]
    with: Option<Phi<String>>,
    #[serde(default)]
    mrn: Option<Mrn>,
    #[serde(default, deserialize_with = "rewrap")]
    rewrapped: u8,
    #[serde(default, deserialize_with = "other_unexpected")]
    unexpected: u8,
}

fn quote<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Phi<String>>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Err(D::Error::custom(format!(
        "{text} is not a name at line 1 column 1"
    )))
}

fn rewrap<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    u8::deserialize(deserializer).map_err(|error| {
        quotes_nothing(&error);
        D::Error::custom(format!("rewrapped: {error:?} {CANARY}"))
    })
}

fn other_unexpected<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    let text = String::deserialize(deserializer)?;
    Err(D::Error::invalid_value(
        serde::de::Unexpected::Other(&text),
        &text.as_str(),
    ))
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Mrn(String);

impl TryFrom<String> for Mrn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Err(format!("{text} is not a record number"))
    }
}

#[derive(Debug, Deserialize)]
struct Lenient {
    #[serde(default, deserialize_with = "readable")]
    age: Option<u8>,
    name: Phi<String>,
}

fn readable<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u8>, D::Error> {
    Ok(u8::deserialize(deserializer).ok())
}
