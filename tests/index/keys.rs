//! What an index value depends on.

use std::collections::BTreeSet;

use phi_seal::codec::{Content, Date, Encoder, Value};
use phi_seal::danger::{import_data_key, index_lookup_unrecorded, index_values_unrecorded};
use phi_seal::index::{Index, IndexInfo, IndexPart, IndexValue, Normal};
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{Category, ErrorKind, Field, RecordType, SecretBytes, TenantId};
use proptest::prelude::*;

const PATIENT: RecordType = RecordType::new("patient");
const GIVEN: Field<String> = PATIENT.field("given", Category::Name);
const FAMILY: Field<String> = PATIENT.field("family", Category::Name);
const ACTIVE: Field<bool> = PATIENT.field("active", Category::Clinical);
const ENCOUNTER: RecordType = RecordType::new("encounter");
const ENCOUNTER_GIVEN: Field<String> = ENCOUNTER.field("given", Category::Name);

macro_rules! indexes {
    ($($name:ident = $info:expr;)*) => {$(
        struct $name;

        impl Index for $name {
            const INFO: IndexInfo = $info;
            type Stored = Option<IndexValue<Self>>;
        }
    )*};
}

const TEXT: IndexPart = IndexPart::new(&GIVEN, Normal::Text);

indexes! {
    Plain = IndexInfo::new(PATIENT, "given", &[TEXT]);
    OtherName = IndexInfo::new(PATIENT, "given-2", &[TEXT]);
    OtherRecord = IndexInfo::new(
        ENCOUNTER,
        "given",
        &[IndexPart::new(&ENCOUNTER_GIVEN, Normal::Text)],
    );
    OtherField = IndexInfo::new(PATIENT, "given", &[IndexPart::new(&FAMILY, Normal::Text)]);
    OtherForm = IndexInfo::new(PATIENT, "given", &[IndexPart::new(&GIVEN, Normal::Prefix(3))]);
    OtherLength = IndexInfo::new(PATIENT, "given", &[IndexPart::new(&GIVEN, Normal::Prefix(4))]);
    OtherWidth = IndexInfo::new(PATIENT, "given", &[TEXT]).bits(136);
    Slow = IndexInfo::new(PATIENT, "given", &[TEXT]).slow();
    Unique = IndexInfo::new(PATIENT, "given", &[TEXT]).unique();
    Narrow = IndexInfo::new(PATIENT, "narrow", &[TEXT]).bits(11);
    Words = IndexInfo::new(PATIENT, "words", &[IndexPart::new(&GIVEN, Normal::Tokens)]);
    Both = IndexInfo::new(
        PATIENT,
        "both",
        &[TEXT, IndexPart::new(&FAMILY, Normal::Text)],
    ).bits(256);
    Flag = IndexInfo::new(
        PATIENT,
        "flag",
        &[IndexPart::new(&ACTIVE, Normal::Text), TEXT],
    );
}

fn key(byte: u8) -> DataKey {
    import_data_key([byte; 32], KeyScope::shared(KeyUse::Index))
}

fn tenant(name: &str) -> TenantId<'_> {
    TenantId::new(name).unwrap()
}

/// The one value of a text.
fn value<I: Index>(key: &DataKey, tenant_name: &str, text: &str) -> IndexValue<I> {
    let texts = [(Content::Text, text.as_bytes())];
    let values = index_values_unrecorded(key, &tenant(tenant_name), &texts).unwrap();
    let [value] = values.as_slice() else {
        panic!("one term, one value");
    };
    *value
}

fn hash_and_version<I: Index>(key: &DataKey, tenant_name: &str, text: &str) -> (Vec<u8>, String) {
    let value = value::<I>(key, tenant_name, text);
    let hash = value.as_bytes()[4..20].to_vec();
    (hash, value.version().to_string())
}

