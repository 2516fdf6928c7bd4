//! `tests/vectors/index.json`, made by another implementation of `docs/index.md`, and what others
//! published of the functions beneath: HMAC-SHA-256 (RFC 4231), Argon2id (RFC
//! 9106).
#![cfg(all(feature = "index", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::collections::BTreeSet;

use phi_seal::codec::{Content, Date, Timestamp};
use phi_seal::danger::{import_data_key, index_lookup_unrecorded, index_values_unrecorded};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexSet, IndexValue, Normal};
use phi_seal::key::{KeyScope, KeyUse};
use phi_seal::{Category, Field, RecordType, TenantId};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    about: String,
    index: String,
    data_key: String,
    tenant: String,
    record: String,
    bits: u16,
    profile: String,
    parts: Vec<Part>,
    terms: Vec<String>,
    values: Vec<String>,
}

#[derive(Deserialize)]
struct Part {
    field: String,
    normal: String,
    content: String,
    encoded: String,
}

const PATIENT: RecordType = RecordType::new("patient");
const NAME: Field<String> = PATIENT.field("name", Category::Name);
const SSN: Field<String> = PATIENT.field("ssn", Category::Ssn);
const EMAIL: Field<String> = PATIENT.field("email", Category::Email);
const ZIP: Field<String> = PATIENT.field("zip", Category::Address);
const PHONE: Field<String> = PATIENT.field("phone", Category::Phone);
const MRN: Field<i128> = PATIENT.field("mrn", Category::MedicalRecordNumber);
const BORN: Field<Date> = PATIENT.field("born", Category::Date);
const SEEN: Field<Timestamp> = PATIENT.field("seen", Category::Date);
const ACTIVE: Field<bool> = PATIENT.field("active", Category::Clinical);
const ALIASES: Field<Vec<String>> = PATIENT.field("aliases", Category::Name);

const NAME_TEXT: &[IndexPart] = &[IndexPart::new(&NAME, Normal::Text)];

/// Declares indexes, and checks a vector with the one that it names.
macro_rules! indexes {
    ($($name:ident = $info:expr;)*) => {
        $(
            struct $name;

            impl Index for $name {
                const INFO: IndexInfo = $info;
                type Stored = IndexSet<Self>;
            }
        )*

        fn check(vector: &Vector) -> &'static str {
            $(
                if $name::INFO.name() == vector.index {
                    check_in::<$name>(vector);
                    return $name::INFO.name();
                }
            )*
            panic!("no index {}", vector.index);
        }

        const INDEXES: usize = [$($name::INFO),*].len();
    };
}

indexes! {
    Text = IndexInfo::new(PATIENT, "name", NAME_TEXT);
    Narrow = IndexInfo::new(PATIENT, "name-narrow", NAME_TEXT).bits(11);
    Wide = IndexInfo::new(PATIENT, "name-wide", NAME_TEXT).bits(256);
    One = IndexInfo::new(PATIENT, "name-one", NAME_TEXT).bits(1);
    Slow = IndexInfo::new(PATIENT, "ssn-slow", &[IndexPart::new(&SSN, Normal::Digits)]).slow();
    Digits = IndexInfo::new(PATIENT, "ssn", &[IndexPart::new(&SSN, Normal::Digits)]).bits(32);
    Number = IndexInfo::new(PATIENT, "mrn", &[IndexPart::new(&MRN, Normal::Digits)]);
    Email = IndexInfo::new(PATIENT, "email", &[IndexPart::new(&EMAIL, Normal::Email)]);
    Born = IndexInfo::new(PATIENT, "born", &[IndexPart::new(&BORN, Normal::Date)]);
    BornText = IndexInfo::new(PATIENT, "born-text", &[IndexPart::new(&NAME, Normal::Date)]);
    SeenDate = IndexInfo::new(PATIENT, "seen-date", &[IndexPart::new(&SEEN, Normal::Date)]);
    Seen = IndexInfo::new(PATIENT, "seen", &[IndexPart::new(&SEEN, Normal::Text)]);
    BornYear = IndexInfo::new(PATIENT, "born-year", &[IndexPart::new(&BORN, Normal::Year)]);
    YearText = IndexInfo::new(PATIENT, "year-text", &[IndexPart::new(&NAME, Normal::Year)]);
    YearNumber = IndexInfo::new(PATIENT, "year-number", &[IndexPart::new(&MRN, Normal::Year)]);
    Zip3 = IndexInfo::new(PATIENT, "zip3", &[IndexPart::new(&ZIP, Normal::Zip3)]);
    Phone = IndexInfo::new(PATIENT, "phone", &[IndexPart::new(&PHONE, Normal::UsPhone)]);
    Prefix = IndexInfo::new(PATIENT, "name-prefix", &[IndexPart::new(&NAME, Normal::Prefix(3))]);
    Words = IndexInfo::new(PATIENT, "name-words", &[IndexPart::new(&NAME, Normal::Tokens)])
        .bits(21);
    Aliases = IndexInfo::new(PATIENT, "aliases", &[IndexPart::new(&ALIASES, Normal::Tokens)]);
    Who = IndexInfo::new(
        PATIENT,
        "who",
        &[
            IndexPart::new(&NAME, Normal::Text),
            IndexPart::new(&BORN, Normal::Year),
            IndexPart::new(&ZIP, Normal::Zip3),
            IndexPart::new(&ACTIVE, Normal::Text),
        ],
    )
    .bits(20);
}

