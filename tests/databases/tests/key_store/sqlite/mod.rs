//! SQLite, and what only it has.

#[path = "../both/mod.rs"]
mod both;
mod own;

use std::time::Duration;

use phi_seal::integration::sqlx::SqliteKeyStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions};
use sqlx::{AssertSqlSafe, query_scalar, raw_sql};
use tempfile::TempDir;

type Store = SqliteKeyStore;
type Db = sqlx::Sqlite;

/// A database of its own, in a file.
struct Place {
    /// Removed with this.
    _folder: Option<TempDir>,
    options: SqliteConnectOptions,
}

impl Place {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("keys.db").display().to_string();
        let place = Self {
            _folder: Some(folder),
            ..Self::at(&url)
        };
        place.pool(1).await.close().await;
        place
    }

    /// Somebody else's.
    fn at(url: &str) -> Self {
        let options = SqliteConnectOptions::new()
            .filename(url)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .busy_timeout(Duration::from_secs(60));
        Self {
            _folder: None,
            options,
        }
    }

    fn url(&self) -> String {
        self.options.get_filename().display().to_string()
    }

    async fn pool(&self, connections: u32) -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(self.options.clone())
            .await
            .unwrap()
    }

    async fn store(&self) -> Store {
        Store::new(self.pool(4).await)
    }

    /// Past the store, and with its checks off.
    async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let pool = self.pool(1).await;
        let sql = format!("PRAGMA ignore_check_constraints = ON; {sql}");
        let done = raw_sql(AssertSqlSafe(sql)).execute(&pool).await;
        pool.close().await;
        Ok(done?.rows_affected())
    }

    /// The same, as anybody else would.
    async fn execute_checked(&self, sql: &str) -> Result<u64, sqlx::Error> {
        self.execute(&format!("PRAGMA ignore_check_constraints = OFF; {sql}"))
            .await
    }

    async fn admit_null(&self, column: &str) {
        let edit = format!(
            "PRAGMA writable_schema = ON; \
             UPDATE sqlite_master SET sql = replace(replace(replace(sql, \
             '{column} BLOB NOT NULL', '{column} BLOB'), \
             '{column} TEXT NOT NULL', '{column} TEXT'), \
             '{column} INTEGER NOT NULL', '{column} INTEGER') WHERE name = 'phi_seal_keys'"
        );
        self.execute(&edit).await.unwrap();
    }

    async fn texts(&self, sql: &str) -> Vec<String> {
        let pool = self.pool(1).await;
        let texts = query_scalar(AssertSqlSafe(sql.to_string())).fetch_all(&pool);
        let texts = texts.await.unwrap();
        pool.close().await;
        texts
    }

    /// All that is in the two tables.
    async fn dump(&self) -> Vec<String> {
        // As bytes, since a text may be none.
        let cells: Vec<_> = COLUMNS
            .iter()
            .map(|column| format!("typeof({column}) || quote(CAST({column} AS BLOB))"))
            .collect();
        let rows = format!(
            "SELECT {} FROM phi_seal_keys ORDER BY 1",
            cells.join(" || ")
        );
        let mut dump = self.texts(&rows).await;
        let store = "SELECT quote(schema_version) || '/' || quote(generation) FROM phi_seal_store";
        dump.extend(self.texts(store).await);
        dump
    }

    /// What the database knows of its tables.
    async fn schema(&self) -> Vec<String> {
        self.texts("SELECT type || name || coalesce(sql, '') FROM sqlite_master ORDER BY 1")
            .await
    }
}

const COLUMNS: [&str; 12] = [
    "key_id",
    "tenant",
    "subject",
    "key_use",
    "version",
    "state",
    "minimum_version",
    "reference",
    "wrapped",
    "created",
    "changed",
    "mac",
];

/// A column, what is put there, and whether the table refuses it.
const DAMAGES: &[(&str, &str, bool)] = &[
    ("key_id", "x''", true),
    ("key_id", "x'010203'", true),
    ("key_id", "key_id || x'00'", true),
    ("key_id", "substr(hex(key_id), 1, 32)", true),
    ("key_id", "7", true),
    ("tenant", "''", true),
    ("tenant", "x'74'", true),
    ("tenant", "CAST(x'ff' AS TEXT)", false),
    ("tenant", "printf('%01025d', 0)", false),
    ("subject", "x'70'", true),
    ("subject", "CAST(x'ff' AS TEXT)", false),
    ("subject", "printf('%01025d', 0)", false),
    ("key_use", "'SEAL'", true),
    ("key_use", "'seal '", true),
    ("key_use", "''", true),
    ("version", "0", true),
    ("version", "-1", true),
    ("version", "4294967296", true),
    ("version", "'one'", true),
    ("version", "1.5", true),
    ("state", "'Active'", true),
    ("state", "'gone'", true),
    ("state", "''", true),
    ("state", "'destroyed'", true),
    ("minimum_version", "-1", true),
    ("minimum_version", "4294967296", true),
    ("minimum_version", "x'01'", true),
    ("reference", "''", false),
    ("reference", "'a' || char(10)", false),
    ("reference", "'ä'", false),
    ("reference", "printf('%0513d', 0)", false),
    ("reference", "x'6c6f63616c'", true),
    ("wrapped", "NULL", true),
    ("wrapped", "x''", false),
    ("wrapped", "zeroblob(8193)", false),
    ("wrapped", "'text'", true),
    ("created", "-1", true),
    ("created", "9223372036854775808", true),
    ("created", "'now'", true),
    ("changed", "-1", true),
    ("changed", "0.5", true),
    ("mac", "x''", true),
    ("mac", "substr(mac, 1, 31)", true),
    ("mac", "mac || x'00'", true),
    ("mac", "substr(hex(mac), 1, 32)", true),
];
