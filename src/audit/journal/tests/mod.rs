#![allow(clippy::unwrap_used, clippy::panic)]

mod full;
mod power;
mod sim;
mod torn;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;
use std::time::SystemTime;

use self::sim::SimDisk;
use super::entry::{Note, NoteKind};
use super::log::{Incoming, Log, Now};
use super::recover::{self, Place};
use super::settings::Settings;
use super::verify::{Report, Verifier};
use super::{Entries, JournalError, JournalErrorKind, JournalKey, SignedCheckpoint};
use crate::audit::Durability;

const NOW: Now = Now {
    wall: SystemTime::UNIX_EPOCH,
    monotonic: Duration::ZERO,
};

fn key() -> JournalKey {
    JournalKey::from_text(KEY).unwrap()
}

/// Made up for these tests.
const KEY: &str = "PRIVATE+KEY+journal.test+e3238f8d+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

/// A writer of a journal on a disk in memory, and what it was told.
struct Writer {
    log: Log,
    /// What was acknowledged.
    acknowledged: Vec<String>,
    /// What was signed.
    signed: Vec<SignedCheckpoint>,
}

/// A segment of a few entries, and a small reserve.
fn settings(durability: Durability) -> Settings {
    Settings {
        durability,
        segment_bytes: 2_000,
        reserve_bytes: 2_000,
        ..Settings::default()
    }
}

fn place(disk: &SimDisk, second: Option<&SimDisk>, durability: Durability) -> Place {
    Place {
        folder: Box::new(disk.clone()),
        second: second.map(|disk| Box::new(disk.clone()) as _),
        key: key(),
        settings: settings(durability),
    }
}

impl Writer {
    fn create(place: Place) -> Result<Self, JournalError> {
        let origin = place.key.origin().as_str().into();
        let begin = NoteKind::Begin {
            origin,
            continues: None,
        };
        let log = recover::create(place, &Note::new(begin, NOW.wall), NOW)?;
        Ok(Self::of(log))
    }

    fn open(place: Place) -> Result<(Self, NoteKind), JournalError> {
        let (log, opened) = recover::open(place, &[], NOW)?;
        Ok((Self::of(log), opened))
    }

    fn of(log: Log) -> Self {
        Self {
            signed: Vec::from([log.signed.clone()]),
            log,
            acknowledged: Vec::new(),
        }
    }

    /// Adds entries at once; says how many were taken.
    fn add(&mut self, entries: &[String], is_emergency: bool, now: Now) -> usize {
        let incoming = |entry: &String| Incoming::new(entry.as_bytes(), is_emergency);
        let batch: Vec<_> = entries.iter().map(incoming).collect();
        let results = self.log.add(&batch, now);
        let taken = entries
            .iter()
            .zip(&results)
            .filter(|(_, result)| result.is_ok());
        let before = self.acknowledged.len();
        self.acknowledged
            .extend(taken.map(|(entry, _)| entry.clone()));
        self.signed.push(self.log.signed.clone());
        self.acknowledged.len() - before
    }
}

/// An entry of some 200 bytes.
fn entry(number: usize) -> String {
    format!(r#"{{"v":1,"event":"{number:0>180}"}}"#)
}

/// The entries of a journal that the tests wrote.
fn entries(disk: &SimDisk, second: Option<&SimDisk>) -> Vec<String> {
    let entries = Entries::of(Box::new(disk.clone()), key().origin().clone(), 0).unwrap();
    let entries = match second {
        Some(second) => entries.and_second(second).unwrap(),
        None => entries,
    };
    let text = |entry: super::Entry| String::from_utf8(entry.into_bytes()).unwrap();
    // Damage ends it, and what comes after is missing.
    let all = entries.map_while(|entry| entry.ok().map(text));
    all.filter(|text| text.contains("event")).collect()
}

fn verify(disk: &SimDisk, trusted: &[SignedCheckpoint]) -> Report {
    let verifier = Verifier::new(key().verifier());
    let verifier = trusted.iter().cloned().fold(verifier, Verifier::trusts);
    verifier.verify_in(Box::new(disk.clone())).unwrap()
}
