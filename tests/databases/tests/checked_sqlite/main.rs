//! Sealed columns by the macros of sqlx that a database has checked: SQLite.
//!
//! What the database said of each query is in `.sqlx` of this package, so that no database is needed
//! to compile. After a query or the table was changed, in the folder of the package:
//!
//! ```sh
//! sqlite3 /tmp/checked.db < tests/checked_sqlite/schema.sql
//! touch tests/checked_sqlite/main.rs
//! SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$PWD/.sqlx" DATABASE_URL=sqlite:///tmp/checked.db \
//!     cargo check --test checked_sqlite
//! ```
//!
//! adds a file for each query; delete those of queries that are gone.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations
)]

mod patient;

use phi_seal::{Phi, Sealed, Session};
use sqlx::{Connection, Executor, SqliteConnection, query, query_as, query_scalar};

use crate::patient::{CANARY, Patient, PatientRow, assert_malformed_at, rows, session};

async fn patients(rows: &[PatientRow]) -> SqliteConnection {
    let mut db = SqliteConnection::connect("sqlite::memory:").await.unwrap();
    db.execute(include_str!("schema.sql")).await.unwrap();
    for row in rows {
        let insert = query!(
            "INSERT INTO patient (id, ssn, ssn_index, name, name_words, note) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            row.id,
            row.ssn,
            row.ssn_index,
            row.name,
            row.name_words,
            row.note
        );
        insert.execute(&mut db).await.unwrap();
    }
    db
}

async fn select(db: &mut SqliteConnection, id: &str) -> Result<PatientRow, sqlx::Error> {
    let select = query_as!(
        PatientRow,
        r#"SELECT id, ssn AS "ssn: Sealed<String>", ssn_index AS "ssn_index: _",
                  name AS "name: Sealed<String>", name_words AS "name_words: _",
                  note AS "note: Sealed<String>"
           FROM patient WHERE id = ?1"#,
        id
    );
    select.fetch_one(db).await
}

#[tokio::test]
async fn rows_are_written_and_read() {
    let session = session();
    let rows = rows(&session);
    let mut db = patients(&rows).await;
    for row in &rows {
        let read = select(&mut db, &row.id).await.unwrap();
        assert_eq!(read, *row);
        let name = session.open(&read).unwrap().name;
        assert_eq!(*name.expose(), format!("Zofia Żak {}", row.id));
    }
    assert!(rows[0].note.is_some() && rows[1].note.is_none());
    assert!(rows[1].ssn_index.is_some() && rows[2].ssn_index.is_none());
}

#[tokio::test]
async fn an_index_value_finds_its_row() {
    let session = session();
    let mut db = patients(&rows(&session)).await;
    assert_eq!(find(&mut db, &session, "900 01 9999").await, ["p-2"]);
    assert_eq!(find(&mut db, &session, "900 01 0000").await, [""; 0]);
}

async fn find(db: &mut SqliteConnection, session: &Session, ssn: &str) -> Vec<String> {
    let terms = Phi::new(ssn.to_string());
    let search = session.search(Patient::SSN_INDEX, &terms).unwrap();
    let [value] = search.values() else {
        panic!("there is one index key");
    };
    let ids = query_scalar!("SELECT id FROM patient WHERE ssn_index = ?1", value);
    let mut rows = Vec::new();
    for id in ids.fetch_all(&mut *db).await.unwrap() {
        rows.push(select(db, &id).await.unwrap());
    }
    let found = search.open(&rows).unwrap();
    found.into_iter().map(|one| one.unwrap().id).collect()
}

/// The macros read by position: the error has the column's number, from 0, for its name.
#[tokio::test]
async fn what_is_no_envelope_is_an_error_that_names_the_column_by_its_place() {
    let mut db = patients(&rows(&session())).await;
    let plant = query!("UPDATE patient SET name = ?1 WHERE id = 'p-1'", CANARY);
    plant.execute(&mut db).await.unwrap();
    assert_malformed_at("3", &select(&mut db, "p-1").await.unwrap_err());
    assert!(select(&mut db, "p-2").await.is_ok());
}
