//! From a journal's folder to tiles in one call.

use std::path::Path;

use super::error::{TilesError, TilesErrorKind};
use super::write::{TileExport, TilesWritten};
use crate::audit::journal::{
    Entries, Entry, JournalError, JournalErrorKind, VerifierKey, newest_checkpoint,
};

/// Exports the journal in the folder `journal` into the folder `out` of C2SP `tlog-tiles`, up to the
/// newest checkpoint in its segments.
///
/// Goes on where the last export into `out` ended, and does nothing if there is nothing new. The
/// journal may be open for writing meanwhile. What is guaranteed of the files is in [`TileExport`],
/// which also exports up to another checkpoint, or from entries that are elsewhere.
///
/// # Errors
///
/// [`JournalErrorKind::NotFound`] also for a journal without a checkpoint;
/// [`JournalErrorKind::InUse`] if another export is writing; [`JournalErrorKind::Foreign`];
/// [`JournalErrorKind::Behind`] if `out` holds a later checkpoint than the journal, or the journal lacks
/// entries that its checkpoint names; [`JournalErrorKind::Diverged`] if the journal's history is another
/// than the exported one; [`JournalErrorKind::Damaged`] for either folder;
/// [`JournalErrorKind::Permissions`], [`JournalErrorKind::Full`] or [`JournalErrorKind::Io`].
///
/// # Example
///
/// ```
/// use phi_seal::audit::journal::{Journal, JournalKey, Origin, Tiles, export_tiles};
///
/// # let directory = tempfile::tempdir()?;
/// let (folder, out) = (directory.path().join("journal"), directory.path().join("tiles"));
/// let key = JournalKey::generate(Origin::new("ehr.mercy.example/audit")?)?;
/// let public = key.verifier();
/// Journal::builder(&folder, key).create()?.close()?;
///
/// assert_eq!(export_tiles(&folder, &out, &public)?.entries(), 2);
/// assert_eq!(export_tiles(&folder, &out, &public)?.entries(), 0);
/// Tiles::open(&out, &public)?.verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn export_tiles(
    journal: impl AsRef<Path>,
    out: impl AsRef<Path>,
    key: &VerifierKey,
) -> Result<TilesWritten, JournalError> {
    let journal = journal.as_ref();
    let target = newest_checkpoint(journal, key)?.ok_or(NO_CHECKPOINT)?;
    let mut export = TileExport::begin(out, &target, key)?;
    let left = target
        .checkpoint()
        .size()
        .saturating_sub(export.next_index());
    let entries = Entries::from(journal, key, export.next_index())?;
    let entries = entries.take(usize::try_from(left).unwrap_or(usize::MAX));
    export.extend(entries.map(|entry| entry.map(Entry::into_bytes)))?;
    Ok(export.finish()?)
}

impl From<TilesError> for JournalError {
    fn from(error: TilesError) -> Self {
        use std::io::ErrorKind;

        let kind = match error.kind() {
            TilesErrorKind::Locked => JournalErrorKind::InUse,
            TilesErrorKind::Checkpoint(_) => JournalErrorKind::Foreign,
            TilesErrorKind::Missing
            | TilesErrorKind::Malformed
            | TilesErrorKind::Mismatch
            | TilesErrorKind::WrongRoot => JournalErrorKind::Damaged,
            TilesErrorKind::Behind | TilesErrorKind::TooFewEntries => JournalErrorKind::Behind,
            TilesErrorKind::Diverged => JournalErrorKind::Diverged,
            TilesErrorKind::EntryTooLong => JournalErrorKind::Malformed,
            TilesErrorKind::Io(ErrorKind::PermissionDenied) => JournalErrorKind::Permissions,
            TilesErrorKind::Io(ErrorKind::StorageFull | ErrorKind::QuotaExceeded) => {
                JournalErrorKind::Full
            }
            TilesErrorKind::Io(_) => JournalErrorKind::Io,
        };
        Self::new(kind, error.kind().detail())
    }
}

const NO_CHECKPOINT: JournalError = JournalError::new(
    JournalErrorKind::NotFound,
    "no entry of the journal is under a checkpoint yet; try again later",
);
