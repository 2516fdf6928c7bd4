//! SQLite.

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

#[path = "both.rs"]
mod both;

async fn connect() -> DatabaseConnection {
    // Each connection to `:memory:` is a database of its own.
    let mut options = ConnectOptions::new("sqlite::memory:");
    options.max_connections(1);
    Database::connect(options).await.unwrap()
}

async fn create(db: &DatabaseConnection, table: &str) {
    let table = table.replace("BYTES", "BLOB");
    db.execute_unprepared(&table).await.unwrap();
}
