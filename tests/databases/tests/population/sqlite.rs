//! The population in SQLite.

use phi_seal::index::{Index, IndexValue};
use phi_seal::record::RecordIndex;
use sqlx::{AssertSqlSafe, Connection, Executor, Row, Sqlite, SqliteConnection, query, query_as};

use crate::hospital::{Hospital, INDEXED};
use crate::patient::{COLUMNS, Patient, PatientRow};
use crate::search;

#[tokio::test]
async fn searches_of_100_000_patients_in_sqlite() {
    search::prove::<SqliteConnection>("SQLite").await;
}

impl Hospital for SqliteConnection {
    async fn open() -> Self {
        let mut db = <Self as Connection>::connect("sqlite::memory:")
            .await
            .unwrap();
        let create = "CREATE TABLE patient (id INTEGER PRIMARY KEY, family BLOB NOT NULL, \
             given BLOB NOT NULL, ssn BLOB NOT NULL, born BLOB NOT NULL, family_prefix BLOB, \
             family_sound BLOB, ssn_index BLOB, born_family BLOB)";
        Executor::execute(&mut db, create).await.unwrap();
        let unique = "CREATE UNIQUE INDEX patient_ssn_index ON patient (ssn_index)";
        Executor::execute(&mut db, unique).await.unwrap();
        db
    }

    async fn insert(&mut self, rows: &[PatientRow]) {
        let mut db = self.begin().await.unwrap();
        let insert =
            format!("INSERT INTO patient ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");
        for row in rows {
            let insert = query(AssertSqlSafe(insert.clone()))
                .bind(row.id)
                .bind(&row.family)
                .bind(&row.given)
                .bind(&row.ssn)
                .bind(&row.born)
                .bind(row.family_prefix)
                .bind(row.family_sound)
                .bind(row.ssn_index)
                .bind(row.born_family);
            insert.execute(&mut *db).await.unwrap();
        }
        for column in INDEXED {
            let index =
                format!("CREATE INDEX IF NOT EXISTS patient_{column} ON patient ({column})");
            Executor::execute(&mut *db, AssertSqlSafe(index))
                .await
                .unwrap();
        }
        db.commit().await.unwrap();
    }

    async fn execute(&mut self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_string());
        Executor::execute(self, statement).await.unwrap();
    }

    async fn candidates<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> Vec<PatientRow> {
        let mut select = query_as::<Sqlite, PatientRow>(AssertSqlSafe(select::<I>(values.len())));
        for value in values {
            select = select.bind(*value);
        }
        select.fetch_all(self).await.unwrap()
    }

    async fn explain<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> String {
        let explain = format!("EXPLAIN QUERY PLAN {}", select::<I>(values.len()));
        let mut explain = query(AssertSqlSafe(explain));
        for value in values {
            explain = explain.bind(*value);
        }
        let rows = explain.fetch_all(self).await.unwrap();
        let details: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        details.join("\n")
    }

    async fn page(&mut self, after: i64, limit: i64) -> Vec<PatientRow> {
        let select = format!("SELECT {COLUMNS} FROM patient WHERE id > ?1 ORDER BY id LIMIT ?2");
        let select = query_as(AssertSqlSafe(select)).bind(after).bind(limit);
        select.fetch_all(self).await.unwrap()
    }
}

/// One parameter for each value: SQLite has no arrays.
fn select<I: Index>(values: usize) -> String {
    let (column, parameters) = (I::INFO.name(), vec!["?"; values].join(", "));
    format!("SELECT {COLUMNS} FROM patient WHERE {column} IN ({parameters})")
}
