//! Writes the hand-made part of the corpus: `cargo run --example seeds`.
//!
//! The files are named for what they are. Minimising renames or drops them, so run this
//! afterwards too. Says nothing and overwrites only files of its own names.

use std::fs;
use std::path::Path;

use serde_json::Value;

fn main() {
    let corpus = Corpus(Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"));
    from_vectors(&corpus);
    keysets(&corpus);
    key_stores(&corpus);
    places(&corpus);
    forgeries(&corpus);
    bodies(&corpus);
    notes(&corpus);
    tiles(&corpus);
    segments(&corpus);
    indexed_values(&corpus);
    for (name, bytes) in CONTENTS {
        corpus.add("value_decoders", name, bytes);
    }
}

struct Corpus(std::path::PathBuf);

impl Corpus {
    fn add(&self, target: &str, name: &str, bytes: &[u8]) {
        let folder = self.0.join(target);
        let name: String = name
            .chars()
            .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
            .collect();
        fs::create_dir_all(&folder).expect("a folder for the corpus");
        fs::write(folder.join(format!("seed-{name}")), bytes).expect("a file of the corpus");
    }
}

/// Every tenth vector, and all that are about the text form.
fn from_vectors(corpus: &Corpus) {
    let json = include_str!("../../tests/vectors/envelope.json");
    let vectors: Vec<Value> = serde_json::from_str(json).expect("the vectors are JSON");
    for (number, vector) in vectors.iter().enumerate() {
        let member = |name: &str| vector[name].as_str().expect("a text");
        let name = member("name");
        let is_short = member("envelope").len() < 1000;
        if number % 10 == 0 && is_short {
            corpus.add("envelope_bytes", name, &hex(member("envelope")));
        }
        if (number % 20 == 0 && is_short) || name.starts_with("text form") {
            corpus.add("envelope_text", name, member("text").as_bytes());
        }
        if ["list", "structured"]
            .iter()
            .any(|kind| name.starts_with(kind))
        {
            corpus.add("value_decoders", name, &hex(member("plaintext")));
        }
    }
    let text = vectors[0]["text"].as_str().expect("a text");
    corpus.add("envelope_bytes", "text-form", text.as_bytes());
}

fn hex(digits: &str) -> Vec<u8> {
    let digit = |c: u8| char::from(c).to_digit(16).expect("a hexadecimal digit") as u8;
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| digit(pair[0]) << 4 | digit(pair[1]))
        .collect()
}

/// Of each normal form and content: a value that is searched for behind its length, then a stored
/// one.
fn indexed_values(corpus: &Corpus) {
    for (number, (content, wanted, stored)) in INDEXED.iter().enumerate() {
        for normal in 0..12 {
            let mut seed = vec![normal, *content, wanted.len() as u8];
            seed.extend_from_slice(wanted);
            seed.extend_from_slice(stored);
            let name = format!("pair-{number}-form-{normal}");
            // Each form with its own pairs, and all with those of text.
            if number < 3 || number % 12 == usize::from(normal) {
                corpus.add("index_normal", &name, &seed);
            }
        }
    }
}

