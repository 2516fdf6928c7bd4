//! What an envelope tells without any key.

use alloc::borrow::Cow;

use crate::codec::Content;
use crate::envelope::{Envelope, KeyId, OVERHEAD, SUITE};
use crate::error::Error;

/// What anybody can read off an envelope.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// The suite; 1 is XAES-256-GCM under a fingerprinted key.
    pub suite: u8,
    /// What the codec wrote.
    pub content: Content,
    /// Whether the content is padded to a bucket.
    pub padded: bool,
    /// The data key that seals it.
    pub key_id: KeyId,
    /// The envelope's size in bytes.
    pub envelope_len: usize,
    /// The content's size in bytes, padding included.
    pub content_len: usize,
}

/// Describes an envelope in its byte or text form, offline and without any key.
///
/// Nothing of it is authenticated: a forged envelope describes itself as it likes.
///
/// # Errors
///
/// [`ErrorKind::Malformed`](crate::ErrorKind::Malformed) when it is no envelope.
///
/// # Example
///
/// ```
/// # let bytes = [&[1, 2][..], &[7; 32], &[0; 24], &[0; 5], &[0; 16]].concat();
/// let about = phi_seal::inspect(&bytes)?;
/// assert_eq!((about.suite, about.content_len, about.padded), (1, 5, false));
/// assert_eq!(about.content, phi_seal::codec::Content::Text);
/// # Ok::<(), phi_seal::Error>(())
/// ```
pub fn inspect(envelope: &[u8]) -> Result<Inspection, Error> {
    let bytes = &*bytes_of(envelope)?;
    let parsed = Envelope::parse(bytes)?;
    Ok(Inspection {
        suite: SUITE,
        content: parsed.content,
        padded: parsed.padded,
        key_id: parsed.key_id(),
        envelope_len: bytes.len(),
        content_len: bytes.len() - OVERHEAD,
    })
}

/// An envelope's bytes, from its byte or text form: none begins as the other does.
pub(crate) fn bytes_of(envelope: &[u8]) -> Result<Cow<'_, [u8]>, Error> {
    match core::str::from_utf8(envelope) {
        Ok(text) if text.starts_with("phi1.") => super::from_text(text).map(Cow::Owned),
        _ => Ok(Cow::Borrowed(envelope)),
    }
}
