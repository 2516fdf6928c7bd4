//! PostgreSQL, and what only it has: arrays.

use diesel::prelude::*;
use diesel::{debug_query, insert_into, sql_query, table};
use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::{ErrorKind, Sealed};

use crate::detector::Detector;
use crate::errors::{assert_discreet, kind};
use crate::throwaway;
use crate::ward::{ByName, BySsn, CANARY, index_set, index_value, sealed};

#[path = "both.rs"]
mod both;

type Db = diesel::pg::Pg;
type Connection = diesel::PgConnection;

fn connect() -> Connection {
    diesel::Connection::establish(&throwaway::postgres()).unwrap()
}

fn create(db: &mut Connection, table: &str) {
    sql_query(table.replace("BYTES", "BYTEA"))
        .execute(db)
        .unwrap();
}

table! {
    lists (id) {
        id -> BigInt,
        envelopes -> Array<Binary>,
        texts -> Array<Text>,
        words -> Array<Binary>,
    }
}

table! {
    /// As `diesel print-schema` writes it: the elements may be NULL.
    #[sql_name = "lists"]
    printed (id) {
        id -> BigInt,
        envelopes -> Nullable<Array<Nullable<Binary>>>,
        words -> Array<Nullable<Binary>>,
    }
}

fn table_of_lists() -> Connection {
    let mut db = connect();
    create(
        &mut db,
        "CREATE TABLE lists (id BIGINT, envelopes BYTES[], texts TEXT[], words BYTES[])",
    );
    db
}

#[test]
fn arrays_hold_envelopes_and_sets() {
    let mut db = table_of_lists();
    let envelopes = vec![sealed("a"), sealed("b")];
    insert_into(lists::table)
        .values((
            lists::id.eq(1),
            lists::envelopes.eq(&envelopes),
            lists::texts.eq(&envelopes),
            lists::words.eq(index_set(&[2, 1])),
        ))
        .execute(&mut db)
        .unwrap();
    type Row = (Vec<Sealed<String>>, Vec<Sealed<String>>, IndexSet<ByName>);
    let columns = (lists::envelopes, lists::texts, lists::words);
    let (bytes, texts, words) = lists::table.select(columns).first::<Row>(&mut db).unwrap();
    assert_eq!((&bytes, &texts), (&envelopes, &envelopes));
    assert_eq!(words, index_set(&[1, 2]));
    let values = lists::table
        .select(lists::words)
        .first::<Vec<IndexValue<ByName>>>(&mut db);
    assert_eq!(values.unwrap(), index_set(&[1, 2]).as_slice());

    type Printed = (Option<Vec<Option<Sealed<String>>>>, IndexSet<ByName>);
    let columns = (printed::envelopes, printed::words);
    let (bytes, words) = printed::table
        .select(columns)
        .first::<Printed>(&mut db)
        .unwrap();
    assert_eq!(
        bytes.unwrap(),
        envelopes.into_iter().map(Some).collect::<Vec<_>>()
    );
    assert_eq!(words, index_set(&[1, 2]));
}

#[test]
fn sets_overlap_and_contain() {
    let mut db = table_of_lists();
    for (id, words) in [(1, &[1, 2, 3][..]), (2, &[3, 4]), (3, &[])] {
        let row = (printed::id.eq(id), printed::words.eq(index_set(words)));
        insert_into(printed::table)
            .values(row)
            .execute(&mut db)
            .unwrap();
    }
    let ids = |db: &mut Connection, words: &[u8], contains: bool| -> Vec<i64> {
        let query = lists::table.select(lists::id).order(lists::id).into_boxed();
        let query = match contains {
            true => query.filter(lists::words.contains(index_set(words))),
            false => query.filter(lists::words.overlaps_with(index_set(words))),
        };
        query.load(db).unwrap()
    };
    assert_eq!(ids(&mut db, &[2, 4], false), [1, 2]);
    assert_eq!(ids(&mut db, &[1, 3], true), [1]);
    assert_eq!(ids(&mut db, &[], false), [0_i64; 0]);
}

#[test]
fn one_bad_element_fails_its_array_and_names_the_column() {
    let mut db = table_of_lists();
    create(
        &mut db,
        "INSERT INTO lists VALUES (1, ARRAY['\\x0102'::bytea], ARRAY['x'], \
        ARRAY['\\x0102'::bytea])",
    );
    for (column, error) in [
        (
            "envelopes",
            lists::table
                .select(lists::envelopes)
                .first::<Vec<Sealed<String>>>(&mut db)
                .err(),
        ),
        (
            "texts",
            lists::table
                .select(lists::texts)
                .first::<Vec<Sealed<String>>>(&mut db)
                .err(),
        ),
        (
            "words",
            lists::table
                .select(lists::words)
                .first::<IndexSet<ByName>>(&mut db)
                .err(),
        ),
        (
            "words",
            printed::table
                .select(printed::words)
                .first::<IndexSet<ByName>>(&mut db)
                .err(),
        ),
    ] {
        let error = error.unwrap();
        assert_eq!(
            kind(&error),
            Some(ErrorKind::Malformed),
            "{column}: {error:?}"
        );
        assert_discreet(column, &error, column, b"\x01\x02");
    }
    create(&mut db, "UPDATE lists SET words = ARRAY[NULL::bytea]");
    assert!(
        lists::table
            .select(lists::words)
            .first::<IndexSet<ByName>>(&mut db)
            .is_err()
    );
    assert!(
        printed::table
            .select(printed::words)
            .first::<IndexSet<ByName>>(&mut db)
            .is_err()
    );
}

/// diesel prints what is bound to a query by its `Debug`.
#[test]
fn a_query_that_is_printed_shows_no_envelope() {
    use super::tables::found;
    let (envelope, value) = (sealed(CANARY), index_value::<BySsn>(1));
    let query = found::table
        .filter(found::ssn_index.eq(&envelope))
        .filter(found::ssn_index.eq(value));
    let printed = debug_query::<Db, _>(&query).to_string();
    assert!(printed.contains("Sealed<String>") && printed.contains("IndexValue<BySsn>"));
    for bytes in [envelope.as_bytes(), value.as_bytes()] {
        assert_eq!(Detector::of_bytes(bytes).find(printed.as_bytes()), None);
    }
}
