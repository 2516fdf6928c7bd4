//! PostgreSQL, and what only it has: arrays.

use phi_seal::index::IndexSet;
use phi_seal::{AsText, ErrorKind, Sealed};
use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, EntityTrait, FromQueryResult, IntoActiveModel,
    Statement,
};

use super::entities::lists;
use crate::errors::{assert_discreet, kind};
use crate::throwaway;
use crate::ward::{ByName, index_set, sealed};

#[path = "both.rs"]
mod both;

async fn connect() -> DatabaseConnection {
    Database::connect(throwaway::postgres()).await.unwrap()
}

async fn create(db: &DatabaseConnection, table: &str) {
    let table = table.replace("BYTES", "BYTEA");
    db.execute_unprepared(&table).await.unwrap();
}

fn select(sql: &str) -> Statement {
    Statement::from_string(sea_orm::DbBackend::Postgres, sql)
}

#[tokio::test]
async fn arrays_hold_envelopes_and_sets() {
    let db = connect().await;
    create(
        &db,
        "CREATE TABLE lists (id BIGINT PRIMARY KEY, envelopes BYTES[], words BYTES[])",
    )
    .await;
    let rows = [
        lists::Model {
            id: 1,
            envelopes: vec![sealed("a"), sealed("b")],
            words: Some(index_set(&[2, 1]).as_slice().to_vec()),
        },
        lists::Model {
            id: 2,
            envelopes: Vec::new(),
            words: None,
        },
    ];
    for row in rows.clone() {
        lists::Entity::insert(row.into_active_model())
            .exec(&db)
            .await
            .unwrap();
    }
    assert_eq!(lists::Entity::find().all(&db).await.unwrap(), rows);

    let first = db
        .query_one_raw(select("SELECT words FROM lists WHERE id = 1"))
        .await;
    let words: IndexSet<ByName> = first.unwrap().unwrap().try_get("", "words").unwrap();
    assert_eq!(words, index_set(&[1, 2]));
    let second = db
        .query_one_raw(select("SELECT words FROM lists WHERE id = 2"))
        .await;
    let words: Option<IndexSet<ByName>> = second.unwrap().unwrap().try_get("", "words").unwrap();
    assert_eq!(words, None);

    let some_of = Statement::from_sql_and_values(
        sea_orm::DbBackend::Postgres,
        "SELECT id FROM lists WHERE words && $1",
        [index_set(&[9, 2]).as_slice().to_vec().into()],
    );
    let hit = db.query_one_raw(some_of).await.unwrap().unwrap();
    assert_eq!(hit.try_get::<i64>("", "id").unwrap(), 1);
}

#[tokio::test]
async fn texts_are_an_array_too() {
    let db = connect().await;
    create(&db, "CREATE TABLE lists (texts TEXT[])").await;
    let texts = vec![AsText(sealed("a")), AsText(sealed("b"))];
    let insert = Statement::from_sql_and_values(
        sea_orm::DbBackend::Postgres,
        "INSERT INTO lists VALUES ($1)",
        [texts.clone().into()],
    );
    db.execute_raw(insert).await.unwrap();
    let row = lists::Texts::find_by_statement(select("SELECT texts FROM lists"))
        .one(&db)
        .await;
    assert_eq!(row.unwrap().unwrap().texts, texts);
}

#[tokio::test]
async fn one_bad_element_fails_its_array_and_names_the_column() {
    let db = connect().await;
    let content = b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c";
    for (array, expected) in [
        (
            "ARRAY['\\x0102030405060708090a0b0c'::bytea]",
            Some(ErrorKind::Malformed),
        ),
        ("ARRAY[NULL::bytea]", None),
        ("ARRAY[1, 2]", None),
        ("NULL::bytea[]", None),
    ] {
        let row = db
            .query_one_raw(select(&format!("SELECT {array} AS words")))
            .await;
        let row = row.unwrap().unwrap();
        for error in [
            row.try_get::<Vec<Sealed<String>>>("", "words").unwrap_err(),
            row.try_get::<IndexSet<ByName>>("", "words").unwrap_err(),
        ] {
            assert_eq!(kind(&error), expected, "{array}: {error:?}");
            assert_discreet(array, &error, "words", content);
        }
    }
}
