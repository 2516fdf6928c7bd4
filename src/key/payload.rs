//! What is wrapped, and the checks on what comes back.

use subtle::ConstantTimeEq;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::kms::{Kms, WrappedKey};
use super::scope::KeyScope;
use super::state::KeyInfo;
use super::wrap::WrapContext;
use crate::envelope::KeyId;
use crate::secret::{SecretBytes, SecretKey};

/// Has a data key wrapped, for good measure unwraps it again, and gives the result.
pub(crate) async fn wrap_data_key(
    kms: &dyn Kms,
    key: &DataKey,
    version: u32,
) -> Result<WrappedKey, KeyError> {
    let context = WrapContext::new(key.scope(), key.id(), version);
    wrap_secret(kms, key.secret(), &context).await
}

/// The data key behind a wrapped one, if it has this id and was wrapped for this place.
pub(crate) async fn unwrap_data_key(
    kms: &dyn Kms,
    wrapped: &WrappedKey,
    scope: &KeyScope,
    id: &KeyId,
    version: u32,
) -> Result<DataKey, KeyError> {
    let context = WrapContext::new(scope, id, version);
    let secret = unwrap_secret(kms, wrapped, &context).await?;
    let key = DataKey::new(secret, scope.clone());
    if key.id() == id {
        Ok(key)
    } else {
        Err(KeyError::new(
            KeyErrorKind::WrongKey,
            "the unwrapped key has another fingerprint than the keyset says",
        ))
    }
}

/// Has a wrapped data key wrapped anew: inside of `to`, if it can and the key is its own, and else
/// by way of this process. Reads the result back.
pub(crate) async fn rewrap_data_key(
    from: &dyn Kms,
    to: &dyn Kms,
    wrapped: &WrappedKey,
    info: &KeyInfo,
) -> Result<WrappedKey, KeyError> {
    let (scope, id, version) = (&info.scope, &info.id, info.version);
    if to.owns(wrapped.reference()) {
        let context = WrapContext::new(scope, id, version);
        if let Some(rewrapped) = to.rewrap(wrapped, &context).await? {
            unwrap_data_key(to, &rewrapped, scope, id, version).await?;
            return Ok(rewrapped);
        }
    }
    let key = unwrap_data_key(from, wrapped, scope, id, version).await?;
    wrap_data_key(to, &key, version).await
}

/// Has `secret ‖ SHA-256(context)` wrapped: a KMS without associated data binds the context too.
///
/// A wrapped key that cannot be unwrapped would lose all that is sealed under it, so it is read
/// back before anybody uses it.
pub(super) async fn wrap_secret(
    kms: &dyn Kms,
    secret: &SecretKey,
    context: &WrapContext,
) -> Result<WrappedKey, KeyError> {
    let mut payload = SecretBytes::with_capacity(PAYLOAD_LEN);
    payload.append(&secret.0);
    payload.append(&context.digest());
    let wrapped = kms.wrap(&payload, context).await?;
    let read_back = unwrap_secret(kms, &wrapped, context).await?;
    if bool::from(read_back.0.ct_eq(&secret.0)) {
        Ok(wrapped)
    } else {
        Err(KeyError::new(
            KeyErrorKind::Contract,
            "the kms gave back another key than it was asked to wrap",
        ))
    }
}

pub(super) async fn unwrap_secret(
    kms: &dyn Kms,
    wrapped: &WrappedKey,
    context: &WrapContext,
) -> Result<SecretKey, KeyError> {
    if !kms.owns(wrapped.reference()) {
        return Err(KeyError::new(
            KeyErrorKind::WrongKey,
            "another kms or root key wrapped this key; use the one that it names",
        ));
    }
    let payload = kms.unwrap(wrapped, context).await?;
    let (secret, digest) = payload
        .as_slice()
        .split_first_chunk::<32>()
        .ok_or(FOREIGN)?;
    if !bool::from(digest.ct_eq(&context.digest())) {
        return Err(FOREIGN);
    }
    Ok(SecretKey(*secret))
}

const PAYLOAD_LEN: usize = 64;

const FOREIGN: KeyError = KeyError::new(
    KeyErrorKind::WrongKey,
    "the unwrapped key belongs to another place: its record was moved or changed",
);
