//! Audit sinks and records, as an application meets them.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::sync::Arc;

use phi_seal::audit::{Durability, EventRecord, JsonLines, MemorySink, Tee};
use phi_seal::{AuditError, AuditSink};

const EVENT: &str = r#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,
    "time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s",
    "auth":{"strength":"service"},"actor":{"id":"a"},"purpose":"TREAT","action":"open",
    "outcome":"success","subjects":[{"records":[{"type":"ward","id":"1","fields":[]}]}]}"#;

#[test]
fn records_of_later_minor_versions_are_read() {
    let expected = EventRecord::from_json(EVENT.as_bytes()).unwrap();
    let later = EVENT
        .replace(r#""part":1"#, r#""part":1,"weather":{"name":"x"},"moon":3"#)
        .replace(r#""id":"1""#, r#""id":"1","shelf":"s-0-1""#);
    assert_ne!(later, EVENT);
    assert_eq!(EventRecord::from_json(later.as_bytes()).unwrap(), expected);
}

#[test]
fn what_is_no_event_of_version_1_is_refused_unquoted() {
    let wrong = [
        EVENT.replace(r#""v":1"#, r#""v":2"#),
        EVENT.replace(r#""v":1"#, r#""v":257"#),
        EVENT.replace(r#""v":1"#, r#""v":"1""#),
        EVENT.replace(r#""v":1,"#, ""),
        EVENT.replace(r#""v":1"#, r#""v":1,"v":1"#),
        EVENT.replace(r#""tenant":"t","#, ""),
        EVENT.replace(r#""part":1"#, r#""part":-1"#),
        EVENT.replace(r#""part":1"#, r#""part":"Ada Lovelace""#),
        EVENT.replace(r#""id":"a""#, r#""id":["Ada Lovelace"]"#),
        format!("{EVENT} Ada Lovelace"),
        EVENT[..EVENT.len() - 1].to_string(),
        "Ada Lovelace".to_string(),
        String::new(),
    ];
    for json in wrong {
        let error = EventRecord::from_json(json.as_bytes()).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("Ada"), "{shown}");
        let names_version = json.contains(r#""v":2"#);
        assert_eq!(shown.contains("another version"), names_version, "{json}");
    }
    let direct: Result<EventRecord, _> =
        serde_json::from_str(&EVENT.replace(r#""v":1"#, r#""v":2"#));
    assert!(direct.is_err());
}

#[test]
fn one_writer_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    let first = JsonLines::open(&path, Durability::Written).unwrap();
    let error = JsonLines::open(&path, Durability::Synced).unwrap_err();
    assert!(error.to_string().contains("another sink"), "{error}");
    drop(first);
    JsonLines::open(&path, Durability::Synced).unwrap();
}

#[test]
fn opening_changes_nothing_but_a_torn_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    for (before, after) in [("", ""), ("x\n", "x\n"), ("x", "x\n"), ("a\nb", "a\nb\n")] {
        drop(JsonLines::open(&path, Durability::Synced).unwrap());
        fs::write(&path, before).unwrap();
        drop(JsonLines::open(&path, Durability::Synced).unwrap());
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }
}

#[test]
fn what_cannot_hold_lines_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let missing = directory.path().join("missing").join("audit.jsonl");
    for path in [directory.path(), &missing] {
        let error = JsonLines::open(path, Durability::Written).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("missing/"),
            "{error}"
        );
    }
    if cfg!(target_os = "linux") {
        for path in ["/dev/full", "/dev/null"] {
            let error = JsonLines::open(path, Durability::Written).unwrap_err();
            assert!(error.to_string().contains("no regular file"), "{error}");
        }
    }
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("audit.jsonl");
    drop(JsonLines::open(&path, Durability::Synced).unwrap());
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    for open in [0o644, 0o640, 0o620, 0o604, 0o602, 0o610, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(open)).unwrap();
        let error = JsonLines::open(&path, Durability::Synced).unwrap_err();
        assert!(error.to_string().contains("0600"), "{error}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    JsonLines::open(&path, Durability::Synced).unwrap();
}

#[test]
fn sinks_are_objects_that_threads_share() {
    fn is_shareable<T: Send + Sync>(_: &T) {}
    let memory = Arc::new(MemorySink::new());
    let sink: Arc<dyn AuditSink> = Arc::new(Tee::new(memory.clone()).and(memory.clone()));
    is_shareable(&sink);
    assert!(memory.is_empty());
    memory.fail_with(AuditError::new("the store is down; try again"));
    assert_eq!(format!("{memory:?}"), "MemorySink { events: 0, .. }");
}
