//! A journal whose last segment and reserve hold arbitrary bytes: reading, verifying and opening it
//! never panic, and never take for signed what was not.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::journal::{
    Entries, Journal, JournalBuilder, JournalKey, SignedCheckpoint, Verifier, leaf_hash,
};

use super::input::Input;

/// The key of the tests of Go's `sumdb/note`, which is public.
const KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

/// What an honest writer left.
struct Honest {
    /// By name, the last one last.
    segments: Vec<(String, Vec<u8>)>,
    entries: Vec<Vec<u8>>,
    reserve: Vec<u8>,
    newest: SignedCheckpoint,
}

pub fn run(data: &[u8]) {
    static HONEST: OnceLock<Honest> = OnceLock::new();
    let honest = HONEST.get_or_init(honest);
    let mut input = Input::new(data);
    let (how, whole) = (input.byte(), input.byte().is_multiple_of(4));
    let folder = folder();
    let path = folder.path().join("journal");
    private(&path);
    let kept = match whole {
        // Only one segment, which is all of a journal.
        true => 0,
        false => honest.segments.len() - 1,
    };
    for (name, content) in &honest.segments[..kept] {
        write(&path.join(name), content);
    }
    let (name, last) = &honest.segments[kept];
    let reserve = input.part();
    write(&path.join(name), &edited(last, how, &mut input));
    match how % 3 {
        0 => write(&path.join("reserve"), &honest.reserve),
        1 => write(&path.join("reserve"), reserve),
        _ => write(&path.join("reserve"), &spilled(&honest.reserve, reserve)),
    }
    read(&path, honest);
    open(&path, honest, how);
}

/// What reads a journal agrees with what was signed.
fn read(path: &Path, honest: &Honest) {
    let key = key().verifier();
    let entries: Vec<_> = Entries::open(path, &key)
        .expect("a folder")
        .map_while(Result::ok)
        .collect();
    for trusted in [None, Some(&honest.newest)] {
        let verifier = Verifier::new(key.clone());
        let verifier = trusted.iter().fold(verifier, |verifier, signed| {
            verifier.trusts((*signed).clone())
        });
        let report = verifier.verify(path).expect("a folder");
        let intact = report.intact as usize;
        assert!(report.anchored <= report.intact && report.intact <= report.entries);
        // Whatever follows is torn or nobody's.
        for (entry, honest) in entries[..intact].iter().zip(&honest.entries) {
            assert!(entry.bytes() == honest && *entry.hash() == leaf_hash(honest));
        }
        assert!(intact <= honest.entries.len());
        match (report.fault, trusted) {
            (None, Some(signed)) => assert_eq!(report.anchored, signed.checkpoint().size()),
            (None, None) => assert_eq!(report.entries, entries.len() as u64),
            (Some(fault), _) => assert_eq!(fault.index, report.intact),
        }
    }
}

/// A writer goes on where nothing that was signed is missing, and then it verifies; or it leaves the
/// folder as it is.
fn open(path: &Path, honest: &Honest, how: u8) {
    let trusts = how & 8 != 0;
    let builder = match trusts {
        true => builder(path).trusts(honest.newest.clone()),
        false => builder(path),
    };
    let before = contents(path);
    match builder.open() {
        Err(_) => assert!(contents(path) == before, "it was refused, and changed"),
        Ok(journal) => {
            journal.heartbeat().expect("there is space");
            let signed = journal.checkpoint();
            journal.close().expect("there is space");
            let verifier = Verifier::new(key().verifier()).trusts(signed);
            let verifier = match trusts {
                true => verifier.trusts(honest.newest.clone()),
                false => verifier,
            };
            let report = verifier.verify(path).expect("a folder");
            assert!(report.fault.is_none(), "{report:?}");
            assert_eq!((report.unsigned, report.torn_bytes), (0, 0));
            let entries: Result<Vec<_>, _> = Entries::open(path, &key().verifier())
                .expect("a folder")
                .collect();
            let entries = entries.expect("it verifies");
            assert_eq!(entries.len() as u64, report.entries);
            if trusts {
                let bytes = entries.iter().map(phi_seal::audit::journal::Entry::bytes);
                assert!(
                    bytes
                        .zip(&honest.entries)
                        .all(|(entry, honest)| entry == honest)
                );
                assert!(entries.len() > honest.entries.len());
            }
        }
    }
}