fn keysets(corpus: &Corpus) {
    let vector = include_str!("../../tests/vectors/keyset-1.json");
    let add = |name: &str, json: &str| corpus.add("keyset_json", name, json.as_bytes());
    add("vector", vector);
    add("echo", include_str!("../src/echo-keyset.json"));
    let compact: String = vector.split_whitespace().collect::<Vec<_>>().join(" ");
    add("on-one-line", &compact);
    add("cut-short", &vector[..vector.len() / 2]);
    for (name, from, to) in [
        ("enabled-again", "\"disabled\"", "\"decrypt-only\""),
        (
            "minimum-lowered",
            "\"minimum_version\": 2",
            "\"minimum_version\": 1",
        ),
        ("generation-0", "\"generation\": 7", "\"generation\": 0"),
        (
            "generation-largest",
            "\"generation\": 7",
            "\"generation\": 18446744073709551615",
        ),
        ("format-2", "\"format\": 1", "\"format\": 2"),
        ("other-tenant", "Klinik Süd", "Klinik Nord"),
        ("empty-tenant", "Klinik Süd", ""),
        ("two-active", "\"decrypt-only\"", "\"active\""),
        ("use-audit", "\"index\"", "\"audit\""),
        ("unknown-use", "\"index\"", "\"sign\""),
        ("version-twice", "\"version\": 4", "\"version\": 3"),
        (
            "member-twice",
            "\"format\": 1",
            "\"format\": 1, \"format\": 1",
        ),
        (
            "unknown-member",
            "\"format\": 1",
            "\"format\": 1, \"x\": null",
        ),
        ("null-member", "\"subject\": \"p-1\"", "\"subject\": null"),
        ("upper-case-hex", "3735aae4", "3735AAE4"),
        ("padded-base64", "ED9yiy0\"", "ED9yiy0=\""),
        ("other-kms", "local:3b8c", "local:3b8d"),
    ] {
        let edited = vector.replacen(from, to, 1);
        assert_ne!(edited, vector, "{name} changes nothing");
        add(name, &edited);
    }
}

fn key_stores(corpus: &Corpus) {
    let vector = include_str!("../../tests/vectors/key-store-1.json");
    let add = |name: &str, json: &str| corpus.add("key_store_file", name, json.as_bytes());
    add("vector", vector);
    add("cut-short", &vector[..vector.len() / 2]);
    // The target adds the digest to these.
    let digest = vector.rfind("\"sha256\"").expect("the vector has a digest");
    let rest = &vector[..digest];
    add("without-digest", rest);
    add(
        "empty",
        &format!(
            "{}],",
            rest.split_inclusive('[').next().expect("a first part")
        ),
    );
    for (name, from, to) in [
        ("version-2", "\"version\":1", "\"version\":2"),
        ("generation-0", "\"generation\":2", "\"generation\":0"),
        (
            "generation-largest",
            "\"generation\":2",
            "\"generation\":18446744073709551615",
        ),
        ("spaced", ",\"use\":", ", \"use\" :\t"),
        ("escaped", "\"seal\"", "\"\\u0073eal\""),
        ("two-active", "\"decrypt-only\"", "\"active\""),
        ("none-active", "\"active\"", "\"disabled\""),
        ("destroyed-with-key", "\"disabled\"", "\"destroyed\""),
        ("unknown-use", "\"index\"", "\"sign\""),
        ("null-subject", "\"subject\":\"p-2\"", "\"subject\":null"),
        ("empty-subject", "\"subject\":\"p-2\"", "\"subject\":\"\""),
        ("unknown-member", "\"created\":0", "\"created\":0,\"x\":0"),
        (
            "member-twice",
            "\"created\":0",
            "\"created\":0,\"created\":0",
        ),
        ("padded-base64", "\",\"created\"", "=\",\"created\""),
    ] {
        let edited = rest.replacen(from, to, 1);
        assert_ne!(edited, rest, "{name} changes nothing");
        add(name, &edited);
    }
}

/// Bytes as `src/input.rs` cuts them.
#[derive(Clone, Default)]
struct Parts(Vec<u8>);

impl Parts {
    fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn part(mut self, part: &[u8]) -> Self {
        match u8::try_from(part.len()) {
            Ok(short @ ..=254) => self.0.push(short),
            _ => {
                let length = u16::try_from(part.len()).expect("a part of at most 64 KiB");
                self.0.push(255);
                self.0.extend_from_slice(&length.to_be_bytes());
            }
        }
        self.bytes(part)
    }

    fn place(self, names: [u8; 2], place: [&str; 3], binding: &[u8]) -> Self {
        let [tenant, subject, record_id] = place;
        self.bytes(&names)
            .part(tenant.as_bytes())
            .bytes(&[0])
            .part(subject.as_bytes())
            .part(record_id.as_bytes())
            .part(binding)
    }
}

