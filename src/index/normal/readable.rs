//! An encoded value as text: what all normal forms begin with.

use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::ops::Deref;

use crate::codec::{Content, Date, Timestamp};
use crate::secret::SecretBytes;

/// A value, taken out of its encoding.
pub(super) enum Readable<'v> {
    Text(&'v str),
    Texts(Vec<&'v str>),
    Integer(i128),
    Boolean(bool),
    Date(Date),
    Instant(Timestamp),
    Uuid([u8; 16]),
}

impl<'v> Readable<'v> {
    /// Nothing for bytes, structured values, lists of other things than text, and encodings that
    /// the codec would not write.
    pub(super) fn of(content: Content, encoded: &'v [u8]) -> Option<Self> {
        Some(match content {
            Content::Text => Self::Text(core::str::from_utf8(encoded).ok()?),
            Content::List => Self::Texts(texts(encoded)?),
            Content::Integer => Self::Integer(i128::from_be_bytes(encoded.try_into().ok()?)),
            Content::Boolean => match encoded {
                [0] => Self::Boolean(false),
                [1] => Self::Boolean(true),
                _ => return None,
            },
            Content::Date => {
                let days = i32::from_be_bytes(encoded.try_into().ok()?);
                Self::Date(Date::from_days(days).ok()?)
            }
            Content::Timestamp => {
                let (seconds, nanos) = encoded.split_first_chunk()?;
                let nanos = u32::from_be_bytes(nanos.try_into().ok()?);
                Self::Instant(Timestamp::new(i64::from_be_bytes(*seconds), nanos).ok()?)
            }
            Content::Uuid => Self::Uuid(encoded.try_into().ok()?),
            Content::Null | Content::Bytes | Content::Structured => return None,
        })
    }

    /// Its text; none of a list.
    pub(super) fn text(&self) -> Option<ReadableText<'v>> {
        let mut out = SecretText::default();
        let written = match self {
            Self::Text(text) => return Some(ReadableText::Borrowed(text)),
            Self::Texts(_) => return None,
            Self::Integer(integer) => write!(out, "{integer}"),
            Self::Boolean(boolean) => write!(out, "{boolean}"),
            Self::Date(date) => write_date(*date, &mut out),
            Self::Instant(instant) => instant.write_rfc3339(&mut out),
            Self::Uuid(bytes) => write_uuid(bytes, &mut out),
        };
        written.ok().map(|()| ReadableText::Owned(out))
    }
}

/// ISO 8601: years below 0 with a sign and six digits.
pub(super) fn write_date(date: Date, out: &mut SecretText) -> fmt::Result {
    let (year, month, day) = date.ymd();
    write_year(year, out)?;
    write!(out, "-{month:02}-{day:02}")
}

pub(super) fn write_year(year: i32, out: &mut SecretText) -> fmt::Result {
    match year {
        0.. => write!(out, "{year:04}"),
        _ => write!(out, "{year:+07}"),
    }
}

/// The lower-case hyphenated form of RFC 9562.
fn write_uuid(bytes: &[u8; 16], out: &mut SecretText) -> fmt::Result {
    for (at, byte) in bytes.iter().enumerate() {
        let hyphen = if matches!(at, 4 | 6 | 8 | 10) {
            "-"
        } else {
            ""
        };
        write!(out, "{hyphen}{byte:02x}")?;
    }
    Ok(())
}

/// The elements of an encoded list of texts.
fn texts(encoded: &[u8]) -> Option<Vec<&str>> {
    let (code, mut rest) = encoded.split_first()?;
    if *code != Content::Text.code() {
        return None;
    }
    let mut texts = Vec::new();
    while !rest.is_empty() {
        let (length, tail) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (text, tail) = tail.split_at_checked(length)?;
        texts.push(core::str::from_utf8(text).ok()?);
        rest = tail;
    }
    Some(texts)
}

pub(super) enum ReadableText<'v> {
    Borrowed(&'v str),
    Owned(SecretText),
}

impl ReadableText<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// Text that is wiped.
#[derive(Default)]
pub(super) struct SecretText(SecretBytes);

impl SecretText {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self(SecretBytes::with_capacity(capacity))
    }

    pub(super) fn push(&mut self, c: char) {
        self.0.append(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    pub(super) fn into_bytes(self) -> SecretBytes {
        self.0
    }

    /// Its bytes, unless there are none.
    pub(super) fn unless_empty(self) -> Option<SecretBytes> {
        (!self.0.is_empty()).then_some(self.0)
    }
}

impl Deref for SecretText {
    type Target = str;

    fn deref(&self) -> &str {
        core::str::from_utf8(self.0.as_slice()).expect("only whole characters are appended")
    }
}

impl Write for SecretText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.append(text.as_bytes());
        Ok(())
    }
}