/// The honest segment with some changes, or something else altogether.
fn edited(last: &[u8], how: u8, input: &mut Input<'_>) -> Vec<u8> {
    if how & 16 != 0 {
        return input.part().to_vec();
    }
    let mut content = last.to_vec();
    while !input.is_empty() {
        let (kind, at) = (
            input.byte(),
            usize::from(u16::from_be_bytes([input.byte(), input.byte()])),
        );
        let at = at % (content.len() + 1);
        let len = usize::from(input.byte());
        let end = (at + len).min(content.len());
        match kind % 6 {
            0 => content.truncate(at),
            1 => drop(content.drain(at..end)),
            2 => drop(content.splice(at..end, input.part().iter().copied())),
            3 => {
                let piece = content[at..end].to_vec();
                content.extend(piece);
            }
            4 => content.extend(line(input.part())),
            _ => {
                let at = content[..at]
                    .iter()
                    .rposition(|byte| *byte == b'\n')
                    .map_or(0, |at| at + 1);
                drop(content.splice(at..at, line(input.part())));
            }
        }
    }
    content
}

/// The honest reserve with entries in it.
fn spilled(reserve: &[u8], data: &[u8]) -> Vec<u8> {
    let mut content = reserve.to_vec();
    // Behind two lines, the second of 64 bytes.
    let mut at = content
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(0, |at| at + 65);
    for (attempt, piece) in (1..).zip(data.chunks(9)) {
        let numbers = format!("{:020} {attempt:020} ", piece[0]);
        let line = [numbers.as_bytes(), &line(&piece[1..])].concat();
        let end = (at + line.len()).min(content.len());
        content.splice(at..end, line.iter().copied());
        at += line.len();
    }
    content
}

/// A line of an entry with its right hash.
fn line(entry: &[u8]) -> Vec<u8> {
    use base64::Engine as _;

    let hash = base64::engine::general_purpose::STANDARD.encode(leaf_hash(entry));
    [b"+", hash.as_bytes(), b" ", entry, b"\n"].concat()
}

fn honest() -> Honest {
    let folder = folder();
    let path = folder.path().join("journal");
    let clock = clock();
    let journal = builder(&path)
        .clock(clock.clone())
        .create()
        .expect("a new folder");
    for number in 0..9 {
        journal.heartbeat().expect("there is space");
        if number % 3 == 0 {
            clock.advance(Duration::from_secs(2));
        }
    }
    let _ = journal.close();
    let segments: Vec<_> = contents(&path)
        .into_iter()
        .filter(|(name, _)| name.ends_with(".log"))
        .collect();
    assert!(segments.len() > 1);
    let key = key();
    let entries = Entries::open(&path, &key.verifier()).expect("it is honest");
    let entries: Vec<_> = entries
        .map(|entry| entry.expect("it is honest").into_bytes())
        .collect();
    let report = Verifier::new(key.verifier())
        .verify(&path)
        .expect("it is honest");
    assert_eq!((report.intact, report.fault), (entries.len() as u64, None));
    let last = segments.last().expect("there are two").1.clone();
    let last = String::from_utf8(last).expect("text");
    let newest = last
        .lines()
        .rfind(|line| line.starts_with('='))
        .expect("it was closed");
    let newest: String = serde_json::from_str(&newest[46..]).expect("a text");
    Honest {
        segments,
        entries,
        reserve: fs::read(path.join("reserve")).expect("it has one"),
        newest: SignedCheckpoint::verify(&newest, &key.verifier()).expect("it is honest"),
    }
}

fn builder(path: &Path) -> JournalBuilder {
    Journal::builder(path, key())
        .segment_bytes(900)
        .reserve_bytes(900)
        .clock(clock())
        .tended_by_hand()
}

fn key() -> JournalKey {
    JournalKey::from_text(KEY).expect("Go's key")
}

fn clock() -> Arc<ManualClock> {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000);
    Arc::new(ManualClock::new(start))
}

/// In memory, where there is such a folder: nothing here is to outlive the run.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    folder.expect("a temporary folder")
}

fn private(path: &Path) {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new()
        .mode(0o700)
        .create(path)
        .expect("a folder");
}

fn write(path: &Path, content: &[u8]) {
    fs::write(path, content).expect("the file can be written");
}

/// All files but the lock.
fn contents(path: &Path) -> Vec<(String, Vec<u8>)> {
    let files = fs::read_dir(path).expect("a folder").map(|entry| {
        let entry = entry.expect("a file");
        let name = entry.file_name().into_string().expect("a plain name");
        (name, fs::read(entry.path()).expect("it can be read"))
    });
    let mut files: Vec<_> = files.filter(|(name, _)| name != "lock").collect();
    files.sort();
    files
}
