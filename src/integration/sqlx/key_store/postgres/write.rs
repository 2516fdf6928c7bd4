//! Changes: a transaction, in their order.

use alloc::string::String;
use alloc::vec::Vec;

use ::sqlx::postgres::{PgConnection, PgPool};
use ::sqlx::{Error, query, query_as};

use super::super::fault::{CONFLICT, DAMAGED_TABLES, Fault, UNSTORABLE_ROW};
use super::super::row::Columns;
use super::super::{COUNT_DESTROYED, columns, is_same_key, replace};
use super::check_version;
use crate::key::{KeyChange, KeyError, StoredKey};

/// How often changes are made anew that the database undid for another's sake.
const ATTEMPTS: u32 = 5;

/// A statement's worth of new rows.
const BATCH: usize = 1000;

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

/// The version, and that a lost key is worse than a wait for the disk.
const ENTER: &str = "SELECT schema_version, \
    CASE WHEN current_setting('synchronous_commit') = 'off' \
    THEN set_config('synchronous_commit', 'on', true) END FROM phi_seal_store";

/// A row that an index refuses is left out instead of refused, because PostgreSQL would write its
/// tenant and subject to the log.
const ADD: &str = concat!(
    "INSERT INTO phi_seal_keys (",
    columns!(),
    ") SELECT * FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::bigint[], \
     $6::text[], $7::bigint[], $8::text[], $9::bytea[], $10::bigint[], $11::bigint[], \
     $12::bytea[]) ON CONFLICT DO NOTHING"
);

const REPLACE: &str = replace!("IS NOT DISTINCT FROM");

pub(super) async fn apply(pool: &PgPool, changes: &[KeyChange]) -> Result<(), Fault> {
    let mut attempt = 1;
    loop {
        match apply_once(pool, changes).await {
            Err(fault) if attempt < ATTEMPTS && was_undone(&fault) => attempt += 1,
            outcome => return outcome,
        }
    }
}

async fn apply_once(pool: &PgPool, changes: &[KeyChange]) -> Result<(), Fault> {
    let mut transaction = pool.begin_with(BEGIN).await?;
    match make(&mut transaction, changes).await {
        Ok(()) => Ok(transaction.commit().await?),
        Err(fault) => {
            // If that fails, the connection is lost, and the changes with it.
            let _ = transaction.rollback().await;
            Err(fault)
        }
    }
}

async fn make(connection: &mut PgConnection, changes: &[KeyChange]) -> Result<(), Fault> {
    let store: Option<(i64, Option<String>)> =
        query_as(ENTER).fetch_optional(&mut *connection).await?;
    let (version, _) = store.ok_or(DAMAGED_TABLES)?;
    check_version(version)?;

    let is_add = |change: &KeyChange| matches!(change, KeyChange::Add(_));
    for alike in changes.chunk_by(|one, next| is_add(one) && is_add(next)) {
        match alike {
            [KeyChange::Replace { from, to }] => replace(connection, from, to).await?,
            adds => add(connection, adds).await?,
        }
    }

    // At the end: all who destroy keys wait here for each other.
    let destroyed = changes.iter().filter(|change| change.destroys()).count();
    if let Some(destroyed) = i64::try_from(destroyed).ok().filter(|count| *count > 0) {
        let counted = query(COUNT_DESTROYED).bind(destroyed).execute(connection);
        if counted.await?.rows_affected() != 1 {
            return Err(DAMAGED_TABLES.into());
        }
    }
    Ok(())
}

async fn add(connection: &mut PgConnection, changes: &[KeyChange]) -> Result<(), Fault> {
    let mut rows = changes
        .iter()
        .filter_map(|change| match change {
            KeyChange::Add(row) => Some(storable(row)),
            KeyChange::Replace { .. } => None,
        })
        .collect::<Result<Vec<_>, _>>()?;
    // All who add the same keys wait for each other in one order, and so never in a circle.
    rows.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    for rows in rows.chunks(BATCH) {
        let added = query(ADD)
            .bind(column(rows, |row| &row.key_id[..]))
            .bind(column(rows, |row| &row.tenant[..]))
            .bind(column(rows, |row| &row.subject[..]))
            .bind(column(rows, |row| &row.key_use[..]))
            .bind(column(rows, |row| row.version))
            .bind(column(rows, |row| &row.state[..]))
            .bind(column(rows, |row| row.minimum_version))
            .bind(column(rows, |row| &row.reference[..]))
            .bind(column(rows, |row| row.wrapped.as_deref()))
            .bind(column(rows, |row| row.created))
            .bind(column(rows, |row| row.changed))
            .bind(column(rows, |row| &row.mac[..]))
            .execute(&mut *connection)
            .await?
            .rows_affected();
        if usize::try_from(added) != Ok(rows.len()) {
            return Err(CONFLICT.into());
        }
    }
    Ok(())
}

/// That of the indexes which two who add different keys can collide in.
fn order(row: &Columns) -> (&str, &str, &str, i64) {
    (&row.tenant, &row.subject, &row.key_use, row.version)
}

fn column<'r, T>(rows: &'r [Columns], cell: impl Fn(&'r Columns) -> T) -> Vec<T> {
    rows.iter().map(cell).collect()
}

async fn replace(
    connection: &mut PgConnection,
    from: &StoredKey,
    to: &StoredKey,
) -> Result<(), Fault> {
    if !is_same_key(from, to) {
        return Err(CONFLICT.into());
    }
    // What cannot be stored was not.
    let from = storable(from).map_err(|_| CONFLICT)?;
    let to = storable(to)?;
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

/// PostgreSQL has no texts with a zero byte.
fn storable(row: &StoredKey) -> Result<Columns, KeyError> {
    let columns = Columns::of(row)?;
    match columns.tenant.contains('\0') || columns.subject.contains('\0') {
        true => Err(UNSTORABLE_ROW),
        false => Ok(columns),
    }
}

/// A serialisation failure or a deadlock, of which this was the victim: nothing of it is left.
fn was_undone(fault: &Fault) -> bool {
    let Fault::Database(Error::Database(error)) = fault else {
        return false;
    };
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}
