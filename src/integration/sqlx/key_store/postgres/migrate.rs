//! Making the tables.

use alloc::string::String;

use ::sqlx::postgres::{PgConnection, PgPool};
use ::sqlx::{query, query_as, query_scalar, raw_sql};

use super::super::fault::{DAMAGED_TABLES, Fault};
use super::super::migration::missing;
use super::{MIGRATIONS, NOT_UTF8};

/// `phi-seal` in ASCII: one lock for all who migrate in this database.
const LOCK: i64 = i64::from_be_bytes(*b"phi-seal");

/// The level is named, because a later one would go on with its view from before the lock.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

pub(super) async fn migrate(pool: &PgPool) -> Result<(), Fault> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    query("SELECT pg_advisory_xact_lock($1)")
        .bind(LOCK)
        .execute(&mut *transaction)
        .await?;
    let version = version(&mut transaction).await?;
    for migration in missing(MIGRATIONS, version)? {
        raw_sql(migration.sql).execute(&mut *transaction).await?;
    }
    Ok(transaction.commit().await?)
}

/// 0 where there are no tables yet.
async fn version(connection: &mut PgConnection) -> Result<i64, Fault> {
    let (encoding, is_there): (String, bool) = query_as(
        "SELECT current_setting('server_encoding'), to_regclass('phi_seal_store') IS NOT NULL",
    )
    .fetch_one(&mut *connection)
    .await?;
    if encoding != "UTF8" {
        return Err(NOT_UTF8.into());
    }
    if !is_there {
        return Ok(0);
    }
    let version = query_scalar("SELECT schema_version FROM phi_seal_store")
        .fetch_optional(connection)
        .await?;
    Ok(version.filter(|at| *at > 0).ok_or(DAMAGED_TABLES)?)
}
