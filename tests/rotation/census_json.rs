//! A census that is written down and read elsewhere.

use phi_seal::ErrorKind;
use phi_seal::rotate::Census;
use serde_json::{Value, json};

use crate::ward::{PatientSsnIndex, Ward, index_scope, patient};
use phi_seal::index::Index;

/// Of rows and a value under two keys, with index values of two versions.
fn counted() -> (Ward, Census) {
    let ward = Ward::new();
    let mut table = ward.table(3);
    ward.keys.ring.rotate().unwrap();
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    table.push(ward.session().seal(&patient(3)).unwrap());
    let mut census = Census::new();
    table.iter().for_each(|row| census.count_row(row));
    census.count_value(table[0].ssn.as_bytes()).unwrap();
    (ward, census)
}

fn read(json: &Value) -> Result<Census, ErrorKind> {
    Census::from_json(json.to_string().as_bytes()).map_err(|error| error.kind())
}

#[test]
fn what_is_written_is_read() {
    let (_, census) = counted();
    let json = census.to_json();
    let read = Census::from_json(json.as_bytes()).unwrap();
    assert_eq!(read, census);
    assert_eq!(read.to_json(), json);
    let empty = Census::new().to_json();
    assert_eq!(Census::from_json(empty.as_bytes()).unwrap(), Census::new());
    let expected = json!({
        "census": 1, "rows": 0, "values": 0, "keys": [], "suites": [], "indexes": [],
    });
    assert_eq!(serde_json::from_str::<Value>(&empty).unwrap(), expected);
}

/// Members in another order, and without white space.
#[test]
fn order_and_white_space_are_free() {
    let (_, census) = counted();
    let value: Value = serde_json::from_str(&census.to_json()).unwrap();
    let mut members: Vec<_> = value.as_object().unwrap().iter().collect();
    members.reverse();
    let text: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{name:?}:{value}"))
        .collect();
    let text = format!(" {{{}}}\n", text.join(","));
    assert_eq!(Census::from_json(text.as_bytes()).unwrap(), census);
}

/// Also of keys for index values, whose ids stand nowhere in it.
#[test]
fn it_says_of_each_key_what_it_said() {
    let (ward, census) = counted();
    let read = Census::from_json(census.to_json().as_bytes()).unwrap();
    let keys = ward.keys.ring.keys();
    let stranger = Ward::new().keys.ring.keys();
    assert_eq!(keys.len(), 4);
    for key in keys.iter() {
        assert!(!read.may_retire(key.id()) && !read.may_retire_key(key));
        assert_eq!(read.usage(key.id()), census.usage(key.id()));
    }
    for key in stranger.iter() {
        assert!(read.may_retire(key.id()) && read.may_retire_key(key));
    }
    let versions = ward
        .session()
        .index_versions(crate::ward::Patient::SSN_INDEX)
        .unwrap();
    for version in versions {
        let rows = read.rows_of_index(&PatientSsnIndex::INFO, version.version);
        assert_eq!(
            rows,
            census.rows_of_index(&PatientSsnIndex::INFO, version.version)
        );
        assert!(rows > 0);
    }
    assert_eq!(
        read.indexes().collect::<Vec<_>>(),
        census.indexes().collect::<Vec<_>>()
    );
}

/// Envelopes alone say nothing about a key that is named in none.
#[test]
fn a_key_is_free_only_if_the_right_things_were_counted() {
    let (ward, _) = counted();
    let stranger = Ward::new().keys.ring.keys();
    let (seal, index) = (&stranger[0], &stranger[1]);
    let mut values = Census::new();
    values.count_value(ward.table(1)[0].ssn.as_bytes()).unwrap();
    assert!(values.may_retire_key(seal) && !values.may_retire_key(index));
    assert!(!Census::new().may_retire_key(seal) && !Census::new().may_retire_key(index));
}

#[test]
fn merging_what_was_read_is_counting_together() {
    let (_, census) = counted();
    let mut merged = Census::from_json(census.to_json().as_bytes()).unwrap();
    merged.merge(&census);
    let mut twice = census.clone();
    twice.merge(&census);
    assert_eq!(merged, twice);
    assert_eq!(
        (merged.rows(), merged.values()),
        (2 * census.rows(), 2 * census.values())
    );
}

#[test]
fn counts_that_add_up_to_more_than_there_can_be_do_not_overflow() {
    let most = (1_u64 << 53) - 1;
    let huge = json!({
        "census": 1, "rows": most, "values": most,
        "keys": [{ "id": "07".repeat(32), "rows": most, "values": most }],
        "suites": [{ "suite": 1, "values": most }],
        "indexes": [{
            "record_type": "r", "index": "i", "descriptions": ["00"],
            "versions": [{ "version": "00000000", "rows": most }],
        }],
    });
    let census = read(&huge).unwrap();
    let mut merged = census.clone();
    for _ in 0..12 {
        let so_far = merged.clone();
        merged.merge(&so_far);
    }
    assert_eq!((merged.rows(), merged.values()), (u64::MAX, u64::MAX));
    let text = huge
        .to_string()
        .replace(&most.to_string(), &(most + 1).to_string());
    assert_eq!(
        Census::from_json(text.as_bytes()).unwrap_err().kind(),
        ErrorKind::Malformed
    );
}

