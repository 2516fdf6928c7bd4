//! How a command ends.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use core::fmt;

use crate::key::{KeyError, KeyErrorKind};

/// The exit codes.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Exit {
    Done = 0,
    /// It failed, or found something wrong.
    Failed = 1,
    /// The arguments were not understood.
    Usage = 2,
    /// Nothing was changed, because somebody must confirm, or it must not be.
    Refused = 3,
    /// The KMS denied, is busy, or does not answer.
    Kms = 4,
    /// A journal, an export or a proof is not what was signed.
    Tampered = 5,
}

/// Why a command did not do what it should. Never holds a line of input or a key byte.
pub(super) struct Failure {
    pub(super) exit: Exit,
    /// The stable spelling in JSON.
    pub(super) kind: &'static str,
    pub(super) message: Cow<'static, str>,
}

impl Failure {
    /// Of a command that changes nothing before somebody confirms it, or something else is done.
    pub(super) fn refused(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            exit: Exit::Refused,
            kind: "refused",
            message: message.into(),
        }
    }

    pub(super) fn of_input(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            exit: Exit::Failed,
            kind: "bad-input",
            message: message.into(),
        }
    }

    pub(super) fn of_arguments(message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            exit: Exit::Usage,
            kind: "usage",
            message: message.into(),
        }
    }

    /// The reader of standard output has enough, as `head` does. Not an error, and not told.
    pub(super) const fn reader_gone() -> Self {
        Self {
            exit: Exit::Done,
            kind: "",
            message: Cow::Borrowed(""),
        }
    }

    pub(super) fn of_output() -> Self {
        Self {
            exit: Exit::Failed,
            kind: "io",
            message: "standard output could not be written; what was asked for may be done".into(),
        }
    }
}

/// Names the place of an error, such as an argument.
pub(super) trait Of<T> {
    fn of(self, place: &'static str) -> Result<T, Failure>;
}

impl<T> Of<T> for Result<T, KeyError> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            exit: exit_of(error.kind()),
            kind: code(error.kind()),
            message: sentence(place, error).into(),
        })
    }
}

impl<T> Of<T> for Result<T, crate::Error> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure {
            exit: Exit::Failed,
            kind: error.kind().code(),
            message: sentence(place, error).into(),
        })
    }
}

fn sentence(place: &str, error: impl fmt::Display) -> String {
    [place, ": ", &error.to_string()].concat()
}

pub(super) const fn exit_of(kind: KeyErrorKind) -> Exit {
    match kind {
        KeyErrorKind::Denied | KeyErrorKind::Unavailable | KeyErrorKind::Throttled => Exit::Kms,
        KeyErrorKind::InvalidState => Exit::Refused,
        _ => Exit::Failed,
    }
}

/// The stable spelling in JSON.
pub(super) const fn code(kind: KeyErrorKind) -> &'static str {
    match kind {
        KeyErrorKind::Missing => "missing",
        KeyErrorKind::Disabled => "disabled",
        KeyErrorKind::Destroyed => "destroyed",
        KeyErrorKind::Unavailable => "unavailable",
        KeyErrorKind::Throttled => "throttled",
        KeyErrorKind::Denied => "denied",
        KeyErrorKind::WrongKey => "wrong-key",
        KeyErrorKind::Malformed => "malformed",
        KeyErrorKind::Unsupported => "unsupported",
        KeyErrorKind::Tampered => "tampered",
        KeyErrorKind::AlreadyExists => "already-exists",
        KeyErrorKind::NotFound => "not-found",
        KeyErrorKind::Permissions => "permissions",
        KeyErrorKind::Io => "io",
        KeyErrorKind::Conflict => "conflict",
        KeyErrorKind::InvalidState => "invalid-state",
        KeyErrorKind::Contract => "contract",
    }
}