fn places(corpus: &Corpus) {
    let add = |name: &str, parts: Parts| corpus.add("context_injectivity", name, &parts.0);
    let two = |one: [&str; 3], other: [&str; 3]| {
        Parts::default()
            .bytes(&[0])
            .place([8, 11], one, b"")
            .place([8, 11], other, b"")
    };
    let long = "p".repeat(1024);
    add("equal", two(["t", "p", "r"], ["t", "p", "r"]));
    add("another-tenant", two(["t", "p", "r"], ["u", "p", "r"]));
    add("exchanged", two(["t", "p", "r"], ["t", "r", "p"]));
    add("another-case", two(["t", "p", "r"], ["t", "P", "r"]));
    add(
        "composed",
        two(["t", "\u{e9}", "r"], ["t", "e\u{301}", "r"]),
    );
    add("longest", two(["t", &long, &long], ["t", &long, &long]));
    add(
        "too-long",
        two(["t", &format!("{long}p"), "r"], ["t", "p", "r"]),
    );
    add("empty-id", two(["", "p", "r"], ["t", "p", "r"]));
    let subjectless = |names| Parts::default().bytes(names).part(b"t").bytes(&[1]);
    let without = subjectless(&[8, 11]).part(b"r").part(b"").0;
    let with = Parts::default().place([8, 11], ["t", "p", "r"], b"").0;
    add(
        "subjectless",
        Parts::default().bytes(&[0]).bytes(&without).bytes(&without),
    );
    add(
        "subject-added",
        Parts::default().bytes(&[0]).bytes(&without).bytes(&with),
    );
    let bound = |binding| Parts::default().place([8, 11], ["t", "p", "r"], binding).0;
    add(
        "binding",
        Parts::default()
            .bytes(&[0])
            .bytes(&bound(b"1"))
            .bytes(&bound(b"2")),
    );
    let text = b"clinicpatientrecordbinding";
    let cut = |one: [u8; 6], other: [u8; 6]| {
        Parts::default()
            .bytes(&[1])
            .part(text)
            .bytes(&one)
            .bytes(&other)
    };
    add(
        "cut-alike",
        cut([8, 11, 0, 6, 13, 19], [8, 11, 0, 6, 13, 19]),
    );
    add(
        "cut-elsewhere",
        cut([8, 11, 0, 6, 13, 19], [8, 11, 0, 6, 13, 20]),
    );
    add(
        "cut-without-subject",
        cut([8, 11, 1, 6, 6, 19], [8, 11, 1, 6, 13, 19]),
    );
    for (name, separator) in [
        ("bar", "|"),
        ("nothing", ""),
        ("length", "\u{1}\0\0\0\0\0\0\0"),
        ("zeros", "\0\0\0\0\0\0\0\0"),
    ] {
        for which in 0..3 {
            let place = Parts::default()
                .bytes(&[2])
                .place([8, 11], ["t", "p", "r"], b"b");
            let parts = place.part(separator.as_bytes()).bytes(&[which]);
            add(&format!("separated-by-{name}-{which}"), parts);
        }
    }
    add(
        "names-exchanged",
        cut([8, 9, 0, 6, 13, 19], [9, 8, 0, 6, 13, 19]),
    );
    add(
        "names-joined",
        cut([0, 3, 0, 6, 13, 19], [3, 2, 0, 6, 13, 19]),
    );
}

