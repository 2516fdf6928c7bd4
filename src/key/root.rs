//! A tenant's root key: wrapped by the KMS, it wraps the tenant's other keys, so that a million
//! patients are not a million calls.

use alloc::format;
use alloc::string::String;
use core::fmt;

use hkdf::Hkdf;
use sha2::Sha256;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::kms::{Kms, WrappedKey};
use super::local_wrap::{unwrap_under, wrap_under};
use super::scope::{KeyScope, KeyUse};
use super::state::KeyState;
use super::store::StoredKey;
use super::wrap::WrapContext;
use crate::aead::SealingKey;
use crate::context::AssociatedData;
use crate::envelope::KeyId;
use crate::label::TenantId;
use crate::secret::{SecretBytes, SecretKey};

pub(super) struct RootKey {
    id: KeyId,
    tenant: TenantId<'static>,
    wrapping: SealingKey,
    mac: SecretKey,
}

impl RootKey {
    /// Has the KMS draw a root key: one call, where it can.
    pub(super) async fn create(
        kms: &dyn Kms,
        tenant: &TenantId<'static>,
        version: u32,
        now: u64,
    ) -> Result<(Self, StoredKey), KeyError> {
        let context = WrapContext::of_root(tenant, version);
        let (drawn, wrapped) = kms.generate(&context).await?;
        let root = Self::derive(&drawn, tenant, &context)?;
        let row = StoredKey {
            id: root.id,
            scope: Self::scope_of(tenant),
            version,
            state: KeyState::Active,
            minimum_version: 1,
            reference: String::from(wrapped.reference()),
            wrapped: Some(wrapped.as_bytes().to_vec()),
            created: now,
            changed: now,
            mac: [0; 32],
        };
        let row = row.authenticated(&root.mac.0);
        Ok((root, row))
    }

    /// Has the KMS unwrap the root key of this row.
    pub(super) async fn load(kms: &dyn Kms, row: &StoredKey) -> Result<Self, KeyError> {
        let tenant = row.scope.tenant_id().ok_or(NOT_A_ROOT)?;
        if row.scope != Self::scope_of(tenant) {
            return Err(NOT_A_ROOT);
        }
        Self::check_state(row)?;
        let (root, _) = Self::unwrap_row(kms, tenant, row).await?;
        Ok(root)
    }

    /// Refuses what may not be used now.
    pub(super) fn check_state(row: &StoredKey) -> Result<(), KeyError> {
        match row.state {
            KeyState::Active | KeyState::DecryptOnly => Ok(()),
            KeyState::Disabled => Err(DISABLED),
            KeyState::Destroyed => Err(TOMBSTONE),
        }
    }

    /// The row with its key wrapped anew by the KMS, and read back.
    pub(super) async fn rewrap(
        kms: &dyn Kms,
        row: &StoredKey,
        now: u64,
    ) -> Result<StoredKey, KeyError> {
        let tenant = row.scope.tenant_id().ok_or(NOT_A_ROOT)?;
        let (root, drawn) = Self::unwrap_row(kms, tenant, row).await?;
        let context = WrapContext::of_root(tenant, row.version);
        let wrapped = kms.wrap(&drawn, &context).await?;
        let row = StoredKey {
            reference: String::from(wrapped.reference()),
            wrapped: Some(wrapped.as_bytes().to_vec()),
            changed: now.max(row.changed),
            ..row.clone()
        };
        let row = row.authenticated(&root.mac.0);
        Self::unwrap_row(kms, tenant, &row).await?;
        Ok(row)
    }

    async fn unwrap_row(
        kms: &dyn Kms,
        tenant: &TenantId<'static>,
        row: &StoredKey,
    ) -> Result<(Self, SecretBytes), KeyError> {
        if !kms.owns(&row.reference) {
            return Err(KeyError::new(
                KeyErrorKind::WrongKey,
                "a root key names a wrapping key that is not this kms's to use",
            ));
        }
        let context = WrapContext::of_root(tenant, row.version);
        let wrapped = row.wrapped.clone().ok_or(TOMBSTONE)?;
        let wrapped = WrappedKey::new(row.reference.as_str(), wrapped)?;
        let drawn = kms.unwrap(&wrapped, &context).await?;
        let root = Self::derive(&drawn, tenant, &context)?;
        if root.id != row.id {
            return Err(KeyError::new(
                KeyErrorKind::WrongKey,
                "the unwrapped root key belongs to another tenant, version or store",
            ));
        }
        root.check(row)?;
        Ok((root, drawn))
    }

    pub(super) const fn id(&self) -> &KeyId {
        &self.id
    }

    pub(super) fn scope_of(tenant: &TenantId<'static>) -> KeyScope {
        KeyScope::tenant(tenant.clone(), KeyUse::Root)
    }

    /// What rows that this root wrapped refer to it by.
    pub(super) fn reference(&self) -> String {
        format!("{REFERENCE}{}", self.id.to_hex())
    }

