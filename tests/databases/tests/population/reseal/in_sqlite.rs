//! The page's SQL for SQLite, beside a writer.

use phi_seal::Session;
use phi_seal::rotate::{Change, Page, RowStore, StoredRow};
use sqlx::{Executor, SqliteConnection, query};

use super::keys::Keys;
use super::table::{Chart, ChartRow, Sqlite};

const ROWS: i64 = 2000;

/// A table in which somebody changes a row of each page after it was read.
struct Busy<'b> {
    table: Sqlite,
    session: &'b Session,
}

impl RowStore for Busy<'_> {
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
        put(&mut self.table.db, self.session, changes[0].old.id, 1).await;
        self.table.replace(changes).await
    }
}

#[tokio::test]
async fn the_statements_for_sqlite_lose_no_writers_change() {
    let mut keys = Keys::create();
    let before = keys.session();
    let mut table = Sqlite::connect("sqlite::memory:").await;
    let create = "CREATE TABLE patient (id INTEGER PRIMARY KEY, name BLOB, ssn BLOB, \
         ssn_index BLOB)";
    table.db.execute(create).await.unwrap();
    for id in 1..=ROWS {
        put(&mut table.db, &before, id, 0).await;
    }
    keys.rotate();
    let after = keys.session();

    let mut busy = Busy {
        table,
        session: &before,
    };
    let first = after.reseal_all(&mut busy).page(250).run().await.unwrap();
    assert_eq!((first.resealed, first.contended), (ROWS as u64 - 8, 8));
    let mut table = busy.table;
    let second = after.reseal_all(&mut table).run().await.unwrap();
    assert_eq!((second.resealed, second.contended), (8, 0));

    let rows = table.page(None, usize::MAX).await.unwrap();
    assert_eq!(rows.len() as i64, ROWS);
    for StoredRow { cursor: id, row } in rows {
        let revision = u64::from(id % 250 == 1);
        let (_, plain) = Chart::revision(id, revision);
        assert_eq!(after.open(&row).unwrap().plain(), plain);
    }
}

async fn put(db: &mut SqliteConnection, session: &Session, id: i64, revision: u64) {
    let row = session.seal(&Chart::revision(id, revision).0).unwrap();
    let insert = "INSERT OR REPLACE INTO patient (id, name, ssn, ssn_index) VALUES (?, ?, ?, ?)";
    let insert = query(insert)
        .bind(row.id)
        .bind(&row.name)
        .bind(&row.ssn)
        .bind(row.ssn_index);
    insert.execute(db).await.unwrap();
}
