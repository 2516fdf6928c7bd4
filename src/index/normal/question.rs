//! What is searched for.

use alloc::vec::Vec;
use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use super::readable::Readable;
use super::{Normal, text, word};
use crate::codec::Content;
use crate::secret::SecretBytes;

/// A value that is searched for, in its normal form.
pub(crate) struct Question {
    /// The term to look up: every row that answers has it.
    pub(crate) lookup: SecretBytes,
    normal: Normal,
    wanted: Wanted,
}

/// What a row must have beside the term.
enum Wanted {
    /// The same normal form.
    Nothing,
    /// A folded text that begins so.
    Beginning(SecretBytes),
    /// All of these words.
    Words(Vec<SecretBytes>),
}

impl Question {
    /// Nothing if the value has no such form.
    pub(super) fn new(normal: Normal, readable: &Readable<'_>) -> Option<Self> {
        let (lookup, wanted) = match normal {
            Normal::Tokens => {
                let words = word::words(readable)?;
                let longest = words.iter().max_by_key(|word| word.len())?;
                (duplicate(longest), Wanted::Words(words))
            }
            Normal::Prefix(_) => {
                let whole = text::folded(readable.text()?.as_str())?;
                (normal.single(readable)?, Wanted::Beginning(whole))
            }
            _ => (normal.single(readable)?, Wanted::Nothing),
        };
        Some(Self {
            lookup,
            normal,
            wanted,
        })
    }

    /// Whether a row with this value is what was searched for. Compares contents in constant time;
    /// lengths and the number of words show.
    pub(crate) fn is_answered_by(&self, content: Content, encoded: &[u8]) -> bool {
        let Some(readable) = Readable::of(content, encoded) else {
            return false;
        };
        match &self.wanted {
            Wanted::Nothing => self
                .normal
                .single(&readable)
                .is_some_and(|form| are_equal(&form, &self.lookup)),
            Wanted::Beginning(beginning) => readable
                .text()
                .and_then(|text| text::folded(text.as_str()))
                .is_some_and(|whole| begins_with(&whole, beginning)),
            Wanted::Words(wanted) => word::words(&readable)
                .is_some_and(|words| wanted.iter().all(|wanted| is_among(wanted, &words))),
        }
    }
}

impl fmt::Debug for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Question")
            .field("normal", &self.normal)
            .finish_non_exhaustive()
    }
}

fn are_equal(a: &SecretBytes, b: &SecretBytes) -> bool {
    a.as_slice().ct_eq(b.as_slice()).into()
}

fn begins_with(whole: &SecretBytes, beginning: &SecretBytes) -> bool {
    whole
        .as_slice()
        .get(..beginning.len())
        .is_some_and(|own| own.ct_eq(beginning.as_slice()).into())
}

fn is_among(word: &SecretBytes, words: &[SecretBytes]) -> bool {
    words
        .iter()
        .fold(Choice::from(0), |found, other| {
            found | word.as_slice().ct_eq(other.as_slice())
        })
        .into()
}

fn duplicate(bytes: &SecretBytes) -> SecretBytes {
    let mut duplicate = SecretBytes::with_capacity(bytes.len());
    duplicate.append(bytes.as_slice());
    duplicate
}