#[test]
fn every_edit_is_refused() {
    let (_, census) = counted();
    let good: Value = serde_json::from_str(&census.to_json()).unwrap();
    assert!(read(&good).is_ok());
    let edits: [fn(&mut Value); 38] = [
        |it| it["census"] = json!(0),
        |it| it["census"] = json!(2),
        |it| it["census"] = json!("1"),
        |it| it["census"] = json!(1.0),
        |it| drop(it.as_object_mut().unwrap().remove("census")),
        |it| it["more"] = json!(1),
        |it| it["rows"] = json!(-1),
        |it| it["rows"] = Value::Null,
        |it| it["rows"] = json!(0),
        |it| it["values"] = json!(0),
        |it| it["values"] = json!(u64::MAX),
        |it| it["keys"] = json!([]),
        |it| it["keys"] = json!({}),
        |it| it["suites"] = json!([]),
        |it| drop(it.as_object_mut().unwrap().remove("indexes")),
        |it| it["keys"][0]["id"] = json!(""),
        |it| it["keys"][0]["id"] = json!("07".repeat(31)),
        |it| it["keys"][0]["id"] = json!("0A".repeat(32)),
        |it| it["keys"][0]["id"] = json!("zz".repeat(32)),
        |it| it["keys"][0]["id"] = it["keys"][1]["id"].clone(),
        |it| it["keys"].as_array_mut().unwrap().reverse(),
        |it| it["keys"][0]["values"] = json!(1),
        |it| it["keys"][0]["rows"] = json!(1_000),
        |it| it["keys"][0]["more"] = json!(1),
        |it| drop(it["keys"][0].as_object_mut().unwrap().remove("rows")),
        |it| it["suites"][0]["suite"] = json!(256),
        |it| it["suites"][0]["values"] = json!(1),
        |it| {
            it["suites"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "suite": 1, "values": 0 }))
        },
        |it| {
            it["suites"]
                .as_array_mut()
                .unwrap()
                .push(json!({ "suite": 2, "values": 0 }))
        },
        |it| it["indexes"].as_array_mut().unwrap().swap(0, 1),
        |it| it["indexes"][0]["descriptions"] = json!([]),
        |it| it["indexes"][0]["descriptions"] = json!(["0"]),
        |it| it["indexes"][0]["descriptions"] = json!(["01", "00"]),
        |it| it["indexes"][0]["versions"] = json!([]),
        |it| {
            it["indexes"][0]["versions"]
                .as_array_mut()
                .unwrap()
                .reverse()
        },
        |it| it["indexes"][0]["versions"][0]["rows"] = json!(0),
        |it| it["indexes"][0]["versions"][0]["rows"] = json!(1_000),
        |it| it["indexes"][0]["versions"][0]["version"] = json!("0000000000"),
    ];
    for (at, edit) in edits.iter().enumerate() {
        let mut edited = good.clone();
        edit(&mut edited);
        assert_ne!(edited, good, "edit {at}");
        assert_eq!(read(&edited), Err(ErrorKind::Malformed), "edit {at}");
    }
}

#[test]
fn what_is_no_census_is_refused_and_not_quoted() {
    let (_, census) = counted();
    let json = census.to_json();
    let twice = json.replacen("\"rows\"", "\"rows\": 4, \"rows\"", 1);
    let behind = format!("{json} x");
    for text in [
        "",
        "{}",
        "null",
        "[1]",
        "Zofia Zak",
        "{\"Zofia\": 1, \"census\": 1}",
        &twice,
        &behind,
    ] {
        let error = Census::from_json(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{text}");
        assert!(!error.to_string().contains("Zofia"));
    }
    assert!(Census::from_json(b"\xff").is_err());
    for cut in (0..json.len()).step_by(7) {
        assert!(Census::from_json(&json.as_bytes()[..cut]).is_err(), "{cut}");
    }
}

#[test]
fn text_forms_count_as_bytes_do() {
    let ward = Ward::new();
    let table = ward.table(1);
    let (mut bytes, mut text) = (Census::new(), Census::new());
    bytes.count_value(table[0].ssn.as_bytes()).unwrap();
    text.count_value(table[0].ssn.to_text().as_bytes()).unwrap();
    assert_eq!(bytes, text);
    assert!(text.count_value(b"phi1.Zofia").is_err());
    assert_eq!(bytes, text);
}
