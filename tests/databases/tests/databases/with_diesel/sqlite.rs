//! SQLite, and how it does without arrays.

use diesel::prelude::*;
use diesel::{delete, insert_into, sql_query, table};
use phi_seal::ErrorKind;
use phi_seal::index::{IndexSet, IndexValue};

use crate::errors::{assert_discreet, kind};
use crate::ward::{ByName, index_set};

#[path = "both.rs"]
mod both;

type Db = diesel::sqlite::Sqlite;
type Connection = diesel::SqliteConnection;

fn connect() -> Connection {
    diesel::Connection::establish(":memory:").unwrap()
}

fn create(db: &mut Connection, table: &str) {
    sql_query(table.replace("BYTES", "BLOB"))
        .execute(db)
        .unwrap();
}

table! {
    sets (id) {
        id -> BigInt,
        words -> Binary,
    }
}

#[test]
fn a_set_is_one_blob() {
    let mut db = connect();
    create(&mut db, "CREATE TABLE sets (id BIGINT, words BYTES)");
    for words in [&[][..], &[1], &[3, 1, 2, 1]] {
        delete(sets::table).execute(&mut db).unwrap();
        let set = index_set(words);
        let row = (sets::id.eq(1), sets::words.eq(&set));
        insert_into(sets::table)
            .values(row)
            .execute(&mut db)
            .unwrap();
        let bytes: Vec<u8> = sets::table.select(sets::words).first(&mut db).unwrap();
        assert_eq!(
            bytes.len(),
            set.as_slice().len() * IndexValue::<ByName>::LEN
        );
        let read = sets::table
            .select(sets::words)
            .first::<IndexSet<ByName>>(&mut db);
        assert_eq!(read.unwrap(), set);
    }
}

#[test]
fn what_is_no_set_is_an_error_that_names_the_column() {
    let mut db = connect();
    create(&mut db, "CREATE TABLE sets (id BIGINT, words BYTES)");
    for words in [
        "x'0102030405060708090a0b0c0d'",
        "x'01'",
        "'0102030405'",
        "12345",
    ] {
        delete(sets::table).execute(&mut db).unwrap();
        create(&mut db, &format!("INSERT INTO sets VALUES (1, {words})"));
        let read = sets::table
            .select(sets::words)
            .first::<IndexSet<ByName>>(&mut db);
        let error = read.unwrap_err();
        assert_eq!(
            kind(&error),
            Some(ErrorKind::Malformed),
            "{words}: {error:?}"
        );
        assert_discreet(
            words,
            &error,
            "words",
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
        );
    }
}
