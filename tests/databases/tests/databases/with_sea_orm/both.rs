//! Compiled once for each database: `connect` and `create` are its own.

use std::sync::Arc;

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::{AsText, ErrorKind, Keyring, Phi, Sealed};
use sea_orm::sea_query::Value;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr,
    EntityTrait, FromQueryResult, IntoActiveModel, QueryFilter, Schema, SqlErr, Statement,
    TryGetable,
};

use super::super::entities::found;
use super::super::entities::visit::{self, Visit};
use super::{connect, create};
use crate::errors::{assert_discreet, kind, texts};
use crate::spoiled::{self, Cell};
use crate::ward::{
    ByName, BySsn, CANARY, PatientRow, index_set, index_value, patient, sealed, sealed_integer,
    session, session_of,
};

fn visit(id: &str) -> Visit {
    Visit {
        id: id.into(),
        reason: Phi::new(format!("reason {id}")),
        plan: None,
        ward: 3,
    }
}

/// A table as sea-orm makes it from the entity.
async fn table_of<E: EntityTrait>(entity: E) -> DatabaseConnection {
    let db = connect().await;
    let schema = Schema::new(db.get_database_backend());
    db.execute(&schema.create_table_from_entity(entity))
        .await
        .unwrap();
    db
}

async fn cells() -> DatabaseConnection {
    let db = connect().await;
    create(
        &db,
        "CREATE TABLE cells (bytes BYTES, text TEXT, number BIGINT)",
    )
    .await;
    db
}

#[tokio::test]
async fn a_derived_model_is_inserted_changed_and_read() {
    let db = table_of(visit::Entity).await;
    let session = session();
    let mut sealed = session.seal(&visit("v-1")).unwrap();
    let inserted = sealed
        .clone()
        .into_active_model()
        .insert(&db)
        .await
        .unwrap();
    assert_eq!(inserted, sealed);
    let read = visit::Entity::find_by_id("v-1")
        .one(&db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(read, sealed);

    let plan = Some(Phi::new(CANARY.to_string()));
    session
        .update_field(&mut sealed, Visit::PLAN, &plan)
        .unwrap();
    let change = visit::ActiveModel {
        id: Set("v-1".into()),
        plan: Set(sealed.plan.clone()),
        ..Default::default()
    };
    assert_eq!(change.update(&db).await.unwrap(), sealed);
    let by_envelope = visit::Column::Plan.eq(sealed.plan.clone().unwrap());
    let read = visit::Entity::find()
        .filter(by_envelope)
        .one(&db)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.open(&read).unwrap().plan.unwrap().expose(), CANARY);
}

/// Without an entity: a row of a query, by its columns' names.
#[tokio::test]
async fn a_derived_row_is_read_from_any_query() {
    let db = connect().await;
    create(
        &db,
        "CREATE TABLE patient (id TEXT, name BYTES, ssn TEXT, active BOOLEAN)",
    )
    .await;
    let sealed = session().seal(&patient("p-1")).unwrap();
    let values = [
        Value::from("p-1"),
        sealed.name.clone().into(),
        AsText(sealed.ssn.clone()).into(),
        true.into(),
    ];
    run(&db, "INSERT INTO patient VALUES ($1, $2, $3, $4)", values).await;
    // sea-orm reads a column that the query lacks as NULL: the note.
    let select = Statement::from_string(db.get_database_backend(), "SELECT * FROM patient");
    let row = PatientRow::find_by_statement(select)
        .one(&db)
        .await
        .unwrap();
    assert_eq!(row.unwrap(), sealed);
}

