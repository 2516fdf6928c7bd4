//! A data key and what is derived from it.

use core::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

#[cfg(doc)]
use super::error::KeyErrorKind;
use super::error::{KeyError, NO_RANDOMNESS};
use super::scope::KeyScope;
use crate::aead::SealingKey;
use crate::envelope::{KeyId, SUITE};
use crate::secret::SecretKey;

/// A 256-bit data key, ready to seal and open. Wiped on drop.
///
/// Its id is a fingerprint of the key itself (HKDF-Expand-SHA-256, RFC 5869 section 2.3, with
/// info `phi-seal/v1 key-id`), computed by the only constructor: a key cannot go by another
/// key's id. There is no way to read the key's bytes but
/// [`danger::export_data_key`](crate::danger::export_data_key).
pub struct DataKey {
    id: KeyId,
    scope: KeyScope,
    secret: SecretKey,
    sealing: SealingKey,
}

impl DataKey {
    /// A fresh key from the operating system's randomness.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] if the operating system has no randomness to give.
    pub fn generate(scope: KeyScope) -> Result<Self, KeyError> {
        SecretKey::generate()
            .map(|secret| Self::new(secret, scope))
            .ok_or(NO_RANDOMNESS)
    }

    pub(crate) fn new(secret: SecretKey, scope: KeyScope) -> Self {
        let hkdf = Hkdf::<Sha256>::from_prk(&secret.0).expect("32 bytes make a SHA-256 PRK");
        let mut id = [0; 32];
        hkdf.expand(b"phi-seal/v1 key-id", &mut id)
            .expect("32 bytes are within HKDF's limit");
        let mut suite_key = SecretKey([0; 32]);
        hkdf.expand_multi_info(&[b"phi-seal/v1 suite", &[SUITE]], &mut suite_key.0)
            .expect("32 bytes are within HKDF's limit");
        Self {
            id: KeyId(id),
            scope,
            sealing: SealingKey::new(&suite_key.0),
            secret,
        }
    }

    /// Its fingerprint.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Whom it belongs to.
    pub const fn scope(&self) -> &KeyScope {
        &self.scope
    }

    /// What an index of this context hashes with: 32 bytes of key, then 16 of salt.
    #[cfg(feature = "index")]
    pub(crate) fn derive_index(&self, context: &[u8], out: &mut [u8; 48]) {
        Hkdf::<Sha256>::from_prk(&self.secret.0)
            .expect("32 bytes make a SHA-256 PRK")
            .expand_multi_info(&[b"phi-seal/v1 index", context], out)
            .expect("48 bytes are within HKDF's limit");
    }

    /// What pseudonyms in lines that leave the audit log are made with.
    pub(crate) fn derive_pseudonyms(&self) -> SecretKey {
        let mut key = SecretKey([0; 32]);
        Hkdf::<Sha256>::from_prk(&self.secret.0)
            .expect("32 bytes make a SHA-256 PRK")
            .expand(b"phi-seal/v1 pseudonyms", &mut key.0)
            .expect("32 bytes are within HKDF's limit");
        key
    }

    pub(crate) const fn sealing(&self) -> &SealingKey {
        &self.sealing
    }

    pub(crate) const fn secret(&self) -> &SecretKey {
        &self.secret
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataKey")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
