//! Reading, each in one statement and so in one view of the database.

use alloc::string::String;
use alloc::vec::Vec;

use ::sqlx::postgres::PgPool;
use ::sqlx::{query, query_as};

use super::super::columns;
use super::super::fault::{DAMAGED_TABLES, Fault};
use super::super::page::{FIRST_PAGE, NEXT_PAGE, key_page};
use super::super::row::{Columns, distinct, scope_columns};
use super::{NOT_UTF8, check_version};
use crate::KeyId;
use crate::key::{KeyPage, KeyQuery, StoredKey};

const FIND: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM phi_seal_keys WHERE key_id = ANY($1) UNION ALL SELECT ",
    columns!(),
    " FROM unnest($2::text[], $3::text[], $4::text[]) AS asked (tenant, subject, key_use) \
     JOIN phi_seal_keys USING (tenant, subject, key_use)"
);

/// That the tables are those which this crate reads.
pub(super) async fn examine(pool: &PgPool) -> Result<(), Fault> {
    let store: Option<(String, i64)> =
        query_as("SELECT current_setting('server_encoding'), schema_version FROM phi_seal_store")
            .fetch_optional(pool)
            .await?;
    let (encoding, version) = store.ok_or(DAMAGED_TABLES)?;
    if encoding != "UTF8" {
        return Err(NOT_UTF8.into());
    }
    check_version(version)
}

pub(super) async fn find(pool: &PgPool, queries: &[KeyQuery]) -> Result<Vec<StoredKey>, Fault> {
    let mut ids = Vec::new();
    let (mut tenants, mut subjects, mut uses) = (Vec::new(), Vec::new(), Vec::new());
    for asked in queries {
        match asked {
            KeyQuery::Id(id) => ids.push(&id.as_bytes()[..]),
            KeyQuery::Scope(scope) => {
                let columns = scope_columns(scope).filter(|(tenant, subject, _)| {
                    // No row has one, and PostgreSQL would refuse the whole question.
                    !tenant.contains('\0') && !subject.contains('\0')
                });
                if let Some((tenant, subject, key_use)) = columns {
                    tenants.push(tenant);
                    subjects.push(subject);
                    uses.push(key_use);
                }
            }
        }
    }
    let rows = query(FIND)
        .bind(ids)
        .bind(tenants)
        .bind(subjects)
        .bind(uses)
        .fetch_all(pool)
        .await?;
    let found = rows
        .iter()
        .map(|row| Ok(Columns::from_database(row, 0)?.into_row()?));
    Ok(distinct(found.collect::<Result<_, Fault>>()?))
}

pub(super) async fn page(
    pool: &PgPool,
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
