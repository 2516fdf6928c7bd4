//! The table of `docs/rotation.md`, as a store of rows to seal anew.

use phi_seal::rotate::{Change, Page, RowStore, StoredRow};
use phi_seal::{Phi, PhiRecord};
use sqlx::{Connection, PgConnection, SqliteConnection, query, query_as};

use super::statements::{self, Statements};

/// A patient as that page's table has it.
#[derive(PhiRecord)]
#[phi(record = "patient", row_derive(Clone, sqlx::FromRow))]
pub struct Chart {
    #[phi(id, subject)]
    pub id: i64,
    #[phi(category = Name)]
    pub name: Phi<String>,
    #[phi(category = Ssn, index(digits))]
    pub ssn: Phi<String>,
}

impl Chart {
    /// A chart after so many changes, and what it says.
    pub fn revision(id: i64, revision: u64) -> (Self, String) {
        let (name, ssn) = (
            format!("Patient {id}, {revision}"),
            format!("{id:06}{revision:05}"),
        );
        let plain = format!("{name}; {ssn}");
        let (name, ssn) = (Phi::new(name), Phi::new(ssn));
        (Self { id, name, ssn }, plain)
    }

    /// What it says.
    pub fn plain(&self) -> String {
        format!("{}; {}", self.name.expose(), self.ssn.expose())
    }
}

macro_rules! store {
    ($name:ident, $connection:ty, $database:literal) => {
        pub struct $name {
            pub db: $connection,
            statements: Statements,
        }

        impl $name {
            pub async fn connect(url: &str) -> Self {
                Self {
                    db: <$connection as Connection>::connect(url).await.unwrap(),
                    statements: statements::of($database),
                }
            }
        }

        impl RowStore for $name {
            type Row = ChartRow;
            type Cursor = i64;
            type Error = sqlx::Error;

            async fn page(
                &mut self,
                after: Option<&i64>,
                limit: usize,
            ) -> Result<Page<i64, ChartRow>, sqlx::Error> {
                let rows: Vec<ChartRow> = query_as(self.statements.page)
                    // Ids begin with 1.
                    .bind(after.copied().unwrap_or(0))
                    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
                    .fetch_all(&mut self.db)
                    .await?;
                let stored = |row: ChartRow| StoredRow {
                    cursor: row.id,
                    row,
                };
                Ok(rows.into_iter().map(stored).collect())
            }

            async fn replace(
                &mut self,
                changes: &[Change<ChartRow>],
            ) -> Result<Vec<bool>, sqlx::Error> {
                let mut transaction = self.db.begin().await?;
                let mut replaced = Vec::with_capacity(changes.len());
                for Change { old, new } in changes {
                    let done = query(self.statements.replace)
                        .bind(old.id)
                        .bind(&new.name)
                        .bind(&new.ssn)
                        .bind(new.ssn_index)
                        .bind(&old.name)
                        .bind(&old.ssn)
                        .bind(old.ssn_index)
                        .execute(&mut *transaction)
                        .await?;
                    replaced.push(done.rows_affected() == 1);
                }
                transaction.commit().await?;
                Ok(replaced)
            }
        }
    };
}

store!(Postgres, PgConnection, "PostgreSQL");
store!(Sqlite, SqliteConnection, "SQLite");
