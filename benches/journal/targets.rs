//! Where events are recorded.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

use phi_seal::audit::journal::{Journal, JournalKey, Origin};
use phi_seal::audit::{Durability, JsonLines};
use phi_seal::{AuditError, AuditSink, Event};
use rusqlite::Connection;

pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// How many events a run records: fewer where each waits for the disk.
    events: usize,
    open: fn(&Path) -> Box<dyn AuditSink>,
}

pub(crate) const TARGETS: [Target; 5] = [
    Target {
        name: "journal, synced",
        events: 2_048,
        open: |path| journal(path, Durability::Synced),
    },
    Target {
        name: "journal, written",
        events: 65_536,
        open: |path| journal(path, Durability::Written),
    },
    Target {
        name: "JSON lines, an fsync each",
        events: 512,
        open: |path| json_lines(path, Durability::Synced),
    },
    Target {
        name: "JSON lines, without fsync",
        events: 65_536,
        open: |path| json_lines(path, Durability::Written),
    },
    Target {
        name: "SQLite, WAL, a transaction each",
        events: 512,
        open: |path| Box::new(Table::open(path)),
    },
];

/// A target under way, in a folder of its own.
pub(crate) struct Open {
    pub(crate) sink: Box<dyn AuditSink>,
    pub(crate) events: usize,
    folder: tempfile::TempDir,
}

impl Target {
    pub(crate) fn open(&self) -> Open {
        let folder = tempfile::tempdir().unwrap();
        Open {
            sink: (self.open)(folder.path()),
            events: self.events,
            folder,
        }
    }
}

impl Open {
    /// How many bytes it has written, a journal's reserve aside.
    pub(crate) fn close(self) -> u64 {
        drop(self.sink);
        bytes(self.folder.path())
    }
}

fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let sizes = entries.map(|entry| match entry.file_type().unwrap().is_dir() {
        true => bytes(&entry.path()),
        false if entry.file_name() == "reserve" => 0,
        false => entry.metadata().unwrap().len(),
    });
    sizes.sum()
}

fn journal(folder: &Path, durability: Durability) -> Box<dyn AuditSink> {
    let key = JournalKey::generate(Origin::new("bench.example/audit").unwrap()).unwrap();
    let builder = Journal::builder(folder.join("journal"), key).durability(durability);
    Box::new(builder.create().unwrap())
}

fn json_lines(folder: &Path, durability: Durability) -> Box<dyn AuditSink> {
    Box::new(JsonLines::open(folder.join("audit.jsonl"), durability).unwrap())
}

/// What many applications have: a table of events.
#[derive(Debug)]
struct Table(Mutex<Connection>);

impl Table {
    fn open(folder: &Path) -> Self {
        let connection = Connection::open(folder.join("audit.db")).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE events (id INTEGER PRIMARY KEY, event TEXT NOT NULL);",
            )
            .unwrap();
        Self(Mutex::new(connection))
    }
}

impl AuditSink for Table {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        let json = String::from_utf8(event.to_json()).unwrap();
        let connection = self.0.lock().unwrap();
        let mut insert = connection
            .prepare_cached("INSERT INTO events (event) VALUES (?1)")
            .unwrap();
        insert.execute([json]).unwrap();
        Ok(())
    }
}
