//! The examples of phi-seal's pages that need a database driver, as documentation that is tested.
//!
//! The package has nothing else to offer: its tests are in `tests`, its examples in phi-seal's own
//! folder of examples.

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../../docs/databases.md")]
struct Databases;

#[cfg(doctest)]
#[doc = include_str!("../../../src/integration/sqlx/key_store/sqlite/example.md")]
struct SqliteKeyStore;