#[test]
fn every_value_is_what_the_other_implementation_says() {
    let vectors: Vec<Vector> = serde_json::from_str(include_str!("vectors/index.json")).unwrap();
    let checked: BTreeSet<_> = vectors.iter().map(check).collect();
    assert_eq!(checked.len(), INDEXES);
    let empty = vectors.iter().filter(|v| v.values.is_empty()).count();
    assert!(
        vectors.len() >= 84 && empty >= 17,
        "{} {empty}",
        vectors.len()
    );
}

fn check_in<I: Index>(vector: &Vector) {
    let (info, about) = (I::INFO, &vector.about);
    let profile = if info.is_slow() {
        "argon2id-1"
    } else {
        "hmac-sha-256"
    };
    assert_eq!(
        (info.record_type().name(), info.width(), profile),
        (&*vector.record, vector.bits, &*vector.profile),
        "{about}"
    );
    for (declared, part) in info.parts().iter().zip(&vector.parts) {
        assert_eq!(declared.field().name(), part.field, "{about}");
        assert_eq!(declared.normal().code(), part.normal, "{about}");
    }
    check_terms(vector, &info);

    let scope = KeyScope::shared(KeyUse::Index);
    let key = import_data_key(hex(&vector.data_key).try_into().unwrap(), scope);
    let tenant = TenantId::new(&*vector.tenant).unwrap();
    let encoded: Vec<_> = vector.parts.iter().map(|part| hex(&part.encoded)).collect();
    let values: Vec<_> = info
        .parts()
        .iter()
        .zip(&encoded)
        .map(|(part, encoded)| (part.content(), encoded.as_slice()))
        .collect();
    let found: IndexSet<I> = index_values_unrecorded(&key, &tenant, &values).unwrap();
    let texts: Vec<_> = found.as_slice().iter().map(|v| v.to_text()).collect();
    assert_eq!(texts, vector.values, "{about}");
    for text in &vector.values {
        let value = IndexValue::<I>::from_text(text).unwrap();
        assert_eq!(value.to_text(), *text, "{about}");
    }
    match index_lookup_unrecorded::<I>(&key, &tenant, &values) {
        Ok(lookup) => assert!(found.as_slice().contains(&lookup), "{about}"),
        Err(_) => assert!(found.is_empty(), "{about}"),
    }
}

/// Of one text, which is easily had as a value.
fn check_terms(vector: &Vector, info: &IndexInfo) {
    let [part] = &*vector.parts else {
        return;
    };
    if info.parts()[0].content() == Content::Text {
        assert_eq!(part.content, "text");
        let text = String::from_utf8(hex(&part.encoded)).unwrap();
        let terms = info.parts()[0].normal().terms_of(&text).unwrap();
        let terms: Vec<_> = terms.into_iter().map(|term| term.into_vec()).collect();
        let expected: Vec<_> = vector.terms.iter().map(|term| hex(term)).collect();
        assert_eq!(terms, expected, "{}", vector.about);
    }
}

/// RFC 4231, test cases 1, 2 and 6.
#[test]
fn hmac_sha_256_agrees_with_rfc_4231() {
    use hmac::{Hmac, KeyInit, Mac};
    let cases: [(&[u8], &[u8], &str); 3] = [
        (
            &[0x0b; 20],
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            &[0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ];
    for (key, message, expected) in cases {
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
        mac.update(message);
        assert_eq!(mac.finalize().into_bytes().to_vec(), hex(expected));
    }
}

/// RFC 9106, section 5.3, which has a secret as slow indexes do.
#[test]
fn argon2id_agrees_with_rfc_9106() {
    use argon2::{Algorithm, Argon2, AssociatedData, Block, ParamsBuilder, Version};
    let parameters = ParamsBuilder::new()
        .m_cost(32)
        .t_cost(3)
        .p_cost(4)
        .data(AssociatedData::new(&[4; 12]).unwrap())
        .build()
        .unwrap();
    let mut memory = vec![Block::new(); parameters.block_count()];
    let mut tag = [0; 32];
    Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, parameters)
        .unwrap()
        .hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, &mut memory)
        .unwrap();
    let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
    assert_eq!(tag.to_vec(), hex(expected));
}

fn hex(digits: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).unwrap() as u8;
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}