#[tokio::test]
async fn index_values_are_found_and_unique() {
    let db = table_of(found::Entity).await;
    let row = |id: i64, seed: Option<u8>| found::Model {
        id,
        ssn: seed.map(|_| AsText(sealed(CANARY))),
        ssn_index: seed.map(index_value),
        ssn_text: seed.map(|seed| AsText(index_value(seed))),
        words: index_set(&[3, 1]),
    };
    let rows = [row(1, Some(1)), row(2, Some(2)), row(3, None), row(4, None)];
    for row in &rows {
        let inserted = row.clone().into_active_model().insert(&db).await.unwrap();
        assert_eq!(&inserted, row);
    }
    let again = row(5, Some(1)).into_active_model().insert(&db).await;
    let error = again.unwrap_err().sql_err();
    assert!(
        matches!(error, Some(SqlErr::UniqueConstraintViolation(_))),
        "{error:?}"
    );

    let second = index_value::<BySsn>(2);
    for filter in [
        found::Column::SsnIndex.eq(second),
        found::Column::SsnText.eq(AsText(second)),
        found::Column::SsnIndex.is_in([second, index_value(9)]),
    ] {
        let hits = found::Entity::find().filter(filter).all(&db).await.unwrap();
        assert_eq!(hits, rows[1..2]);
    }
}

#[tokio::test]
async fn text_and_bytes_are_read_by_either_type() {
    let db = cells().await;
    let (envelope, value) = (sealed(CANARY), index_value::<BySsn>(1));
    for cell in [
        Cell::Bytes(envelope.as_bytes().to_vec()),
        Cell::Text(envelope.to_text()),
    ] {
        let column = put(&db, &cell).await;
        assert_eq!(one::<Sealed<String>>(&db, column).await.unwrap(), envelope);
        let text = one::<AsText<Sealed<String>>>(&db, column).await.unwrap();
        assert_eq!(text, AsText(envelope.clone()));
    }
    for cell in [
        Cell::Bytes(value.as_bytes().to_vec()),
        Cell::Text(value.to_text()),
    ] {
        let column = put(&db, &cell).await;
        assert_eq!(one::<IndexValue<BySsn>>(&db, column).await.unwrap(), value);
    }
    put(&db, &Cell::Bytes(sealed_integer())).await;
    assert!(one::<Sealed<i64>>(&db, "bytes").await.is_ok());
}

#[tokio::test]
async fn what_is_no_envelope_is_an_error_that_names_the_column() {
    let db = cells().await;
    for (case, cell) in spoiled::envelopes() {
        let column = put(&db, &cell).await;
        let error = one::<Sealed<String>>(&db, column).await.unwrap_err();
        assert_malformed(case, &error, cell.content());
        let error = one::<Option<Sealed<String>>>(&db, column)
            .await
            .unwrap_err();
        assert_malformed(case, &error, cell.content());
    }
}

#[tokio::test]
async fn what_is_no_index_value_is_an_error_that_names_the_column() {
    let db = cells().await;
    let narrow = Cell::Bytes(index_value::<ByName>(1).as_bytes().to_vec());
    let of_another_width = [("of another width", narrow)];
    for (case, cell) in spoiled::index_values().into_iter().chain(of_another_width) {
        let column = put(&db, &cell).await;
        let error = one::<IndexValue<BySsn>>(&db, column).await.unwrap_err();
        assert_malformed(case, &error, cell.content());
    }
    put(&db, &Cell::Bytes(vec![7; 13])).await;
    let error = one::<IndexSet<ByName>>(&db, "bytes").await.unwrap_err();
    assert_malformed("no set", &error, &[7; 13]);
}

#[tokio::test]
async fn a_null_is_an_error_unless_it_may_be() {
    let db = cells().await;
    run(
        &db,
        "INSERT INTO cells (number) VALUES ($1)",
        [1_i64.into()],
    )
    .await;
    for column in ["bytes", "text"] {
        assert_eq!(
            one::<Option<Sealed<String>>>(&db, column).await.unwrap(),
            None
        );
        assert_eq!(
            one::<Option<IndexSet<ByName>>>(&db, column).await.unwrap(),
            None
        );
        for error in [
            one::<Sealed<String>>(&db, column).await.unwrap_err(),
            one::<AsText<Sealed<String>>>(&db, column)
                .await
                .unwrap_err(),
            one::<IndexValue<BySsn>>(&db, column).await.unwrap_err(),
            one::<IndexSet<ByName>>(&db, column).await.unwrap_err(),
        ] {
            let DbErr::Type(text) = &error else {
                panic!("{error:?}");
            };
            assert!(text.contains("null") && text.contains("\"ssn\""), "{text}");
        }
    }
}