    /// The id of the root that a row refers to.
    pub(super) fn referred_by(row: &StoredKey) -> Option<KeyId> {
        let hex = row.reference.strip_prefix(REFERENCE)?;
        super::text::from_hex(hex).map(KeyId)
    }

    /// A new key of this tenant as a row.
    pub(super) fn store(
        &self,
        key: &DataKey,
        version: u32,
        now: u64,
    ) -> Result<StoredKey, KeyError> {
        let context = WrapContext::new(key.scope(), key.id(), version);
        let row = StoredKey {
            id: *key.id(),
            scope: key.scope().clone(),
            version,
            state: KeyState::Active,
            minimum_version: 1,
            reference: self.reference(),
            wrapped: Some(wrap_under(&self.wrapping, &key.secret().0, &context)?),
            created: now,
            changed: now,
            mac: [0; 32],
        };
        Ok(row.authenticated(&self.mac.0))
    }

    /// The row in another state. Destroyed, it has lost the key.
    pub(super) fn change(&self, row: &StoredKey, state: KeyState, now: u64) -> StoredKey {
        let wrapped = row.wrapped.clone().filter(|_| state != KeyState::Destroyed);
        let row = StoredKey {
            state,
            wrapped,
            // Whatever the clock says: a row does not become younger.
            changed: now.max(row.changed),
            ..row.clone()
        };
        row.authenticated(&self.mac.0)
    }

    /// The row of an active key that lets keys of its scope be lent from this version on.
    pub(super) fn with_minimum(
        &self,
        row: &StoredKey,
        minimum_version: u32,
        now: u64,
    ) -> StoredKey {
        let row = StoredKey {
            minimum_version,
            changed: now.max(row.changed),
            ..row.clone()
        };
        row.authenticated(&self.mac.0)
    }

    /// The key of a row, whatever its state.
    pub(super) fn unwrap(&self, row: &StoredKey) -> Result<DataKey, KeyError> {
        self.check(row)?;
        let context = WrapContext::new(&row.scope, &row.id, row.version);
        let wrapped = row.wrapped.as_deref().ok_or(TOMBSTONE)?;
        let payload = unwrap_under(&self.wrapping, wrapped, &context).ok_or(MOVED)?;
        let secret = SecretKey(*payload.as_slice().first_chunk().ok_or(MOVED)?);
        let key = DataKey::new(secret, row.scope.clone());
        match key.id() == &row.id {
            true => Ok(key),
            false => Err(MOVED),
        }
    }

    /// Refuses a row of another tenant, and one that was edited.
    pub(super) fn check(&self, row: &StoredKey) -> Result<(), KeyError> {
        if row.scope.tenant_id() != Some(&self.tenant) || !row.is_authentic(&self.mac.0) {
            return Err(KeyError::new(
                KeyErrorKind::Tampered,
                "a row of the key store was edited or moved; put it back from a backup",
            ));
        }
        Ok(())
    }

    /// Bound to tenant and version by derivation, also under a KMS that knows of no context: a row
    /// that was moved gives another key, and so another id.
    fn derive(
        drawn: &SecretBytes,
        tenant: &TenantId<'static>,
        context: &WrapContext,
    ) -> Result<Self, KeyError> {
        let drawn: &[u8; 32] = drawn.as_slice().try_into().map_err(|_| MOVED)?;
        let info = AssociatedData::pae([b"phi-seal/v1 root", context.as_bytes()]);
        let root = SecretKey(expand(drawn, info.as_slice()));
        let wrapping = SecretKey(expand(&root.0, b"phi-seal/v1 root-wrap"));
        Ok(Self {
            id: KeyId(expand(&root.0, b"phi-seal/v1 key-id")),
            tenant: tenant.clone(),
            wrapping: SealingKey::new(&wrapping.0),
            mac: SecretKey(expand(&root.0, b"phi-seal/v1 root-mac")),
        })
    }
}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RootKey").finish_non_exhaustive()
    }
}

fn expand(key: &[u8; 32], info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    Hkdf::<Sha256>::from_prk(key)
        .expect("32 bytes make a SHA-256 PRK")
        .expand(info, &mut out)
        .expect("32 bytes are within HKDF's limit");
    out
}

const REFERENCE: &str = "root:";

const NOT_A_ROOT: KeyError = KeyError::new(
    KeyErrorKind::Tampered,
    "a row of the key store refers to a root key that is none",
);

const DISABLED: KeyError = KeyError::new(
    KeyErrorKind::Disabled,
    "this tenant's root key is disabled; enable it to read what its keys sealed",
);

/// What a row says whose key is gone.
pub(super) const TOMBSTONE: KeyError =
    KeyError::new(KeyErrorKind::Destroyed, "the key of this id was destroyed");

const MOVED: KeyError = KeyError::new(
    KeyErrorKind::WrongKey,
    "a wrapped key was changed, or moved here from another place",
);