#[test]
fn all_that_is_declared_separates_values() {
    let texts = [
        hash_and_version::<Plain>(&key(1), "a", "adam"),
        hash_and_version::<Plain>(&key(1), "b", "adam"),
        hash_and_version::<Plain>(&key(1), "a", "adama"),
        hash_and_version::<Plain>(&key(2), "a", "adam"),
        hash_and_version::<OtherName>(&key(1), "a", "adam"),
        hash_and_version::<OtherRecord>(&key(1), "a", "adam"),
        hash_and_version::<OtherField>(&key(1), "a", "adam"),
        hash_and_version::<OtherForm>(&key(1), "a", "ada"),
        hash_and_version::<OtherLength>(&key(1), "a", "adam"),
        hash_and_version::<OtherWidth>(&key(1), "a", "adam"),
        hash_and_version::<Slow>(&key(1), "a", "adam"),
    ];
    let hashes: BTreeSet<_> = texts.iter().map(|(hash, _)| hash).collect();
    assert_eq!(hashes.len(), texts.len());
    // One version for all tenants and values of one declaration and key.
    let versions: Vec<_> = texts.iter().map(|(_, version)| version).collect();
    assert_eq!((versions[0], versions[0]), (versions[1], versions[2]));
    let distinct: BTreeSet<_> = versions.iter().collect();
    assert_eq!(distinct.len(), texts.len() - 2);
}

#[test]
fn values_are_repeatable_and_uniqueness_changes_none() {
    let one = value::<Plain>(&key(1), "a", " ADAM");
    assert_eq!(one, value::<Plain>(&key(1), "a", "adam"));
    let unique = value::<Unique>(&key(1), "a", "adam");
    assert_eq!(one.as_bytes(), unique.as_bytes());
    let slow = value::<Slow>(&key(1), "a", "adam");
    assert_eq!(slow, value::<Slow>(&key(1), "a", "ADAM "));
    assert_ne!(slow, value::<Slow>(&key(1), "b", "adam"));
}

/// Forms in which values that differ beyond their spelling differ too. The others do not compile
/// (`tests/ui/index`).
#[test]
fn what_keeps_values_apart_may_be_unique() {
    const BORN: Field<Date> = PATIENT.field("born", Category::Date);
    const SEASON: Field<i32> = PATIENT.field("season", Category::Date);
    const INFOS: &[IndexInfo] = &[
        IndexInfo::new(PATIENT, "text", &[TEXT]).unique(),
        IndexInfo::new(PATIENT, "digits", &[IndexPart::new(&GIVEN, Normal::Digits)]).unique(),
        IndexInfo::new(PATIENT, "email", &[IndexPart::new(&GIVEN, Normal::Email)]).unique(),
        IndexInfo::new(PATIENT, "phone", &[IndexPart::new(&GIVEN, Normal::UsPhone)]).unique(),
        IndexInfo::new(PATIENT, "date", &[IndexPart::new(&BORN, Normal::Date)]).unique(),
        IndexInfo::new(PATIENT, "iso", &[IndexPart::new(&GIVEN, Normal::Date)]).unique(),
        IndexInfo::new(
            PATIENT,
            "season",
            &[IndexPart::new(&SEASON, Normal::Year), TEXT],
        )
        .unique(),
    ];
    assert!(INFOS.iter().all(IndexInfo::is_unique));
}

#[test]
fn bits_beyond_the_width_are_zero() {
    let mut last_bits = BTreeSet::new();
    for number in 0..64 {
        let value = value::<Narrow>(&key(1), "a", &format!("n{number}"));
        assert_eq!(value.as_bytes().len(), 6);
        assert_eq!(value.as_bytes()[5] & 0b0001_1111, 0);
        last_bits.insert(value.as_bytes()[5] >> 5);
        let again = IndexValue::<Narrow>::from_bytes(value.as_bytes());
        assert_eq!(again, Ok(value));
    }
    assert_eq!(last_bits.len(), 8);
}