fn forgeries(corpus: &Corpus) {
    let add = |name: &str, bytes: &[u8]| corpus.add("open_arbitrary", name, bytes);
    // action, forgery, key, scope, denied, sink fails, original, changes of the place
    for original in 0..6 {
        let key = u8::from(original > 3);
        for (action, name) in ["open", "page", "abandon", "rebind"].iter().enumerate() {
            let action = action as u8;
            let genuine = [action, 0, key, 0, 0, 0, original, 0];
            add(&format!("{name}-{original}"), &genuine);
        }
    }
    add("denied", &[0, 0, 0, 0, 1, 0, 0, 0]);
    add("denied-rebind", &[3, 0, 0, 0, 1, 0, 0, 0]);
    add("sink-fails", &[0, 0, 0, 0, 0, 1, 0, 0]);
    add("sink-fails-for-a-page", &[1, 0, 0, 0, 0, 1, 0, 0]);
    add("other-key", &[0, 0, 1, 0, 0, 0, 0, 0]);
    add("key-of-the-tenant", &[0, 0, 0, 2, 0, 0, 0, 0]);
    add("key-of-the-patient", &[0, 0, 0, 3, 0, 0, 0, 0]);
    add("key-of-another-patient", &[0, 0, 0, 3, 0, 0, 2, 0]);
    add("key-of-an-index", &[0, 0, 0, 4, 0, 0, 0, 0]);
    add("another-tenant", b"\0\0\0\0\0\0\0\x01\x01t");
    add("another-patient", b"\0\0\0\0\0\0\0\x02\0\x03p-2");
    add("another-field", b"\0\0\0\0\0\0\0\x10\x0d");
    add("another-binding", b"\0\0\0\0\0\0\x02\x20\x05rev 3");
    add("no-subject", b"\0\0\0\0\0\0\0\x02\x01");
    add("bit-of-the-tag", b"\0\0\0\0\0\0\0\0\0\0\x53\x01");
    add("type-changed", b"\0\0\0\0\0\0\0\0\0\0\x01\x01");
    add("padded-flag", b"\0\0\0\0\0\0\0\0\0\0\x01\x80");
    add("cut-short", b"\0\0\0\0\0\0\0\0\x01\0\x52");
    add("longer", b"\0\0\0\0\0\0\0\0\x02\0\x54\x03end");
    add("byte-dropped", b"\0\0\0\0\0\0\0\0\x03\0\x40");
    add("nonce-of-another", b"\0\0\0\0\0\0\0\0\x04\0\x22\x01\x18");
    add("key-id-of-another", b"\0\0\0\0\0\0\0\0\x04\0\x02\x04\x20");
    add("ends-like-another", b"\0\0\0\0\0\0\0\0\x05\0\x3a\x01");
    let header = [0, 1, 0, 0, 0, 0, 0, 0, 1, 2];
    add("raw", &[&header[..], &[7; 80]].concat());
    let header = [0, 2, 0, 0, 0, 0, 0, 0, 1, 2];
    add("raw-under-our-key", &[&header[..], &[7; 80]].concat());
    let header = [0, 2, 0, 0, 0, 0, 0, 0, 1, 0];
    add("raw-null", &[&header[..], &[7; 72]].concat());
}

