//! Search terms, index columns, the census and what resealing leaves behind.

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::rotate::{Census, Change};
use phi_seal::{AuditError, Phi, PhiRecord};

use crate::evidence::Evidence;
use crate::ward::{MARKERS, Ward};

#[derive(Debug, PhiRecord)]
#[phi(
    record = "person",
    row_derive(Clone),
    index(name = "both", of(name, alias))
)]
struct Person {
    #[phi(id, subject)]
    id: String,
    #[phi(
        category = Name,
        index,
        index(name = "beginning", prefix(3)),
        index(name = "words", tokens),
        index(name = "slowly", slow, bits = 12)
    )]
    name: Phi<String>,
    #[phi(category = Name)]
    alias: Phi<String>,
}

#[test]
fn searching_and_resealing_leak_nothing() {
    for marker in MARKERS {
        let ward = Ward::new();
        let index_key = DataKey::generate(KeyScope::shared(KeyUse::Index)).unwrap();
        let index_bytes = phi_seal::danger::export_data_key(&index_key);
        ward.keys.add(index_key).unwrap();
        let mut evidence = Evidence::default();
        walk(&ward, &mut evidence, marker);
        for event in ward.sink.events() {
            evidence.take("event", event.to_json());
            evidence.debug("event record", &event);
        }
        assert!(evidence.len() > 60, "{}", evidence.len());
        evidence.is_clean(marker, &ward.key);
        evidence.is_clean(marker, &index_bytes);
    }
}

fn walk(ward: &Ward, evidence: &mut Evidence, marker: &str) {
    let session = &ward.session;
    let term = Phi::new(marker.to_string());
    let person = Person {
        id: "p-1".into(),
        name: term.duplicate(),
        alias: term.duplicate(),
    };
    evidence.debug("record", &person);
    let row: PersonRow = session.seal(&person).unwrap();
    evidence.debug("row", &row);
    column(evidence, row.name_index.unwrap());
    column(evidence, row.beginning.unwrap());
    column(evidence, row.slowly.unwrap());
    column(evidence, row.both.unwrap());
    evidence.debug("set", &row.words);
    evidence.take("set as JSON", serde_json::to_vec(&row.words).unwrap());
    evidence.take("set as MessagePack", rmp_serde::to_vec(&row.words).unwrap());
    row.words
        .as_slice()
        .iter()
        .for_each(|value| column(evidence, *value));

    let search = session.search(Person::NAME_INDEX, &term).unwrap();
    evidence.debug("Search", &search);
    evidence.debug("values", &search.values());
    let found = search.open([&row]).unwrap();
    assert_eq!(
        found[0].as_ref().unwrap().name.expose(),
        marker,
        "the marker did go through"
    );
    evidence.debug("found", &found);
    let search = session.search(Person::BOTH, (&term, &term)).unwrap();
    let found = search.open_fields([&row], (Person::ALIAS,)).unwrap();
    evidence.debug("found, some fields", &found);
    drop(session.search(Person::WORDS, &term).unwrap());
    evidence.debug(
        "verdicts",
        &session.verify_indexes(std::slice::from_ref(&row)),
    );

    // A term that is refused, of a type that has no such form.
    let bytes = Phi::new(marker.as_bytes().to_vec());
    evidence.error(
        "no form",
        &session.search(Person::NAME_INDEX, &bytes).unwrap_err(),
    );
    ward.sink
        .fail_with(AuditError::new("the store is down; try again"));
    let search = session.search(Person::NAME_INDEX, &term).unwrap();
    evidence.error("no record", &search.open([&row]).unwrap_err());
    ward.sink.recover();
    malformed(evidence, marker);

    ward.keys.rotate().unwrap();
    ward.keys
        .rotate_scope(&KeyScope::shared(KeyUse::Index))
        .unwrap();
    let mut census = Census::new();
    census.count_row(&row);
    evidence.debug("Census", &census);
    evidence.error(
        "no envelope",
        &census.count_value(marker.as_bytes()).unwrap_err(),
    );
    let new = session
        .reseal_rows(std::slice::from_ref(&row))
        .unwrap()
        .remove(0);
    let new = new.unwrap().unwrap();
    evidence.debug("resealed", &new);
    evidence.take("resealed envelope", new.name.as_bytes());
    column(evidence, new.name_index.unwrap());
    let mut corrupt = row.clone();
    corrupt.alias = phi_seal::Sealed::from_bytes(row.name.as_bytes()).unwrap();
    let failed = session.reseal_rows(&[corrupt]).unwrap().remove(0);
    evidence.error("resealed at another place", &failed.map(drop).unwrap_err());
    evidence.debug("Change", &Change { old: row, new });
}

fn column<I: phi_seal::index::Index>(evidence: &mut Evidence, value: IndexValue<I>) {
    evidence.debug("index value", &value);
    evidence.debug("version", &value.version());
    evidence.take("index value as bytes", value.as_bytes());
    evidence.take("index value as text", value.to_text());
    evidence.take("index value as JSON", serde_json::to_vec(&value).unwrap());
}

/// Plaintext where index values belong.
fn malformed(evidence: &mut Evidence, marker: &str) {
    type Value = IndexValue<PersonNameIndex>;
    evidence.error("bytes", &Value::from_bytes(marker.as_bytes()).unwrap_err());
    evidence.error("text", &Value::from_text(marker).unwrap_err());
    evidence.error("parsed", &marker.parse::<Value>().unwrap_err());
    for json in [
        serde_json::json!(marker),
        serde_json::json!([marker, 7]),
        serde_json::json!({ marker: marker }),
    ] {
        let error = serde_json::from_value::<Value>(json.clone()).unwrap_err();
        evidence.error("value", &error);
        let error = serde_json::from_str::<Value>(&json.to_string()).unwrap_err();
        evidence.error("value as text", &error);
        let error = serde_json::from_value::<IndexSet<PersonWords>>(json).unwrap_err();
        evidence.error("set", &error);
    }
}
