//! Pages of all rows, each with the generation of the same moment.

use alloc::string::String;
use alloc::vec::Vec;

use ::sqlx::{ColumnIndex, Decode, Row, Type, ValueRef};

use super::columns;
use super::fault::{DAMAGED_TABLES, Fault};
use super::row::{Columns, cell};
use crate::key::KeyPage;

/// One statement is one view of the database. Without rows there is one of NULLs.
macro_rules! page {
    ($after:literal) => {
        concat!(
            "SELECT schema_version, generation, is_there, ",
            columns!(),
            " FROM phi_seal_store LEFT JOIN (SELECT 1 AS is_there, ",
            columns!(),
            " FROM phi_seal_keys ",
            $after,
            " ORDER BY key_id LIMIT $1) AS page ON singleton = 1 ORDER BY key_id"
        )
    };
}

/// Without a lower bound: in SQLite, an id that is no bytes sorts below all that are.
pub(super) const FIRST_PAGE: &str = page!("");
pub(super) const NEXT_PAGE: &str = page!("WHERE key_id > $2");

/// What these statements answered.
pub(super) fn key_page<R: Row>(
    rows: &[R],
    check_version: fn(i64) -> Result<(), Fault>,
) -> Result<KeyPage, Fault>
where
    usize: ColumnIndex<R>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
{
    let store = rows.first().ok_or(DAMAGED_TABLES)?;
    check_version(cell(store, 0)?)?;
    let generation: i64 = cell(store, 1)?;
    let keys = match store.try_get_raw(2)?.is_null() {
        true => &[],
        false => rows,
    };
    let keys = keys
        .iter()
        .map(|row| Ok(Columns::from_database(row, 3)?.into_row()?));
    Ok(KeyPage {
        rows: keys.collect::<Result<_, Fault>>()?,
        generation: u64::try_from(generation).map_err(|_| DAMAGED_TABLES)?,
    })
}
