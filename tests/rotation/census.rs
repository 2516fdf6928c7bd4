//! What is under which key, and when one may go.

use phi_seal::index::Index;
use phi_seal::rotate::{Census, KeyUsage};
use phi_seal::{ErrorKind, KeyId};

use crate::ward::{
    Patient, PatientRow, PatientSsnIndex, PatientWords, Ward, corrupt, index_scope, patient,
};

fn census(rows: &[PatientRow]) -> Census {
    let mut census = Census::new();
    rows.iter().for_each(|row| census.count_row(row));
    census
}

fn usage(census: &Census, key: &KeyId) -> (u64, u64) {
    let KeyUsage { rows, values, .. } = census.usage(key);
    (rows, values)
}

/// Two rows under an old key, one under a new one, and one of both.
fn mixed() -> (Ward, Vec<PatientRow>, KeyId, KeyId) {
    let ward = Ward::new();
    let old = *ward.keys.ring.keys()[0].id();
    let mut table = ward.table(3);
    let new = ward.keys.ring.rotate().unwrap();
    let session = ward.session();
    session
        .update_field(&mut table[1], Patient::NOTE, &crate::ward::phi("new"))
        .unwrap();
    table.push(session.seal(&patient(3)).unwrap());
    (ward, table, old, new)
}

#[test]
fn rows_and_values_are_counted_by_key() {
    let (_, table, old, new) = mixed();
    let census = census(&table);
    // Six sealed fields; none is NULL but the full name of every fifth.
    assert_eq!((census.rows(), census.values()), (4, 24));
    assert_eq!(usage(&census, &old), (3, 17));
    assert_eq!(usage(&census, &new), (2, 7));
    let keys: Vec<_> = census.keys().map(|(key, _)| *key).collect();
    assert!(keys.is_sorted() && keys.len() == 2);
    assert_eq!(census.suites().collect::<Vec<_>>(), [(1, 24)]);
    assert_eq!(usage(&census, Ward::new().keys.ring.keys()[0].id()), (0, 0));
    assert!(!census.may_retire(&old) && !census.may_retire(&new));
}

#[test]
fn absent_values_are_not_counted() {
    let ward = Ward::new();
    let census = census(&ward.table(5));
    assert_eq!((census.rows(), census.values()), (5, 29));
}

#[test]
fn a_key_may_go_only_when_nothing_is_under_it() {
    let (ward, table, old, new) = mixed();
    let session = ward.session();
    let all: Vec<_> = session
        .reseal_rows(&table)
        .unwrap()
        .into_iter()
        .zip(&table)
        .map(|(resealed, row)| resealed.unwrap().unwrap_or_else(|| row.clone()))
        .collect();
    let after = census(&all);
    assert!(after.may_retire(&old) && !after.may_retire(&new));
    // One value left behind is enough.
    let mut all = all;
    all[2].note = table[2].note.clone();
    let after = census(&all);
    assert_eq!(usage(&after, &old), (1, 1));
    assert!(!after.may_retire(&old));
}

#[test]
fn an_empty_census_frees_no_key() {
    let (_, _, old, _) = mixed();
    assert!(!Census::new().may_retire(&old));
    assert!(!census(&[]).may_retire(&old));
    let mut merged = Census::new();
    merged.merge(&Census::new());
    assert!(!merged.may_retire(&old));
}

#[test]
fn merging_is_counting_together() {
    let (_, table, old, _) = mixed();
    let mut merged = census(&table[..1]);
    merged.merge(&census(&table[1..]));
    assert_eq!(merged, census(&table));
    merged.merge(&Census::new());
    assert_eq!(merged, census(&table));
    let mut free = census(&table[3..]);
    assert!(free.may_retire(&old));
    free.merge(&census(&table[..1]));
    assert!(!free.may_retire(&old), "what one of them found");
}

#[test]
fn single_values_count_and_what_is_no_envelope_is_refused() {
    let (_, table, old, _) = mixed();
    let mut census = Census::new();
    census.count_value(table[0].ssn.as_bytes()).unwrap();
    assert_eq!(
        (census.rows(), census.values(), usage(&census, &old)),
        (0, 1, (0, 1))
    );
    let before = census.clone();
    for junk in [&b""[..], b"Ada", &[7; 200], &table[0].ssn.as_bytes()[..73]] {
        assert_eq!(
            census.count_value(junk).unwrap_err().kind(),
            ErrorKind::Malformed
        );
    }
    assert_eq!(census, before);
}

/// It opens nothing, so a row that does not open counts as any other.
#[test]
fn corrupt_rows_are_under_their_key_too() {
    let (ward, mut table, old, _) = mixed();
    table[0].ssn = corrupt(&table[0].ssn);
    ward.forget();
    let census = census(&table);
    assert_eq!(usage(&census, &old), (3, 17));
    assert_eq!(ward.keys.count(), crate::doubles::Count::default());
    assert!(ward.sink.is_empty());
}

#[test]
fn rows_are_counted_by_index_version() {
    let ward = Ward::new();
    let mut table = ward.table(5);
    let session = ward.session();
    let old = session.index_versions(Patient::SSN_INDEX).unwrap()[0].version;
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    table.push(session.seal(&patient(5)).unwrap());
    let new = session.index_versions(Patient::SSN_INDEX).unwrap()[0].version;
    let census = census(&table);
    let ssn = PatientSsnIndex::INFO;
    assert_eq!(
        (
            census.rows_of_index(&ssn, old),
            census.rows_of_index(&ssn, new)
        ),
        (5, 1)
    );
    // A row with several values of an index counts once; row 4 has no words.
    let words = PatientWords::INFO;
    let of_words = session.index_versions(Patient::WORDS).unwrap();
    assert_eq!(census.rows_of_index(&words, of_words[1].version), 4);
    assert_eq!(census.rows_of_index(&words, of_words[0].version), 1);
    assert_eq!(
        census.rows_of_index(&words, old),
        0,
        "a version is of one index"
    );
    // Seven under the old key, and under the new one all but the status that row 5 has not.
    assert_eq!(census.indexes().len(), 13);
    for usage in census.indexes() {
        assert_eq!(usage.record_type, "patient");
        assert!((1..=5).contains(&usage.rows));
        if usage.index == ssn.name() {
            let rows = census.rows_of_index(&ssn, usage.version);
            assert_eq!(usage.rows, rows);
        }
    }
}

/// Its id stands in no envelope, but its versions stand in the columns.
#[test]
fn a_key_for_index_values_may_go_only_when_no_row_has_one() {
    let ward = Ward::new();
    let mut table = ward.table(3);
    let session = ward.session();
    let old = *ward.keys.ring.keys()[1].id();
    let new = ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    assert!(!census(&table).may_retire(&old));
    table.iter_mut().for_each(|row| {
        let rows = session.reseal_rows(std::slice::from_ref(row)).unwrap();
        *row = rows.into_iter().next().unwrap().unwrap().unwrap();
    });
    let after = census(&table);
    assert!(after.may_retire(&old) && !after.may_retire(&new));
    let mut merged = Census::new();
    merged.merge(&after);
    assert_eq!(merged, after);
    assert!(!merged.may_retire(&new), "merged, it knows as much");
}

#[test]
fn debug_shows_counts_and_no_key() {
    let (_, table, old, new) = mixed();
    let shown = format!("{:?}", census(&table));
    assert_eq!(shown, "Census { rows: 4, values: 24, keys: 2, .. }");
    assert!(!shown.contains(&old.to_hex()) && !shown.contains(&new.to_hex()));
}
