//! A file that was cut, edited or written by a later version is an error, and stays as it is.

use std::fs;

use phi_seal::key::{
    FileStore, KeyErrorKind, KeyQuery, KeyScope, KeyState, KeyStore, KeyUse, StoredKey,
};
use phi_seal::{KeyId, SubjectId, TenantId};
use pollster::block_on;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::file::{path, private};
use crate::suite::{add, content, kind, row};

/// Made by `tests/interop/key_store.py`, a second implementation of `docs/keys.md`.
pub(crate) const VECTOR: &[u8] = include_bytes!("../vectors/key-store-1.json");

#[test]
fn a_file_of_another_implementation_is_read_and_kept() {
    let (folder, store) = vector();
    let mut rows = vector_rows();
    rows.sort_by_key(|row| row.id);
    assert!(block_on(content(&store)) == (rows, 2));
    // Writing it anew, all but one row stay byte by byte.
    let another = row(1, "t", 2, KeyState::Disabled);
    block_on(store.apply(&[add(&another)])).unwrap();
    let now = fs::read_to_string(path(&folder)).unwrap();
    let lines = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("{\"id\""));
        lines
            .map(|line| line.trim_end_matches(',').to_owned())
            .collect()
    };
    let kept = lines(std::str::from_utf8(VECTOR).unwrap());
    assert_eq!(lines(&now)[0].get(7..15), Some("00000001"));
    assert_eq!(lines(&now)[1..], kept);
}

#[test]
fn every_truncation_and_every_tail_is_refused() {
    for len in 0..VECTOR.len() {
        refuse(&VECTOR[..len], KeyErrorKind::Malformed, "cut");
    }
    for tail in ["x", "{}", "\0", ",", "}", "\n", " "] {
        let longer = [VECTOR, tail.as_bytes()].concat();
        refuse(&longer, KeyErrorKind::Malformed, tail);
    }
    for head in [" ", "\n", "\u{feff}", "{"] {
        let longer = [head.as_bytes(), VECTOR].concat();
        refuse(&longer, KeyErrorKind::Malformed, head);
    }
    refuse(&[VECTOR, VECTOR].concat(), KeyErrorKind::Malformed, "twice");
    refuse(&vec![0; VECTOR.len()], KeyErrorKind::Malformed, "zeros");
    refuse(&vec![b' '; 64 << 20], KeyErrorKind::Malformed, "spaces");
    refuse(&vec![b' '; (64 << 20) + 1], KeyErrorKind::Malformed, "long");
}

#[test]
fn every_edited_byte_is_refused() {
    let (folder, store) = vector();
    let mut edited = VECTOR.to_vec();
    let mut edits = 0;
    for at in 0..VECTOR.len() {
        for byte in (0..8).map(|bit| VECTOR[at] ^ 1 << bit).chain(*b" 0") {
            if byte == VECTOR[at] {
                continue;
            }
            edited[at] = byte;
            fs::write(path(&folder), &edited).unwrap();
            let refused = kind(FileStore::open(path(&folder)));
            // The format version's digit may have become a later one.
            let is_version = VECTOR[..at].ends_with(b"\"version\":") && at < 40;
            let is_later = is_version && (b'2'..=b'9').contains(&byte);
            let expected = match is_later {
                true => KeyErrorKind::Unsupported,
                false => KeyErrorKind::Malformed,
            };
            assert_eq!(refused, Some(expected), "byte {at} changed to {byte}");
            edits += 1;
        }
        edited[at] = VECTOR[at];
        fs::write(path(&folder), VECTOR).unwrap();
    }
    assert!(edits > 9 * VECTOR.len());
    // None of it was taken for a reason to begin anew.
    assert_eq!(block_on(content(&store)).0.len(), 9);
}

