//! Compiled once for each database: `Db`, `connect`, `BYTES` and `create` are its own.

use std::sync::Arc;

use phi_seal::index::IndexValue;
use phi_seal::{AsText, ErrorKind, Keyring, Phi, Sealed};
use sqlx::error::{Error, UnexpectedNullError};
use sqlx::{Decode, Row, Type, query, query_as, query_scalar};

use super::{Connection, Db, connect, create};
use crate::errors::{assert_discreet, kind};
use crate::spoiled::{self, Cell};
use crate::ward::{
    ByName, BySsn, CANARY, Patient, PatientRow, index_value, patient, sealed, sealed_integer,
    session, session_of,
};

async fn insert(db: &mut Connection, row: &PatientRow) {
    query("INSERT INTO patient (id, name, ssn, note, active) VALUES ($1, $2, $3, $4, $5)")
        .bind(&row.id)
        .bind(&row.name)
        .bind(&row.ssn)
        .bind(&row.note)
        .bind(row.active)
        .execute(db)
        .await
        .unwrap();
}

async fn select(db: &mut Connection, id: &str) -> PatientRow {
    let select = query_as("SELECT id, name, ssn, note, active FROM patient WHERE id = $1");
    select.bind(id.to_string()).fetch_one(db).await.unwrap()
}

async fn patients() -> Connection {
    let mut db = connect().await;
    create(
        &mut db,
        "CREATE TABLE patient (id TEXT PRIMARY KEY, name BYTES NOT NULL, ssn BYTES NOT NULL, \
         note BYTES, active BOOLEAN NOT NULL)",
    )
    .await;
    db
}

/// A table for one cell of each type.
async fn cells() -> Connection {
    let mut db = connect().await;
    create(
        &mut db,
        "CREATE TABLE cells (bytes BYTES, text TEXT, number BIGINT)",
    )
    .await;
    db
}

#[tokio::test]
async fn a_derived_row_is_read_by_its_columns_names() {
    let mut db = patients().await;
    let session = session();
    let mut sealed = session.seal(&patient("p-1")).unwrap();
    insert(&mut db, &sealed).await;

    let row = select(&mut db, "p-1").await;
    assert_eq!(row, sealed);
    assert_eq!(row.note, None);
    let opened = session.open(&row).unwrap();
    assert_eq!(
        (opened.ssn.expose().as_str(), opened.active),
        ("900-01-p-1", true)
    );

    let note = Some(Phi::new(CANARY.to_string()));
    session
        .update_field(&mut sealed, Patient::NOTE, &note)
        .unwrap();
    query("UPDATE patient SET note = $1")
        .bind(&sealed.note)
        .execute(&mut db)
        .await
        .unwrap();
    let row = select(&mut db, "p-1").await;
    assert_eq!(session.open(&row).unwrap().note.unwrap().expose(), CANARY);
}

#[tokio::test]
async fn text_columns_are_written_as_text_and_read_by_either_type() {
    let mut db = cells().await;
    let envelope = sealed(CANARY);
    for form in [Some(envelope.to_text()), None] {
        query("DELETE FROM cells").execute(&mut db).await.unwrap();
        query("INSERT INTO cells (text) VALUES ($1)")
            .bind(&form)
            .execute(&mut db)
            .await
            .unwrap();
        let expected = form.is_some().then(|| envelope.clone());
        let read: Option<Sealed<String>> = one(&mut db, "text").await.unwrap();
        assert_eq!(read, expected);
        let read: Option<AsText<Sealed<String>>> = one(&mut db, "text").await.unwrap();
        assert_eq!(read, expected.map(AsText));
    }
    let value = index_value::<BySsn>(1);
    query("INSERT INTO cells (text) VALUES ($1), ($2)")
        .bind(AsText(envelope.clone()))
        .bind(Some(AsText(value)))
        .execute(&mut db)
        .await
        .unwrap();
    let texts = "SELECT text FROM cells WHERE text IN ($1, $2) ORDER BY text DESC";
    let texts = query_scalar(texts)
        .bind(envelope.to_text())
        .bind(AsText(value));
    let texts: Vec<String> = texts.fetch_all(&mut db).await.unwrap();
    assert_eq!(texts, [envelope.to_text(), value.to_text()]);
}

