//! Dangerous things, visible at the import.
//!
//! Each item here weakens a promise of this crate. None is needed to use it; a reviewer who
//! searches for `danger` finds every use.

pub use crate::access::policy::PermitAll;
pub use crate::audit::sink::DiscardAudit;
#[cfg(feature = "index")]
pub use crate::index::raw::{index_lookup_unrecorded, index_values_unrecorded};
use crate::key::{DataKey, KeyScope};
use crate::secret::SecretKey;
pub use crate::vault::raw::{FixedNonce, open_unrecorded, seal_unrecorded};

/// A data key from bytes that came from somewhere else.
///
/// # Security
///
/// The bytes must be uniformly random and must not be used by anything else. Whoever made them
/// may still have them. Wipe your copy.
pub fn import_data_key(bytes: [u8; 32], scope: KeyScope) -> DataKey {
    DataKey::new(SecretKey(bytes), scope)
}

/// The bytes of a data key.
///
/// # Security
///
/// Whoever has them reads everything that was or will be sealed under this key. Wipe them.
pub fn export_data_key(key: &DataKey) -> [u8; 32] {
    key.secret().0
}
