//! Which key of which token.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use crate::key::{KeyError, KeyErrorKind};

/// The label of a token, and label and id of a key in it; all three are compared byte by byte.
///
/// Slots have no part in it, since their numbers change. Nothing here is secret.
///
/// # Example
///
/// ```
/// use phi_seal::integration::pkcs11::Pkcs11Key;
///
/// let key = Pkcs11Key::new("clinic", "phi root", [0x01, 0xa2])?;
/// assert_eq!(key.reference(), "pkcs11:token=clinic;object=phi%20root;id=%01%A2;type=secret-key");
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkcs11Key {
    pub(super) token: String,
    pub(super) label: String,
    pub(super) id: Vec<u8>,
    reference: String,
}

impl Pkcs11Key {
    /// The token's label (1 to 32 bytes), the key's label (`CKA_LABEL`) and its id (`CKA_ID`), each
    /// with at least one byte.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`] for something else, or if the [`reference`](Self::reference) would
    /// have more than 512 characters.
    pub fn new(
        token: impl Into<String>,
        label: impl Into<String>,
        id: impl Into<Vec<u8>>,
    ) -> Result<Self, KeyError> {
        let (token, label, id) = (token.into(), label.into(), id.into());
        let is_padded = token.ends_with(' ');
        if token.is_empty() || token.len() > 32 || is_padded || label.is_empty() || id.is_empty() {
            return Err(KeyError::new(
                KeyErrorKind::Malformed,
                "name the token by 1 to 32 bytes without a space at the end, the key by a label \
                 and an id of at least one byte",
            ));
        }
        let reference = uri(&token, &label, &id);
        if reference.len() > 512 {
            return Err(KeyError::new(
                KeyErrorKind::Malformed,
                "the reference made of token, label and id has more than 512 characters",
            ));
        }
        Ok(Self {
            token,
            label,
            id,
            reference,
        })
    }

    /// The PKCS #11 URI of RFC 7512 with the attributes `token`, `object`, `id` and `type`, in this
    /// order. What is not a letter, a digit or one of `-._~` is percent-encoded, and so is each
    /// byte of the id.
    pub fn reference(&self) -> &str {
        &self.reference
    }
}

fn uri(token: &str, label: &str, id: &[u8]) -> String {
    let mut uri = String::from("pkcs11:token=");
    append(&mut uri, token.as_bytes(), is_unreserved);
    uri.push_str(";object=");
    append(&mut uri, label.as_bytes(), is_unreserved);
    uri.push_str(";id=");
    append(&mut uri, id, |_| false);
    uri.push_str(";type=secret-key");
    uri
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn append(uri: &mut String, bytes: &[u8], is_plain: impl Fn(u8) -> bool) {
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = match is_plain(*byte) {
            true => write!(uri, "{}", char::from(*byte)),
            false => write!(uri, "%{byte:02X}"),
        };
    }
}
