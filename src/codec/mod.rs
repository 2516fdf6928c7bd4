//! How a value becomes bytes and back: one canonical form for each content code.
//!
//! `docs/envelope.md`, section "Content", specifies the same forms for other languages.

mod date;
mod list;
#[cfg(feature = "serde")]
mod messagepack;
mod padding;
mod scalar;
#[cfg(feature = "serde")]
mod structured;
mod text;
mod timestamp;

use alloc::vec::Vec;
use core::fmt;

pub use date::Date;
pub(crate) use padding::{pad, unpad};
#[cfg(feature = "serde")]
pub use structured::Serde;
pub use timestamp::Timestamp;
/// The trait that [`Serde`] wipes with, from the crate `zeroize`.
///
/// `#[derive(Zeroize)]` is not part of it: that needs `zeroize`, with its feature `derive`, as a
/// dependency of your own.
#[cfg(feature = "serde")]
pub use zeroize::Zeroize;

use crate::secret::SecretBytes;

/// A type that [`Phi`](crate::Phi) can protect.
///
/// Implemented for `String`, `Vec<u8>`, `[u8; N]`, `bool`, the integers up to 64 bits and `i128`,
/// `Vec<T>` of any value, [`Date`], [`Timestamp`],
/// [`Serde<T>`](crate::Serde), and behind features for the types of `jiff`, `chrono`, `time` and
/// `uuid`. There are no floats, because NaN has many spellings: use `Serde<f64>`.
///
/// # Security
///
/// `decode` is handed the plaintext *before* the action is recorded, and so is `Deserialize` inside
/// a [`Serde<T>`](crate::Serde): it is part of what you trust, and must keep no copy. `wipe` should
/// overwrite every byte of content that the value owns, on the heap too. (A `Vec` of other values
/// than bytes wipes its elements, but not what removed ones left in its spare capacity.)
///
/// # Example
///
/// ```
/// use phi_seal::SecretBytes;
/// use phi_seal::codec::{CodecError, Content, Encoder, Value};
///
/// struct Mrn(String);
///
/// impl Value for Mrn {
///     const CONTENT: Content = Content::Text;
///
///     fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
///         self.0.encode(out)
///     }
///
///     fn decode(content: SecretBytes) -> Result<Self, CodecError> {
///         String::decode(content).map(Self)
///     }
///
///     fn wipe(&mut self) {
///         self.0.wipe();
///     }
/// }
///
/// let mut buffer = SecretBytes::default();
/// Mrn("MRN-17".into()).encode(&mut Encoder::new(&mut buffer))?;
/// assert_eq!(buffer.as_slice(), b"MRN-17");
/// # Ok::<(), CodecError>(())
/// ```
pub trait Value: Sized {
    /// What the encoding is; authenticated in the envelope's header.
    const CONTENT: Content;

    /// Appends the canonical encoding.
    ///
    /// # Errors
    ///
    /// When the value has no stored form. Nothing is sealed then.
    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError>;

    /// Reads an encoding, and refuses every form that `encode` would not write.
    ///
    /// # Errors
    ///
    /// When the bytes are no canonical encoding of this type.
    fn decode(content: SecretBytes) -> Result<Self, CodecError>;

    /// Overwrites the content, leaving any valid value behind.
    fn wipe(&mut self);

    /// How many bytes `encode` will write, if that is cheap to tell. A wrong answer costs a
    /// reallocation, no more.
    fn size_hint(&self) -> usize {
        32
    }

    /// What `Vec<Self>` is; differs for `u8` only, whose lists are byte strings.
    #[doc(hidden)]
    const LIST_CONTENT: Content = Content::List;

    #[doc(hidden)]
    fn encode_list(items: &[Self], out: &mut Encoder<'_>) -> Result<(), CodecError> {
        list::encode(items, out)
    }

    #[doc(hidden)]
    fn decode_list(content: SecretBytes) -> Result<Vec<Self>, CodecError> {
        list::decode(content)
    }

    #[doc(hidden)]
    fn wipe_list(items: &mut Vec<Self>) {
        items.iter_mut().for_each(Self::wipe);
        items.clear();
    }

    #[doc(hidden)]
    fn list_size_hint(items: &[Self]) -> usize {
        1 + items.iter().map(|item| 4 + item.size_hint()).sum::<usize>()
    }
}

/// What the codec wrote: bits 0 to 6 of the envelope's second byte.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
#[repr(u8)]
pub enum Content {
    /// A sealed absence; no bytes.
    Null = 0,
    /// Bytes as they are.
    Bytes = 1,
    /// UTF-8 as it is, not normalised.
    Text = 2,
    /// A signed integer: 16 bytes, two's complement, big-endian.
    Integer = 3,
    /// One byte, 0 or 1.
    Boolean = 4,
    /// Days since 1970-01-01 in the proleptic Gregorian calendar: 4 bytes, two's complement,
    /// big-endian, from -9999-01-01 to 9999-12-31.
    Date = 5,
    /// An instant: seconds since 1970-01-01T00:00:00Z without leap seconds (8 bytes, two's
    /// complement, big-endian) and nanoseconds (4 bytes, big-endian, below 10^9).
    Timestamp = 6,
    /// The 16 bytes of a UUID in RFC 9562 order.
    Uuid = 7,
    /// One MessagePack value and nothing after it, structs as maps with field names; arrays and
    /// maps at most 64 levels deep.
    Structured = 8,
    /// The element's content code, then each element behind its length (4 bytes, big-endian).
    List = 9,
}

impl Content {
    /// The code in the envelope, 0 to 127.
    pub const fn code(self) -> u8 {
        self as u8
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Null,
            1 => Self::Bytes,
            2 => Self::Text,
            3 => Self::Integer,
            4 => Self::Boolean,
            5 => Self::Date,
            6 => Self::Timestamp,
            7 => Self::Uuid,
            8 => Self::Structured,
            9 => Self::List,
            _ => return None,
        })
    }
}

/// An append-only view of the buffer in which a value will be sealed.
#[derive(Debug)]
pub struct Encoder<'a>(&'a mut SecretBytes);

impl<'a> Encoder<'a> {
    /// Appends to `buffer`, which wipes what it outgrows.
    pub fn new(buffer: &'a mut SecretBytes) -> Self {
        Self(buffer)
    }

    /// Appends `bytes`.
    pub fn append(&mut self, bytes: &[u8]) {
        self.0.append(bytes);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn patch(&mut self, at: usize, bytes: [u8; 4]) {
        self.0.as_mut_slice()[at..at + 4].copy_from_slice(&bytes);
    }
}

/// `append` as a writer. Never fails.
impl std::io::Write for Encoder<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.append(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why a value could not be encoded or decoded: a fixed sentence, never the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodecError(&'static str);

impl CodecError {
    /// `reason` is lower case, without a full stop, and says what the value would have to be.
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }

    /// The sentence.
    pub const fn reason(self) -> &'static str {
        self.0
    }
}

impl core::error::Error for CodecError {}

impl fmt::Display for CodecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
