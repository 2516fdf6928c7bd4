//! The column's name between sea-orm's error and ours.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use ::sea_orm::{ColIdx, DbErr, TryGetError};

use crate::Error;

/// sea-orm's own errors of this kind have room for names of types only.
pub(super) fn in_column(column: impl ColIdx, error: Error) -> TryGetError {
    TryGetError::DbErr(DbErr::TryIntoErr {
        from: "a column",
        into: "ciphertext",
        source: Arc::new(ColumnError {
            column: format!("{column:?}"),
            error,
        }),
    })
}

/// A column that holds something else. Its `source` is an [`Error`].
#[derive(Debug)]
struct ColumnError {
    /// The name in quotation marks, or the position.
    column: String,
    error: Error,
}

impl fmt::Display for ColumnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "column {}: {}", self.column, self.error)
    }
}

impl core::error::Error for ColumnError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&self.error)
    }
}
