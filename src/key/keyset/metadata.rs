//! What a keyset's MAC covers: everything but the MAC itself.

use alloc::vec::Vec;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::{FORMAT, Keyset};
use crate::context::AssociatedData;
use crate::key::kms::WrappedKey;
use crate::key::roster::Entry;
use crate::key::{KeyError, KeyErrorKind};
use crate::secret::SecretKey;

/// HMAC-SHA-256 over the keyset's metadata.
pub(super) fn mac(keyset: &Keyset, key: &SecretKey) -> [u8; 32] {
    hmac(keyset, key).finalize().into_bytes().0
}

/// Compares the MAC that the keyset came with, in constant time.
pub(super) fn verify(keyset: &Keyset, key: &SecretKey) -> Result<(), KeyError> {
    hmac(keyset, key).verify_slice(&keyset.mac).map_err(|_| {
        KeyError::new(
            KeyErrorKind::Tampered,
            "the keyset was changed by something else than this crate; restore a backup",
        )
    })
}

fn hmac(keyset: &Keyset, key: &SecretKey) -> Hmac<Sha256> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(&key.0).expect("HMAC takes keys of every length");
    let entries = keyset.roster.entries();
    // Each key is a PAE of nine pieces, which says where it ends.
    let keys: Vec<u8> = entries.iter().flat_map(key_bytes).collect();
    let metadata = AssociatedData::pae([
        b"phi-seal/v1 keyset",
        &FORMAT.to_be_bytes(),
        &keyset.id,
        &keyset.generation.to_be_bytes(),
        &keyset.roster.minimum_version().to_be_bytes(),
        keyset.mac_key.reference().as_bytes(),
        keyset.mac_key.as_bytes(),
        &(entries.len() as u64).to_be_bytes(),
        &keys,
    ]);
    hmac.update(metadata.as_slice());
    hmac
}

fn key_bytes(entry: &Entry<WrappedKey>) -> Vec<u8> {
    let Entry { info, material } = entry;
    let scope = info.scope();
    let pieces = AssociatedData::pae([
        &info.version().to_be_bytes(),
        info.id().as_bytes(),
        scope.key_use().code().as_bytes(),
        scope.tenant_id().map_or("", |id| id.as_str()).as_bytes(),
        scope.subject_id().map_or("", |id| id.as_str()).as_bytes(),
        info.state().code().as_bytes(),
        &info.created().to_be_bytes(),
        material
            .as_ref()
            .map_or("", WrappedKey::reference)
            .as_bytes(),
        material.as_ref().map_or(&[], WrappedKey::as_bytes),
    ]);
    pieces.as_slice().to_vec()
}
