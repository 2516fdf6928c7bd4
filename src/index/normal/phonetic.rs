//! How a name sounds.

use rphonetic::{DoubleMetaphone, Encoder};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::readable::SecretText;
use super::text::folded;
use super::word::folded_without_apostrophes;
use crate::secret::SecretBytes;

/// The primary Double Metaphone code of all letters at once, of any length: `vanderberg` for
/// `van der Berg`. Where there are other letters than `a` to `z` and what folds to them, and where
/// that code is empty, `=` and the folded text: no code has an `=` in it.
pub(super) fn sound(text: &str) -> Option<SecretBytes> {
    if let Some(code) = latin_letters(text).and_then(|letters| code(&letters)) {
        return Some(code);
    }
    let folded = folded(text)?;
    let mut spelling = SecretBytes::with_capacity(1 + folded.len());
    spelling.append(b"=");
    spelling.append(folded.as_slice());
    Some(spelling)
}

/// The letters without accents, in ASCII; nothing if one of them is not Latin.
fn latin_letters(text: &str) -> Option<SecretText> {
    let folded = folded_without_apostrophes(text);
    let mut letters = SecretText::with_capacity(2 * folded.len());
    for c in folded.nfd().filter(|c| !is_combining_mark(*c)) {
        match c {
            'a'..='z' => letters.push(c),
            'æ' => ['a', 'e'].into_iter().for_each(|c| letters.push(c)),
            'œ' => ['o', 'e'].into_iter().for_each(|c| letters.push(c)),
            'þ' => ['t', 'h'].into_iter().for_each(|c| letters.push(c)),
            'ð' | 'đ' => letters.push('d'),
            'ø' => letters.push('o'),
            'ł' => letters.push('l'),
            'ħ' => letters.push('h'),
            'ŧ' => letters.push('t'),
            'ı' => letters.push('i'),
            _ if c.is_alphabetic() => return None,
            _ => {}
        }
    }
    Some(letters)
}

/// The primary code is wiped here; the letters in capitals and the alternate code, which the crate
/// makes too, are out of reach (`docs/memory.md`).
fn code(letters: &str) -> Option<SecretBytes> {
    let code = SecretBytes::from_vec(DoubleMetaphone::new(None).encode(letters).into_bytes());
    (!code.is_empty()).then_some(code)
}