#[tokio::test]
async fn what_is_no_envelope_is_an_error_that_names_the_column() {
    let mut db = cells().await;
    for (case, cell) in spoiled::envelopes() {
        let column = put(&mut db, &cell).await;
        let error = one::<Sealed<String>>(&mut db, column).await.unwrap_err();
        assert_malformed(case, &error, cell.content());
        let error = one::<Option<Sealed<String>>>(&mut db, column)
            .await
            .unwrap_err();
        assert_malformed(case, &error, cell.content());
    }
    // The control: what was sealed is read, by a field of its type only.
    let good = Cell::Bytes(sealed_integer());
    let column = put(&mut db, &good).await;
    assert!(one::<Sealed<i64>>(&mut db, column).await.is_ok());
}

#[tokio::test]
async fn what_is_no_index_value_is_an_error_that_names_the_column() {
    let mut db = cells().await;
    let narrow = Cell::Bytes(index_value::<ByName>(1).as_bytes().to_vec());
    let of_another_width = [("of another width", narrow)];
    for (case, cell) in spoiled::index_values().into_iter().chain(of_another_width) {
        let column = put(&mut db, &cell).await;
        let error = one::<IndexValue<BySsn>>(&mut db, column).await.unwrap_err();
        assert_malformed(case, &error, cell.content());
    }
    let good = index_value::<BySsn>(1);
    for cell in [
        Cell::Bytes(good.as_bytes().to_vec()),
        Cell::Text(good.to_text()),
    ] {
        let column = put(&mut db, &cell).await;
        assert_eq!(
            one::<IndexValue<BySsn>>(&mut db, column).await.unwrap(),
            good
        );
    }
}