/// What the vectors hold of scalars, and what is just outside.
const CONTENTS: &[(&str, &[u8])] = &[
    ("empty", b""),
    ("false", b"\0"),
    ("not-a-boolean", b"\x02"),
    ("text", "Zofia \u{17b}ak".as_bytes()),
    ("surrogate", b"\xed\xa0\x80"),
    ("date", b"\xff\xff\xe6\x8c"),
    ("date-last", b"\0\x2c\xc0\xa0"),
    ("date-too-late", b"\0\x2c\xc0\xa1"),
    ("date-first", b"\xff\xbd\x4b\x7d"),
    ("instant", b"\0\0\0\0\x6b\x02\x8c\x1c\0\0\0\x05"),
    ("instant-first", b"\xff\xff\xff\xa8\x0f\x21\x41\x5f\0\0\0\0"),
    ("instant-nanos", b"\0\0\0\0\0\0\0\0\x3b\x9a\xca\0"),
    ("integer", b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"),
    ("integer-negative", &[0xff; 16]),
    ("integer-smallest", b"\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    (
        "uuid",
        b"\x01\x94\xf0\xe1\xaa\xbb\x7c\xdd\x8e\xef\x01\x23\x45\x67\x89\xab",
    ),
    (
        "chart",
        b"\x85\xa4text\xa2ok\xa5pages\xcd\x01\x2c\xa4tags\x91\x92\xa1a\xd0\x80\xa5state\
          \x81\xa7Amended\x82\xa2by\xa1x\xa8revision\x02\xa6scores\x91\xca\x3f\xc0\0\0",
    ),
    (
        "chart-signed",
        b"\x82\xa4text\xa0\xa5state\x81\xa6Signed\xa1x",
    ),
    ("tagged", b"\x82\xa4kind\xa6Number\xa6number\xff"),
    ("untagged", b"\x93\xc3\x07\x91\xa1x"),
    ("tree", b"\x92\x91\x90\x90"),
    ("claims-much", b"\xdd\xff\xff\xff\xff"),
    ("list-of-charts", b"\x08\0\0\0\x07\x81\xa4text\xa0"),
];

fn bodies(corpus: &Corpus) {
    let stored = include_str!("../../tests/vectors/envelope.json");
    let vectors: Vec<Value> = serde_json::from_str(stored).expect("the vectors are JSON");
    let text = vectors[0]["text"].as_str().expect("a text");
    let stored = format!(r#"{{"stored": "{text}"}}"#);
    let good = r#"{"patient": {"name": "Zofia \u017bak", "ssn": "078-05-1120", "age": 36, "dob": -6516},
 "contacts": ["Nobody", {"Phone": {"number": "1"}}, {"Mail": ["a", "b"]}, {"Other": [1, 2]}],
 "notes": {"b": "second", "a": "first"}, "by_number": {"7": {"Red": -1}},
 "flat": {"id": 1, "name": "x", "active": true, "more": [null]},
 "untagged": [1, {"name": 2}, [[]]], "internal": {"kind": "Admitted", "ward": 3},
 "adjacent": {"t": "Name", "c": "x"}, "pair": [true, "x", [1, 2]], "quoting": "Nobody",
 "lenient": "old", "strict": {"name": "x"}, "chart": {"text": "x", "pages": null}}"#;
    let add = |name: &str, body: &str| corpus.add("from_json_body", name, body.as_bytes());
    add("good", good);
    add("stored", &stored);
    for (name, body) in BODIES {
        add(name, body);
    }
}

/// Texts of checkpoints, which the target signs, and what else it reads.
fn notes(corpus: &Corpus) {
    let add = |name: &str, text: &str| corpus.add("checkpoint_note", name, text.as_bytes());
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for (name, origin, size, more) in [
        ("empty-tree", "PeterNeumann", "0", ""),
        ("checkpoint", "PeterNeumann", "20852163", ""),
        ("largest", "PeterNeumann", "9223372036854775807", ""),
        ("too-large", "PeterNeumann", "9223372036854775808", ""),
        ("leading-zero", "PeterNeumann", "07", ""),
        ("extension", "PeterNeumann", "7", "one\ntwo\n"),
        ("empty-extension", "PeterNeumann", "7", "\n"),
        ("other-origin", "example.com/log", "7", ""),
    ] {
        add(name, &format!("{origin}\n{size}\n{root}\n{more}"));
    }
    let secret = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    let public = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    add("public-key", &format!("PeterNeumann+c74f20a3+{public}"));
    add(
        "secret-key",
        &format!("PRIVATE+KEY+PeterNeumann+c74f20a3+{secret}"),
    );
    let checkpoint = format!("PeterNeumann\n2\n{root}\n");
    let line = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ\
                SNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    let note = format!("{checkpoint}\n{line}");
    add("note", &note);
    add(
        "note-of-a-witness",
        &format!("{note}\u{2014} witness AAAAAAA=\n"),
    );
    let proof = format!("c2sp.org/tlog-proof@v1\nextra eyJ2IjoxfQ==\nindex 1\n{root}\n\n{note}");
    add("entry-proof", &proof);
    let hashes = format!("\"hashes\":[\"{root}\"]}}");
    add("inclusion", &format!("{{\"index\":1,\"size\":2,{hashes}"));
    add(
        "consistency",
        &format!("{{\"old_size\":1,\"new_size\":2,{hashes}"),
    );
}

/// Honest exports with a change to one file, and arbitrary files.
/// How the reserve and the last segment are changed, whether there are segments before it, what is in the
/// reserve, and the changes.
fn segments(corpus: &Corpus) {
    let begin =
        br#"{"v":1,"journal":"begin","origin":"other","time":"2026-09-21T14:13:20.000000000Z"}"#;
    let part = |bytes: &[u8]| [&[bytes.len() as u8], bytes].concat();
    let at = |kind: u8, at: u16, len: u8| [&[kind], &at.to_be_bytes()[..], &[len]].concat();
    let nothing = part(b"");
    for (name, changes) in [
        ("honest", Vec::new()),
        ("empty", at(0, 0, 0)),
        ("header-only", at(0, 37, 0)),
        ("cut", at(0, 700, 0)),
        ("cut-at-the-end", at(0, 1100, 0)),
        ("hole", at(1, 500, 40)),
        ("zeros", [at(2, 900, 200), part(&[0; 200])].concat()),
        ("doubled", at(3, 400, 255)),
        ("entry-behind", [at(4, 0, 0), part(b"{}")].concat()),
        ("begin-behind", [at(4, 0, 0), part(begin)].concat()),
        ("entry-between", [at(5, 600, 0), part(b"{}")].concat()),
        ("newlines", [at(2, 1000, 9), part(b"\n\n\n")].concat()),
    ] {
        for how in [0_u8, 8, 1, 2, 10] {
            for whole in [0, 1] {
                let reserve = match how {
                    1 => part(b"phi-seal reserve 1 PeterNeumann\n"),
                    2 | 10 => part(b"\x0b{}abcdef\x0c{}ghijkl"),
                    _ => nothing.clone(),
                };
                let seed = [&[how, whole][..], &reserve, &changes].concat();
                corpus.add("journal_segment", &format!("{name}-{how}-{whole}"), &seed);
            }
        }
    }
    let garbage = [
        &[16, 1, 0][..],
        &part(b"phi-seal journal 1 PeterNeumann 9\n"),
    ]
    .concat();
    corpus.add("journal_segment", "other-altogether", &garbage);
}

fn tiles(corpus: &Corpus) {
    for (number, (count, first)) in [
        (0, 0),
        (1, 0),
        (5, 3),
        (255, 1),
        (256, 255),
        (300, 256),
        (599, 300),
    ]
    .into_iter()
    .enumerate()
    {
        for file in 0..4 {
            let [a, b] = u16::to_be_bytes(count);
            let [c, d] = u16::to_be_bytes(first);
            let seed = [
                0,
                a,
                b,
                c,
                d,
                file,
                2,
                file * 60,
                7,
                3,
                b'a',
                b'b',
                b'c',
                0,
                1,
                b'x',
            ];
            corpus.add("tile_reader", &format!("changed-{number}-{file}"), &seed);
        }
    }
    for shift in [0, 1, 8, 9, 16, 63] {
        let seed = [
            1, shift, 3, 0, 1, 1, 5, 0, 1, b'a', 0, 0, 2, 32, 1, 9, 5, 32, 1, 9, 3, 0, 2, 0, 0,
        ];
        corpus.add("tile_reader", &format!("hostile-{shift}"), &seed);
    }
}

/// One thing wrong in each; 780511207 is what may not be quoted.
const BODIES: &[(&str, &str)] = &[
    ("empty", ""),
    ("object", "{}"),
    ("contacts", r#"["Nobody", {"Other": [7]}]"#),
    ("tree", "[[[]], []]"),
    ("deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["),
    ("wrong-type", r#"{"patient": {"name": 780511207}}"#),
    ("missing", r#"{"patient": {"name": "780511207"}}"#),
    (
        "twice",
        r#"{"patient": {"name": "a", "name": "780511207"}}"#,
    ),
    (
        "out-of-range",
        r#"{"patient": {"name": "a", "ssn": "b", "age": 780511207}}"#,
    ),
    ("not-an-object", r#"{"patient": "780511207"}"#),
    ("unknown-variant", r#"{"contacts": ["780511207"]}"#),
    (
        "unknown-variant-object",
        r#"{"contacts": [{"780511207": 1}]}"#,
    ),
    (
        "variant-too-short",
        r#"{"contacts": [{"Mail": ["780511207"]}]}"#,
    ),
    (
        "variant-wrong",
        r#"{"contacts": [{"Phone": {"number": ["780511207"]}}]}"#,
    ),
    ("map-value", r#"{"notes": {"780511207": 780511207}}"#),
    ("map-key", r#"{"by_number": {"780511207": {}}}"#),
    ("map-key-enum", r#"{"by_number": {"7": {"780511207": 1}}}"#),
    (
        "flat",
        r#"{"flat": {"id": 1, "name": 780511207, "active": true}}"#,
    ),
    (
        "flat-type",
        r#"{"flat": {"id": 1, "name": "x", "active": "780511207"}}"#,
    ),
    (
        "flat-missing",
        r#"{"flat": {"id": 1, "780511207": "780511207"}}"#,
    ),
    ("untagged", r#"{"untagged": [{"name": "780511207"}]}"#),
    ("internal", r#"{"internal": {"kind": "780511207"}}"#),
    (
        "internal-strict",
        r#"{"internal": {"kind": "Named", "780511207": 1}}"#,
    ),
    (
        "adjacent",
        r#"{"adjacent": {"t": "Age", "c": "780511207"}}"#,
    ),
    (
        "adjacent-buffered",
        r#"{"adjacent": {"c": "780511207", "t": "Age"}}"#,
    ),
    ("pair", r#"{"pair": [true, "780511207", [1, 780511207]]}"#),
    (
        "pair-too-long",
        r#"{"pair": [true, "x", [1, 2], "780511207"]}"#,
    ),
    ("quoting", r#"{"quoting": "780511207"}"#),
    ("lenient-refused", r#"{"lenient": 0, "x": "780511207"}"#),
    ("strict", r#"{"strict": {"780511207": 1}}"#),
    ("stored-plaintext", r#"{"stored": "780511207"}"#),
    ("chart", r#"{"chart": {"text": 780511207}}"#),
    ("cut-short", r#"{"patient": {"ssn": "780511207"#),
    ("trailing", r#"{} "780511207""#),
    ("escape", r#"{"notes": {"a": "780511207\q"}}"#),
    ("surrogate", r#"{"notes": {"a": "780511207\ud800"}}"#),
    ("number", "-780511207e999"),
];

const INDEXED: &[(u8, &[u8], &[u8])] = &[
    (
        2,
        "Anna-Maria O’Neil".as_bytes(),
        "ANNA MARIA ONEIL".as_bytes(),
    ),
    (
        2,
        "Straße İı ﬃ".as_bytes(),
        "e\u{34f}\u{301}\u{345} ｶﾞ \u{ad}\u{200b}".as_bytes(),
    ),
    (9, b"\x02\0\0\0\x03Ada", b"\x02\0\0\0\x03Ada\0\0\0\x01-"),
    (2, b"1952-02-29", b"19520229"),
    (2, b"1952", b"-000001-02"),
    (2, b"02139-4307", b"021"),
    (2, b"+1 (212) 555-0100 x17", b"2125550100"),
    (2, b"Ada@Example.org", b"ada@example.org "),
    (2, b"078-05-1120", "０７８05 1120".as_bytes()),
    (5, b"\xff\xff\xff\xff", b"\0\0\0\0"),
    (
        6,
        b"\0\0\0\0\0\0\0\0\0\0\0\x07\xa0",
        b"\0\0\0\0\0\0\0\0\0\0\0\0",
    ),
    (2, b"Stephen", "Ștefan Иван".as_bytes()),
    (2, "李 明".as_bytes(), "क्षत्रिय".as_bytes()),
];
