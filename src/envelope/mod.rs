//! The envelope's bytes and text; `docs/envelope.md` specifies them. Knows no key and no cipher.

mod inspect;
mod text;

use crate::codec::Content;
use crate::error::{Error, ErrorKind};

pub(crate) use inspect::bytes_of;
pub use inspect::{Inspection, inspect};
pub(crate) use text::{from_text, to_text};

/// Bytes of an envelope that are not ciphertext.
pub const OVERHEAD: usize = PREFIX_LEN + TAG_LEN;

pub(crate) const HEADER_LEN: usize = 34;
pub(crate) const NONCE_LEN: usize = 24;
pub(crate) const PREFIX_LEN: usize = HEADER_LEN + NONCE_LEN;
pub(crate) const TAG_LEN: usize = 16;

/// Suite 0x01: XAES-256-GCM under a fingerprinted key.
pub(crate) const SUITE: u8 = 0x01;

const PADDED: u8 = 0x80;

/// The fingerprint of a data key: 32 public bytes that name it in every envelope.
///
/// Under subject keys it is a pseudonym of the patient, so `Debug` hides it; use
/// [`to_hex`](KeyId::to_hex) where it is meant to be shown.
#[derive(Clone, Copy, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub(crate) [u8; 32]);

impl KeyId {
    /// The 32 bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key id from its 32 bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A key id from 64 lower-case hexadecimal digits, and from nothing else.
    pub fn from_hex(hex: &str) -> Option<Self> {
        let nibble = |digit: u8| match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        };
        let mut bytes = [0; 32];
        let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
        if pairs.len() != bytes.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = nibble(*high)? << 4 | nibble(*low)?;
        }
        Some(Self(bytes))
    }

    /// 64 lower-case hexadecimal digits.
    pub fn to_hex(&self) -> alloc::string::String {
        self.0
            .iter()
            .fold(alloc::string::String::with_capacity(64), |mut hex, byte| {
                for nibble in [byte >> 4, byte & 15] {
                    hex.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
                }
                hex
            })
    }
}

impl core::fmt::Debug for KeyId {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("KeyId").finish_non_exhaustive()
    }
}

/// The parts of a well-formed envelope.
#[derive(Clone, Copy)]
pub(crate) struct Envelope<'a> {
    pub(crate) header: &'a [u8; HEADER_LEN],
    pub(crate) nonce: &'a [u8; NONCE_LEN],
    pub(crate) ciphertext: &'a [u8],
    pub(crate) tag: &'a [u8; TAG_LEN],
    pub(crate) content: Content,
    pub(crate) padded: bool,
}

impl<'a> Envelope<'a> {
    /// Splits an envelope into its parts.
    ///
    /// Accepts exactly what [`write_prefix`] and a cipher can make; anything else is
    /// [`ErrorKind::Malformed`].
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        let (header, rest) = bytes.split_first_chunk().ok_or(TOO_SHORT)?;
        let (nonce, rest) = rest.split_first_chunk().ok_or(TOO_SHORT)?;
        let (ciphertext, tag) = rest.split_last_chunk().ok_or(TOO_SHORT)?;
        if header[0] != SUITE {
            return Err(Error::new(
                ErrorKind::Malformed,
                "unknown suite: this is no envelope, or a later version wrote it",
            ));
        }
        let content = Content::from_code(header[1] & !PADDED).ok_or(Error::new(
            ErrorKind::Malformed,
            "unknown content: this is no envelope, or a later version wrote it",
        ))?;
        Ok(Self {
            header,
            nonce,
            ciphertext,
            tag,
            content,
            padded: header[1] & PADDED != 0,
        })
    }

    /// Suite and content as they stand in the header, before the key id.
    pub(crate) const fn kind(&self) -> [u8; 2] {
        [self.header[0], self.header[1]]
    }

    pub(crate) fn key_id(&self) -> KeyId {
        let mut id = [0; 32];
        id.copy_from_slice(&self.header[2..]);
        KeyId(id)
    }
}

/// Writes what stands before the ciphertext: header and nonce. Returns suite and content as they
/// stand in the header, before the key id.
pub(crate) fn write_prefix(
    prefix: &mut [u8; PREFIX_LEN],
    content: Content,
    padded: bool,
    key_id: &KeyId,
    nonce: &[u8; NONCE_LEN],
) -> [u8; 2] {
    let kind = [SUITE, content.code() | if padded { PADDED } else { 0 }];
    prefix[..2].copy_from_slice(&kind);
    prefix[2..HEADER_LEN].copy_from_slice(&key_id.0);
    prefix[HEADER_LEN..].copy_from_slice(nonce);
    kind
}

const TOO_SHORT: Error = Error::new(
    ErrorKind::Malformed,
    "too short: an envelope has at least 74 bytes",
);

#[cfg(test)]
mod tests;
