//! Errors of the key layer.

use core::fmt;

use crate::error::{Error, ErrorKind};

/// Why a key could not be lent, wrapped, unwrapped or stored.
///
/// Holds a kind and a fixed sentence: never a key byte, a path or a caller's string.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyError {
    kind: KeyErrorKind,
    detail: &'static str,
}

impl KeyError {
    /// An error for implementers of [`KeyProvider`](crate::key::KeyProvider) and
    /// [`Kms`](crate::key::Kms). `detail` is lower case, has no full stop, and says what to do.
    pub const fn new(kind: KeyErrorKind, detail: &'static str) -> Self {
        Self { kind, detail }
    }

    /// What went wrong, for `match`.
    pub const fn kind(&self) -> KeyErrorKind {
        self.kind
    }
}

impl core::error::Error for KeyError {}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail)
    }
}

impl fmt::Debug for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyError")
            .field("kind", &self.kind)
            .field("detail", &self.detail)
            .finish_non_exhaustive()
    }
}

/// The kinds of [`KeyError`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum KeyErrorKind {
    /// No key of that id, or no active key for that scope.
    Missing,
    /// The key is disabled or below the minimum version; its operator can reverse that.
    Disabled,
    /// The key was destroyed for good.
    Destroyed,
    /// The KMS or the operating system did not answer, or the key is not loaded; try again.
    Unavailable,
    /// The KMS asks to slow down.
    Throttled,
    /// The KMS refused the caller.
    Denied,
    /// The KMS key is not the one that wrapped this, or the wrapped key was moved or changed.
    WrongKey,
    /// The keyset, root key or name of a key is not of the documented form.
    Malformed,
    /// A later version of this crate wrote it; upgrade.
    Unsupported,
    /// The keyset's authenticated metadata was changed by somebody without the root key.
    Tampered,
    /// It exists already; nothing was overwritten.
    AlreadyExists,
    /// There is no such file, environment variable or version.
    NotFound,
    /// The file is open to more people than it may be, or closed to this process; set its
    /// permissions.
    Permissions,
    /// Reading or writing a file failed.
    Io,
    /// Another process changed it in between; load it again.
    Conflict,
    /// The operation does not fit the key's state, such as destroying the active key.
    InvalidState,
    /// A provider or KMS broke its contract.
    Contract,
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        let kind = match error.kind {
            KeyErrorKind::Missing | KeyErrorKind::NotFound => ErrorKind::MissingKey,
            KeyErrorKind::Disabled => ErrorKind::KeyDisabled,
            KeyErrorKind::Destroyed => ErrorKind::Erased,
            KeyErrorKind::Unavailable
            | KeyErrorKind::Throttled
            | KeyErrorKind::Denied
            | KeyErrorKind::Conflict
            | KeyErrorKind::Io => ErrorKind::Unavailable,
            _ => ErrorKind::Provider,
        };
        Self::new(kind, error.detail)
    }
}

pub(super) const NO_RANDOMNESS: KeyError = KeyError::new(
    KeyErrorKind::Unavailable,
    "the operating system gave no randomness; try again",
);
