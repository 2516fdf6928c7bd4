//! Text forms of keys.

use phi_seal::ErrorKind;
use phi_seal::audit::journal::{JournalKey, Origin, VerifierKey};
use phi_seal::key::KeyErrorKind;

use crate::ward::{NAME, Signer, key};

/// Of the tests of Go's `sumdb/note`.
const SECRET: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PUBLIC: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn published_keys_are_read_and_written() {
    let key = JournalKey::from_text(SECRET).unwrap();
    assert_eq!(key.origin().as_str(), "PeterNeumann");
    assert_eq!(key.to_secret_text().as_slice(), SECRET.as_bytes());
    assert_eq!(key.verifier().to_string(), PUBLIC);
    assert_eq!(VerifierKey::parse(PUBLIC).unwrap(), key.verifier());
}

/// The manglings of Go's tests: every piece, and every byte one higher.
#[test]
fn mangled_keys_are_refused() {
    for text in [SECRET, PUBLIC] {
        let is_refused = |text: &str| {
            let public = VerifierKey::parse(text).map(drop);
            let secret = JournalKey::from_text(text).map(drop);
            [public, secret]
                .iter()
                .all(|read| read.is_err_and(|error| error.kind() == KeyErrorKind::Malformed))
        };
        let mut mangled = 0;
        for from in 0..=text.len() {
            for to in from..=text.len() {
                // What remains of the secret key's text without its beginning is another form.
                if (from, to) != (0, text.len()) {
                    assert!(is_refused(&text[from..to]), "{}", &text[from..to]);
                    mangled += 1;
                }
            }
        }
        for at in 0..text.len() {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] += 1;
            assert!(is_refused(str::from_utf8(&bytes).unwrap()), "{at}");
            mangled += 1;
        }
        for more in ["\n", " ", "=", "A"] {
            assert!(is_refused(&format!("{text}{more}")));
            assert!(is_refused(&format!("{more}{text}")));
        }
        assert!(mangled > 2000, "{mangled}");
    }
}

#[test]
fn keys_of_other_kinds_are_refused_though_their_id_fits() {
    let signer = Signer::new(NAME, 7);
    let public = VerifierKey::parse(&signer.public_text()).unwrap();
    assert_eq!(public, key().verifier());
    let raw = |seed| Signer::new(NAME, seed);
    let bytes = raw(7).public_bytes();
    for (what, text) in [
        ("another algorithm", signer.public_text_of(2, &bytes)),
        ("a cosigner's", signer.public_text_of(4, &bytes)),
        ("a short key", signer.public_text_of(1, &bytes[..31])),
        (
            "a long key",
            signer.public_text_of(1, &[&bytes[..], &[0]].concat()),
        ),
        ("no point", signer.public_text_of(1, &[2; 32])),
        ("the neutral point", signer.public_text_of(1, &neutral())),
        ("an empty name", Signer::new("", 7).public_text()),
        ("a name with a space", Signer::new("a b", 7).public_text()),
        (
            "a name beyond ASCII",
            Signer::new("klinik-süd", 7).public_text(),
        ),
        (
            "a long name",
            Signer::new(&"n".repeat(129), 7).public_text(),
        ),
        (
            "an upper-case id",
            public
                .to_string()
                .replacen(&id_of(&public), &id_of(&public).to_uppercase(), 1),
        ),
    ] {
        assert!(VerifierKey::parse(&text).is_err(), "{what}: {text}");
    }
}

fn neutral() -> [u8; 32] {
    let mut point = [0; 32];
    point[0] = 1;
    point
}

fn id_of(key: &VerifierKey) -> String {
    let id = key.to_string().split('+').nth(1).unwrap().to_owned();
    assert_ne!(
        id,
        id.to_uppercase(),
        "no letter in this id: choose another seed"
    );
    id
}

#[test]
fn origins_are_one_visible_word() {
    for name in [
        "a",
        "hospital.example/audit/ward-7",
        "~!@#$%^&*()|",
        &"n".repeat(128),
    ] {
        assert_eq!(Origin::new(name).unwrap().as_str(), name);
    }
    for name in [
        "",
        " ",
        "a b",
        "a+b",
        "a\n",
        "a\u{7f}",
        "é",
        "a\u{a0}b",
        &"n".repeat(129),
    ] {
        assert_eq!(
            Origin::new(name).unwrap_err().kind(),
            ErrorKind::InvalidInput,
            "{name:?}"
        );
    }
}

#[test]
fn fresh_keys_differ_and_debug_shows_no_secret() {
    let origin = Origin::new(NAME).unwrap();
    let one = JournalKey::generate(origin.clone()).unwrap();
    let other = JournalKey::generate(origin).unwrap();
    assert_ne!(one.verifier(), other.verifier());
    let secret = one.to_secret_text();
    let material = str::from_utf8(secret.as_slice())
        .unwrap()
        .rsplit('+')
        .next()
        .unwrap();
    let shown = format!("{one:?} {:?}", one.to_secret_text());
    assert!(!shown.contains(material) && shown.contains(NAME), "{shown}");
}
