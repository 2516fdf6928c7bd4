//! Audit files read back: every line is an event or an error that names it.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::sync::Arc;

use phi_seal::audit::{
    Durability, EventReadReason, EventRecord, JsonLines, MemorySink, Tee, read_events,
};
use phi_seal::danger::PermitAll;
use phi_seal::{
    Access, Actor, Category, Keyring, Phi, Purpose, RecordId, RecordRef, RecordType, SubjectId,
    TenantId, Vault,
};

const EVENT: &str = r#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s","auth":{"strength":"service"},"actor":{"id":"a"},"purpose":"TREAT","action":"open","outcome":"success"}"#;

/// Of each line, nothing if it is an event; of not more than a hundred, so that a reader that does
/// not end fails.
type Seen = Vec<Option<(u64, EventReadReason)>>;

fn seen(file: impl AsRef<[u8]>) -> Seen {
    seen_by(file.as_ref())
}

fn seen_by(reader: impl BufRead) -> Seen {
    read_events(reader)
        .take(100)
        .map(|line| line.err().map(|error| (error.line(), error.reason())))
        .collect()
}

#[test]
fn what_the_sink_writes_is_read_back_around_a_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("audit.jsonl");
    let expected = Arc::new(MemorySink::new());
    let act = |name: &str| {
        let file = JsonLines::open(&path, Durability::Written).unwrap();
        let sink = Tee::new(file).and(expected.clone());
        let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, sink).build();
        let tenant = TenantId::new("t").unwrap();
        let access = Access::new(tenant, Actor::new("a").unwrap(), Purpose::Treatment);
        let session = vault.session(access).unwrap();
        let field = RecordType::new("patient").field::<String>("name", Category::Name);
        let (id, subject) = (
            RecordId::new("p-1").unwrap(),
            SubjectId::new("p-1").unwrap(),
        );
        let row = RecordRef::new(&id, &subject);
        let sealed = session
            .seal_value(&field, row, &Phi::new(name.into()))
            .unwrap();
        session.open_value(&field, row, &sealed).unwrap();
    };
    act("Zofia");
    let before = expected.events().len();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(br#"{"v":1,"event":"torn"#).unwrap();
    act("Ada");

    let lines: Vec<_> = read_events(BufReader::new(fs::File::open(&path).unwrap())).collect();
    let error = lines[before].as_ref().unwrap_err();
    assert_eq!(
        (error.line(), error.reason()),
        (before as u64 + 1, EventReadReason::NoEvent)
    );
    let events: Vec<EventRecord> = lines.into_iter().filter_map(Result::ok).collect();
    assert!(before >= 2 && events.len() == 2 * before);
    assert_eq!(events, expected.events());
}

#[test]
fn every_line_is_accounted_for() {
    use EventReadReason::{NoEvent, OtherVersion};

    let later = EVENT.replace(r#""v":1"#, r#""v":2"#);
    assert_eq!(seen(""), []);
    assert_eq!(seen(EVENT), [None], "whole, but for its newline");
    assert_eq!(seen(format!("{EVENT}\n{EVENT}\r\n")), [None, None]);
    assert_eq!(seen("\n"), [Some((1, NoEvent))]);
    let file = format!(
        "{EVENT}\n\n{later}\n{}\n\0\0\n{EVENT}\n{}",
        &EVENT[..90],
        &EVENT[..91]
    );
    let expected = [
        None,
        Some((2, NoEvent)),
        Some((3, OtherVersion)),
        Some((4, NoEvent)),
        Some((5, NoEvent)),
        None,
        Some((7, NoEvent)),
    ];
    assert_eq!(seen(&file), expected);
    // Wherever the reader's buffers end.
    for capacity in 1..=EVENT.len() + 2 {
        let reader = BufReader::with_capacity(capacity, file.as_bytes());
        assert_eq!(seen_by(reader), expected, "{capacity}");
    }
    assert_eq!(
        seen([b"\xff\n", EVENT.as_bytes()].concat()),
        [Some((1, NoEvent)), None]
    );
}

#[test]
fn a_line_of_any_length_is_passed_over_and_counted_once() {
    let spaces = |len: usize| format!("{EVENT}{}", " ".repeat(len - EVENT.len()));
    let (longest, longer) = (spaces(65_536), spaces(65_537));
    for capacity in [7, 8192, 65_536, 65_537, 65_538, 1 << 20] {
        let file = format!("{longest}\n{longer}\n{EVENT}\n{}", spaces(300_000));
        let reader = BufReader::with_capacity(capacity, file.as_bytes());
        let too_long = EventReadReason::TooLong;
        let expected = [None, Some((2, too_long)), None, Some((4, too_long))];
        assert_eq!(seen_by(reader), expected, "{capacity}");
    }
}

/// Gives some bytes, is interrupted, and fails for good.
struct Failing<'a>(&'a [u8], Vec<io::ErrorKind>);

impl Read for Failing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.read(buffer)? {
            0 => {
                let kind = self.1.pop().unwrap_or(io::ErrorKind::TimedOut);
                Err(io::Error::new(kind, "Ada Lovelace"))
            }
            read => Ok(read),
        }
    }
}

#[test]
fn an_input_that_fails_ends_with_the_error() {
    let file = format!("{EVENT}\n{}", &EVENT[..40]);
    let reader = || {
        let interruptions = vec![io::ErrorKind::Interrupted; 2];
        BufReader::new(Failing(file.as_bytes(), interruptions))
    };
    let failed = EventReadReason::Io(io::ErrorKind::TimedOut);
    assert_eq!(seen_by(reader()), [None, Some((2, failed))]);
    let mut events = read_events(reader());
    assert_eq!(events.by_ref().take(100).count(), 2);
    assert!(events.next().is_none(), "and stays at its end");
    let text: String = read_events(reader())
        .take(100)
        .filter_map(Result::err)
        .map(|error| format!("{error} {error:?}"))
        .collect();
    assert!(
        text.starts_with("line 2: the file could not be read on"),
        "{text}"
    );
    assert!(!text.contains("Ada"), "{text}");
}

#[test]
fn errors_quote_nothing() {
    let wrong = [
        EVENT.replace(r#""part":1"#, r#""part":"Ada Lovelace""#),
        EVENT.replace(r#""v":1"#, r#""v":"Ada Lovelace""#),
        EVENT.replace(r#""v":1"#, r#""v":2,"name":"Ada Lovelace""#),
        format!("Ada Lovelace{EVENT}"),
        "Ada Lovelace".repeat(10_000),
    ];
    let file = wrong.join("\n");
    let errors: Vec<_> = read_events(file.as_bytes())
        .filter_map(Result::err)
        .collect();
    assert_eq!(errors.len(), wrong.len());
    for (at, error) in errors.iter().enumerate() {
        let shown = format!("{error} {error:?}");
        assert!(shown.starts_with(&format!("line {}: ", at + 1)), "{shown}");
        assert!(!shown.contains("Ada"), "{shown}");
        assert!(std::error::Error::source(error).is_none());
    }
}
