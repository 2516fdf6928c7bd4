//! Wrapping under a key in this process: 24 random bytes of nonce, ciphertext, tag.

use alloc::vec::Vec;

use super::error::{KeyError, KeyErrorKind, NO_RANDOMNESS};
use super::wrap::WrapContext;
use crate::aead::SealingKey;
use crate::envelope::{NONCE_LEN, TAG_LEN};
use crate::secret::SecretBytes;

pub(super) fn wrap_under(
    key: &SealingKey,
    payload: &[u8],
    context: &WrapContext,
) -> Result<Vec<u8>, KeyError> {
    let mut nonce = [0; NONCE_LEN];
    getrandom::fill(&mut nonce).map_err(|_| NO_RANDOMNESS)?;
    let mut ciphertext = SecretBytes::with_capacity(payload.len());
    ciphertext.append(payload);
    let tag = key
        .derive(&nonce)
        .seal(&nonce, context.as_bytes().into(), ciphertext.as_mut_slice())
        .ok_or(KeyError::new(
            KeyErrorKind::Contract,
            "a payload of this size cannot be wrapped",
        ))?;
    let mut wrapped = Vec::with_capacity(NONCE_LEN + payload.len() + TAG_LEN);
    wrapped.extend_from_slice(&nonce);
    wrapped.extend_from_slice(ciphertext.as_slice());
    wrapped.extend_from_slice(&tag);
    Ok(wrapped)
}

/// The payload, if it was wrapped under this key and for this context.
pub(super) fn unwrap_under(
    key: &SealingKey,
    wrapped: &[u8],
    context: &WrapContext,
) -> Option<SecretBytes> {
    let (nonce, rest) = wrapped.split_first_chunk()?;
    let (ciphertext, tag) = rest.split_last_chunk()?;
    let mut payload = SecretBytes::with_capacity(ciphertext.len());
    payload.append(ciphertext);
    key.derive(nonce)
        .open(
            nonce,
            context.as_bytes().into(),
            payload.as_mut_slice(),
            tag,
        )
        .map(|()| payload)
}
