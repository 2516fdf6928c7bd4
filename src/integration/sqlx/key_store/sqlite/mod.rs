//! SQLite.

mod migrate;
mod read;
mod write;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use ::sqlx_sqlite::SqlitePool;

use super::fault::{self, Fault};
use super::migration::{self, Migration};
use crate::KeyId;
use crate::key::{BoxFuture, KeyChange, KeyError, KeyPage, KeyQuery, KeyStore, StoredKey};

/// Wrapped keys in SQLite, in two tables, through a pool that the application made.
///
/// The tables are `phi_seal_keys` and `phi_seal_store` of the main database; `docs/keys.md`
/// describes them. A database in memory belongs to one connection: give its pool exactly one, which
/// never ends.
///
/// [`find`](KeyStore::find) is one view of the database, whatever it asks for.
/// [`apply`](KeyStore::apply) begins with the lock for writing, for which it waits as long as the
/// connection's `busy_timeout` says. **How durable it is, the connection says too**: leave
/// `synchronous` at `FULL`, the default, since a key that is lost takes along what was sealed under
/// it.
///
/// # Errors
///
/// Of all operations, besides those that [`KeyStore`] names:
///
/// - [`KeyErrorKind::Unavailable`]: no connection in the time that the pool allows, the file cannot be
///   opened, or others held the lock for too long. **When a change ends so, it may have been made**,
///   all or nothing: read before trying again. The same goes for a future that was dropped.
/// - [`KeyErrorKind::NotFound`]: there are no tables, or those of an earlier version.
/// - [`KeyErrorKind::Unsupported`]: a later version of this crate migrated the tables.
/// - [`KeyErrorKind::Permissions`]: the file is read-only.
/// - [`KeyErrorKind::Malformed`]: the file is no database, or the tables are not those of the
///   migrations; or a row to store has no form in them.
/// - [`KeyErrorKind::Io`]: the disk is full or fails.
///
/// [`KeyErrorKind::Unavailable`]: crate::key::KeyErrorKind::Unavailable
/// [`KeyErrorKind::NotFound`]: crate::key::KeyErrorKind::NotFound
/// [`KeyErrorKind::Unsupported`]: crate::key::KeyErrorKind::Unsupported
/// [`KeyErrorKind::Permissions`]: crate::key::KeyErrorKind::Permissions
/// [`KeyErrorKind::Malformed`]: crate::key::KeyErrorKind::Malformed
/// [`KeyErrorKind::Io`]: crate::key::KeyErrorKind::Io
///
#[doc = include_str!("example.md")]
pub struct SqliteKeyStore {
    pool: SqlitePool,
    is_known: AtomicBool,
}

impl SqliteKeyStore {
    /// A store in the database of this pool. Nothing is asked yet.
    pub const fn new(pool: SqlitePool) -> Self {
        Self {
            pool,
            is_known: AtomicBool::new(false),
        }
    }

    /// What [`migrate`](SqliteKeyStore::migrate) runs, for somebody who runs it by hand.
    pub const fn migrations() -> &'static [Migration] {
        MIGRATIONS
    }

    /// Makes the tables, or changes those of an earlier version. Any number of processes may at
    /// once.
    ///
    /// # Errors
    ///
    /// As [the store's own](SqliteKeyStore#errors). It all happens or nothing.
    pub async fn migrate(&self) -> Result<(), KeyError> {
        migrate::migrate(&self.pool).await.map_err(key_error)
    }

    /// Before the first use: that there are tables, and which.
    async fn acquaint(&self) -> Result<(), Fault> {
        if !self.is_known.load(Ordering::Relaxed) {
            let mut connection = self.pool.acquire().await?;
            check_version(migrate::version(&mut connection).await?)?;
            self.is_known.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl KeyStore for SqliteKeyStore {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        Box::pin(async move {
            self.acquaint().await.map_err(key_error)?;
            read::find(&self.pool, queries).await.map_err(key_error)
        })
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        Box::pin(async move {
            self.acquaint().await.map_err(key_error)?;
            write::apply(&self.pool, changes).await.map_err(key_error)
        })
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        Box::pin(async move {
            self.acquaint().await.map_err(key_error)?;
            read::page(&self.pool, after, limit)
                .await
                .map_err(key_error)
        })
    }
}

impl fmt::Debug for SqliteKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteKeyStore").finish_non_exhaustive()
    }
}

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "tables of keys",
    sql: include_str!("1.sql"),
}];

fn check_version(version: i64) -> Result<(), Fault> {
    Ok(migration::check(MIGRATIONS, version)?)
}

fn key_error(fault: Fault) -> KeyError {
    fault.into_key_error(of_code)
}

/// By result code, the low byte of an extended one: <https://sqlite.org/rescode.html>.
fn of_code(code: &str) -> KeyError {
    match code.parse::<u32>().map(|code| code & 0xff) {
        // Statements of ours that do not fit the tables; a damaged file; one of another kind.
        Ok(1 | 11 | 20 | 26) => fault::DAMAGED_TABLES,
        // The file's permissions; read-only; forbidden by an authorizer.
        Ok(3 | 8 | 23) => fault::FORBIDDEN,
        // Reading or writing failed; the disk is full.
        Ok(10 | 13) => fault::FAILING_DISK,
        // Among them busy (5) and locked (6).
        _ => fault::UNREACHABLE,
    }
}
