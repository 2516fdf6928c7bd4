//! Changes: a transaction, in their order.

use ::sqlx::{query, query_scalar};
use ::sqlx_sqlite::{SqliteConnection, SqlitePool};

use super::super::fault::{CONFLICT, DAMAGED_TABLES, Fault};
use super::super::row::Columns;
use super::super::{COUNT_DESTROYED, columns, is_same_key, replace};
use super::check_version;
use crate::key::{KeyChange, StoredKey};

const ADD: &str = concat!(
    "INSERT INTO phi_seal_keys (",
    columns!(),
    ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
);

const REPLACE: &str = replace!("IS");

pub(super) async fn apply(pool: &SqlitePool, changes: &[KeyChange]) -> Result<(), Fault> {
    // One that begins as a reader cannot wait for the lock: somebody may have written since.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    match make(&mut transaction, changes).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(fault) => {
            // If that fails, the connection is lost, and the changes with it.
            let _ = transaction.rollback().await;
            Err(fault)
        }
    }
}

async fn make(connection: &mut SqliteConnection, changes: &[KeyChange]) -> Result<(), Fault> {
    let version: Option<i64> = query_scalar("SELECT schema_version FROM phi_seal_store")
        .fetch_optional(&mut *connection)
        .await?;
    check_version(version.ok_or(DAMAGED_TABLES)?)?;

    for change in changes {
        match change {
            KeyChange::Add(row) => add(connection, row).await?,
            KeyChange::Replace { from, to } => replace(connection, from, to).await?,
        }
    }

    let destroyed = changes.iter().filter(|change| change.destroys()).count();
    if let Some(destroyed) = i64::try_from(destroyed).ok().filter(|count| *count > 0) {
        let counted = query(COUNT_DESTROYED).bind(destroyed).execute(connection);
        if counted.await?.rows_affected() != 1 {
            return Err(DAMAGED_TABLES.into());
        }
    }
    Ok(())
}

/// An id or version that is taken, or a second active key, is refused by an index.
async fn add(connection: &mut SqliteConnection, row: &StoredKey) -> Result<(), Fault> {
    let row = Columns::of(row)?;
    query(ADD)
        .bind(row.key_id)
        .bind(row.tenant)
        .bind(row.subject)
        .bind(row.key_use)
        .bind(row.version)
        .bind(row.state)
        .bind(row.minimum_version)
        .bind(row.reference)
        .bind(row.wrapped)
        .bind(row.created)
        .bind(row.changed)
        .bind(row.mac)
        .execute(connection)
        .await?;
    Ok(())
}

async fn replace(
    connection: &mut SqliteConnection,
    from: &StoredKey,
    to: &StoredKey,
) -> Result<(), Fault> {
    if !is_same_key(from, to) {
        return Err(CONFLICT.into());
    }
    // What cannot be stored was not.
    let from = Columns::of(from).map_err(|_| CONFLICT)?;
    let to = Columns::of(to)?;
    let replaced = query(REPLACE)
        .bind(from.key_id)
        .bind(from.tenant)
        .bind(from.subject)
        .bind(from.key_use)
        .bind(from.version)
        .bind(from.state)
        .bind(from.minimum_version)
        .bind(from.reference)
        .bind(from.wrapped)
        .bind(from.created)
        .bind(from.changed)
        .bind(from.mac)
        .bind(to.state)
        .bind(to.minimum_version)
        .bind(to.reference)
        .bind(to.wrapped)
        .bind(to.created)
        .bind(to.changed)
        .bind(to.mac)
        .execute(connection)
        .await?;
    match replaced.rows_affected() {
        1 => Ok(()),
        _ => Err(CONFLICT.into()),
    }
}
