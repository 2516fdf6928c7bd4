//! Key stores in SQL databases.
//!
//! Both are the same statements where the databases allow it; what differs is how many rows are
//! asked for at once, how writers are kept apart, and what an error's code means.

mod fault;
mod migration;
mod page;
#[cfg(feature = "sqlx-0_9-postgres")]
mod postgres;
mod row;
#[cfg(feature = "sqlx-0_9-sqlite")]
mod sqlite;

pub use migration::Migration;
#[cfg(feature = "sqlx-0_9-postgres")]
pub use postgres::PgKeyStore;
#[cfg(feature = "sqlx-0_9-sqlite")]
pub use sqlite::SqliteKeyStore;

use crate::key::StoredKey;

/// The columns of a row, in the order of [`row::Columns`].
macro_rules! columns {
    () => {
        "key_id, tenant, subject, key_use, version, state, minimum_version, reference, wrapped, \
         created, changed, mac"
    };
}
use columns;

/// The row that stands there is compared as a whole: `$1` to `$12` are all of its columns, `$13` to
/// `$19` the new ones. Whether another key is active is asked before an index would refuse it,
/// because PostgreSQL writes to its log which tenant and subject an index refused.
macro_rules! replace {
    ($is:literal) => {
        concat!(
            "UPDATE phi_seal_keys SET state = $13, minimum_version = $14, reference = $15, \
             wrapped = $16, created = $17, changed = $18, mac = $19 \
             WHERE key_id = $1 AND tenant = $2 AND subject = $3 AND key_use = $4 AND version = $5 \
             AND state = $6 AND minimum_version = $7 AND reference = $8 AND wrapped ",
            $is,
            " $9 AND created = $10 AND changed = $11 AND mac = $12 \
             AND ($13 <> 'active' OR NOT EXISTS (SELECT 1 FROM phi_seal_keys AS other \
             WHERE other.tenant = $2 AND other.subject = $3 AND other.key_use = $4 \
             AND other.state = 'active' AND other.key_id <> $1))"
        )
    };
}
use replace;

const COUNT_DESTROYED: &str = "UPDATE phi_seal_store SET generation = generation + $1";

/// A row stays what it is: only such a one takes the place of another.
fn is_same_key(from: &StoredKey, to: &StoredKey) -> bool {
    (from.id, from.version, &from.scope) == (to.id, to.version, &to.scope)
}
