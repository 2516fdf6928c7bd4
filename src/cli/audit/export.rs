//! `audit export`.

use serde::Serialize;

use super::arguments;
use super::events::JOURNAL;
use super::files;
use crate::audit::journal::{
    Entries, SignedCheckpoint, TileExport, TilesErrorKind, VerifierKey, newest_checkpoint,
};
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};

#[derive(Serialize)]
struct Exported<'a> {
    origin: &'a str,
    /// How many entries the export has.
    size: u64,
    /// How many it gained.
    entries: u64,
    files: u64,
}

pub(super) fn run(arguments: &arguments::Export, console: &mut Console) -> Result<Exit, Failure> {
    let key = files::public_key(&arguments.key.key)?;
    let journal = &arguments.journal;
    let target = match &arguments.checkpoint {
        Some(path) => files::checkpoint("--checkpoint", path, &key)?,
        None => newest(journal, &key)?,
    };
    let size = target.checkpoint().size();
    let begun = TileExport::begin(&arguments.out, &target, &key);
    // An older checkpoint that somebody asked for says nothing against the journal.
    if arguments.checkpoint.is_some()
        && begun
            .as_ref()
            .is_err_and(|error| error.kind() == TilesErrorKind::Behind)
    {
        return Err(Failure::refused(
            "the folder already holds a later checkpoint than this one",
        ));
    }
    let mut export = begun.of(TILES)?;
    let mut entries = Entries::from(journal, &key, export.next_index()).of(JOURNAL)?;
    if let Some(second) = &arguments.second_place {
        entries = entries.and_second_place(second).of("--second-place")?;
    }
    while export.next_index() < size
        && let Some(entry) = entries.next()
    {
        export.push(entry.of(JOURNAL)?.bytes()).of(TILES)?;
    }
    let written = export.finish().of(TILES)?;
    let exported = Exported {
        origin: key.origin().as_str(),
        size,
        entries: written.entries(),
        files: written.files(),
    };
    if console.json {
        console.document(&exported)?;
    } else {
        let (entries, files) = (exported.entries, exported.files);
        console.line(format_args!(
            "exported {entries} entries in {files} files; the export has {size}"
        ))?;
    }
    Ok(Exit::Done)
}

/// The newest checkpoint in a journal's folder.
pub(super) fn newest(
    journal: &std::path::Path,
    key: &VerifierKey,
) -> Result<SignedCheckpoint, Failure> {
    newest_checkpoint(journal, key).of(JOURNAL)?.ok_or(Failure {
        exit: Exit::Failed,
        kind: "not-found",
        message: "journal: no entry is under a checkpoint yet; try again later".into(),
    })
}

const TILES: &str = "tiles";
