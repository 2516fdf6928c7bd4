//! Text forms: hexadecimal and base64url, each in one canonical spelling.

use alloc::string::String;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Unpadded base64url.
pub(super) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Strict: no padding, no white space, and the unused bits of the last symbol are zero.
#[cfg(feature = "serde")]
pub(super) fn from_base64url(text: &str) -> Option<alloc::vec::Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// As [`from_base64url`], for exactly 32 bytes and into the caller's buffer, which it may leave
/// half filled when it fails.
pub(super) fn key_from_base64url(text: &[u8], key: &mut [u8; 32]) -> Option<()> {
    // The decoder wants room for whole groups of four symbols: 43 symbols round up to 33 bytes.
    let mut decoded = [0; 33];
    let result = match text.len() {
        43 => URL_SAFE_NO_PAD.decode_slice(text, &mut decoded).ok(),
        _ => None,
    };
    key.copy_from_slice(&decoded[..32]);
    crate::secret::wipe(&mut decoded);
    (result == Some(32)).then_some(())
}

/// Lower-case hexadecimal.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            hex.push(char::from(b"0123456789abcdef"[usize::from(nibble)]));
        }
    }
    hex
}

/// Strict: lower case, and exactly `N` bytes.
#[cfg(any(feature = "serde", test))]
pub(super) fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    fn nibble(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let mut bytes = [0; N];
    if pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = nibble(*high)? << 4 | nibble(*low)?;
    }
    Some(bytes)
}
