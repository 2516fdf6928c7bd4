//! SQLite, and how it does without arrays.

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::{ErrorKind, Sealed};
use sqlx::{AssertSqlSafe, Executor as _, Row, query, query_scalar};

use crate::detector::Detector;
use crate::errors::{assert_discreet, kind};
use crate::ward::{ByName, CANARY, index_set};

#[path = "both.rs"]
mod both;

type Db = sqlx::Sqlite;
type Connection = sqlx::SqliteConnection;

async fn connect() -> Connection {
    <Connection as sqlx::Connection>::connect("sqlite::memory:")
        .await
        .unwrap()
}

async fn create(db: &mut Connection, table: &str) {
    let table = table.replace("BYTES", "BLOB");
    db.execute(AssertSqlSafe(table)).await.unwrap();
}

#[tokio::test]
async fn a_set_is_one_blob() {
    let mut db = connect().await;
    create(&mut db, "CREATE TABLE found (words BYTES)").await;
    for words in [&[][..], &[1], &[3, 1, 2, 1]] {
        query("DELETE FROM found").execute(&mut db).await.unwrap();
        let set = index_set(words);
        let insert = query("INSERT INTO found VALUES ($1)").bind(&set);
        insert.execute(&mut db).await.unwrap();
        let length = query_scalar("SELECT length(words) FROM found WHERE typeof(words) = 'blob'");
        let length: i64 = length.fetch_one(&mut db).await.unwrap();
        let expected = set.as_slice().len() * IndexValue::<ByName>::LEN;
        assert_eq!(usize::try_from(length).unwrap(), expected);
        let read = query_scalar::<_, IndexSet<ByName>>("SELECT words FROM found")
            .fetch_one(&mut db)
            .await;
        assert_eq!(read.unwrap(), set);
    }
}

#[tokio::test]
async fn what_is_no_set_is_an_error_that_names_the_column() {
    let mut db = connect().await;
    for (value, expected) in [
        ("x'0102030405060708090a0b0c0d'", Some(ErrorKind::Malformed)),
        ("x'01'", Some(ErrorKind::Malformed)),
        ("'0102030405060708'", None),
        ("12345678", None),
        ("NULL", None),
    ] {
        let sql = format!("SELECT {value} AS words");
        let row = query(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
        let error = row.try_get::<IndexSet<ByName>, _>("words").unwrap_err();
        assert!(
            matches!(error, sqlx::Error::ColumnDecode { .. }),
            "{value}: {error:?}"
        );
        assert_eq!(kind(&error), expected, "{value}");
        assert_discreet(
            value,
            &error,
            "words",
            b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d",
        );
    }
}

/// A column's type is advice to SQLite: any row may hold another.
#[tokio::test]
async fn text_that_is_not_text_is_an_error_that_names_the_column() {
    let mut db = connect().await;
    let row = query("SELECT CAST(x'ff00fe' AS TEXT) AS ssn")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let error = row.try_get::<Sealed<String>, _>("ssn").unwrap_err();
    assert!(matches!(&error, sqlx::Error::ColumnDecode { index, .. } if index == "\"ssn\""));
}

/// Of a value bound as bytes, whatever the column's type says.
#[tokio::test]
async fn bytes_in_a_text_column_stay_bytes_and_are_read() {
    let mut db = connect().await;
    create(&mut db, "CREATE TABLE cells (text TEXT)").await;
    let envelope = crate::ward::sealed("a");
    let insert = query("INSERT INTO cells VALUES ($1)").bind(&envelope);
    insert.execute(&mut db).await.unwrap();
    let read: Sealed<String> = query_scalar("SELECT text FROM cells")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(read, envelope);
}

#[tokio::test]
async fn a_file_is_read_after_it_was_closed_and_shows_no_plaintext() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hospital.db");
    let url = format!("sqlite://{}?mode=rwc", file.display());
    let envelope = crate::ward::sealed(CANARY);
    let mut db = <Connection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    create(&mut db, "CREATE TABLE cells (bytes BYTES)").await;
    let insert = query("INSERT INTO cells VALUES ($1)").bind(&envelope);
    insert.execute(&mut db).await.unwrap();
    sqlx::Connection::close(db).await.unwrap();

    let content = std::fs::read(&file).unwrap();
    assert!(
        Detector::of_bytes(envelope.as_bytes())
            .find(&content)
            .is_some()
    );
    assert_eq!(Detector::of_text(CANARY).find(&content), None);

    let mut db = <Connection as sqlx::Connection>::connect(&url)
        .await
        .unwrap();
    let read = query_scalar::<_, Sealed<String>>("SELECT bytes FROM cells")
        .fetch_one(&mut db)
        .await;
    assert_eq!(read.unwrap(), envelope);
}
