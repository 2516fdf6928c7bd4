//! Normal forms: which values count as equal.

/// The form in which an index compares values. Each has a version, which is part of every index
/// value: a later version of a form never changes what an earlier one made.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Normal {
    /// Text in NFKC with case and width folded, trimmed, runs of white space as one space.
    Text,
    /// The decimal digits, whatever stands between them: for SSN and other numbers.
    Digits,
    /// An e-mail address.
    Email,
    /// A calendar date: `1952-02-29`.
    Date,
    /// The year of a date: `1952`.
    Year,
    /// The first three digits of a US ZIP code.
    Zip3,
    /// A US telephone number: ten digits, without the country code.
    UsPhone,
    /// The first so many characters of [`Text`](Normal::Text).
    Prefix(u8),
    /// Each word of [`Text`](Normal::Text) by itself: several terms for one value.
    Tokens,
    /// How a name sounds.
    Phonetic,
}

impl Normal {
    /// Whether a value has several terms.
    pub const fn has_several_terms(self) -> bool {
        matches!(self, Self::Tokens)
    }
}

// TEMP
use crate::codec::Content;
use crate::error::Error;
use crate::secret::SecretBytes;
use alloc::vec::Vec;
pub(crate) struct Question {
    pub(crate) lookup: SecretBytes,
}
impl Question {
    pub(crate) fn lookup(&self) -> SecretBytes {
        SecretBytes::from_vec(self.lookup.as_slice().to_vec())
    }
    pub(crate) fn is_answered_by(&self, _: Content, b: &[u8]) -> bool {
        b == self.lookup.as_slice()
    }
}
impl Normal {
    pub(crate) fn terms(self, _: Content, e: &[u8]) -> Vec<SecretBytes> {
        vec![SecretBytes::from_vec(e.to_vec())]
    }
    pub(crate) fn question(self, _: Content, e: &[u8]) -> Result<Question, Error> {
        Ok(Question {
            lookup: SecretBytes::from_vec(e.to_vec()),
        })
    }
}
