//! Files that are given: keys, checkpoints, proofs, ids.

use alloc::string::String;
use alloc::vec::Vec;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::audit::journal::{JournalKey, SignedCheckpoint, VerifierKey};
use crate::cli::failure::{Exit, Failure, Of};

/// A public key: the text itself, or what stands in a file.
pub(super) fn public_key(argument: &str) -> Result<VerifierKey, Failure> {
    let text = value("--key", argument)?;
    VerifierKey::parse(&text).of("--key")
}

/// A secret key, from a file that nobody but its owner may access.
pub(super) fn secret_key(path: &Path) -> Result<JournalKey, Failure> {
    refuse_open_modes(path)?;
    let bytes = Zeroizing::new(read("journal key", path, LONGEST_LINE)?);
    let text = core::str::from_utf8(&bytes).unwrap_or("");
    JournalKey::from_text(text.strip_suffix('\n').unwrap_or(text)).of("journal key")
}

/// A signed checkpoint, believed because this key has signed it.
pub(super) fn checkpoint(
    place: &'static str,
    path: &Path,
    key: &VerifierKey,
) -> Result<SignedCheckpoint, Failure> {
    let text = text(place, path, LONGEST)?;
    SignedCheckpoint::verify(&text, key).of(place)
}

/// An argument, or the one line of the file that it names behind an `@`.
pub(super) fn value(place: &'static str, argument: &str) -> Result<String, Failure> {
    let Some(path) = argument.strip_prefix('@') else {
        return Ok(argument.into());
    };
    let mut line = text(place, Path::new(path), LONGEST_LINE)?;
    if line.ends_with('\n') {
        line.pop();
    }
    Ok(line)
}

/// The text of a file.
pub(super) fn text(place: &'static str, path: &Path, limit: usize) -> Result<String, Failure> {
    String::from_utf8(read(place, path, limit)?).map_err(|_| no_text(place))
}

/// As much as any checkpoint or proof is long.
pub(super) const LONGEST: usize = 1 << 20;
const LONGEST_LINE: usize = 1 << 12;

fn read(place: &'static str, path: &Path, limit: usize) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::with_capacity(limit.min(1 << 13) + 1);
    let file = File::open(path).map_err(|error| of_io(place, &error))?;
    let read = file.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| of_io(place, &error))?;
    match bytes.len() > limit {
        true => Err(no_text(place)),
        false => Ok(bytes),
    }
}

#[cfg(unix)]
fn refuse_open_modes(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = fs::metadata(path).map_err(|error| of_io("journal key", &error))?;
    match metadata.permissions().mode() & 0o077 {
        0 => Ok(()),
        _ => Err(Failure {
            exit: Exit::Failed,
            kind: "permissions",
            message: "journal key: group or others may access the file; set its mode to 0600"
                .into(),
        }),
    }
}

#[cfg(not(unix))]
fn refuse_open_modes(_: &Path) -> Result<(), Failure> {
    Ok(())
}

/// An error of the system, of which nothing but the kind is kept.
pub(super) fn of_io(place: &'static str, error: &io::Error) -> Failure {
    let (kind, message) = match error.kind() {
        io::ErrorKind::NotFound => ("not-found", "there is no such file or folder"),
        io::ErrorKind::AlreadyExists => ("already-exists", "it exists; nothing is overwritten"),
        io::ErrorKind::PermissionDenied => ("permissions", "it may not be accessed"),
        _ => ("io", "reading or writing failed"),
    };
    Failure {
        exit: Exit::Failed,
        kind,
        message: [place, ": ", message].concat().into(),
    }
}

fn no_text(place: &str) -> Failure {
    Failure {
        exit: Exit::Failed,
        kind: "malformed",
        message: [place, ": the file is too long, or no text"]
            .concat()
            .into(),
    }
}
