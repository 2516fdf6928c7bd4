//! The population in PostgreSQL.

use phi_seal::Sealed;
use phi_seal::index::{Index, IndexValue};
use phi_seal::record::RecordIndex;
use sqlx::{
    AssertSqlSafe, Connection, Executor, PgConnection, Postgres, query, query_as, query_scalar,
};

use crate::hospital::{Hospital, INDEXED};
use crate::patient::{COLUMNS, Patient, PatientRow};
use crate::{search, throwaway};

#[tokio::test]
async fn searches_of_100_000_patients_in_postgresql() {
    search::prove::<PgConnection>("PostgreSQL").await;
}

impl Hospital for PgConnection {
    async fn open() -> Self {
        let url = throwaway::postgres();
        let mut db = <Self as Connection>::connect(&url).await.unwrap();
        let create = "CREATE TABLE patient (id BIGINT PRIMARY KEY, family BYTEA NOT NULL, \
             given BYTEA NOT NULL, ssn BYTEA NOT NULL, born BYTEA NOT NULL, family_prefix BYTEA, \
             family_sound BYTEA, ssn_index BYTEA, born_family BYTEA, \
             CONSTRAINT patient_ssn_index UNIQUE (ssn_index))";
        Executor::execute(&mut db, create).await.unwrap();
        // The disks that the default is for are gone; here a table this small is read whole.
        let disk = "SET random_page_cost = 1.1";
        Executor::execute(&mut db, disk).await.unwrap();
        db
    }

    /// A column is an array, and a thousand rows one statement.
    async fn insert(&mut self, rows: &[PatientRow]) {
        let mut db = self.begin().await.unwrap();
        let insert = format!(
            "INSERT INTO patient ({COLUMNS}) SELECT * FROM UNNEST($1::bigint[], $2::bytea[], \
             $3::bytea[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bytea[], \
             $9::bytea[])"
        );
        for rows in rows.chunks(1000) {
            let insert = query(AssertSqlSafe(insert.clone()))
                .bind(column(rows, |row| row.id))
                .bind(column(rows, |row| bytes(&row.family)))
                .bind(column(rows, |row| bytes(&row.given)))
                .bind(column(rows, |row| bytes(&row.ssn)))
                .bind(column(rows, |row| bytes(&row.born)))
                .bind(column(rows, |row| row.family_prefix))
                .bind(column(rows, |row| row.family_sound))
                .bind(column(rows, |row| row.ssn_index))
                .bind(column(rows, |row| row.born_family));
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
        Executor::execute(self, "ANALYZE patient").await.unwrap();
    }

    async fn execute(&mut self, statement: &str) {
        let statement = AssertSqlSafe(statement.to_string());
        Executor::execute(self, statement).await.unwrap();
    }

    async fn candidates<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> Vec<PatientRow> {
        let select = query_as::<Postgres, PatientRow>(AssertSqlSafe(select::<I>()));
        select.bind(values.to_vec()).fetch_all(self).await.unwrap()
    }

    async fn explain<I: RecordIndex<Record = Patient>>(
        &mut self,
        values: &[IndexValue<I>],
    ) -> String {
        let explain = format!("EXPLAIN {}", select::<I>());
        let explain = query_scalar::<Postgres, String>(AssertSqlSafe(explain));
        let lines = explain.bind(values.to_vec()).fetch_all(self).await;
        lines.unwrap().join("\n")
    }

    async fn page(&mut self, after: i64, limit: i64) -> Vec<PatientRow> {
        let select = format!("SELECT {COLUMNS} FROM patient WHERE id > $1 ORDER BY id LIMIT $2");
        let select = query_as(AssertSqlSafe(select)).bind(after).bind(limit);
        select.fetch_all(self).await.unwrap()
    }
}

fn select<I: Index>() -> String {
    let column = I::INFO.name();
    format!("SELECT {COLUMNS} FROM patient WHERE {column} = ANY($1)")
}

fn column<T>(rows: &[PatientRow], cell: impl Fn(&PatientRow) -> T) -> Vec<T> {
    rows.iter().map(cell).collect()
}

/// Arrays of several types of values are alike: bytes.
fn bytes<T: phi_seal::codec::Value>(sealed: &Sealed<T>) -> Vec<u8> {
    sealed.as_bytes().to_vec()
}
