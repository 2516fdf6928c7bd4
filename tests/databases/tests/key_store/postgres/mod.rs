//! PostgreSQL, and what only it has.

#[path = "../both/mod.rs"]
mod both;
mod circle;
mod log;
mod own;
mod role;

use std::time::Duration;

use phi_seal::integration::sqlx::PgKeyStore;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, query_scalar, raw_sql};

use crate::throwaway;

type Store = PgKeyStore;
type Db = sqlx::Postgres;

/// A database of its own.
struct Place {
    url: String,
    options: PgConnectOptions,
}

impl Place {
    async fn new() -> Self {
        Self::at(&throwaway::postgres())
    }

    fn at(url: &str) -> Self {
        Self {
            url: url.to_string(),
            options: url.parse().unwrap(),
        }
    }

    fn url(&self) -> String {
        self.url.clone()
    }

    async fn pool(&self, connections: u32) -> PgPool {
        PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(60))
            .connect_with(self.options.clone())
            .await
            .unwrap()
    }

    async fn store(&self) -> Store {
        Store::new(self.pool(4).await)
    }

    /// Past the store, and after its checks were taken away.
    async fn execute(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let sql = format!("{WITHOUT_CHECKS} {sql}");
        self.execute_checked(&sql).await
    }

    /// Whatever the database's settings are.
    async fn execute_checked(&self, sql: &str) -> Result<u64, sqlx::Error> {
        let options = self.options.clone();
        let options = options.options([("default_transaction_read_only", "off")]);
        let pool = PgPoolOptions::new().connect_with(options).await?;
        let done = raw_sql(AssertSqlSafe(sql.to_string())).execute(&pool).await;
        pool.close().await;
        Ok(done?.rows_affected())
    }

    async fn admit_null(&self, column: &str) {
        // A primary key admits none.
        let edit = format!(
            "ALTER TABLE phi_seal_keys DROP CONSTRAINT IF EXISTS phi_seal_keys_pkey; \
             ALTER TABLE phi_seal_keys ALTER COLUMN {column} DROP NOT NULL"
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
        self.texts(
            "SELECT k::text FROM phi_seal_keys k UNION ALL SELECT s::text FROM phi_seal_store s \
             ORDER BY 1",
        )
        .await
    }

    /// What the database knows of its tables.
    async fn schema(&self) -> Vec<String> {
        self.texts(
            "SELECT concat_ws(' ', table_name, ordinal_position, column_name, data_type, \
             collation_name, is_nullable, column_default) FROM information_schema.columns \
             WHERE table_schema = 'public' UNION ALL \
             SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace UNION ALL \
             SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
        )
        .await
    }
}

const WITHOUT_CHECKS: &str = "DO $$ DECLARE name text; BEGIN \
    FOR name IN SELECT conname FROM pg_constraint \
        WHERE contype = 'c' AND conrelid = 'phi_seal_keys'::regclass LOOP \
        EXECUTE format('ALTER TABLE phi_seal_keys DROP CONSTRAINT %I', name); \
    END LOOP; END $$;";

/// A column, what is put there, and whether the table refuses it.
const DAMAGES: &[(&str, &str, bool)] = &[
    ("key_id", r"'\x'", true),
    ("key_id", r"'\x010203'", true),
    ("key_id", r"key_id || '\x00'", true),
    ("tenant", "''", true),
    ("tenant", "repeat('t', 1025)", false),
    ("subject", "repeat('p', 1025)", false),
    ("key_use", "'SEAL'", true),
    ("key_use", "'seal '", true),
    ("key_use", "''", true),
    ("version", "0", true),
    ("version", "-1", true),
    ("version", "4294967296", true),
    ("state", "'Active'", true),
    ("state", "'gone'", true),
    ("state", "''", true),
    ("state", "'destroyed'", true),
    ("minimum_version", "-1", true),
    ("minimum_version", "4294967296", true),
    ("reference", "''", false),
    ("reference", r"E'a\n'", false),
    ("reference", "'ä'", false),
    ("reference", "repeat('x', 513)", false),
    ("wrapped", "NULL", true),
    ("wrapped", r"'\x'", false),
    ("wrapped", r"decode(repeat('00', 8193), 'hex')", false),
    ("created", "-1", true),
    ("changed", "-1", true),
    ("mac", r"'\x'", true),
    ("mac", "substr(mac, 1, 31)", true),
    ("mac", r"mac || '\x00'", true),
];
