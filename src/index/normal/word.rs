//! Words, beginnings of texts, and e-mail addresses.

use alloc::vec::Vec;

use unicode_normalization::char::is_combining_mark;

use super::Normal;
use super::readable::{Readable, SecretText};
use super::text::{folded, folded_text, folded_without};
use crate::secret::SecretBytes;

/// The words of a text or of all texts of a list: sorted, each once. Nothing if there are more of
/// them than an index takes.
pub(super) fn words(readable: &Readable<'_>) -> Option<Vec<SecretBytes>> {
    let mut words = Vec::new();
    match readable {
        Readable::Texts(texts) => {
            for text in texts {
                add_words(text, &mut words)?;
            }
        }
        _ => {
            if let Some(text) = readable.text() {
                add_words(text.as_str(), &mut words)?;
            }
        }
    }
    Some(words)
}

fn add_words(text: &str, words: &mut Vec<SecretBytes>) -> Option<()> {
    let folded = folded_without_apostrophes(text);
    let is_of_word = |c: char| c.is_alphanumeric() || is_combining_mark(c);
    for word in folded
        .split(|c| !is_of_word(c))
        .filter(|word| !word.is_empty())
    {
        let place = words.binary_search_by(|known| known.as_slice().cmp(word.as_bytes()));
        if let Err(place) = place {
            if words.len() == Normal::MAX_TOKENS {
                return None;
            }
            let mut bytes = SecretBytes::with_capacity(word.len());
            bytes.append(word.as_bytes());
            words.insert(place, bytes);
        }
    }
    Some(())
}

/// The first so many characters of the folded text, if it has as many.
pub(super) fn prefix(text: &str, length: u8) -> Option<SecretBytes> {
    let folded = folded_text(text);
    let last = usize::from(length).checked_sub(1)?;
    let (start, c) = folded.char_indices().nth(last)?;
    let mut bytes = folded.into_bytes();
    bytes.truncate(start + c.len_utf8());
    Some(bytes)
}

/// The folded text, if it has an `@` with something on either side, and no space.
pub(super) fn email(text: &str) -> Option<SecretBytes> {
    let folded = folded(text)?;
    let (local, domain) = core::str::from_utf8(folded.as_slice())
        .ok()?
        .rsplit_once('@')?;
    let is_address = !local.is_empty() && !domain.is_empty() && !folded.as_slice().contains(&b' ');
    is_address.then_some(folded)
}

/// Without the characters that people type for an apostrophe, some of which would fold to a space
/// and an accent.
pub(super) fn folded_without_apostrophes(text: &str) -> SecretText {
    folded_without(text, is_apostrophe)
}

const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '\u{b4}' | '\u{2b9}' | '\u{2bb}'
            ..='\u{2bf}'
                | '\u{2018}'
                | '\u{2019}'
                | '\u{201b}'
                | '\u{2032}'
                | '\u{2035}'
                | '\u{ff07}'
                | '\u{ff40}'
    )
}
