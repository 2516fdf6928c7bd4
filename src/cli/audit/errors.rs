//! How errors of the journal end a command.

use alloc::string::ToString;
use core::fmt;

use crate::audit::journal::{
    CheckpointError, CheckpointErrorKind, JournalError, JournalErrorKind, ProofError,
    ProofErrorKind, TilesError, TilesErrorKind,
};
use crate::cli::failure::{Exit, Failure, Of};

impl<T> Of<T> for Result<T, JournalError> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| {
            let (exit, kind) = match error.kind() {
                JournalErrorKind::NotFound => (Exit::Failed, "not-found"),
                JournalErrorKind::AlreadyExists => (Exit::Failed, "already-exists"),
                JournalErrorKind::InUse => (Exit::Failed, "in-use"),
                JournalErrorKind::Permissions => (Exit::Failed, "permissions"),
                JournalErrorKind::Foreign => (Exit::Failed, "foreign"),
                JournalErrorKind::Damaged => (Exit::Tampered, "damaged"),
                JournalErrorKind::Behind => (Exit::Tampered, "behind"),
                JournalErrorKind::Diverged => (Exit::Tampered, "diverged"),
                JournalErrorKind::Malformed => (Exit::Failed, "malformed"),
                JournalErrorKind::Full => (Exit::Failed, "full"),
                JournalErrorKind::Io => (Exit::Failed, "io"),
            };
            failure(place, exit, kind, error)
        })
    }
}

impl<T> Of<T> for Result<T, CheckpointError> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| {
            let (exit, kind) = of_checkpoint(error.kind());
            failure(place, exit, kind, error)
        })
    }
}

impl<T> Of<T> for Result<T, ProofError> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| {
            let (exit, kind) = match error.kind() {
                ProofErrorKind::Malformed => (Exit::Failed, "malformed"),
                ProofErrorKind::Checkpoint(kind) => of_checkpoint(kind),
                ProofErrorKind::OtherOrigin => (Exit::Failed, "foreign"),
                ProofErrorKind::OtherSize => (Exit::Failed, "other-size"),
                ProofErrorKind::OutOfRange => (Exit::Failed, "out-of-range"),
                // Of a journal, and a checkpoint that it has signed.
                ProofErrorKind::TooFewLeaves => (Exit::Tampered, "behind"),
                ProofErrorKind::Refuted => (Exit::Tampered, "refuted"),
            };
            failure(place, exit, kind, error)
        })
    }
}

impl<T> Of<T> for Result<T, TilesError> {
    fn of(self, place: &'static str) -> Result<T, Failure> {
        self.map_err(|error| {
            let exit = match error.kind() {
                TilesErrorKind::Io(_) | TilesErrorKind::Locked => Exit::Failed,
                TilesErrorKind::Checkpoint(kind) => of_checkpoint(kind).0,
                _ => Exit::Tampered,
            };
            failure(place, exit, tiles_code(error.kind()), error)
        })
    }
}

/// The stable spelling in JSON.
pub(super) const fn tiles_code(kind: TilesErrorKind) -> &'static str {
    match kind {
        TilesErrorKind::Io(_) => "io",
        TilesErrorKind::Locked => "in-use",
        TilesErrorKind::Checkpoint(kind) => of_checkpoint(kind).1,
        TilesErrorKind::Missing => "missing",
        TilesErrorKind::Malformed => "malformed",
        TilesErrorKind::Mismatch => "mismatch",
        TilesErrorKind::WrongRoot => "wrong-root",
        TilesErrorKind::Behind | TilesErrorKind::TooFewEntries => "behind",
        TilesErrorKind::Diverged => "diverged",
        TilesErrorKind::EntryTooLong => "too-long",
    }
}

/// That a signature is missing or another's is a mistake as often as not; one that does not fit is
/// none.
const fn of_checkpoint(kind: CheckpointErrorKind) -> (Exit, &'static str) {
    match kind {
        CheckpointErrorKind::Malformed => (Exit::Failed, "malformed"),
        CheckpointErrorKind::NotSigned => (Exit::Failed, "foreign"),
        CheckpointErrorKind::OtherOrigin => (Exit::Failed, "foreign"),
        CheckpointErrorKind::BadSignature => (Exit::Tampered, "bad-signature"),
    }
}

fn failure(place: &str, exit: Exit, kind: &'static str, error: impl fmt::Display) -> Failure {
    Failure {
        exit,
        kind,
        message: [place, ": ", &error.to_string()].concat().into(),
    }
}