#[test]
fn each_word_has_a_value_and_the_longest_is_looked_up() {
    let (key, tenant) = (key(1), tenant("a"));
    let of = |text: &'static str| {
        index_values_unrecorded::<Words>(&key, &tenant, &[(Content::Text, text.as_bytes())])
            .unwrap()
    };
    let row = of("Anna-Maria de Souza");
    assert_eq!(row.as_slice().len(), 4);
    assert!(row.as_slice().is_sorted());
    assert!(row == of("souza, anna maria DE"));
    let lookup =
        index_lookup_unrecorded::<Words>(&key, &tenant, &[(Content::Text, b"de SOUZA")]).unwrap();
    assert!(row.as_slice().contains(&lookup) && of("souza").as_slice() == [lookup]);
    assert!(of(" - ").is_empty());
}

#[test]
fn a_compound_needs_all_its_parts() {
    let (key, tenant) = (key(1), tenant("a"));
    let of = |given: &'static [u8], family: &'static [u8]| {
        let parts = [(Content::Text, given), (Content::Text, family)];
        index_values_unrecorded::<Both>(&key, &tenant, &parts).unwrap()
    };
    assert_eq!(of(b"Ada", b"Lovelace").as_slice().len(), 1);
    assert!(of(b"Ada", b"Lovelace") == of(b"ADA", b" lovelace"));
    assert!(of(b"Ada", b"Lovelace") != of(b"Lovelace", b"Ada"));
    assert!(of(b"Ada", b" ").is_empty() && of(b"", b"Lovelace").is_empty());
    let parts = [(Content::Text, &b"Ada"[..]), (Content::Text, b"")];
    let refused = index_lookup_unrecorded::<Both>(&key, &tenant, &parts).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(refused.field(), Some("family"));
    let flags = [(Content::Boolean, &[1][..]), (Content::Text, b"Ada")];
    let flagged = index_values_unrecorded::<Flag>(&key, &tenant, &flags).unwrap();
    let looked_up = index_lookup_unrecorded::<Flag>(&key, &tenant, &flags).unwrap();
    assert_eq!(flagged.as_slice(), [looked_up]);
}

#[test]
fn another_key_or_content_is_refused() {
    let text = [(Content::Text, &b"adam"[..])];
    for scope in [
        KeyScope::default(),
        KeyScope::shared(KeyUse::Audit),
        KeyScope::tenant(tenant("b").into_owned(), KeyUse::Index),
    ] {
        let key = import_data_key([1; 32], scope);
        let values = index_values_unrecorded::<Plain>(&key, &tenant("a"), &text);
        assert_eq!(values.err().map(|e| e.kind()), Some(ErrorKind::MissingKey));
        let lookup = index_lookup_unrecorded::<Plain>(&key, &tenant("a"), &text);
        assert_eq!(lookup.err().map(|e| e.kind()), Some(ErrorKind::MissingKey));
    }
    let own = KeyScope::tenant(tenant("a").into_owned(), KeyUse::Index);
    let own = import_data_key([1; 32], own);
    assert_eq!(
        value::<Plain>(&own, "a", "adam"),
        value::<Plain>(&key(1), "a", "adam")
    );
    for wrong in [
        &[][..],
        &[(Content::Integer, &[0; 16][..])],
        &[text[0], text[0]],
    ] {
        let values = index_values_unrecorded::<Plain>(&key(1), &tenant("a"), wrong);
        assert_eq!(
            values.err().map(|e| e.kind()),
            Some(ErrorKind::InvalidInput)
        );
    }
}

proptest! {
    /// Parts that are cut elsewhere make another term.
    #[test]
    fn compounds_are_injective(
        one in ("[ab]{1,4}", "[ab]{1,4}"),
        other in ("[ab]{1,4}", "[ab]{1,4}"),
    ) {
        let of = |(given, family): &(String, String)| {
            let encoded = [given, family].map(encoded);
            let parts = [0, 1].map(|at: usize| (Content::Text, encoded[at].as_slice()));
            let values = index_values_unrecorded::<Both>(&key(1), &tenant("a"), &parts).unwrap();
            values.as_slice().to_vec()
        };
        prop_assert_eq!(one == other, of(&one) == of(&other));
    }
}

fn encoded(text: &String) -> SecretBytes {
    let mut encoded = SecretBytes::default();
    text.encode(&mut Encoder::new(&mut encoded)).unwrap();
    encoded
}