#[test]
fn an_edit_is_refused_also_with_the_right_digest() {
    type Edit = fn(&mut Value);
    use KeyErrorKind::{Malformed, Unsupported};
    let whole: [(Edit, KeyErrorKind); 21] = [
        (|v| v["version"] = json!(2), Unsupported),
        (|v| v["version"] = json!(u64::MAX), Unsupported),
        (|v| v["version"] = json!(0), Malformed),
        (|v| v["version"] = json!(-1), Malformed),
        (|v| v["version"] = json!("1"), Malformed),
        (|v| v["version"] = json!(1.0), Malformed),
        (|v| v["version"] = json!(null), Malformed),
        (|v| v["format"] = json!("phi-seal-keyset"), Malformed),
        (|v| v["format"] = json!(1), Malformed),
        (
            |v| (v["format"], v["version"]) = (json!("x"), json!(2)),
            Malformed,
        ),
        (|v| v["later"] = json!(true), Malformed),
        (
            |v| drop(v.as_object_mut().unwrap().remove("format")),
            Malformed,
        ),
        (
            |v| drop(v.as_object_mut().unwrap().remove("version")),
            Malformed,
        ),
        (
            |v| drop(v.as_object_mut().unwrap().remove("generation")),
            Malformed,
        ),
        (
            |v| drop(v.as_object_mut().unwrap().remove("keys")),
            Malformed,
        ),
        // Two rows are destroyed.
        (|v| v["generation"] = json!(1), Malformed),
        (|v| v["generation"] = json!(0), Malformed),
        (|v| v["generation"] = json!(-1), Malformed),
        (|v| v["generation"] = json!(2.0), Malformed),
        (|v| v["keys"] = json!({}), Malformed),
        (|v| v["keys"] = json!(null), Malformed),
    ];
    for (nth, (edit, expected)) in whole.into_iter().enumerate() {
        let mut document = document();
        edit(&mut document);
        refuse(&spelt(&document), expected, &format!("edit {nth}"));
    }

    type EditRows = fn(&mut Vec<Value>);
    let rows: [(&str, EditRows); 10] = [
        ("out of order", |rows| rows.swap(0, 1)),
        ("reversed", |rows| rows.reverse()),
        ("twice", |rows| rows.insert(1, rows[0].clone())),
        ("last twice", |rows| rows.push(rows[8].clone())),
        ("same id", |rows| rows[1]["id"] = rows[0]["id"].clone()),
        ("no row", |rows| rows.push(json!(null))),
        ("list", |rows| rows[0] = json!(["a"])),
        ("same version", |rows| {
            of(rows, "disabled")["version"] = json!(1)
        }),
        ("two active", |rows| {
            of(rows, "decrypt-only")["state"] = json!("active")
        }),
        ("destroyed again", |rows| {
            let row = of(rows, "disabled");
            row["state"] = json!("destroyed");
            row.as_object_mut().unwrap().remove("wrapped");
        }),
    ];
    for (name, edit) in rows {
        let mut document = document();
        edit(document["keys"].as_array_mut().unwrap());
        refuse(&spelt(&document), Malformed, name);
    }

    let members: [(&str, &[Value]); 12] = [
        (
            "id",
            &[
                json!(""),
                json!("00"),
                json!("A".repeat(64)),
                json!("0".repeat(66)),
                json!(7),
            ],
        ),
        (
            "use",
            &[
                json!(""),
                json!("Seal"),
                json!("sign"),
                json!("index"),
                json!("root"),
                json!(1),
            ],
        ),
        (
            "tenant",
            &[json!(""), json!("x".repeat(1025)), json!(1), json!([])],
        ),
        (
            "subject",
            &[json!(""), json!("x".repeat(1025)), json!(1), json!(null)],
        ),
        (
            "version",
            &[
                json!(0),
                json!(-1),
                json!(4_294_967_296_u64),
                json!("1"),
                json!(1.5),
            ],
        ),
        (
            "state",
            &[
                json!(""),
                json!("Active"),
                json!("gone"),
                json!("destroyed"),
                json!(0),
            ],
        ),
        (
            "minimum_version",
            &[json!(-1), json!(4_294_967_296_u64), json!("1"), json!(1.5)],
        ),
        (
            "reference",
            &[
                json!(""),
                json!("x".repeat(513)),
                json!("\u{e9}"),
                json!("\n"),
                json!(1),
            ],
        ),
        (
            "wrapped",
            &[
                json!(""),
                json!("A"),
                json!("AB"),
                json!("AA=="),
                json!("+/8"),
                json!(" AA"),
                json!("A".repeat(10_924)),
                json!(1),
                json!([1]),
            ],
        ),
        ("created", &[json!(-1), json!(1.5), json!("0"), json!(1e30)]),
        ("changed", &[json!(-1), json!(1.5), json!("0"), json!(1e30)]),
        (
            "mac",
            &[
                json!(""),
                json!("A".repeat(42)),
                json!("A".repeat(44)),
                json!("B".repeat(43)),
                json!(32),
            ],
        ),
    ];
    let mut edits = 0;
    for (member, values) in members {
        // All of them are there in a patient's row.
        let edit = |value: Option<&Value>| {
            let mut document = document();
            let rows = document["keys"].as_array_mut().unwrap();
            let row = rows.iter_mut().find(|row| row["created"] == 0).unwrap();
            let row = row.as_object_mut().unwrap();
            assert!(row.contains_key(member));
            match value {
                Some(value) => drop(row.insert(member.into(), value.clone())),
                None => drop(row.remove(member)),
            }
            spelt(&document)
        };
        for value in values
            .iter()
            .chain([&json!(null), &json!({}), &json!(true)])
        {
            refuse(&edit(Some(value)), Malformed, &format!("{member}: {value}"));
            edits += 1;
        }
        // Without a subject it is the tenant's, which has a version 1 already.
        refuse(&edit(None), Malformed, &format!("without {member}"));
    }
    assert!(edits > 90);
    for (name, from, to) in [
        (
            "member twice",
            "\"state\":\"disabled\"",
            "\"state\":\"disabled\",\"state\":\"disabled\"",
        ),
        (
            "unknown member",
            "\"state\":\"disabled\"",
            "\"state\":\"disabled\",\"note\":\"\"",
        ),
        (
            "format twice",
            "\"format\"",
            "\"format\":\"phi-seal-keys\",\"format\"",
        ),
        ("comma", "\n],", ",\n],"),
        ("comment", "\n],", "\n/* */],"),
        (
            "tombstone with a key",
            "\"state\":\"disabled\"",
            "\"state\":\"destroyed\"",
        ),
        ("digest twice", "\n],", "\n],\"sha256\":\"\","),
        ("not UTF-8", "phi-seal-keys", "phi-seal-keys\u{fffd}"),
        (
            "empty subject",
            "\"tenant\":\"t\"",
            "\"tenant\":\"t\",\"subject\":\"\"",
        ),
        (
            "subject of an index",
            "\"use\":\"index\",",
            "\"use\":\"index\",\"subject\":\"p\",",
        ),
        (
            "half a surrogate",
            "\"tenant\":\"t\"",
            "\"tenant\":\"\\ud800\"",
        ),
    ] {
        let text = std::str::from_utf8(VECTOR).unwrap();
        assert!(text.contains(from), "{name}");
        let (rest, _) = text.split_at(text.len() - 77);
        let edited = with_digest(&rest.replacen(from, to, 1));
        refuse(&edited, Malformed, name);
    }
}

