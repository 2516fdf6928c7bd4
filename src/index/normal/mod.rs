//! Normal forms: which values count as equal.
//!
//! `docs/index.md`, section "Normal forms", says each of them exactly.

mod date;
mod number;
#[cfg(feature = "index-phonetic")]
mod phonetic;
mod question;
mod readable;
mod text;
mod word;

#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

pub(crate) use question::Question;
use readable::Readable;

use crate::codec::{Content, Encoder, Value};
use crate::error::{Error, ErrorKind};
use crate::secret::SecretBytes;

/// The form in which an index compares values.
///
/// Each form has a version, which is part of what an index value is made from: a later version of
/// a form never changes what an earlier one made. A value without a form, such as a telephone
/// number with four digits, has no index value: that index does not find it.
///
/// A field's type decides which forms it can have; see [`IndexPart::new`](super::IndexPart::new).
///
/// # Example
///
/// ```
/// use phi_seal::index::Normal;
///
/// let ssn = Normal::Digits.terms_of(&"078-05-1120".to_string())?;
/// assert_eq!(ssn[0].as_slice(), b"078051120");
/// assert!(Normal::Tokens.finds(&"o'neil".to_string(), &"Anna-Maria O’Neil".to_string())?);
/// assert!(!Normal::Text.finds(&"Muller".to_string(), &"Müller".to_string())?);
/// # Ok::<(), phi_seal::Error>(())
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Normal {
    /// Text without regard to case and width: Unicode's compatibility caseless matching, white
    /// space trimmed and each run of it one space. Accents count.
    Text,
    /// The decimal digits, whatever stands between them: for SSN and other numbers. A number of an
    /// integer type has lost its leading zeros.
    Digits,
    /// An e-mail address as [`Text`](Normal::Text), the part before the `@` too. Dots and `+`
    /// suffixes count.
    Email,
    /// A calendar date: `1952-02-29`. Of an instant, its date in UTC; of text, one in ISO 8601.
    Date,
    /// The year of a date: `1952`.
    Year,
    /// The first three digits of a US ZIP code.
    Zip3,
    /// A US telephone number: ten digits, without country code and extension.
    UsPhone,
    /// The first so many characters of [`Text`](Normal::Text): at least one. A shorter value is
    /// not found, a shorter question refused, a longer one compared in full with what is found.
    Prefix(u8),
    /// Each word of [`Text`](Normal::Text) by itself: several terms for one value, or for a list
    /// of texts. Words end at all but letters, marks, digits and apostrophes, which are left out:
    /// `O'Neil` is `oneil`.
    ///
    /// At most [`MAX_TOKENS`](Normal::MAX_TOKENS) different ones: for names and addresses, not for
    /// notes. A value with more is not sealed, a question with more refused.
    Tokens,
    /// How a name sounds: the primary code of Double Metaphone, over all words at once. Without
    /// letters that fold to `a` to `z` only, its [`Text`](Normal::Text).
    #[cfg(feature = "index-phonetic")]
    Phonetic,
}

impl Normal {
    /// The most different words that a value of an index of [`Tokens`](Normal::Tokens) has, or a
    /// question to it. Each is a hash in the row, and which words stand together tells the more
    /// the more there are.
    pub const MAX_TOKENS: usize = 64;

    /// Whether a value has several terms.
    pub const fn has_several_terms(self) -> bool {
        matches!(self, Self::Tokens)
    }

    /// Whether values of this type that are plainly different can have the same form, beyond
    /// another spelling of the same: a prefix, a year, a sound.
    pub(super) const fn leaves_something_out(self, content: Content) -> bool {
        match self {
            Self::Prefix(_) | Self::Zip3 => true,
            #[cfg(feature = "index-phonetic")]
            Self::Phonetic => true,
            Self::Date => matches!(content, Content::Timestamp),
            Self::Year => !matches!(content, Content::Integer),
            Self::Text | Self::Digits | Self::Email | Self::UsPhone | Self::Tokens => false,
        }
    }

    /// Its stable name and version: `text-1`, `prefix-1:3`.
    pub fn code(self) -> String {
        let mut code = String::from(match self {
            Self::Text => "text-1",
            Self::Digits => "digits-1",
            Self::Email => "email-1",
            Self::Date => "date-1",
            Self::Year => "year-1",
            Self::Zip3 => "zip3-1",
            Self::UsPhone => "us-phone-1",
            Self::Prefix(_) => "prefix-1:",
            Self::Tokens => "tokens-1",
            #[cfg(feature = "index-phonetic")]
            Self::Phonetic => "phonetic-1",
        });
        if let Self::Prefix(length) = self {
            write!(code, "{length}").expect("a string takes what is written to it");
        }
        code
    }

    /// The terms of a value, in plain: for trying a form out.
    ///
    /// None if the value has no such form, several for [`Tokens`](Normal::Tokens) only.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unencodable`], with the value type's own sentence, or for more than
    /// [`MAX_TOKENS`](Normal::MAX_TOKENS) words.
    pub fn terms_of<T: Value>(self, value: &T) -> Result<Vec<SecretBytes>, Error> {
        self.terms(T::CONTENT, encoded(value)?.as_slice())
    }

