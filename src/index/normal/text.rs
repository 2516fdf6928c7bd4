//! Text without regard to case, width and spacing.

use caseless::Caseless;
use unicode_normalization::UnicodeNormalization;

use super::readable::SecretText;
use crate::secret::SecretBytes;

/// The form that a compatibility caseless match compares (Unicode, section 3.13, definition
/// D146), without what is ignorable, its white space collapsed, and composed. Nothing if that is
/// empty.
pub(super) fn folded(text: &str) -> Option<SecretBytes> {
    folded_text(text).unless_empty()
}

/// As [`folded`]; a text that folds to nothing is empty.
pub(super) fn folded_text(text: &str) -> SecretText {
    folded_without(text, |_| false)
}

/// As [`folded_text`], as if some characters stood neither in the text nor in what it is matched
/// by.
///
/// All steps are iterators, so the only texts in memory are the value and the result.
pub(super) fn folded_without(text: &str, is_left_out: fn(char) -> bool) -> SecretText {
    let mut folded = SecretText::with_capacity(text.len());
    if text.is_ascii() {
        fold_ascii(text, is_left_out).for_each(|c| folded.push(c));
    } else {
        fold(text, is_left_out).for_each(|c| folded.push(c));
    }
    folded
}

fn fold(text: &str, is_left_out: fn(char) -> bool) -> impl Iterator<Item = char> {
    let matched = text
        .chars()
        .filter(move |c| !is_left_out(*c))
        .nfd()
        .default_case_fold()
        .nfkd()
        .default_case_fold()
        .nfkd()
        .filter(move |c| !is_left_out(*c));
    spaced(visible(matched)).nfc()
}

/// The same for ASCII: it folds one to one, and has nothing to decompose or compose.
fn fold_ascii(text: &str, is_left_out: fn(char) -> bool) -> impl Iterator<Item = char> {
    let kept = text.chars().filter(move |c| !is_left_out(*c));
    spaced(visible(kept.map(|c| c.to_ascii_lowercase())))
}

/// Leaves out controls that are no white space, and what Unicode calls default ignorable: soft
/// hyphens, joiners, direction marks, variation selectors, fillers.
fn visible(text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    text.filter(|c| c.is_whitespace() || !(c.is_control() || is_default_ignorable(*c)))
}

/// Trims white space, and makes each run of it one U+0020.
fn spaced(mut text: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut is_first = true;
    let mut after_space = None;
    core::iter::from_fn(move || {
        if let Some(c) = after_space.take() {
            return Some(c);
        }
        let mut is_spaced = false;
        loop {
            let c = text.next()?;
            if c.is_whitespace() {
                is_spaced = !is_first;
                continue;
            }
            is_first = false;
            if !is_spaced {
                return Some(c);
            }
            after_space = Some(c);
            return Some(' ');
        }
    })
}

/// `Default_Ignorable_Code_Point` of Unicode 16. It covers unassigned code points too, so that
/// later characters of this kind are left out already.
const fn is_default_ignorable(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use super::*;

    /// Two ways to one result must not differ.
    #[test]
    fn ascii_folds_alike_on_both_ways() {
        for first in '\0'..='\x7f' {
            for second in '\0'..='\x7f' {
                let text = [' ', 'A', first, second, 'b', '\t', '\n', 'C', '\x1f'];
                let text = String::from_iter(text);
                let is_left_out = |c| c == '\'';
                let on_both: [String; 2] = [
                    fold(&text, is_left_out).collect(),
                    fold_ascii(&text, is_left_out).collect(),
                ];
                assert_eq!(on_both[0], on_both[1], "{text:?}");
            }
        }
    }

    /// Code points of the property and their neighbours.
    #[test]
    fn what_is_ignorable_is_what_unicode_says() {
        let count = ('\0'..=char::MAX)
            .filter(|c| is_default_ignorable(*c))
            .count();
        assert_eq!(count, 4174);
    }
}