#[tokio::test]
async fn a_null_is_an_error_unless_it_may_be() {
    let mut db = cells().await;
    query("INSERT INTO cells (number) VALUES (1)")
        .execute(&mut db)
        .await
        .unwrap();
    for column in ["bytes", "text"] {
        assert_eq!(
            one::<Option<Sealed<String>>>(&mut db, column)
                .await
                .unwrap(),
            None
        );
        assert_eq!(
            one::<Option<IndexValue<BySsn>>>(&mut db, column)
                .await
                .unwrap(),
            None
        );
        for error in [
            one::<Sealed<String>>(&mut db, column).await.unwrap_err(),
            one::<AsText<Sealed<String>>>(&mut db, column)
                .await
                .unwrap_err(),
            one::<IndexValue<BySsn>>(&mut db, column).await.unwrap_err(),
        ] {
            let Error::ColumnDecode { index, source } = &error else {
                panic!("{error:?}");
            };
            assert_eq!(index, "\"ssn\"");
            assert!(source.is::<UnexpectedNullError>(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_an_error_that_names_the_column() {
    let mut db = cells().await;
    query("INSERT INTO cells (number) VALUES (900012345)")
        .execute(&mut db)
        .await
        .unwrap();
    for error in [
        one::<Sealed<String>>(&mut db, "number").await.unwrap_err(),
        one::<Option<Sealed<String>>>(&mut db, "number")
            .await
            .unwrap_err(),
        one::<IndexValue<BySsn>>(&mut db, "number")
            .await
            .unwrap_err(),
    ] {
        assert!(matches!(&error, Error::ColumnDecode { index, .. } if index == "\"ssn\""));
        assert_discreet("number", &error, "ssn", b"900012345");
        assert!(!format!("{error} {error:?}").contains("900012345"));
    }
    // `query_as!` checks types when it compiles, and not again.
    let row = query("SELECT number AS ssn FROM cells")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let error = row
        .try_get_unchecked::<Sealed<String>, _>("ssn")
        .unwrap_err();
    assert_malformed("unchecked", &error, b"900012345");
}

#[tokio::test]
async fn cells_that_were_moved_by_sql_do_not_open() {
    let keyring = Arc::new(Keyring::generate().unwrap());
    let (session, other) = (
        session_of("mercy", &keyring),
        session_of("lakeview", &keyring),
    );
    for (case, update, expected) in [
        (
            "untouched",
            "UPDATE patient SET active = active",
            [None, None],
        ),
        (
            "columns",
            "UPDATE patient SET name = ssn, ssn = name WHERE id = 'p-1'",
            [Some(ErrorKind::Integrity), None],
        ),
        (
            "rows",
            "UPDATE patient SET ssn = (SELECT ssn FROM patient WHERE id = 'p-2') \
             WHERE id = 'p-1'",
            [Some(ErrorKind::Integrity), None],
        ),
        (
            "tenants",
            "UPDATE patient SET ssn = (SELECT ssn FROM patient WHERE id = 'elsewhere')",
            [Some(ErrorKind::Integrity), Some(ErrorKind::Integrity)],
        ),
    ] {
        let mut db = patients().await;
        for id in ["p-1", "p-2"] {
            insert(&mut db, &session.seal(&patient(id)).unwrap()).await;
        }
        // Patient p-1 of another tenant, kept under an id of its own here.
        let mut elsewhere = other.seal(&patient("p-1")).unwrap();
        elsewhere.id = "elsewhere".into();
        insert(&mut db, &elsewhere).await;

        query(update).execute(&mut db).await.unwrap();
        for (id, expected) in ["p-1", "p-2"].into_iter().zip(expected) {
            let row = select(&mut db, id).await;
            let found = session.open(&row).err().map(|error| error.kind());
            assert_eq!(found, expected, "{case}: {id}");
        }
    }
}

#[tokio::test]
async fn a_uniqueness_constraint_holds_on_an_index_column() {
    let mut db = connect().await;
    create(
        &mut db,
        "CREATE TABLE found (id BIGINT, ssn_index BYTES UNIQUE)",
    )
    .await;
    let insert = |id: i64, seed| {
        query("INSERT INTO found (id, ssn_index) VALUES ($1, $2)")
            .bind(id)
            .bind(Option::map(seed, index_value::<BySsn>))
    };
    insert(1, Some(1)).execute(&mut db).await.unwrap();
    insert(2, Some(2)).execute(&mut db).await.unwrap();
    insert(3, None).execute(&mut db).await.unwrap();
    insert(4, None).execute(&mut db).await.unwrap();
    let error = insert(5, Some(1)).execute(&mut db).await.unwrap_err();
    assert!(
        error.as_database_error().unwrap().is_unique_violation(),
        "{error}"
    );

    let found = query_scalar::<_, i64>("SELECT id FROM found WHERE ssn_index = $1");
    let found = found.bind(index_value::<BySsn>(2)).fetch_all(&mut db).await;
    assert_eq!(found.unwrap(), [2]);
}

/// Makes the cell the only one, and says in which column it is.
async fn put(db: &mut Connection, cell: &Cell) -> &'static str {
    query("DELETE FROM cells").execute(&mut *db).await.unwrap();
    let (column, insert) = match cell {
        Cell::Bytes(bytes) => {
            let insert = query("INSERT INTO cells (bytes) VALUES ($1)");
            ("bytes", insert.bind(bytes.clone()))
        }
        Cell::Text(text) => {
            let insert = query("INSERT INTO cells (text) VALUES ($1)");
            ("text", insert.bind(text.clone()))
        }
    };
    insert.execute(db).await.unwrap();
    column
}

/// The only cell, as a column named `ssn`.
async fn one<T>(db: &mut Connection, column: &'static str) -> Result<T, Error>
where
    T: for<'r> Decode<'r, Db> + Type<Db>,
{
    let select = match column {
        "bytes" => "SELECT bytes AS ssn FROM cells",
        "text" => "SELECT text AS ssn FROM cells",
        _ => "SELECT number AS ssn FROM cells",
    };
    query(select).fetch_one(db).await?.try_get("ssn")
}

#[track_caller]
fn assert_malformed(case: &str, error: &Error, content: &[u8]) {
    let Error::ColumnDecode { index, source } = error else {
        panic!("{case}: {error:?}");
    };
    assert_eq!(index, "\"ssn\"", "{case}");
    assert!(source.is::<phi_seal::Error>(), "{case}: {error:?}");
    assert_eq!(kind(error), Some(ErrorKind::Malformed), "{case}");
    assert_discreet(case, error, "ssn", content);
}