    /// Whether a search for `wanted` returns a row with this value.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if `wanted` has no such form, for a
    /// [`Prefix`](Normal::Prefix) also if it is too short, and for [`Tokens`](Normal::Tokens) if it
    /// has more than [`MAX_TOKENS`](Normal::MAX_TOKENS); [`ErrorKind::Unencodable`].
    pub fn finds<T: Value>(self, wanted: &T, value: &T) -> Result<bool, Error> {
        let question = self.question(T::CONTENT, encoded(wanted)?.as_slice())?;
        Ok(question.is_answered_by(T::CONTENT, encoded(value)?.as_slice()))
    }

    /// What a row with this value is found by.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unencodable`] for more words than an index takes.
    pub(crate) fn terms(self, content: Content, encoded: &[u8]) -> Result<Vec<SecretBytes>, Error> {
        match (self, Readable::of(content, encoded)) {
            (Self::Tokens, Some(readable)) => word::words(&readable).ok_or(Error::new(
                ErrorKind::Unencodable,
                "an index of words takes at most 64 of a value: index a shorter one, such as a name",
            )),
            (_, Some(readable)) => Ok(self.single(&readable).into_iter().collect()),
            (_, None) => Ok(Vec::new()),
        }
    }

    /// What to look up for a value that is searched for.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`] if it has no such form.
    pub(crate) fn question(self, content: Content, encoded: &[u8]) -> Result<Question, Error> {
        Readable::of(content, encoded)
            .and_then(|readable| Question::new(self, &readable))
            .ok_or(Error::new(ErrorKind::InvalidInput, self.why_not()))
    }

    /// The one term of a form that has no more.
    fn single(self, readable: &Readable<'_>) -> Option<SecretBytes> {
        match self {
            Self::Text => text::folded(readable.text()?.as_str()),
            Self::Digits => number::digits(readable.text()?.as_str()),
            Self::Email => word::email(readable.text()?.as_str()),
            Self::Date => date::date(readable),
            Self::Year => date::year(readable),
            Self::Zip3 => number::zip3(readable.text()?.as_str()),
            Self::UsPhone => number::us_phone(readable.text()?.as_str()),
            Self::Prefix(length) => word::prefix(readable.text()?.as_str(), length),
            Self::Tokens => None,
            #[cfg(feature = "index-phonetic")]
            Self::Phonetic => phonetic::sound(readable.text()?.as_str()),
        }
    }

    /// What a value must be to be searched for.
    const fn why_not(self) -> &'static str {
        match self {
            Self::Text => "search for a text that is not empty",
            Self::Digits => "search for a number with at least one digit, 0 to 9",
            Self::Email => "search for an e-mail address, with an @ and without spaces",
            Self::Date => "search for a calendar date, as text in ISO 8601 (1952-02-29)",
            Self::Year => "search for a year, as text in ISO 8601 (1952)",
            Self::Zip3 => "search for a US ZIP code, or its first three digits",
            Self::UsPhone => "search for a US telephone number, with area code",
            Self::Prefix(_) => "search for a text at least as long as the index's prefix",
            Self::Tokens => "search for at least one word, and at most 64",
            #[cfg(feature = "index-phonetic")]
            Self::Phonetic => "search for a name that is not empty",
        }
    }

    /// The compiler's error for a field that cannot have this form; nothing if it can.
    pub(super) const fn refuse(self, content: Content) {
        use Content::{Bytes, Date, Integer, List, Structured, Text, Timestamp, Uuid};
        assert!(
            !matches!(content, Structured),
            "a structured value has no normal form: give what is searched for a field of its own"
        );
        assert!(
            !matches!(content, Bytes),
            "bytes have no normal form: index a text or a number"
        );
        match self {
            Self::Text => assert!(
                !matches!(content, List),
                "a list has no normal form but its words: use Tokens"
            ),
            Self::Digits | Self::UsPhone => assert!(
                matches!(content, Text | Integer),
                "digits are those of a text or an integer"
            ),
            Self::Zip3 => assert!(
                matches!(content, Text),
                "a ZIP code is text: an integer has lost its leading zeros"
            ),
            Self::Email => assert!(matches!(content, Text), "an e-mail address is text"),
            Self::Date => assert!(
                matches!(content, Text | Date | Timestamp),
                "a date is that of a date, an instant or a text"
            ),
            Self::Year => assert!(
                matches!(content, Text | Integer | Date | Timestamp),
                "a year is that of a date, an instant, an integer or a text"
            ),
            Self::Prefix(length) => {
                assert!(length > 0, "a prefix has at least 1 character");
                assert!(
                    matches!(content, Text | Integer | Date | Timestamp | Uuid),
                    "a prefix is of a text, a number, a date, an instant or a UUID"
                );
            }
            Self::Tokens => assert!(
                matches!(content, Text | List),
                "words are those of a text or a list of texts"
            ),
            #[cfg(feature = "index-phonetic")]
            Self::Phonetic => assert!(matches!(content, Text), "only text has a sound"),
        }
    }
}

fn encoded(value: &impl Value) -> Result<SecretBytes, Error> {
    let mut encoded = SecretBytes::with_capacity(value.size_hint());
    value
        .encode(&mut Encoder::new(&mut encoded))
        .map_err(|error| Error::new(ErrorKind::Unencodable, error.reason()))?;
    Ok(encoded)
}
