//! Reading, in one view of the database.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use ::sqlx::{AssertSqlSafe, query};
use ::sqlx_sqlite::{SqliteConnection, SqlitePool};

use super::super::columns;
use super::super::fault::Fault;
use super::super::page::{FIRST_PAGE, NEXT_PAGE, key_page};
use super::super::row::{Columns, distinct, scope_columns};
use super::check_version;
use crate::KeyId;
use crate::key::{KeyPage, KeyQuery, StoredKey};

/// Questions of a statement at most: three parameters each, and before version 3.32 SQLite took no
/// more than 999.
const BATCH: usize = 256;

pub(super) async fn find(pool: &SqlitePool, queries: &[KeyQuery]) -> Result<Vec<StoredKey>, Fault> {
    let (mut ids, mut scopes) = (Vec::new(), Vec::new());
    for asked in queries {
        match asked {
            KeyQuery::Id(id) => ids.push(id),
            KeyQuery::Scope(scope) => scopes.extend(scope_columns(scope)),
        }
    }
    let mut found = Vec::new();
    let mut transaction = pool.begin().await?;
    for ids in ids.chunks(BATCH) {
        find_ids(&mut transaction, ids, &mut found).await?;
    }
    for scopes in scopes.chunks(BATCH) {
        find_scopes(&mut transaction, scopes, &mut found).await?;
    }
    transaction.commit().await?;
    Ok(distinct(found))
}

async fn find_ids(
    connection: &mut SqliteConnection,
    ids: &[&KeyId],
    found: &mut Vec<StoredKey>,
) -> Result<(), Fault> {
    let statement = format!(
        concat!(
            "SELECT ",
            columns!(),
            " FROM phi_seal_keys WHERE key_id IN ({})"
        ),
        list("?", ids.len())
    );
    let mut asked = query(AssertSqlSafe(statement));
    for id in padded(ids) {
        asked = asked.bind(&id.as_bytes()[..]);
    }
    for row in asked.fetch_all(connection).await? {
        found.push(Columns::from_database(&row, 0)?.into_row()?);
    }
    Ok(())
}

async fn find_scopes(
    connection: &mut SqliteConnection,
    scopes: &[(&str, &str, &str)],
    found: &mut Vec<StoredKey>,
) -> Result<(), Fault> {
    // A cross join is SQLite's way to say which table comes first: the other is searched by index.
    let statement = format!(
        concat!(
            "WITH asked (tenant, subject, key_use) AS (VALUES {}) SELECT ",
            columns!(),
            " FROM asked CROSS JOIN phi_seal_keys USING (tenant, subject, key_use)"
        ),
        list("(?, ?, ?)", scopes.len())
    );
    let mut asked = query(AssertSqlSafe(statement));
    for (tenant, subject, key_use) in padded(scopes) {
        asked = asked.bind(*tenant).bind(*subject).bind(*key_use);
    }
    for row in asked.fetch_all(connection).await? {
        found.push(Columns::from_database(&row, 0)?.into_row()?);
    }
    Ok(())
}

/// As many places as a power of two, so that there are only nine statements of each kind to prepare.
fn list(place: &str, len: usize) -> String {
    let mut places = String::from(place);
    for _ in 1..len.next_power_of_two() {
        places.push_str(", ");
        places.push_str(place);
    }
    places
}

/// What fills them: the last question is asked again.
fn padded<T>(asked: &[T]) -> impl Iterator<Item = &T> {
    let filler = asked.last().into_iter().cycle();
    asked
        .iter()
        .chain(filler)
        .take(asked.len().next_power_of_two())
}

pub(super) async fn page(
    pool: &SqlitePool,
    after: Option<&KeyId>,
    limit: usize,
) -> Result<KeyPage, Fault> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = match after {
        None => query(FIRST_PAGE).bind(limit),
        Some(id) => query(NEXT_PAGE).bind(limit).bind(&id.as_bytes()[..]),
    }
    .fetch_all(pool)
    .await?;
    key_page(&rows, check_version)
}
