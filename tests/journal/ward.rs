//! A ward whose vault records in a journal, and what the tests know of a journal's files.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::SigningKey;
use phi_seal::access::{Expiry, ManualClock};
use phi_seal::audit::EventRecord;
use phi_seal::audit::journal::{
    Entries, Entry, Journal, JournalBuilder, JournalKey, Report, SignedCheckpoint, Verifier,
    VerifierKey,
};
use phi_seal::danger::PermitAll;
use phi_seal::{Access, Actor, Error, Keyring, Phi, PhiRecord, Purpose, Session, TenantId, Vault};
use sha2::{Digest as _, Sha256};

pub(crate) const ORIGIN: &str = "journal.test";

pub(crate) fn key() -> JournalKey {
    key_of(ORIGIN, 7)
}

pub(crate) fn public() -> VerifierKey {
    key().verifier()
}

/// The same key in every run.
pub(crate) fn key_of(name: &str, seed: u8) -> JournalKey {
    let key = SigningKey::from_bytes(&[seed; 32]);
    let public = [&[1], key.verifying_key().as_bytes().as_slice()].concat();
    let id = Sha256::digest([name.as_bytes(), b"\n", &public].concat());
    let id: String = id[..4].iter().map(|byte| format!("{byte:02x}")).collect();
    let seed = STANDARD.encode([&[1], key.as_bytes().as_slice()].concat());
    JournalKey::from_text(&format!("PRIVATE+KEY+{name}+{id}+{seed}")).unwrap()
}

/// In memory where there is such a folder, because thousands of folders are made.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

pub(crate) fn clock() -> Arc<ManualClock> {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    Arc::new(ManualClock::new(start))
}

/// A journal with segments of a few events, by a clock that stands still.
pub(crate) fn builder(path: &Path, clock: &Arc<ManualClock>) -> JournalBuilder {
    Journal::builder(path, key())
        .segment_bytes(4_000)
        .reserve_bytes(4_000)
        .clock(clock.clone())
        .tended_by_hand()
}

#[derive(Debug, PhiRecord)]
#[phi(record = "note", row = NoteRow)]
pub(crate) struct Note {
    #[phi(id, subject)]
    pub(crate) id: String,
    #[phi(category = Clinical)]
    pub(crate) text: Phi<String>,
}

pub(crate) fn note(id: impl Into<String>) -> Note {
    Note {
        id: id.into(),
        text: Phi::new("stable overnight".into()),
    }
}

pub(crate) struct Ward {
    pub(crate) journal: Arc<Journal>,
    vault: Vault,
}

impl Ward {
    pub(crate) fn new(journal: Journal) -> Self {
        let journal = Arc::new(journal);
        let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, journal.clone())
            .expiry(Expiry {
                idle: Duration::MAX,
                max_age: Duration::MAX,
            })
            .build();
        Self { journal, vault }
    }

    pub(crate) fn session(&self, purpose: Purpose) -> Session {
        let actor = Actor::new("nurse-4").unwrap().role("nurse");
        let access = Access::new(TenantId::new("mercy").unwrap(), actor, purpose);
        let access = match purpose {
            Purpose::BreakGlass => access.reason("unconscious"),
            _ => access,
        };
        self.vault.session(access).unwrap()
    }

    /// Seals a note of this id: one event.
    pub(crate) fn seal(&self, id: impl Into<String>) -> Result<NoteRow, Error> {
        self.session(Purpose::Treatment).seal(&note(id))
    }

    /// Closes the journal; no session is left.
    pub(crate) fn close(self) {
        drop(self.vault);
        Arc::into_inner(self.journal).unwrap().close().unwrap();
    }
}

pub(crate) fn entries(path: &Path) -> Vec<Entry> {
    let entries = Entries::open(path, &public()).unwrap();
    entries.collect::<Result<_, _>>().unwrap()
}

pub(crate) fn events(path: &Path) -> Vec<EventRecord> {
    entries(path).iter().filter_map(Entry::event).collect()
}

/// The id of the one record that an event is about.
pub(crate) fn record_of(event: &EventRecord) -> String {
    event.subjects[0].records[0].id.clone()
}

/// The ids of the records, in the order of the events.
pub(crate) fn records(path: &Path) -> Vec<String> {
    events(path).iter().map(record_of).collect()
}

pub(crate) fn verify(path: &Path, trusted: &[SignedCheckpoint]) -> Report {
    let verifier = Verifier::new(public());
    let verifier = trusted.iter().cloned().fold(verifier, Verifier::trusts);
    verifier.verify(path).unwrap()
}

/// The segments, in order.
pub(crate) fn segments(path: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(path).unwrap();
    let paths = names.map(|entry| entry.unwrap().path());
    let mut segments: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    segments.sort();
    segments
}

pub(crate) fn last_segment(path: &Path) -> PathBuf {
    segments(path).pop().unwrap()
}

/// A folder's files but the lock: what a backup of it holds.
pub(crate) fn copy(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().mode(0o700).create(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() != "lock" {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// All files of a folder and what they hold.
pub(crate) fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(path)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// The checkpoints that stand in a journal's segments, in order.
pub(crate) fn checkpoints(path: &Path) -> Vec<SignedCheckpoint> {
    let texts = segments(path)
        .into_iter()
        .map(|path| fs::read_to_string(path).unwrap());
    let notes = texts.flat_map(|text| {
        let lines = text.lines().filter(|line| line.starts_with('='));
        let notes = lines.map(|line| serde_json::from_str::<String>(&line[46..]).unwrap());
        notes.collect::<Vec<_>>()
    });
    notes
        .map(|note| SignedCheckpoint::verify(&note, &public()).unwrap())
        .collect()
}
