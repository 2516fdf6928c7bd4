//! Whatever wraps data keys.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt::{self, Debug};

use subtle::ConstantTimeEq;

use super::error::{KeyError, KeyErrorKind, NO_RANDOMNESS};
use super::provider::BoxFuture;
use super::wrap::WrapContext;
use crate::secret::{SecretBytes, SecretKey};

/// A key management service: wraps small payloads under a key that never leaves it.
///
/// The crate builds the payload (64 bytes) and checks what comes back against the context, so
/// a KMS that cannot authenticate a context, such as AES key wrap on an HSM, is no weaker. One
/// that can should be given it: [`as_bytes`](WrapContext::as_bytes) as associated data inside
/// the organisation, only [`opaque_pairs`](WrapContext::opaque_pairs) where the service logs it.
///
/// An implementation must not log, cache or return a payload elsewhere, and makes its own
/// time-outs and retries. Nothing here starts a runtime: the futures are polled by the caller.
pub trait Kms: Debug + Send + Sync {
    /// Wraps `payload` under the service's current key, and names that key in the result.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`], [`KeyErrorKind::Throttled`] or [`KeyErrorKind::Denied`].
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>>;

    /// Gives back the payload.
    ///
    /// # Errors
    ///
    /// As [`wrap`](Kms::wrap), and [`KeyErrorKind::WrongKey`] when another key wrapped it, or it
    /// or its context was changed.
    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>>;

    /// Draws 32 uniform bytes and wraps them: one call, where the service has one for it.
    ///
    /// The default draws them from the operating system, has them wrapped, and unwraps them again
    /// to compare: two calls.
    ///
    /// # Errors
    ///
    /// As [`wrap`](Kms::wrap), and [`KeyErrorKind::Contract`] when other bytes come back.
    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        Box::pin(async move {
            let mut drawn = SecretBytes::with_capacity(32);
            drawn.append(&SecretKey::generate().ok_or(NO_RANDOMNESS)?.0);
            let wrapped = self.wrap(&drawn, context).await?;
            let read_back = self.unwrap(&wrapped, context).await?;
            match read_back.as_slice().ct_eq(drawn.as_slice()).into() {
                true => Ok((drawn, wrapped)),
                false => Err(OTHER_BYTES),
            }
        })
    }

    /// Wraps anew under the service's current key what it [`owns`](Kms::owns), without the payload
    /// leaving it; `None` where the service cannot, and its caller unwraps and wraps.
    ///
    /// The caller reads the result back. The default says `None`.
    ///
    /// # Errors
    ///
    /// As [`wrap`](Kms::wrap) and [`unwrap`](Kms::unwrap).
    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        let _ = (wrapped, context);
        Box::pin(async { Ok(None) })
    }

    /// Whether a wrapped key that names this key is this service's to unwrap.
    ///
    /// Asked before [`unwrap`](Kms::unwrap), since a reference comes from where somebody else may
    /// have written: a service that would ask *any* key of the world for it, such as one in
    /// another account, says yes to its own keys only. The default says yes.
    fn owns(&self, reference: &str) -> bool {
        let _ = reference;
        true
    }
}

impl<K: Kms + ?Sized> Kms for Arc<K> {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        (**self).wrap(payload, context)
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        (**self).unwrap(wrapped, context)
    }

    fn generate<'a>(
        &'a self,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<(SecretBytes, WrappedKey), KeyError>> {
        (**self).generate(context)
    }

    fn rewrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<Option<WrappedKey>, KeyError>> {
        (**self).rewrap(wrapped, context)
    }

    fn owns(&self, reference: &str) -> bool {
        (**self).owns(reference)
    }
}

/// What a [`Kms`] made of a payload, and the name of the key that did it.
///
/// Holds nothing secret: it is stored, in clear, beside the data.
///
/// # Example
///
/// ```
/// use phi_seal::key::WrappedKey;
///
/// let wrapped = WrappedKey::new("transit/phi:v3", vec![7; 80])?;
/// assert_eq!(wrapped.reference(), "transit/phi:v3");
/// assert!(WrappedKey::new("", vec![7; 80]).is_err());
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedKey {
    reference: String,
    bytes: Vec<u8>,
}

impl WrappedKey {
    /// `reference` names the wrapping key and, where the service has versions, its version:
    /// 1 to 512 printable ASCII characters or spaces. `bytes` are 1 to 8192, opaque to this crate.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Contract`] outside of these limits.
    pub fn new(reference: impl Into<String>, bytes: Vec<u8>) -> Result<Self, KeyError> {
        let reference = reference.into();
        if !is_reference(&reference) {
            return Err(KeyError::new(
                KeyErrorKind::Contract,
                "a wrapping key is named by 1 to 512 printable ascii characters",
            ));
        }
        if !is_wrapped(&bytes) {
            return Err(KeyError::new(
                KeyErrorKind::Contract,
                "a wrapped key has 1 to 8192 bytes",
            ));
        }
        Ok(Self { reference, bytes })
    }

    /// The name of the wrapping key.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// The wrapped bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Debug for WrappedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedKey")
            .field("reference", &self.reference)
            .field("len", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

pub(super) fn is_reference(text: &str) -> bool {
    matches!(text.len(), 1..=512) && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

pub(super) const fn is_wrapped(bytes: &[u8]) -> bool {
    matches!(bytes.len(), 1..=8192)
}

const OTHER_BYTES: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "the kms gave back another key than it was asked to wrap",
);
