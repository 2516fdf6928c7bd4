//! One PostgreSQL server for all tests, and an empty database for each.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::server::Server;

/// The URL of a database that nobody else uses.
///
/// A static is not dropped: the server ends because its watchdog sees this process end.
pub fn postgres() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static DATABASES: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(|| Server::start().unwrap_or_else(|error| panic!("{error}")));
    let name = format!("test_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    server.create_database(&name).unwrap();
    server.url(&name)
}
