//! The text form: `phi1.` and unpadded base64url, in one canonical spelling.

use alloc::string::String;
use alloc::vec::Vec;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};

use crate::error::{Error, ErrorKind};

const TAG: &str = "phi1.";

/// The text form of an envelope's bytes.
pub(crate) fn to_text(envelope: &[u8]) -> String {
    let body_len = envelope.len() / 3 * 4 + (envelope.len() % 3 * 4).div_ceil(3);
    let mut text = alloc::vec![0; TAG.len() + body_len];
    let (tag, body) = text.split_at_mut(TAG.len());
    tag.copy_from_slice(TAG.as_bytes());
    ENGINE
        .encode_slice(envelope, body)
        .expect("the buffer has the length of unpadded base64");
    String::from_utf8(text).expect("base64 is ASCII")
}

/// The bytes behind a text form. Strict: no padding, no white space, no other alphabet, and the
/// unused bits of the last symbol are zero.
pub(crate) fn from_text(text: &str) -> Result<Vec<u8>, Error> {
    let body = text.strip_prefix(TAG).ok_or(Error::new(
        ErrorKind::Malformed,
        "not an envelope: its text form begins with phi1.",
    ))?;
    ENGINE.decode(body).map_err(|_| {
        Error::new(
            ErrorKind::Malformed,
            "not an envelope: its text form is unpadded base64url",
        )
    })
}

const CONFIG: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::RequireNone);

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
type Base64Url = base64::engine::Simd;

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
type Base64Url = base64::engine::GeneralPurpose;

#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
static ENGINE: LazyLock<Base64Url> = LazyLock::new(|| Base64Url::url_safe(CONFIG));

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
static ENGINE: LazyLock<Base64Url> =
    LazyLock::new(|| Base64Url::new(&base64::alphabet::URL_SAFE, CONFIG));
