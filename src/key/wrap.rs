//! What a wrapped key is bound to.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use sha2::{Digest, Sha256};

use super::scope::KeyScope;
#[cfg(feature = "scoped-keys")]
use super::scope::KeyUse;
use super::text::to_hex;
use crate::context::AssociatedData;
use crate::envelope::{KeyId, SUITE};
#[cfg(feature = "scoped-keys")]
use crate::label::TenantId;

/// What a wrapped key is bound to: use, suite, tenant, subject, key id and version.
///
/// `Debug` shows the use only.
///
/// # Example
///
/// ```
/// use phi_seal::KeyId;
/// use phi_seal::key::{KeyScope, WrapContext};
///
/// let scope = KeyScope::default();
/// let one = WrapContext::new(&scope, &KeyId::from_bytes([7; 32]), 1);
/// let two = WrapContext::new(&scope, &KeyId::from_bytes([7; 32]), 2);
/// assert_ne!(one.as_bytes(), two.as_bytes());
/// assert_eq!(one.opaque_pairs()[0], ("phi-seal-use", "seal".to_owned()));
/// ```
pub struct WrapContext {
    key_use: &'static str,
    bytes: Vec<u8>,
}

impl WrapContext {
    /// The context of a data key.
    pub fn new(scope: &KeyScope, id: &KeyId, version: u32) -> Self {
        let tenant = scope.tenant_id().map_or("", |tenant| tenant.as_str());
        let subject = scope.subject_id().map_or("", |subject| subject.as_str());
        let key_use = scope.key_use().code();
        Self::pae(key_use, tenant, subject, id.as_bytes(), version)
    }

    /// The context of the key that authenticates a keyset's metadata.
    #[cfg(feature = "serde")]
    pub(super) fn of_keyset(id: &[u8; 16]) -> Self {
        // No data key has this use or version 0.
        Self::pae("keyset", "", "", id, 0)
    }

    /// The context of a tenant's root key. Its id is not in it: the KMS draws the key, so nobody knows
    /// the id before.
    #[cfg(feature = "scoped-keys")]
    pub(super) fn of_root(tenant: &TenantId<'_>, version: u32) -> Self {
        Self::pae(KeyUse::Root.code(), tenant.as_str(), "", &[], version)
    }

    fn pae(key_use: &'static str, tenant: &str, subject: &str, id: &[u8], version: u32) -> Self {
        let bytes = AssociatedData::pae([
            b"phi-seal/v1 wrap",
            key_use.as_bytes(),
            &[SUITE],
            tenant.as_bytes(),
            subject.as_bytes(),
            id,
            &version.to_be_bytes(),
        ]);
        Self {
            key_use,
            bytes: bytes.as_slice().to_vec(),
        }
    }

    /// The canonical bytes: PAE of `phi-seal/v1 wrap`, use, suite (1 byte), tenant, subject, key
    /// id (32 bytes) and version (4 bytes, big-endian); an absent tenant or subject is empty.
    ///
    /// They hold tenant and subject **in clear**: not for a service that logs them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of [`as_bytes`](WrapContext::as_bytes).
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.bytes).0
    }

    /// Pairs for a remote KMS's encryption context, which its logs show in clear: `phi-seal-use`
    /// and `phi-seal-context`, the hexadecimal digest.
    ///
    /// No tenant, subject or key id is in them. Somebody who has the key id and a guess of both
    /// others can confirm the guess.
    pub fn opaque_pairs(&self) -> [(&'static str, String); 2] {
        [
            ("phi-seal-use", String::from(self.key_use)),
            ("phi-seal-context", to_hex(&self.digest())),
        ]
    }
}

impl fmt::Debug for WrapContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrapContext")
            .field("key_use", &self.key_use)
            .finish_non_exhaustive()
    }
}
