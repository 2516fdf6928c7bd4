//! The page's comparison sees a writer who changed an index column and nothing else.

use phi_seal::Session;
use phi_seal::index::IndexValue;
use phi_seal::rotate::{Change, Page, RowStore, StoredRow};
use sqlx::{Executor, query};

use super::keys::Keys;
use super::table::{Chart, ChartRow, ChartSsnIndex, Postgres, Sqlite};
use crate::throwaway;

#[tokio::test]
async fn in_postgres_a_row_whose_index_alone_was_changed_is_left_to_its_writer() {
    let mut table = Postgres::connect(&throwaway::postgres()).await;
    let create = "CREATE TABLE patient (id BIGINT PRIMARY KEY, name BYTEA NOT NULL, \
         ssn BYTEA NOT NULL, ssn_index BYTEA)";
    table.db.execute(create).await.unwrap();
    check(table).await;
}

#[tokio::test]
async fn in_sqlite_a_row_whose_index_alone_was_changed_is_left_to_its_writer() {
    let mut table = Sqlite::connect("sqlite::memory:").await;
    let create = "CREATE TABLE patient (id INTEGER PRIMARY KEY, name BLOB NOT NULL, \
         ssn BLOB NOT NULL, ssn_index BLOB)";
    table.db.execute(create).await.unwrap();
    check(table).await;
}

async fn check(mut table: impl Table) {
    let mut keys = Keys::create();
    let before = keys.session();
    let mut rows: Vec<_> = (1..=4).map(|id| chart(&before, id)).collect();
    let taken_out = rows[2].ssn_index.take();
    for row in &rows {
        table.insert(row).await;
    }
    keys.rotate();
    let after = keys.session();

    let fresh = chart(&after, 1).ssn_index;
    assert!(fresh.is_some() && fresh != rows[0].ssn_index);
    assert!(taken_out.is_some() && rows[1].ssn_index.is_some());
    // A value to another, a value to NULL, NULL to a value. The fourth row nobody changes.
    let written = [fresh, None, taken_out];
    let mut busy = Busy {
        table,
        writes: (1..).zip(written).collect(),
    };
    let first = after.reseal_all(&mut busy).run().await.unwrap();
    assert_eq!(
        (first.resealed, first.contended, first.failed),
        (1, 3, 0),
        "{first:?}"
    );

    let found = busy.table.page(None, 10).await.unwrap();
    for (
        (old, written),
        StoredRow {
            cursor: id,
            row: found,
        },
    ) in rows.iter().zip(written).zip(&found)
    {
        assert_eq!((&found.name, &found.ssn), (&old.name, &old.ssn), "{id}");
        assert_eq!(found.ssn_index, written, "{id}");
    }
    assert_ne!(found[3].row.name, rows[3].name);
    assert_ne!(found[3].row.ssn_index, rows[3].ssn_index);

    // The next run takes them as they are now.
    let second = after.reseal_all(&mut busy).run().await.unwrap();
    assert_eq!((second.resealed, second.contended), (3, 0), "{second:?}");
    let found = busy.table.page(None, 10).await.unwrap();
    for (
        StoredRow {
            cursor: id,
            row: found,
        },
        old,
    ) in found.iter().zip(&rows)
    {
        assert_ne!(found.name, old.name, "{id}");
        let (_, plain) = Chart::revision(*id, 0);
        assert_eq!(after.open(found).unwrap().plain(), plain);
    }
    assert_eq!(found[0].row.ssn_index, fresh, "it was current already");
}

fn chart(session: &Session, id: i64) -> ChartRow {
    session.seal(&Chart::revision(id, 0).0).unwrap()
}

/// As the row has it.
type SsnIndex = Option<IndexValue<ChartSsnIndex>>;

/// A table in which somebody writes these values of the index after the first page was read.
struct Busy<T> {
    table: T,
    writes: Vec<(i64, SsnIndex)>,
}

impl<T: Table> RowStore for Busy<T> {
    type Row = ChartRow;
    type Cursor = i64;
    type Error = sqlx::Error;

    async fn page(
        &mut self,
        after: Option<&i64>,
        limit: usize,
    ) -> Result<Page<i64, ChartRow>, sqlx::Error> {
        self.table.page(after, limit).await
    }

    async fn replace(&mut self, changes: &[Change<ChartRow>]) -> Result<Vec<bool>, sqlx::Error> {
        for (id, value) in self.writes.drain(..) {
            self.table.write_index(id, value).await;
        }
        self.table.replace(changes).await
    }
}

trait Table: RowStore<Row = ChartRow, Cursor = i64, Error = sqlx::Error> {
    async fn insert(&mut self, row: &ChartRow);
    async fn write_index(&mut self, id: i64, value: SsnIndex);
}

macro_rules! table {
    ($($table:ty),*) => {$(
        impl Table for $table {
            async fn insert(&mut self, row: &ChartRow) {
                let insert = "INSERT INTO patient (id, name, ssn, ssn_index) VALUES ($1, $2, $3, $4)";
                let insert = query(insert)
                    .bind(row.id)
                    .bind(&row.name)
                    .bind(&row.ssn)
                    .bind(row.ssn_index);
                insert.execute(&mut self.db).await.unwrap();
            }

            async fn write_index(&mut self, id: i64, value: SsnIndex) {
                let update = query("UPDATE patient SET ssn_index = $2 WHERE id = $1");
                let update = update.bind(id).bind(value).execute(&mut self.db).await;
                assert_eq!(update.unwrap().rows_affected(), 1);
            }
        }
    )*};
}

table!(Postgres, Sqlite);
