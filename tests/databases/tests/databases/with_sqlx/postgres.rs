//! PostgreSQL, and what only it has: arrays.

use phi_seal::index::{IndexSet, IndexValue};
use phi_seal::{AsText, ErrorKind, Sealed};
use sqlx::{AssertSqlSafe, Executor as _, Row, query, query_scalar, raw_sql};

use crate::errors::{assert_discreet, kind};
use crate::throwaway;
use crate::ward::{ByName, BySsn, CANARY, index_set, index_value, sealed};

#[path = "both.rs"]
mod both;

type Db = sqlx::Postgres;
type Connection = sqlx::PgConnection;

async fn connect() -> Connection {
    <Connection as sqlx::Connection>::connect(&throwaway::postgres())
        .await
        .unwrap()
}

async fn create(db: &mut Connection, table: &str) {
    let table = table.replace("BYTES", "BYTEA");
    db.execute(AssertSqlSafe(table)).await.unwrap();
}

#[tokio::test]
async fn arrays_hold_envelopes_and_index_values() {
    let mut db = connect().await;
    create(
        &mut db,
        "CREATE TABLE lists (envelopes BYTES[], texts TEXT[], found BYTES[])",
    )
    .await;
    let envelopes = vec![sealed("a"), sealed("b")];
    let texts: Vec<_> = envelopes.iter().cloned().map(AsText).collect();
    let values: Vec<_> = [3, 1].map(index_value::<BySsn>).to_vec();
    query("INSERT INTO lists VALUES ($1, $2, $3), ($4, NULL, NULL)")
        .bind(&envelopes)
        .bind(&texts)
        .bind(&values)
        .bind(Vec::<Sealed<String>>::new())
        .execute(&mut db)
        .await
        .unwrap();
    let rows = query("SELECT * FROM lists ORDER BY found")
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(
        rows[0].get::<Vec<Sealed<String>>, _>("envelopes"),
        envelopes
    );
    assert_eq!(rows[0].get::<Vec<Sealed<String>>, _>("texts"), envelopes);
    assert_eq!(
        rows[0].get::<Vec<AsText<Sealed<String>>>, _>("texts"),
        texts
    );
    assert_eq!(rows[0].get::<Vec<IndexValue<BySsn>>, _>("found"), values);
    assert_eq!(rows[1].get::<Vec<Sealed<String>>, _>("envelopes"), []);
    assert_eq!(
        rows[1].get::<Option<Vec<IndexValue<BySsn>>>, _>("found"),
        None
    );
}

#[tokio::test]
async fn a_list_of_index_values_finds_any_of_them() {
    let mut db = connect().await;
    create(&mut db, "CREATE TABLE found (id BIGINT, ssn_index BYTES)").await;
    for id in 1..=4_u8 {
        query("INSERT INTO found VALUES ($1, $2)")
            .bind(i64::from(id))
            .bind(index_value::<BySsn>(id))
            .execute(&mut db)
            .await
            .unwrap();
    }
    let candidates = [4, 2, 9].map(index_value::<BySsn>);
    let ids = query_scalar("SELECT id FROM found WHERE ssn_index = ANY($1) ORDER BY id");
    let ids: Vec<i64> = ids.bind(&candidates[..]).fetch_all(&mut db).await.unwrap();
    assert_eq!(ids, [2, 4]);
}

#[tokio::test]
async fn sets_are_arrays_that_overlap_and_contain() {
    let mut db = connect().await;
    create(&mut db, "CREATE TABLE found (id BIGINT, words BYTES[])").await;
    create(&mut db, "CREATE INDEX ON found USING gin (words)").await;
    for (id, words) in [(1_i64, &[1, 2, 3][..]), (2, &[3, 4]), (3, &[])] {
        query("INSERT INTO found VALUES ($1, $2)")
            .bind(id)
            .bind(index_set(words))
            .execute(&mut db)
            .await
            .unwrap();
    }
    for (operator, words, expected) in [
        ("&&", &[2, 4][..], &[1, 2][..]),
        ("@>", &[1, 3], &[1]),
        ("@>", &[3], &[1, 2]),
        ("&&", &[], &[]),
    ] {
        let sql = format!("SELECT id FROM found WHERE words {operator} $1 ORDER BY id");
        let ids = query_scalar(AssertSqlSafe(sql)).bind(index_set(words));
        let ids: Vec<i64> = ids.fetch_all(&mut db).await.unwrap();
        assert_eq!(ids, expected, "{operator} {words:?}");
    }
    let sets = query_scalar("SELECT words FROM found ORDER BY id");
    let sets: Vec<IndexSet<ByName>> = sets.fetch_all(&mut db).await.unwrap();
    assert_eq!(
        sets,
        [index_set(&[1, 2, 3]), index_set(&[3, 4]), index_set(&[])]
    );
}

#[tokio::test]
async fn one_bad_element_fails_its_array_and_names_the_column() {
    let mut db = connect().await;
    for (array, expected) in [
        (
            "ARRAY['\\x0102030405060708090a0b0c'::bytea]",
            Some(ErrorKind::Malformed),
        ),
        ("ARRAY[NULL::bytea]", None),
        ("ARRAY[ARRAY['\\x01'::bytea]]", None),
        ("'[0:0]={\\\\x01}'::bytea[]", None),
        ("ARRAY[1, 2]", None),
        ("NULL::bytea[]", None),
    ] {
        let sql = format!("SELECT {array} AS words");
        let row = query(AssertSqlSafe(sql)).fetch_one(&mut db).await.unwrap();
        for error in [
            row.try_get::<Vec<Sealed<String>>, _>("words").unwrap_err(),
            row.try_get::<IndexSet<ByName>, _>("words").unwrap_err(),
        ] {
            assert!(
                matches!(error, sqlx::Error::ColumnDecode { .. }),
                "{array}: {error:?}"
            );
            assert_eq!(kind(&error), expected, "{array}");
            assert_discreet(
                array,
                &error,
                "words",
                b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c",
            );
        }
    }
}

/// A query without parameters, by the simple protocol, gets bytes as hexadecimal text.
#[tokio::test]
async fn the_simple_protocol_is_read_too() {
    let mut db = connect().await;
    create(&mut db, "CREATE TABLE cells (bytes BYTES, found BYTES)").await;
    let (envelope, value) = (sealed(CANARY), index_value::<BySsn>(1));
    let insert = query("INSERT INTO cells VALUES ($1, $2)")
        .bind(&envelope)
        .bind(value);
    insert.execute(&mut db).await.unwrap();
    let row = raw_sql("SELECT * FROM cells")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(row.get::<Sealed<String>, _>("bytes"), envelope);
    assert_eq!(row.get::<IndexValue<BySsn>, _>("found"), value);
    let error = row.try_get::<Sealed<String>, _>("found").unwrap_err();
    assert_eq!(kind(&error), Some(ErrorKind::Malformed));
}
