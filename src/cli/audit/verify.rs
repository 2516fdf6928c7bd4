//! `audit verify`.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use super::arguments;
use super::errors::tiles_code;
use super::events::JOURNAL;
use super::files;
use crate::audit::journal::{
    Fault, FaultReason, Report, SignedCheckpoint, Tiles, TilesErrorKind, Verifier, VerifierKey,
};
use crate::cli::console::Console;
use crate::cli::duration;
use crate::cli::failure::{Exit, Failure, Of};

#[derive(Serialize)]
struct Verified {
    origin: String,
    entries: u64,
    intact: u64,
    anchored: u64,
    unsigned: u64,
    torn_bytes: u64,
    silences: Vec<Silence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<Wrong>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tiles: Option<Exported>,
}

#[derive(Serialize)]
struct Silence {
    after: u64,
    seconds: u64,
}

#[derive(Serialize)]
struct Wrong {
    index: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<u64>,
    reason: &'static str,
}

#[derive(Serialize)]
struct Exported {
    entries: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<BadTile>,
}

#[derive(Serialize)]
struct BadTile {
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    tile: Option<String>,
}

pub(super) fn run(arguments: &arguments::Verify, console: &mut Console) -> Result<Exit, Failure> {
    let key = files::public_key(&arguments.key.key)?;
    let trusted = arguments.trust.iter();
    let trusted = trusted.map(|path| files::checkpoint("--trust", path, &key));
    let trusted: Vec<SignedCheckpoint> = trusted.collect::<Result<_, _>>()?;
    let tiles = arguments.tiles.as_deref();
    let tiles = tiles.map(|path| Tiles::open(path, &key).of(TILES));
    let tiles = tiles.transpose().map_err(of_no_export)?;

    let mut verifier = Verifier::new(key.clone()).heartbeat_every(arguments.heartbeat_every);
    if let Some(path) = &arguments.second_place {
        verifier = verifier.second_place(path);
    }
    for signed in &trusted {
        verifier = verifier.trusts(signed.clone());
    }
    // So that the export is compared with the journal. It lies where its writer could change it,
    // so what it covers is not anchored.
    if let Some(tiles) = &tiles {
        verifier = verifier.trusts(tiles.checkpoint().clone());
    }
    let report = verifier.verify(&arguments.journal).of(JOURNAL)?;
    let sizes = trusted.iter().map(|signed| signed.checkpoint().size());
    let anchored = sizes.filter(|size| *size <= report.anchored).max();
    let exported = tiles.as_ref().map(check).transpose()?;
    let verified = Verified::of(&key, &report, anchored.unwrap_or(0), exported);
    if console.json {
        console.document(&verified)?;
    } else {
        print(&verified, report.fault, console)?;
    }
    let is_bad_export = verified.tiles.is_some_and(|tiles| tiles.fault.is_some());
    Ok(match report.fault.is_some() || is_bad_export {
        true => Exit::Tampered,
        false => Exit::Done,
    })
}

/// A folder without a checkpoint is no export, rather than one that was changed.
fn of_no_export(failure: Failure) -> Failure {
    match failure.kind {
        "missing" => Failure {
            exit: Exit::Failed,
            kind: "not-found",
            message: "tiles: there is no export in this folder; check the path".into(),
        },
        _ => failure,
    }
}

/// Every tile against the export's own checkpoint.
fn check(tiles: &Tiles) -> Result<Exported, Failure> {
    let fault = match tiles.verify() {
        Ok(()) => None,
        Err(error) if matches!(error.kind(), TilesErrorKind::Io(_)) => {
            return Err(error).of(TILES);
        }
        Err(error) => Some(BadTile {
            reason: tiles_code(error.kind()),
            tile: error.tile().map(|tile| tile.to_string()),
        }),
    };
    let entries = tiles.checkpoint().checkpoint().size();
    Ok(Exported { entries, fault })
}

impl Verified {
    fn of(key: &VerifierKey, report: &Report, anchored: u64, tiles: Option<Exported>) -> Self {
        let silences = report.silences.iter().map(|silence| Silence {
            after: silence.after,
            seconds: silence.duration.as_secs(),
        });
        Self {
            origin: key.origin().to_string(),
            entries: report.entries,
            intact: report.intact,
            anchored,
            unsigned: report.unsigned,
            torn_bytes: report.torn_bytes,
            silences: silences.collect(),
            fault: report.fault.map(|fault| Wrong {
                index: fault.index,
                until: fault.until,
                reason: fault.reason.code(),
            }),
            tiles,
        }
    }
}

fn print(verified: &Verified, fault: Option<Fault>, console: &mut Console) -> Result<(), Failure> {
    let Verified {
        origin,
        entries,
        intact,
        anchored,
        unsigned,
        torn_bytes,
        ..
    } = verified;
    console.line(format_args!("journal {origin}: {entries} entries read"))?;
    console.line(format_args!(
        "intact up to {intact}, anchored up to {anchored}"
    ))?;
    if *unsigned > 0 {
        console.line(format_args!(
            "unsigned: the last {unsigned} are under no checkpoint"
        ))?;
    }
    if *torn_bytes > 0 {
        console.line(format_args!(
            "torn: {torn_bytes} bytes at the end, as a crash leaves them"
        ))?;
    }
    for Silence { after, seconds } in &verified.silences {
        let time = duration::show(*seconds);
        console.line(format_args!("silence: {time} after entry {after}"))?;
    }
    if let Some(tiles) = &verified.tiles {
        let entries = tiles.entries;
        match &tiles.fault {
            None => console.line(format_args!("tiles: {entries} entries, intact"))?,
            Some(BadTile { reason, tile }) => {
                let tile = tile
                    .as_deref()
                    .map_or_else(String::new, |it| [", ", it].concat());
                console.line(format_args!("TILES CHANGED: {reason}{tile}"))?;
            }
        }
    }
    match fault {
        None => Ok(()),
        Some(Fault {
            index,
            until,
            reason,
            ..
        }) => {
            let range = until.map_or_else(String::new, |end| alloc::format!(" to {}", end - 1));
            let (code, why) = (reason.code(), sentence(reason));
            console.line(format_args!(
                "CHANGED at entry {index}{range}: {why} ({code})"
            ))
        }
    }
}

const fn sentence(reason: FaultReason) -> &'static str {
    match reason {
        FaultReason::Changed => "it is not what its own hash says",
        FaultReason::NotAsSigned => {
            "these are not what the next checkpoint covers: changed, inserted, deleted or reordered"
        }
        FaultReason::BadLine => "a line is none of a journal's, or stands where it may not",
        FaultReason::BadSignature => {
            "a checkpoint was not signed with this key; is it the key of this journal?"
        }
        FaultReason::BadSegment => "a segment is missing, or is not the one that its name says",
        FaultReason::OtherOrigin => {
            "it belongs to another journal; is the key the one of this journal?"
        }
        FaultReason::Truncated => "the end is missing that a trusted checkpoint or the tiles name",
        FaultReason::Diverged => {
            "a trusted checkpoint or the tiles name another history: it was rewritten or forked"
        }
    }
}

const TILES: &str = "tiles";
