//! `Sealed<T>`: ciphertext, typed.

mod as_text;
#[cfg(feature = "serde")]
mod serde;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::str::FromStr;

use crate::codec::{Content, Value};
use crate::envelope::{self, Envelope, KeyId};
use crate::error::{Error, ErrorKind};
use crate::phi::write_short_type_name;

pub use as_text::AsText;

/// The ciphertext of a [`Phi<T>`](crate::Phi): an envelope that databases, JSON and queues hold.
///
/// It was checked to be a well-formed envelope for a `T`; whether it is authentic is known only
/// once it is opened. Anybody may read its key id, its content's type and its size; see
/// [`inspect`](crate::inspect). Under subject keys the key id links a patient's rows, so `Debug`
/// omits it.
///
/// Takes 74 bytes more than the content; as text, 5 characters and 4 for each 3 bytes.
///
/// # Example
///
/// ```
/// use phi_seal::{ErrorKind, Sealed};
///
/// let bytes = [&[1, 2][..], &[7; 32], &[0; 24], &[0; 5], &[0; 16]].concat();
/// let sealed = Sealed::<String>::from_bytes(bytes)?;
/// assert_eq!(Sealed::from_text(&sealed.to_text())?, sealed);
/// assert_eq!(
///     Sealed::<i64>::from_bytes(sealed.into_bytes()).unwrap_err().kind(),
///     ErrorKind::Malformed,
/// );
/// # Ok::<(), phi_seal::Error>(())
/// ```
pub struct Sealed<T> {
    bytes: Vec<u8>,
    value: PhantomData<fn() -> T>,
}

impl<T: Value> Sealed<T> {
    /// Takes an envelope in its byte form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Malformed`] unless it is an envelope of a known suite that holds a `T` or a
    /// sealed null.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Self, Error> {
        let bytes = bytes.into();
        let content = Envelope::parse(&bytes)?.content;
        if content != T::CONTENT && content != Content::Null {
            return Err(Error::new(
                ErrorKind::Malformed,
                "an envelope, but of another type of value than this field's",
            ));
        }
        Ok(Self::from_envelope(bytes))
    }

    /// Takes an envelope in its text form.
    ///
    /// # Errors
    ///
    /// As [`from_bytes`](Sealed::from_bytes); also for any spelling but the canonical one.
    pub fn from_text(text: &str) -> Result<Self, Error> {
        Self::from_bytes(envelope::from_text(text)?)
    }
}

impl<T> Sealed<T> {
    /// The envelope's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The envelope's bytes, without a copy.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The envelope's text form: `phi1.` and base64url.
    pub fn to_text(&self) -> String {
        envelope::to_text(&self.bytes)
    }

    /// The data key it is sealed under; not authenticated.
    pub fn key_id(&self) -> KeyId {
        self.envelope().key_id()
    }

    pub(crate) fn envelope(&self) -> Envelope<'_> {
        Envelope::parse(&self.bytes).expect("both constructors take well-formed envelopes only")
    }

    /// Takes what the cipher wrote, or what was just parsed.
    pub(crate) fn from_envelope(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            value: PhantomData,
        }
    }
}

impl<T> Clone for Sealed<T> {
    fn clone(&self) -> Self {
        Self::from_envelope(self.bytes.clone())
    }
}

/// Equal envelopes; two seals of one value differ.
impl<T> PartialEq for Sealed<T> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<T> Eq for Sealed<T> {}

impl<T> core::hash::Hash for Sealed<T> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

impl<T: Value> TryFrom<Vec<u8>> for Sealed<T> {
    type Error = Error;

    fn try_from(bytes: Vec<u8>) -> Result<Self, Error> {
        Self::from_bytes(bytes)
    }
}

impl<T: Value> FromStr for Sealed<T> {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_text(text)
    }
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed<")?;
        write_short_type_name(core::any::type_name::<T>(), f)?;
        f.write_str(">")
    }
}