#[tokio::test]
async fn a_column_of_another_type_is_an_error_that_names_the_column() {
    let db = cells().await;
    run(
        &db,
        "INSERT INTO cells (number) VALUES ($1)",
        [900_012_345_i64.into()],
    )
    .await;
    for error in [
        one::<Sealed<String>>(&db, "number").await.unwrap_err(),
        one::<Option<Sealed<String>>>(&db, "number")
            .await
            .unwrap_err(),
        one::<IndexValue<BySsn>>(&db, "number").await.unwrap_err(),
        one::<IndexSet<ByName>>(&db, "number").await.unwrap_err(),
    ] {
        assert!(matches!(&error, DbErr::Query(_)), "{error:?}");
        assert_discreet("number", &error, "ssn", b"900012345");
        assert!(!texts(&error).contains("900012345"));
    }
}

#[tokio::test]
async fn cells_that_were_moved_by_sql_do_not_open() {
    let keyring = Arc::new(Keyring::generate().unwrap());
    let (session, other) = (
        session_of("mercy", &keyring),
        session_of("lakeview", &keyring),
    );
    let mut elsewhere = other.seal(&visit("v-1")).unwrap();
    elsewhere.id = "elsewhere".into();
    let planned = |id| Visit {
        plan: Some(Phi::new("rest".into())),
        ..visit(id)
    };
    for (case, sql, expected) in [
        ("untouched", "UPDATE visit SET ward = ward", None),
        (
            "columns",
            "UPDATE visit SET reason = plan, plan = reason WHERE plan IS NOT NULL",
            Some(ErrorKind::Integrity),
        ),
        (
            "rows",
            "UPDATE visit SET reason = (SELECT reason FROM visit WHERE id = 'v-2')",
            Some(ErrorKind::Integrity),
        ),
        (
            "tenants",
            "UPDATE visit SET reason = (SELECT reason FROM visit WHERE id = 'elsewhere')",
            Some(ErrorKind::Integrity),
        ),
    ] {
        let db = table_of(visit::Entity).await;
        let rows = ["v-1", "v-2"].map(|id| session.seal(&planned(id)).unwrap());
        for row in rows.into_iter().chain([elsewhere.clone()]) {
            row.into_active_model().insert(&db).await.unwrap();
        }
        create(&db, sql).await;
        let row = visit::Entity::find_by_id("v-1")
            .one(&db)
            .await
            .unwrap()
            .unwrap();
        let found = session.open(&row).err().map(|error| error.kind());
        assert_eq!(found, expected, "{case}");
    }
}

async fn run<const N: usize>(db: &DatabaseConnection, sql: &str, values: [Value; N]) {
    let backend = db.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, sql, values);
    db.execute_raw(statement).await.unwrap();
}

/// Makes the cell the only one, and says in which column it is.
async fn put(db: &DatabaseConnection, cell: &Cell) -> &'static str {
    run(db, "DELETE FROM cells", []).await;
    match cell {
        Cell::Bytes(bytes) => {
            run(
                db,
                "INSERT INTO cells (bytes) VALUES ($1)",
                [bytes.clone().into()],
            )
            .await;
            "bytes"
        }
        Cell::Text(text) => {
            run(
                db,
                "INSERT INTO cells (text) VALUES ($1)",
                [text.clone().into()],
            )
            .await;
            "text"
        }
    }
}

/// The only cell, as a column named `ssn`.
async fn one<T: TryGetable>(db: &DatabaseConnection, column: &str) -> Result<T, DbErr> {
    let sql = format!("SELECT {column} AS ssn FROM cells");
    let statement = Statement::from_string(db.get_database_backend(), sql);
    db.query_one_raw(statement)
        .await?
        .unwrap()
        .try_get("", "ssn")
}

#[track_caller]
fn assert_malformed(case: &str, error: &DbErr, content: &[u8]) {
    assert!(
        matches!(error, DbErr::TryIntoErr { .. }),
        "{case}: {error:?}"
    );
    assert_eq!(kind(error), Some(ErrorKind::Malformed), "{case}");
    assert_discreet(case, error, "column \"ssn\"", content);
}