/// What is free is free: white space, order of members, spelling of strings, and a generation that
/// is ahead.
#[test]
fn another_spelling_with_the_right_digest_is_read() {
    let mut document = document();
    document["generation"] = json!(u64::MAX);
    let escaped = serde_json::to_string_pretty(&document).unwrap();
    let escaped = escaped.replace("Klinik", "\\u004blinik");
    let rest = escaped.trim_end().strip_suffix('}').unwrap();
    let folder = tempfile::tempdir().unwrap();
    fs::write(path(&folder), with_digest(&format!("{rest},"))).unwrap();
    private(&path(&folder));
    let store = FileStore::open(path(&folder)).unwrap();
    let mut rows = vector_rows();
    rows.sort_by_key(|row| row.id);
    assert!(block_on(content(&store)) == (rows, u64::MAX));
}

/// Refused by all who open it, and by a store that had seen a good one; and left as it is.
fn refuse(bad: &[u8], expected: KeyErrorKind, what: &str) {
    let (folder, store) = vector();
    fs::write(path(&folder), bad).unwrap();
    let expected = Some(expected);
    let row = row(1, "t", 2, KeyState::Disabled);
    let what = format!("{what}, {} bytes", bad.len());
    assert_eq!(kind(FileStore::open(path(&folder))), expected, "{what}");
    assert_eq!(
        kind(FileStore::open_or_create(path(&folder))),
        expected,
        "{what}"
    );
    let exists = Some(KeyErrorKind::AlreadyExists);
    assert_eq!(kind(FileStore::create(path(&folder))), exists, "{what}");
    let find = block_on(store.find(&[KeyQuery::Id(row.id)]));
    assert_eq!(kind(find), expected, "{what}");
    assert_eq!(kind(block_on(store.page(None, 1))), expected, "{what}");
    assert_eq!(
        kind(block_on(store.apply(&[add(&row)]))),
        expected,
        "{what}"
    );
    assert!(fs::read(path(&folder)).unwrap() == bad, "{what}");
}

