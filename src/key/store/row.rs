//! One key in a store.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::context::AssociatedData;
use crate::envelope::KeyId;
use crate::key::kms::{is_reference, is_wrapped};
use crate::key::scope::KeyScope;
use crate::key::state::KeyState;

/// A key as a [`KeyStore`](super::KeyStore) holds it: wrapped, with its state, authenticated as a
/// whole under its tenant's root key.
///
/// A store keeps all of it and changes none of it; `Debug` shows version and state only.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The fingerprint of the key.
    pub id: KeyId,
    /// For whom and for what. The tenant is always there.
    pub scope: KeyScope,
    /// From 1 in each scope.
    pub version: u32,
    /// What it may be used for now.
    pub state: KeyState,
    /// From which version on keys of this scope are lent; what the active key's row says counts.
    pub minimum_version: u32,
    /// Which key wrapped it: what the KMS calls its own, or `root:` and the id of the tenant's root
    /// key. A destroyed key keeps it, since this key authenticates the row.
    pub reference: String,
    /// The wrapped key, unless it was destroyed.
    pub wrapped: Option<Vec<u8>>,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// When its state was changed last, in seconds since 1970.
    pub changed: u64,
    /// HMAC-SHA-256 of all the others; see `docs/keys.md`.
    pub mac: [u8; 32],
}

impl StoredKey {
    /// Whether each field is what it says it is. It takes the tenant's key to tell whether they are
    /// genuine.
    pub(super) fn is_well_formed(&self) -> bool {
        let is_subject_right =
            self.scope.subject_id().is_none() || self.scope.key_use().may_be_of_a_subject();
        let is_wrapped_right = match &self.wrapped {
            Some(wrapped) => self.state != KeyState::Destroyed && is_wrapped(wrapped),
            None => self.state == KeyState::Destroyed,
        };
        self.scope.tenant_id().is_some()
            && is_subject_right
            && is_wrapped_right
            && self.version > 0
            && is_reference(&self.reference)
    }

    /// The same row with a MAC under this key.
    pub(in crate::key) fn authenticated(mut self, mac_key: &[u8; 32]) -> Self {
        self.mac = self.compute_mac(mac_key);
        self
    }

    pub(in crate::key) fn is_authentic(&self, mac_key: &[u8; 32]) -> bool {
        self.compute_mac(mac_key).ct_eq(&self.mac).into()
    }

    fn compute_mac(&self, mac_key: &[u8; 32]) -> [u8; 32] {
        let tenant = self.scope.tenant_id().map_or("", |tenant| tenant.as_str());
        let subject = self
            .scope
            .subject_id()
            .map_or("", |subject| subject.as_str());
        let data = AssociatedData::pae([
            b"phi-seal/v1 stored-key",
            self.scope.key_use().code().as_bytes(),
            tenant.as_bytes(),
            subject.as_bytes(),
            self.id.as_bytes(),
            &self.version.to_be_bytes(),
            self.state.code().as_bytes(),
            &self.minimum_version.to_be_bytes(),
            self.reference.as_bytes(),
            self.wrapped.as_deref().unwrap_or_default(),
            &self.created.to_be_bytes(),
            &self.changed.to_be_bytes(),
        ]);
        let mut mac =
            Hmac::<Sha256>::new_from_slice(mac_key).expect("HMAC takes keys of any length");
        mac.update(data.as_slice());
        mac.finalize().into_bytes().0
    }
}

impl fmt::Debug for StoredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredKey")
            .field("scope", &self.scope)
            .field("version", &self.version)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}
