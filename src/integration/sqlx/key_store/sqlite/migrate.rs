//! Making the tables.

use ::sqlx::{query_scalar, raw_sql};
use ::sqlx_sqlite::{SqliteConnection, SqlitePool};

use super::super::fault::{DAMAGED_TABLES, Fault};
use super::super::migration::missing;
use super::MIGRATIONS;

pub(super) async fn migrate(pool: &SqlitePool) -> Result<(), Fault> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let version = version(&mut transaction).await?;
    for migration in missing(MIGRATIONS, version)? {
        raw_sql(migration.sql).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// 0 where there are no tables yet.
pub(super) async fn version(connection: &mut SqliteConnection) -> Result<i64, Fault> {
    let is_there: bool = query_scalar(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'phi_seal_store')",
    )
    .fetch_one(&mut *connection)
    .await?;
    if !is_there {
        return Ok(0);
    }
    let version = query_scalar("SELECT schema_version FROM phi_seal_store")
        .fetch_optional(connection)
        .await?;
    Ok(version.filter(|at| *at > 0).ok_or(DAMAGED_TABLES)?)
}
