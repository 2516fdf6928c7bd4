//! The newest checkpoint that a journal's folder holds.

use alloc::vec::Vec;
use std::path::Path;

use super::error::{JournalError, JournalErrorKind, of_io};
use super::folder::{DiskFolder, Folder};
use super::line::Line;
use super::segment::{NextLine, open_segment, segment_name, segments};
use super::{SignedCheckpoint, VerifierKey};

/// The newest signed checkpoint among the segments of the journal in the folder at `path`; `None` if
/// no entry is under one yet.
///
/// Reads the last segment, which begins with a checkpoint unless it is the first, and checks the
/// signature of the checkpoint that it gives. Whether the entries are those that it names is what
/// [`Verifier`](super::Verifier) finds, and whether a newer one was cut off is what only a checkpoint
/// that is held elsewhere shows. The journal may be open for writing meanwhile.
///
/// # Errors
///
/// [`JournalErrorKind::NotFound`], [`JournalErrorKind::Foreign`] for the journal of another origin or
/// key, [`JournalErrorKind::Damaged`], [`JournalErrorKind::Permissions`] or [`JournalErrorKind::Io`].
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Journal, JournalKey, Origin, newest_checkpoint};
///
/// # let directory = tempfile::tempdir()?;
/// let folder = directory.path().join("journal");
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let public = key.verifier();
/// Journal::builder(&folder, key).create()?.close()?;
///
/// let newest = newest_checkpoint(&folder, &public)?.ok_or("none")?;
/// assert_eq!(newest.checkpoint().size(), 2, "begin and close");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn newest_checkpoint(
    path: impl AsRef<Path>,
    key: &VerifierKey,
) -> Result<Option<SignedCheckpoint>, JournalError> {
    let folder = DiskFolder(path.as_ref().to_path_buf());
    let names = folder.names().map_err(of_io)?;
    let last = *segments(&names).last().ok_or(NOT_FOUND)?;
    let mut lines = open_segment(folder.read(&segment_name(last)), key.origin(), last)?;
    let mut newest = Vec::new();
    // A line that a crash has torn is no checkpoint, and the end.
    while let NextLine::Whole(line) = lines.next().map_err(of_io)? {
        if line.first() == Some(&b'=') {
            newest.clear();
            newest.extend_from_slice(line);
        }
    }
    if newest.is_empty() {
        return Ok(None);
    }
    let Some(Line::Checkpoint(note)) = Line::parse(&newest) else {
        return Err(DAMAGED);
    };
    let signed = SignedCheckpoint::verify(&note, key);
    signed.map(Some).map_err(|_| FOREIGN)
}

const NOT_FOUND: JournalError = JournalError::new(
    JournalErrorKind::NotFound,
    "there is no journal in this folder; check the path",
);
const DAMAGED: JournalError = JournalError::new(
    JournalErrorKind::Damaged,
    "the newest checkpoint in the journal is damaged; verify it",
);
const FOREIGN: JournalError = JournalError::new(
    JournalErrorKind::Foreign,
    "the newest checkpoint in the journal was not signed with this key",
);
