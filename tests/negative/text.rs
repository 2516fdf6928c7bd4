//! Text forms in any spelling but the one, and of changed envelopes.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use phi_seal::{ErrorKind, Sealed, inspect};

use crate::bytes::expected;
use crate::place::Place;
use crate::refusal::{refusal_of, sealed_at};

/// 75, 76 and 77 bytes: 0, 4 and 2 unused bits in the last character.
const CONTENTS: [&str; 3] = ["A", "Ad", "Ada"];

const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const FOREIGN: &str = "+/=.~ \t\n\r\0\"%é\u{feff}\u{ff21}";

fn text_of(content: &str) -> (Place, Sealed<String>) {
    let here = Place::default();
    let sealed = sealed_at(&here, Some(String::from(content)), None);
    (here, sealed)
}

fn refusal(place: &Place, text: &str) -> ErrorKind {
    match Sealed::<String>::from_text(text) {
        Ok(sealed) => {
            assert_eq!(sealed.to_text(), text, "one spelling");
            refusal_of(place, &sealed)
        }
        Err(error) => error.kind(),
    }
}

#[test]
fn every_other_character_at_every_position() {
    for content in CONTENTS {
        let (here, sealed) = text_of(content);
        let text = sealed.to_text();
        let mut refused = 0;
        for at in 0..text.len() {
            let others = ALPHABET.iter().map(|byte| char::from(*byte));
            for other in others.chain(FOREIGN.chars()) {
                let changed = format!("{}{other}{}", &text[..at], &text[at + 1..]);
                if changed != text {
                    assert_eq!(
                        refusal(&here, &changed),
                        kind_of(&changed),
                        "{other:?} at {at}"
                    );
                    refused += 1;
                }
            }
        }
        assert!(refused > 100 * 75, "{refused}");
    }
}

#[test]
fn every_flipped_bit() {
    let (here, sealed) = text_of("Ada");
    let text = sealed.to_text().into_bytes();
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut changed = text.clone();
            changed[at] ^= 1 << bit;
            match str::from_utf8(&changed) {
                Ok(changed) => assert_eq!(refusal(&here, changed), kind_of(changed)),
                Err(_) => {
                    let error = inspect(&changed).unwrap_err();
                    assert_eq!((bit, error.kind()), (7, ErrorKind::Malformed));
                }
            }
        }
    }
}

#[test]
fn every_prefix_suffix_missing_repeated_and_inserted_character() {
    for content in CONTENTS {
        let (here, sealed) = text_of(content);
        let text = sealed.to_text();
        for at in 0..text.len() {
            let (before, after) = text.split_at(at);
            let mut changed = vec![
                before.to_owned(),
                format!("{before}{}", &after[1..]),
                format!("{before}{}{after}", &after[..1]),
            ];
            if at > 0 {
                changed.push(after.to_owned());
            }
            let inserted = FOREIGN.chars().map(|c| format!("{before}{c}{after}"));
            for changed in changed.into_iter().chain(inserted) {
                if changed != text {
                    assert_eq!(refusal(&here, &changed), kind_of(&changed), "at {at}");
                }
            }
        }
    }
}

#[test]
fn unused_bits_that_are_set() {
    for (content, unused) in [("Ad", 4_u32), ("Ada", 2)] {
        let (here, sealed) = text_of(content);
        let text = sealed.to_text();
        let (rest, last) = text.split_at(text.len() - 1);
        let value = ALPHABET.iter().position(|byte| *byte == last.as_bytes()[0]);
        for set in 1..2_usize.pow(unused) {
            let last = char::from(ALPHABET[value.unwrap() | set]);
            assert_eq!(
                refusal(&here, &format!("{rest}{last}")),
                ErrorKind::Malformed
            );
        }
    }
}

#[test]
fn other_spellings_of_the_same_bytes() {
    // Until both characters occur in which the alphabets differ.
    let here = Place::default();
    let sealed = (0..10_000)
        .map(|_| sealed_at(&here, Some(String::from("Ad")), None))
        .find(|sealed| sealed.to_text().contains('-') && sealed.to_text().contains('_'))
        .unwrap();
    let (bytes, text) = (sealed.as_bytes(), sealed.to_text());
    let body = &text[5..];
    assert_eq!(body, URL_SAFE_NO_PAD.encode(bytes));
    for changed in [
        format!("phi1.{}", URL_SAFE.encode(bytes)),
        format!("phi1.{}", STANDARD.encode(bytes)),
        format!("phi1.{}", STANDARD_NO_PAD.encode(bytes)),
        format!("phi1.{body}="),
        format!("phi1.{body}===="),
        format!("phi1.{}", body.replace('-', "+")),
        format!("phi1.{}", body.replace('_', "/")),
        format!("phi1.{}\n{}", &body[..64], &body[64..]),
        format!("PHI1.{body}"),
        format!("phi2.{body}"),
        format!("phi01.{body}"),
        format!("phi1{body}"),
        format!("phi1:{body}"),
        format!("phi1.{text}"),
        format!(" {text}"),
        format!("{text} "),
        format!("{text}\n"),
        format!("\"{text}\""),
        format!("'{text}'"),
        format!("\u{feff}{text}"),
        body.to_owned(),
        String::from("phi1."),
        String::new(),
    ] {
        assert_eq!(
            refusal(&here, &changed),
            ErrorKind::Malformed,
            "{changed:?}"
        );
    }
    // Another case of a text is the text of other bytes, if any.
    for body in [body.to_uppercase(), body.to_lowercase()] {
        let changed = format!("phi1.{body}");
        assert_eq!(refusal(&here, &changed), kind_of(&changed));
    }
}

/// What a strict decoder of another crate's default configuration makes of it.
fn kind_of(text: &str) -> ErrorKind {
    let bytes = text
        .strip_prefix("phi1.")
        .and_then(|body| URL_SAFE_NO_PAD.decode(body).ok());
    bytes.map_or(ErrorKind::Malformed, |bytes| expected::<String>(&bytes))
}