fn vector() -> (tempfile::TempDir, FileStore) {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap());
    fs::write(path(&folder), VECTOR).unwrap();
    private(&path(&folder));
    let store = FileStore::open(path(&folder)).unwrap();
    (folder, store)
}

/// The vector without its digest.
fn document() -> Value {
    let mut document: Value = serde_json::from_slice(VECTOR).unwrap();
    document.as_object_mut().unwrap().remove("sha256").unwrap();
    document
}

/// With the right digest.
fn spelt(document: &Value) -> Vec<u8> {
    let text = document.to_string();
    with_digest(&format!("{},", text.strip_suffix('}').unwrap()))
}

pub(crate) fn with_digest(rest: &str) -> Vec<u8> {
    let digest: String = Sha256::digest(rest)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    format!("{rest}\"sha256\":\"{digest}\"}}\n").into()
}

/// The first row of the sealing keys in this state.
fn of<'a>(rows: &'a mut [Value], state: &str) -> &'a mut Value {
    rows.iter_mut().find(|row| row["state"] == state).unwrap()
}

/// What `tests/interop/key_store.py` writes, in its order.
pub(crate) fn vector_rows() -> Vec<StoredKey> {
    use KeyState::{Active, DecryptOnly, Destroyed, Disabled};

    let clinic = || TenantId::new("Klinik \"Süd\" \\ 1").unwrap();
    let of_clinic = |key_use| KeyScope::tenant(clinic(), key_use);
    let patient = |name: &'static str| KeyScope::subject(clinic(), SubjectId::new(name).unwrap());
    let other = KeyScope::tenant(TenantId::new("t").unwrap(), KeyUse::Seal);
    let digest = |of: &str| -> [u8; 32] { Sha256::digest(of).into() };
    let root: String = digest("id root")
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let row = |name: &str, scope, version, state, created, changed| StoredKey {
        id: KeyId::from_bytes(digest(&format!("id {name}"))),
        scope,
        version,
        state,
        minimum_version: if name == "four" { 2 } else { 1 },
        reference: match name {
            "root" => "local:0123456789abcdef".into(),
            _ => format!("root:{root}"),
        },
        wrapped: (state != Destroyed).then(|| digest(&format!("wrapped {name}")).repeat(3)),
        created,
        changed,
        mac: digest(&format!("mac {name}")),
    };
    let at = |second: u64| 1_790_000_000 + second;
    let seal = || of_clinic(KeyUse::Seal);
    vec![
        row("root", of_clinic(KeyUse::Root), 1, Active, at(0), at(0)),
        row("one", seal(), 1, Destroyed, at(1), at(9)),
        row("two", seal(), 2, Disabled, at(2), at(8)),
        row("three", seal(), 3, DecryptOnly, at(3), at(7)),
        row("four", seal(), u32::MAX, Active, at(4), at(4)),
        row("index", of_clinic(KeyUse::Index), 1, Active, at(5), at(5)),
        row("patient", patient("p-\0\n\u{7f}"), 1, Active, 0, u64::MAX),
        row("gone", patient("p-2"), 1, Destroyed, at(6), at(6)),
        row("other", other, 1, Active, at(6), at(6)),
    ]
}
