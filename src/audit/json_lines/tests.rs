#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::Write;
use std::path::PathBuf;
use std::{fs, thread};

use super::storage::Storage;
use super::*;
use crate::audit::EventRecord;
use crate::audit::tests::with_event;

fn path() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    (directory, path)
}

fn record(sink: &JsonLines) -> Result<(), AuditError> {
    with_event(|event| sink.record(event))
}

fn events(path: &Path) -> Vec<EventRecord> {
    let text = fs::read(path).unwrap();
    assert_eq!(text.last(), Some(&b'\n'));
    let lines = text.split(|byte| *byte == b'\n');
    lines
        .filter_map(|line| EventRecord::from_json(line).ok())
        .collect()
}

#[test]
fn each_event_is_a_line_and_reopening_appends() {
    for durability in [Durability::Synced, Durability::Written] {
        let (_directory, path) = path();
        for _ in 0..2 {
            let sink = JsonLines::open(&path, durability).unwrap();
            record(&sink).unwrap();
            record(&sink).unwrap();
        }
        assert_eq!(
            events(&path),
            [(); 4].map(|()| with_event(|event| event.to_record()))
        );
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 4);
    }
}

#[test]
fn lines_of_several_threads_do_not_mix() {
    let (_directory, path) = path();
    let sink = JsonLines::open(&path, Durability::Written).unwrap();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| record(&sink).unwrap()));
        }
    });
    assert_eq!(events(&path).len(), 400);
}

#[test]
fn a_torn_line_is_ended_and_kept() {
    let (_directory, path) = path();
    record(&JsonLines::open(&path, Durability::Synced).unwrap()).unwrap();
    let whole = fs::read(&path).unwrap();
    for torn in [&b"{\"v\":1,\"eve"[..], b"\0\0\0"] {
        let before = [&whole, torn].concat();
        fs::write(&path, &before).unwrap();
        record(&JsonLines::open(&path, Durability::Synced).unwrap()).unwrap();
        let expected = [&before, &b"\n"[..], &whole].concat();
        assert_eq!(fs::read(&path).unwrap(), expected);
        assert_eq!(events(&path).len(), 2);
    }
}

#[test]
fn a_write_by_somebody_else_is_not_overwritten() {
    let (_directory, path) = path();
    let sink = JsonLines::open(&path, Durability::Written).unwrap();
    let mut other = OpenOptions::new().append(true).open(&path).unwrap();
    other.write_all(b"# shift change\n").unwrap();
    record(&sink).unwrap();
    assert!(
        fs::read(&path)
            .unwrap()
            .starts_with(b"# shift change\n{\"v\":1")
    );
}

/// A disk with room for so many bytes, which fails in ways to choose.
#[derive(Default)]
struct Disk {
    bytes: Vec<u8>,
    room: usize,
    /// The most that one call writes.
    chunk: usize,
    interrupted: bool,
    fails_to_sync: bool,
    fails_to_take_back: bool,
    syncs: usize,
}

impl Storage for &mut Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.interrupted = !self.interrupted;
        if self.interrupted {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let count = bytes
            .len()
            .min(self.chunk)
            .min(self.room - self.bytes.len());
        if count == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.bytes.extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.syncs += 1;
        if self.fails_to_sync {
            return Err(io::ErrorKind::Other.into());
        }
        Ok(())
    }

    fn take_back(&mut self, count: u64) -> io::Result<()> {
        if self.fails_to_take_back {
            return Err(io::ErrorKind::Other.into());
        }
        let len = self.bytes.len() - usize::try_from(count).unwrap();
        self.bytes.truncate(len);
        Ok(())
    }
}

fn disk(room: usize) -> Disk {
    Disk {
        room,
        chunk: 3,
        ..Disk::default()
    }
}

#[test]
fn half_a_line_is_taken_back_and_space_makes_it_work_again() {
    let mut disk = disk(12);
    let mut lines = Lines::new(&mut disk);
    lines.append(b"1234567\n", Durability::Synced).unwrap();
    for _ in 0..2 {
        lines.append(b"abcdefg\n", Durability::Synced).unwrap_err();
    }
    lines.append(b"abc\n", Durability::Synced).unwrap();
    assert_eq!(disk.bytes, b"1234567\nabc\n");
    assert_eq!(disk.syncs, 2);
}

#[test]
fn a_full_disk_that_took_nothing_breaks_nothing() {
    let mut disk = Disk {
        fails_to_take_back: true,
        ..disk(4)
    };
    let mut lines = Lines::new(&mut disk);
    lines.append(b"abc\n", Durability::Written).unwrap();
    let first = lines.append(b"x\n", Durability::Written).unwrap_err();
    let second = lines.append(b"x\n", Durability::Written).unwrap_err();
    assert_eq!(first, second);
    assert_eq!((disk.bytes, disk.syncs), (b"abc\n".to_vec(), 0));
}

#[test]
fn half_a_line_that_stays_breaks_the_sink() {
    let mut disk = Disk {
        fails_to_take_back: true,
        ..disk(10)
    };
    let mut lines = Lines::new(&mut disk);
    let first = lines
        .append(b"0123456789ab\n", Durability::Written)
        .unwrap_err();
    let second = lines.append(b"\n", Durability::Written).unwrap_err();
    assert_ne!(first, second);
    assert!(second.to_string().contains("open the file anew"));
    assert_eq!(disk.bytes, b"0123456789");
}

#[test]
fn a_failed_sync_breaks_the_sink() {
    let mut disk = Disk {
        fails_to_sync: true,
        ..disk(100)
    };
    let mut lines = Lines::new(&mut disk);
    lines.append(b"a\n", Durability::Written).unwrap();
    lines.append(b"b\n", Durability::Synced).unwrap_err();
    for durability in [Durability::Synced, Durability::Written] {
        lines.append(b"c\n", durability).unwrap_err();
    }
    assert_eq!((disk.bytes, disk.syncs), (b"a\nb\n".to_vec(), 1));
}

#[test]
fn a_real_file_takes_bytes_back() {
    let (_directory, path) = path();
    let mut file = options().open(&path).unwrap();
    Write::write_all(&mut file, b"whole\nhal").unwrap();
    file.take_back(3).unwrap();
    Write::write_all(&mut file, b"next\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"whole\nnext\n");
}
