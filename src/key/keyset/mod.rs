//! Wrapped data keys at rest.

mod change;
mod file;
mod format;
mod metadata;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind, NO_RANDOMNESS};
use super::keyring::Keyring;
use super::kms::{Kms, WrappedKey};
use super::payload::{unwrap_data_key, unwrap_secret, wrap_data_key, wrap_secret};
use super::roster::{Entry, Roster, now};
use super::scope::KeyScope;
use super::state::KeyInfo;
use super::wrap::WrapContext;
use crate::secret::SecretKey;

pub use file::KeysetFile;

/// Wrapped data keys with their versions and states, as they rest in a file or a table.
///
/// It holds no key byte in clear and lends no key: [`unlock`](Keyset::unlock) makes a
/// [`Keyring`] of it, with the KMS. Its metadata (states, versions, scopes, generation) is
/// authenticated by HMAC-SHA-256 under a key that the KMS wraps, and every change verifies that
/// first: nobody enables a disabled key with an editor. Tenant and subject ids of scoped keys
/// are in it in clear.
///
/// Changes are made in memory. Store the result **before** anything is sealed under a new key;
/// [`KeysetFile`] does both.
///
/// Not promised: a keyset that somebody replaced by an older generation of itself is as valid as
/// it was then. Keep [`generation`](Keyset::generation) elsewhere to notice. And whoever may use
/// the KMS key can make a keyset of their own.
///
/// # Example
///
/// ```
/// use phi_seal::key::{Keyset, LocalKms};
///
/// # pollster::block_on(async {
/// let kms = LocalKms::generate()?;
/// let mut keyset = Keyset::generate(&kms).await?;
/// keyset.rotate(&kms).await?;
///
/// let stored = keyset.to_json();
/// let keyring = Keyset::from_json(stored.as_bytes())?.unlock(&kms).await?;
/// assert_eq!(keyring.keys(), keyset.keys());
/// # Ok::<(), phi_seal::key::KeyError>(())
/// # })?;
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Keyset {
    id: [u8; 16],
    generation: u64,
    mac_key: WrappedKey,
    roster: Roster<WrappedKey>,
    mac: [u8; 32],
}

impl Keyset {
    /// A new keyset of generation 1, with one fresh key for sealing that all tenants share.
    ///
    /// # Errors
    ///
    /// Whatever the KMS answers; [`KeyErrorKind::Unavailable`] without randomness;
    /// [`KeyErrorKind::WrongKey`] or [`KeyErrorKind::Contract`] if the KMS does not give back
    /// what it wrapped.
    pub async fn generate(kms: &dyn Kms) -> Result<Self, KeyError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| NO_RANDOMNESS)?;
        let mac_secret = SecretKey::generate().ok_or(NO_RANDOMNESS)?;
        let mac_key = wrap_secret(kms, &mac_secret, &WrapContext::of_keyset(&id)).await?;
        let key = DataKey::generate(KeyScope::default())?;
        let wrapped = wrap_data_key(kms, &key, 1).await?;
        let mut keyset = Self {
            id,
            generation: 1,
            mac_key,
            roster: Roster::with_first(*key.id(), key.scope().clone(), now(), wrapped),
            mac: [0; 32],
        };
        keyset.mac = metadata::mac(&keyset, &mac_secret);
        Ok(keyset)
    }

    /// Parses a keyset. It is not verified before it is unlocked or changed.
    ///
    /// Never panics, whatever the bytes are.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`], or [`KeyErrorKind::Unsupported`] for a later format.
    pub fn from_json(json: &[u8]) -> Result<Self, KeyError> {
        format::parse(json)
    }

    /// The keyset as JSON text, to be stored where only the application reads it.
    pub fn to_json(&self) -> String {
        format::to_json(self)
    }

    /// Verifies the metadata, unwraps every key that is not destroyed, and checks each against
    /// its context and fingerprint. Asks the KMS once for each key and once more.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::WrongKey`] for another KMS key, or a wrapped key that was moved or
    /// changed; [`KeyErrorKind::Tampered`] for changed metadata; or whatever the KMS answers.
    pub async fn unlock(&self, kms: &dyn Kms) -> Result<Keyring, KeyError> {
        self.verified_mac_secret(kms).await?;
        let roster = self
            .roster
            .convert(|info, wrapped| {
                Box::pin(async move {
                    unwrap_data_key(kms, wrapped, &info.scope, &info.id, info.version)
                        .await
                        .map(Arc::new)
                })
            })
            .await?;
        Ok(Keyring::mirroring(roster))
    }

    /// Verifies the metadata without unwrapping a data key.
    ///
    /// # Errors
    ///
    /// As [`unlock`](Keyset::unlock).
    pub async fn verify(&self, kms: &dyn Kms) -> Result<(), KeyError> {
        self.verified_mac_secret(kms).await.map(drop)
    }

    /// The 16 random bytes that name this keyset for as long as it exists.
    pub const fn id(&self) -> &[u8; 16] {
        &self.id
    }

    /// Counts its changes, from 1. As the stored text says until the keyset is verified.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// The minimum version. As the stored text says until the keyset is verified.
    pub const fn minimum_version(&self) -> u32 {
        self.roster.minimum_version()
    }

    /// What keys there are, destroyed ones included, in order of their versions. As the stored
    /// text says until the keyset is verified.
    pub fn keys(&self) -> Vec<KeyInfo> {
        self.roster.infos()
    }

    /// The names of the KMS keys that wrap something in it, sorted: more than one while keys move
    /// to another. As the stored text says until the keyset is verified.
    pub fn references(&self) -> Vec<&str> {
        let wrapped = self
            .roster
            .entries()
            .iter()
            .filter_map(|entry| entry.material.as_ref());
        let all = wrapped.chain([&self.mac_key]).map(WrappedKey::reference);
        all.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Verifies the metadata, then says of each key that `is_wanted` whether it unwraps; of a
    /// destroyed one, that it is destroyed.
    pub(crate) async fn try_unwrap(
        &self,
        kms: &dyn Kms,
        is_wanted: impl Fn(&KeyInfo) -> bool,
    ) -> Result<Vec<(KeyInfo, Result<(), KeyError>)>, KeyError> {
        self.verified_mac_secret(kms).await?;
        let mut tried = Vec::new();
        for Entry { info, material } in self.roster.entries() {
            if !is_wanted(info) {
                continue;
            }
            let unwrapped = match material {
                Some(wrapped) => {
                    unwrap_data_key(kms, wrapped, &info.scope, &info.id, info.version).await
                }
                None => Err(KeyError::new(
                    KeyErrorKind::Destroyed,
                    "this key is destroyed, which is final",
                )),
            };
            tried.push((info.clone(), unwrapped.map(drop)));
        }
        Ok(tried)
    }

    async fn verified_mac_secret(&self, kms: &dyn Kms) -> Result<SecretKey, KeyError> {
        let context = WrapContext::of_keyset(&self.id);
        let mac_secret = unwrap_secret(kms, &self.mac_key, &context).await?;
        metadata::verify(self, &mac_secret)?;
        Ok(mac_secret)
    }
}

impl fmt::Debug for Keyset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyset")
            .field("generation", &self.generation)
            .field("minimum_version", &self.roster.minimum_version())
            .field("keys", &self.roster.entries().len())
            .finish_non_exhaustive()
    }
}

/// The format that this version reads and writes.
const FORMAT: u32 = 1;

#[cfg(test)]
mod tests;
