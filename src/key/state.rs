//! States of keys, and all that may be told about one.

use super::scope::KeyScope;
use crate::envelope::KeyId;

/// What a key may still do.
///
/// Exhaustive on purpose: who shows or counts keys should treat every state, and a new one is a
/// new major version.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum KeyState {
    /// Seals and opens. Each scope has exactly one such key.
    Active,
    /// Opens what it sealed, and seals nothing: no more, or not yet.
    DecryptOnly,
    /// Neither seals nor opens, until it is enabled again.
    Disabled,
    /// Gone for good: its bytes were dropped and a tombstone stays.
    Destroyed,
}

impl KeyState {
    /// The stable spelling in keyset files and key stores.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::DecryptOnly => "decrypt-only",
            Self::Disabled => "disabled",
            Self::Destroyed => "destroyed",
        }
    }

    /// The state of this spelling.
    #[cfg(feature = "serde")]
    pub fn from_code(code: &str) -> Option<Self> {
        [
            Self::Active,
            Self::DecryptOnly,
            Self::Disabled,
            Self::Destroyed,
        ]
        .into_iter()
        .find(|state| state.code() == code)
    }
}

/// All there is to know about a key but the key.
///
/// `Debug` shows neither its id nor the tenant and subject it belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    pub(super) id: KeyId,
    pub(super) version: u32,
    pub(super) state: KeyState,
    pub(super) created: u64,
    pub(super) scope: KeyScope,
}

impl KeyInfo {
    /// The key's fingerprint, as its envelopes name it.
    pub const fn id(&self) -> &KeyId {
        &self.id
    }

    /// Its number, from 1 and increasing over all scopes of a keyring.
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// What it may do. A minimum version above its own refuses it as well.
    pub const fn state(&self) -> KeyState {
        self.state
    }

    /// When it joined, in seconds since 1970-01-01T00:00:00Z by the clock of that machine.
    pub const fn created(&self) -> u64 {
        self.created
    }

    /// Whom it belongs to.
    pub const fn scope(&self) -> &KeyScope {
        &self.scope
    }
}
