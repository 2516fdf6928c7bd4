//! `audit prove`.

use alloc::string::String;
use std::io::Write;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::arguments::Prove;
use super::events::JOURNAL;
use super::export::newest;
use super::files::{self, LONGEST};
use super::output::{Output, refuse_open_standard};
use crate::audit::journal::{
    Checkpoint, ConsistencyProof, ConsistencyProver, Entries, EntryProof, Hash, InclusionProver,
    SignedCheckpoint, VerifierKey,
};
use crate::cli::console::Console;
use crate::cli::failure::{Exit, Failure, Of};

/// What is told of a proof.
#[derive(Default, Serialize)]
struct Told<'a> {
    origin: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_size: Option<u64>,
    /// Of the tree that it holds for.
    size: u64,
    root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
}

pub(super) fn run(arguments: &Prove, console: &mut Console) -> Result<Exit, Failure> {
    let key = files::public_key(&arguments.key.key)?;
    let both = match arguments.consistency.as_deref() {
        Some([old, new]) => Some((
            files::checkpoint("OLD", old, &key)?,
            files::checkpoint("NEW", new, &key)?,
        )),
        _ => None,
    };
    match (&arguments.check, both, &arguments.journal, arguments.index) {
        (Some(proof), Some((old, new)), ..) => check_consistency(proof, &old, &new, console)?,
        (Some(proof), None, ..) => check_entry(proof, arguments.show_entry, &key, console)?,
        (None, Some((old, new)), Some(journal), _) => {
            let proof = prove_consistency(journal, &old, &new, &key, arguments)?;
            let (old, new) = (old.checkpoint(), new.checkpoint());
            let mut told = Told::of(new);
            told.old_size = Some(old.size());
            hand_out(&(proof + "\n"), told, arguments, console)?;
        }
        (None, None, Some(journal), Some(index)) => {
            if arguments.out.out.is_none() {
                refuse_open_standard()?;
            }
            let signed = match &arguments.checkpoint {
                Some(path) => files::checkpoint("--checkpoint", path, &key)?,
                None => newest(journal, &key)?,
            };
            let proof = prove_entry(journal, index, &signed, &key, arguments)?;
            let mut told = Told::of(signed.checkpoint());
            told.index = Some(index);
            hand_out(&proof, told, arguments, console)?;
        }
        // The arguments are declared so that there is none.
        _ => return Err(Failure::of_arguments("say what to prove; see --help")),
    }
    Ok(Exit::Done)
}

impl<'a> Told<'a> {
    fn of(checkpoint: &'a Checkpoint) -> Self {
        Self {
            origin: checkpoint.origin().as_str(),
            size: checkpoint.size(),
            root: STANDARD.encode(checkpoint.root()),
            ..Self::default()
        }
    }
}

fn prove_entry(
    journal: &Path,
    index: u64,
    signed: &SignedCheckpoint,
    key: &VerifierKey,
    arguments: &Prove,
) -> Result<String, Failure> {
    let size = signed.checkpoint().size();
    let mut prover = InclusionProver::new(index, size).of("proof")?;
    let mut proven = None;
    leaves(journal, size, key, arguments, |entry, hash, bytes| {
        prover.push(hash);
        if entry == index {
            proven = Some(bytes.to_vec());
        }
    })?;
    let inclusion = prover.finish().of(JOURNAL)?;
    let entry = proven.unwrap_or_default();
    // Verified with the checkpoint in there: of a journal that was changed there is no proof.
    let proof = EntryProof::new(entry, inclusion, signed).of(JOURNAL)?;
    Ok(proof.to_text())
}

fn prove_consistency(
    journal: &Path,
    old: &SignedCheckpoint,
    new: &SignedCheckpoint,
    key: &VerifierKey,
    arguments: &Prove,
) -> Result<String, Failure> {
    let (old, new) = (old.checkpoint(), new.checkpoint());
    let mut prover = ConsistencyProver::new(old.size(), new.size()).of("OLD and NEW")?;
    leaves(journal, new.size(), key, arguments, |_, hash, _| {
        prover.push(hash);
    })?;
    let proof = prover.finish().of(JOURNAL)?;
    proof.verify(old, new).of(JOURNAL)?;
    Ok(proof.to_json())
}

/// Hands the first so many entries to `f`.
fn leaves(
    journal: &Path,
    size: u64,
    key: &VerifierKey,
    arguments: &Prove,
    mut f: impl FnMut(u64, Hash, &[u8]),
) -> Result<(), Failure> {
    let mut entries = Entries::open(journal, key).of(JOURNAL)?;
    if let Some(second) = &arguments.second_place {
        entries = entries.and_second_place(second).of("--second-place")?;
    }
    for _ in 0..size {
        let Some(entry) = entries.next() else {
            break;
        };
        let entry = entry.of(JOURNAL)?;
        f(entry.index(), *entry.hash(), entry.bytes());
    }
    Ok(())
}

fn hand_out<'a>(
    proof: &'a str,
    mut told: Told<'a>,
    arguments: &Prove,
    console: &mut Console,
) -> Result<(), Failure> {
    let out = arguments.out.out.as_deref();
    let is_json = console.json;
    if out.is_some() || !is_json {
        let output = Output::open(out, console)?;
        output.written(|out| {
            let failed = out.failed();
            out.write_all(proof.as_bytes()).map_err(failed)
        })?;
    } else {
        told.proof = Some(proof);
    }
    match (is_json, out) {
        (true, _) => console.document(&told),
        (false, Some(_)) => console.line(format_args!("{} is written", Sentence(&told))),
        (false, None) => Ok(()),
    }
}

fn check_entry(
    path: &Path,
    shows_entry: bool,
    key: &VerifierKey,
    console: &mut Console,
) -> Result<(), Failure> {
    let text = files::text("--check", path, LONGEST)?;
    let proof = EntryProof::parse(&text).of("--check")?;
    let checkpoint = proof.verify(key).of("--check")?;
    let entry = String::from_utf8_lossy(proof.entry());
    if shows_entry {
        refuse_open_standard()?;
    }
    let mut told = Told::of(&checkpoint);
    told.index = Some(proof.index());
    if console.json {
        told.entry = shows_entry.then_some(&*entry);
        return console.document(&told);
    }
    console.line(format_args!("{} holds", Sentence(&told)))?;
    match shows_entry {
        true => console.line(format_args!("{entry}")),
        false => Ok(()),
    }
}

fn check_consistency(
    path: &Path,
    old: &SignedCheckpoint,
    new: &SignedCheckpoint,
    console: &mut Console,
) -> Result<(), Failure> {
    let text = files::text("--check", path, LONGEST)?;
    let proof = ConsistencyProof::from_json(text.trim_end().as_bytes()).of("--check")?;
    let (old, new) = (old.checkpoint(), new.checkpoint());
    proof.verify(old, new).of("--check")?;
    let mut told = Told::of(new);
    told.old_size = Some(old.size());
    match console.json {
        true => console.document(&told),
        false => console.line(format_args!("{} holds", Sentence(&told))),
    }
}

/// What a proof says.
struct Sentence<'t>(&'t Told<'t>);

impl core::fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Told {
            origin, size, root, ..
        } = self.0;
        match (self.0.index, self.0.old_size) {
            (Some(index), _) => write!(f, "entry {index} of the {size} of {origin}, root {root}:")?,
            (None, old) => write!(
                f,
                "the first {} of the {size} entries of {origin}, root {root}, unchanged:",
                old.unwrap_or_default()
            )?,
        }
        f.write_str(" the proof")
    }
}
