//! PostgreSQL.

mod migrate;
mod read;
mod write;

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};

use ::sqlx::postgres::PgPool;

use super::fault::{self, Fault};
use super::migration::{self, Migration};
use crate::KeyId;
use crate::key::{
    BoxFuture, KeyChange, KeyError, KeyErrorKind, KeyPage, KeyQuery, KeyStore, StoredKey,
};

/// Wrapped keys in PostgreSQL, in two tables, through a pool that the application made.
///
/// The tables are `phi_seal_keys` and `phi_seal_store`, found by the connection's `search_path`;
/// `docs/keys.md` describes them, and what the application's role must be granted. The pool leads
/// to the primary server: a replica that lags behind does not know the newest keys.
///
/// [`find`](KeyStore::find) is one statement and one view of the database, whatever it asks for.
/// [`apply`](KeyStore::apply) is one transaction, `READ COMMITTED` and written to disk even where
/// `synchronous_commit` is off; if the database undoes it to resolve a deadlock, it is made anew, five
/// times at most.
///
/// # Errors
///
/// Of all operations, besides those that [`KeyStore`] names:
///
/// - [`KeyErrorKind::Unavailable`]: no connection in the time that the pool allows, or it broke.
///   **Changes may then have been made**, all or none: read them before trying again. The same goes
///   for a future that was dropped.
/// - [`KeyErrorKind::NotFound`]: there are no tables, or those of an earlier version.
/// - [`KeyErrorKind::Unsupported`]: a later version of this crate migrated the tables; or the
///   database is not encoded in UTF-8.
/// - [`KeyErrorKind::Permissions`]: the role may not do that.
/// - [`KeyErrorKind::Malformed`]: the tables are not those of the migrations; or a row to store has
///   no form in them, such as one of a tenant or subject with a zero byte, which PostgreSQL keeps in
///   no text.
/// - [`KeyErrorKind::Io`]: the disk is full or fails.
///
/// # Example
///
/// ```no_run
/// use phi_seal::integration::sqlx::PgKeyStore;
///
/// # async fn start(pool: sqlx::PgPool) -> Result<(), phi_seal::key::KeyError> {
/// let store = PgKeyStore::new(pool);
/// store.migrate().await?;
/// # Ok(())
/// # }
/// ```
pub struct PgKeyStore {
    pool: PgPool,
    is_known: AtomicBool,
}

impl PgKeyStore {
    /// A store in the database that this pool connects to. Nothing is asked yet.
    pub const fn new(pool: PgPool) -> Self {
        Self {
            pool,
            is_known: AtomicBool::new(false),
        }
    }

    /// What [`migrate`](PgKeyStore::migrate) runs, for somebody who runs it by hand.
    pub const fn migrations() -> &'static [Migration] {
        MIGRATIONS
    }

    /// Makes the tables, or changes those of an earlier version. Any number of processes may at
    /// once; who finds nothing to do needs no more rights than the store does.
    ///
    /// # Errors
    ///
    /// As [the store's own](PgKeyStore#errors). It all happens or nothing.
    pub async fn migrate(&self) -> Result<(), KeyError> {
        migrate::migrate(&self.pool).await.map_err(key_error)
    }

    /// Before the first use: that there are tables, and which.
    async fn acquaint(&self) -> Result<(), Fault> {
        if !self.is_known.load(Ordering::Relaxed) {
            read::examine(&self.pool).await?;
            self.is_known.store(true, Ordering::Relaxed);
        }
        Ok(())
    }
}

impl KeyStore for PgKeyStore {
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

impl fmt::Debug for PgKeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PgKeyStore").finish_non_exhaustive()
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

/// By SQLSTATE, appendix A of PostgreSQL's manual.
fn of_code(code: &str) -> KeyError {
    match code {
        // No such table, no such schema.
        "42P01" | "3F000" => fault::NO_TABLES,
        // No privilege; refused at the door.
        "42501" | "28000" | "28P01" => fault::FORBIDDEN,
        // No such column, another type or operator, a table that is there already; broken pages.
        "42703" | "42804" | "42883" | "42P07" | "42710" | "22003" | "XX001" | "XX002" => {
            fault::DAMAGED_TABLES
        }
        // A text that this encoding has no characters for.
        "22021" | "22P05" => NOT_UTF8,
        "53100" | "58030" => fault::FAILING_DISK,
        _ => fault::UNREACHABLE,
    }
}

const NOT_UTF8: KeyError = KeyError::new(
    KeyErrorKind::Unsupported,
    "the key store needs a database that is encoded in utf-8",
);
