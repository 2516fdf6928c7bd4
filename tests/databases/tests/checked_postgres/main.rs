//! Sealed columns by the macros of sqlx that a database has checked: PostgreSQL.
//!
//! What the database said of each query is in `.sqlx` of this package, so that no database is needed
//! to compile. After a query or the table was changed, in the folder of the package, with any empty
//! database:
//!
//! ```sh
//! psql "$DATABASE_URL" --file tests/checked_postgres/schema.sql
//! touch tests/checked_postgres/main.rs
//! SQLX_OFFLINE=false SQLX_OFFLINE_DIR="$PWD/.sqlx" cargo check --test checked_postgres
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

#[path = "../checked_sqlite/patient.rs"]
mod patient;
#[path = "../../../../examples/postgres/server.rs"]
#[expect(dead_code, reason = "the example says where its folder is")]
mod server;
#[path = "../databases/throwaway.rs"]
mod throwaway;

use phi_seal::{Phi, Sealed, Session};
use sqlx::{Connection, Executor, PgConnection, query, query_as};

use crate::patient::{CANARY, Patient, PatientRow, assert_malformed_at, rows, session};

async fn patients(rows: &[PatientRow]) -> PgConnection {
    let mut db = PgConnection::connect(&throwaway::postgres()).await.unwrap();
    db.execute(include_str!("schema.sql")).await.unwrap();
    for row in rows {
        // `as _`: sqlx would have a `Vec<u8>` for each `BYTEA`.
        let insert = query!(
            "INSERT INTO patient (id, ssn, ssn_index, name, name_words, note) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            row.id,
            &row.ssn as _,
            row.ssn_index as _,
            &row.name as _,
            &row.name_words as _,
            &row.note as _
        );
        insert.execute(&mut db).await.unwrap();
    }
    db
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

async fn select(db: &mut PgConnection, id: &str) -> Result<PatientRow, sqlx::Error> {
    let select = query_as!(
        PatientRow,
        r#"SELECT id, ssn AS "ssn: Sealed<String>", ssn_index AS "ssn_index: _",
                  name AS "name: Sealed<String>", name_words AS "name_words: _",
                  note AS "note: Sealed<String>"
           FROM patient WHERE id = $1"#,
        id
    );
    select.fetch_one(db).await
}

#[tokio::test]
async fn an_index_value_finds_its_row() {
    let session = session();
    let mut db = patients(&rows(&session)).await;
    assert_eq!(by_ssn(&mut db, &session, "900 01 9999").await, ["p-2"]);
    assert_eq!(by_ssn(&mut db, &session, "900 01 0000").await, [""; 0]);
    assert_eq!(by_name(&mut db, &session, "żak zofia").await.len(), 3);
    assert_eq!(by_name(&mut db, &session, "nobody").await, [""; 0]);
}

async fn by_ssn(db: &mut PgConnection, session: &Session, ssn: &str) -> Vec<String> {
    let terms = Phi::new(ssn.to_string());
    let search = session.search(Patient::SSN_INDEX, &terms).unwrap();
    let select = query_as!(
        PatientRow,
        r#"SELECT id, ssn AS "ssn: _", ssn_index AS "ssn_index: _", name AS "name: _",
                  name_words AS "name_words: _", note AS "note: _"
           FROM patient WHERE ssn_index = ANY($1)"#,
        search.values() as _
    );
    let rows = select.fetch_all(db).await.unwrap();
    ids(search.open(&rows).unwrap())
}

async fn by_name(db: &mut PgConnection, session: &Session, name: &str) -> Vec<String> {
    let terms = Phi::new(name.to_string());
    let search = session.search(Patient::NAME_WORDS, &terms).unwrap();
    let select = query_as!(
        PatientRow,
        r#"SELECT id, ssn AS "ssn: _", ssn_index AS "ssn_index: _", name AS "name: _",
                  name_words AS "name_words: _", note AS "note: _"
           FROM patient WHERE name_words && $1"#,
        search.values() as _
    );
    let rows = select.fetch_all(db).await.unwrap();
    ids(search.open(&rows).unwrap())
}

fn ids(found: Vec<Result<Patient, phi_seal::Error>>) -> Vec<String> {
    found.into_iter().map(|one| one.unwrap().id).collect()
}

/// The macros read by position: the error has the column's number, from 0, for its name.
#[tokio::test]
async fn what_is_no_envelope_is_an_error_that_names_the_column_by_its_place() {
    let mut db = patients(&rows(&session())).await;
    let plaintext = CANARY.as_bytes();
    let plant = query!("UPDATE patient SET name = $1 WHERE id = 'p-1'", plaintext);
    plant.execute(&mut db).await.unwrap();
    assert_malformed_at("3", &select(&mut db, "p-1").await.unwrap_err());
    assert!(select(&mut db, "p-2").await.is_ok());
}
