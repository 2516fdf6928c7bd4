//! Errors of databases as errors of keys, which quote nothing.

use ::sqlx::error::{DatabaseError, Error, ErrorKind};

use crate::key::{KeyError, KeyErrorKind};

/// Why an operation ended.
pub(super) enum Fault {
    Database(Error),
    Key(KeyError),
}

impl Fault {
    /// `of_code` knows the codes of one database.
    pub(super) fn into_key_error(self, of_code: fn(&str) -> KeyError) -> KeyError {
        match self {
            Self::Key(error) => error,
            Self::Database(Error::Database(error)) => of_database(&*error, of_code),
            // What a statement of ours brings is not of the type that our tables have.
            Self::Database(
                Error::ColumnDecode { .. }
                | Error::Decode(_)
                | Error::ColumnNotFound(_)
                | Error::ColumnIndexOutOfBounds { .. }
                | Error::TypeNotFound { .. },
            ) => UNREADABLE_ROW,
            Self::Database(_) => UNREACHABLE,
        }
    }
}

fn of_database(error: &dyn DatabaseError, of_code: fn(&str) -> KeyError) -> KeyError {
    match error.kind() {
        ErrorKind::UniqueViolation => CONFLICT,
        // Rows are examined before they are written.
        ErrorKind::CheckViolation | ErrorKind::NotNullViolation => DAMAGED_TABLES,
        _ => error
            .code()
            .map_or(UNREACHABLE, |code| of_code(code.as_ref())),
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

pub(super) const CONFLICT: KeyError = KeyError::new(
    KeyErrorKind::Conflict,
    "somebody else changed these keys meanwhile; load them and try again",
);
pub(super) const UNREACHABLE: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the key store's database gave no answer; after a change, read what is there before trying again",
);
pub(super) const UNREADABLE_ROW: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "a row of the key store cannot be read; restore it from a backup",
);
pub(super) const UNSTORABLE_ROW: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "a row has no form in the key store's tables; nothing was stored",
);
pub(super) const DAMAGED_TABLES: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "the key store's tables are not those that its migrations made",
);
pub(super) const NO_TABLES: KeyError = KeyError::new(
    KeyErrorKind::NotFound,
    "the key store's tables are not in this database, or too old; migrate it",
);
pub(super) const NEWER_TABLES: KeyError = KeyError::new(
    KeyErrorKind::Unsupported,
    "a later version of this crate migrated the key store; upgrade",
);
pub(super) const FORBIDDEN: KeyError = KeyError::new(
    KeyErrorKind::Permissions,
    "this role may not do that in the key store's database; grant it what docs/keys.md lists",
);
pub(super) const FAILING_DISK: KeyError = KeyError::new(
    KeyErrorKind::Io,
    "the key store's database cannot read or write its files",
);
