//! A journal as C2SP `tlog-tiles`: files that standard tooling verifies without this crate.

mod address;
mod bundle;
mod disk;
mod error;
mod export;
mod levels;
mod read;
mod write;

pub use address::TileAddress;
pub use error::{TilesError, TilesErrorKind};
pub use export::export_tiles;
pub use read::Tiles;
pub use write::{TileExport, TilesWritten};
