//! What is measured.

use std::hint::black_box;

use hmac::{Hmac, KeyInit, Mac};
use phi_seal::codec::{Content, Encoder, Value};
use phi_seal::danger::{import_data_key, index_values_unrecorded};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexSet, Normal};
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{Category, Field, RecordType, SecretBytes, TenantId};
use sha2::Sha256;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) is_slow: bool,
    pub(crate) run: Box<dyn Fn()>,
}

pub(crate) fn all() -> Vec<Case> {
    let hmac = Hmac::<Sha256>::new_from_slice(&[7; 32]).unwrap();
    let mut cases = vec![case("one HMAC-SHA-256, key ready (R)", move || {
        let mut mac = hmac.clone();
        mac.update(b"078051120");
        mac.finalize().into_bytes()
    })];
    cases.extend(FORMS.map(|(name, normal, text)| {
        let text = text.to_string();
        case(name, move || normal.terms_of(&text).unwrap())
    }));
    cases.push(value::<Fast>("value, key derived for it"));
    cases.push(Case {
        is_slow: true,
        ..value::<Slow>("slow value (argon2id-1)")
    });
    cases
}

const FORMS: [(&str, Normal, &str); 12] = [
    ("text, ASCII", Normal::Text, "Ada King Lovelace"),
    (
        "text, Latin with accents",
        Normal::Text,
        "Zoë Müller-Straße",
    ),
    ("text, decomposed Hangul", Normal::Text, "가나다라마바사"),
    ("digits", Normal::Digits, "078-05-1120"),
    ("e-mail", Normal::Email, "Ada.Lovelace@Example.org"),
    ("date from text", Normal::Date, "1815-12-10"),
    ("year from text", Normal::Year, "1815-12-10"),
    ("zip3", Normal::Zip3, "02139-4307"),
    ("us phone", Normal::UsPhone, "+1 (212) 555-0100 x17"),
    ("prefix of 3", Normal::Prefix(3), "Ada King Lovelace"),
    ("words", Normal::Tokens, "Anna-Maria O'Neil de Souza"),
    ("sound", Normal::Phonetic, "Catherine Thompson"),
];

const PATIENT: RecordType = RecordType::new("patient");
const SSN: Field<String> = PATIENT.field("ssn", Category::Ssn);
const DIGITS: &[IndexPart] = &[IndexPart::new(&SSN, Normal::Digits)];

struct Fast;

impl Index for Fast {
    const INFO: IndexInfo = IndexInfo::new(PATIENT, "ssn", DIGITS);
    type Stored = IndexSet<Self>;
}

struct Slow;

impl Index for Slow {
    const INFO: IndexInfo = IndexInfo::new(PATIENT, "ssn", DIGITS).slow();
    type Stored = IndexSet<Self>;
}

/// A value with a bare key, which is derived each time; a session derives it once.
fn value<I: Index + 'static>(name: &'static str) -> Case {
    let key: DataKey = import_data_key([7; 32], KeyScope::shared(KeyUse::Index));
    let tenant = TenantId::new("mercy-hospital").unwrap();
    let mut encoded = SecretBytes::default();
    "078-05-1120"
        .to_string()
        .encode(&mut Encoder::new(&mut encoded))
        .unwrap();
    case(name, move || {
        let values = [(Content::Text, encoded.as_slice())];
        index_values_unrecorded::<I>(&key, &tenant, &values).unwrap()
    })
}

fn case<R>(name: &'static str, run: impl Fn() -> R + 'static) -> Case {
    Case {
        name,
        is_slow: false,
        run: Box::new(move || {
            black_box(run());
        }),
    }
}
