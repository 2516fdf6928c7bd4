//! The table of keys and its state machine, which keyring and keyset share.

use alloc::vec::Vec;
use std::time::SystemTime;

use super::error::{KeyError, KeyErrorKind};
#[cfg(feature = "serde")]
use super::provider::BoxFuture;
use super::scope::KeyScope;
use super::state::{KeyInfo, KeyState};
use crate::envelope::KeyId;

/// A key of a roster; `material` is absent exactly when it is destroyed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Entry<M> {
    pub(super) info: KeyInfo,
    pub(super) material: Option<M>,
}

/// The keys of a keyring or keyset, in order of their versions.
///
/// Always true: versions increase from 1, ids differ, each scope has exactly one active key, and
/// the minimum version is at most the lowest active one.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Roster<M> {
    minimum_version: u32,
    entries: Vec<Entry<M>>,
}

impl<M> Roster<M> {
    /// One active key, of version 1.
    pub(super) fn with_first(id: KeyId, scope: KeyScope, created: u64, material: M) -> Self {
        Self {
            minimum_version: 1,
            entries: Vec::from([Entry {
                info: KeyInfo {
                    id,
                    version: 1,
                    state: KeyState::Active,
                    created,
                    scope,
                },
                material: Some(material),
            }]),
        }
    }

    /// A roster that came from outside, or `None` when it breaks what is always true.
    #[cfg(feature = "serde")]
    pub(super) fn from_entries(minimum_version: u32, entries: Vec<Entry<M>>) -> Option<Self> {
        use alloc::collections::BTreeSet;

        let mut last = 0;
        let mut ids = BTreeSet::new();
        let mut scopes = BTreeSet::new();
        let mut active = BTreeSet::new();
        for Entry { info, material } in &entries {
            let fits = info.version > last
                && ids.insert(info.id)
                && material.is_none() == (info.state == KeyState::Destroyed)
                && (info.state != KeyState::Active || active.insert(info.scope.order()));
            if !fits {
                return None;
            }
            last = info.version;
            scopes.insert(info.scope.order());
        }
        let is_complete = !entries.is_empty() && scopes == active;
        let roster = Self {
            minimum_version,
            entries,
        };
        (is_complete && roster.allows_minimum(minimum_version)).then_some(roster)
    }

    /// The same keys with other material, which `convert` makes of each that is not destroyed.
    #[cfg(feature = "serde")]
    pub(super) async fn convert<'a, N>(
        &'a self,
        // Not an asynchronous closure: its future would not be known to be `Send`.
        mut convert: impl FnMut(&'a KeyInfo, &'a M) -> BoxFuture<'a, Result<N, KeyError>>,
    ) -> Result<Roster<N>, KeyError> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for Entry { info, material } in &self.entries {
            entries.push(Entry {
                info: info.clone(),
                material: match material {
                    Some(material) => Some(convert(info, material).await?),
                    None => None,
                },
            });
        }
        Ok(Roster {
            minimum_version: self.minimum_version,
            entries,
        })
    }

    pub(super) fn entries(&self) -> &[Entry<M>] {
        &self.entries
    }

    pub(super) fn infos(&self) -> Vec<KeyInfo> {
        self.entries.iter().map(|e| e.info.clone()).collect()
    }

    pub(super) const fn minimum_version(&self) -> u32 {
        self.minimum_version
    }

    /// The version that the next key gets.
    pub(super) fn next_version(&self) -> Result<u32, KeyError> {
        let last = self.entries.last().map_or(0, |last| last.info.version);
        last.checked_add(1).ok_or(invalid(
            "all 2^32 - 1 versions are used up; begin a new keyset",
        ))
    }

    pub(super) fn has_scope(&self, scope: &KeyScope) -> bool {
        self.entries.iter().any(|e| e.info.scope == *scope)
    }

    /// When the active key of a scope joined.
    #[cfg(feature = "serde")]
    pub(super) fn active_since(&self, scope: &KeyScope) -> Option<u64> {
        let mut infos = self.entries.iter().map(|e| &e.info);
        let active = infos.find(|it| it.state == KeyState::Active && it.scope == *scope)?;
        Some(active.created)
    }

    /// Adds a key that becomes the active one of its scope; an earlier one becomes decrypt-only.
    pub(super) fn add(
        &mut self,
        id: KeyId,
        scope: KeyScope,
        created: u64,
        material: M,
    ) -> Result<u32, KeyError> {
        let version = self.push(id, scope, created, material)?;
        self.make_active(version)?;
        Ok(version)
    }

    /// Adds a key that opens and does not seal yet, to a scope that has an active one.
    pub(super) fn add_decrypt_only(
        &mut self,
        id: KeyId,
        scope: KeyScope,
        created: u64,
        material: M,
    ) -> Result<u32, KeyError> {
        if !self.has_scope(&scope) {
            return Err(KeyError::new(
                KeyErrorKind::NotFound,
                "this scope has no key yet, and its first one is active; add it as such",
            ));
        }
        self.push(id, scope, created, material)
    }

    /// Makes a decrypt-only key the active one of its scope, if it is later than that.
    pub(super) fn activate(&mut self, version: u32) -> Result<(), KeyError> {
        let KeyInfo { state, scope, .. } = &self.find(version)?.info;
        match state {
            KeyState::DecryptOnly => {}
            KeyState::Active => return Err(invalid("this key is active already")),
            KeyState::Disabled => return Err(invalid("this key is disabled; enable it first")),
            KeyState::Destroyed => return Err(DESTROYED),
        }
        let scope = scope.clone();
        let is_active_later = |Entry { info, .. }: &Entry<M>| {
            info.state == KeyState::Active && info.scope == scope && info.version > version
        };
        if self.entries.iter().any(is_active_later) {
            return Err(invalid(
                "this key is older than the active one, which does not go back; rotate instead",
            ));
        }
        self.make_active(version)
    }

    /// A key at the end, decrypt-only.
    fn push(
        &mut self,
        id: KeyId,
        scope: KeyScope,
        created: u64,
        material: M,
    ) -> Result<u32, KeyError> {
        let version = self.next_version()?;
        if self.entries.iter().any(|e| e.info.id == id) {
            return Err(KeyError::new(
                KeyErrorKind::AlreadyExists,
                "this key is in the keyring already, or was destroyed there",
            ));
        }
        self.entries.push(Entry {
            info: KeyInfo {
                id,
                version,
                state: KeyState::DecryptOnly,
                created,
                scope,
            },
            material: Some(material),
        });
        Ok(version)
    }

    fn make_active(&mut self, version: u32) -> Result<(), KeyError> {
        let scope = self.find(version)?.info.scope.clone();
        for Entry { info, .. } in &mut self.entries {
            if info.state == KeyState::Active && info.scope == scope {
                info.state = KeyState::DecryptOnly;
            }
        }
        self.find(version)?.info.state = KeyState::Active;
        Ok(())
    }

    pub(super) fn disable(&mut self, version: u32) -> Result<(), KeyError> {
        let entry = self.find(version)?;
        match entry.info.state {
            KeyState::DecryptOnly => entry.info.state = KeyState::Disabled,
            KeyState::Active => return Err(ACTIVE),
            KeyState::Disabled => return Err(invalid("this key is disabled already")),
            KeyState::Destroyed => return Err(DESTROYED),
        }
        Ok(())
    }

    pub(super) fn enable(&mut self, version: u32) -> Result<(), KeyError> {
        let entry = self.find(version)?;
        match entry.info.state {
            KeyState::Disabled => entry.info.state = KeyState::DecryptOnly,
            KeyState::Active | KeyState::DecryptOnly => {
                return Err(invalid("this key is not disabled"));
            }
            KeyState::Destroyed => return Err(DESTROYED),
        }
        Ok(())
    }

    pub(super) fn destroy(&mut self, version: u32) -> Result<(), KeyError> {
        let entry = self.find(version)?;
        match entry.info.state {
            KeyState::DecryptOnly | KeyState::Disabled => {
                entry.info.state = KeyState::Destroyed;
                entry.material = None;
            }
            KeyState::Active => return Err(ACTIVE),
            KeyState::Destroyed => return Err(DESTROYED),
        }
        Ok(())
    }

    pub(super) fn set_minimum_version(&mut self, version: u32) -> Result<(), KeyError> {
        if !self.allows_minimum(version) {
            return Err(invalid(
                "the minimum version lies between 1 and the lowest active version; rotate first",
            ));
        }
        self.minimum_version = version;
        Ok(())
    }

    fn allows_minimum(&self, version: u32) -> bool {
        version >= 1
            && self
                .entries
                .iter()
                .all(|e| e.info.state != KeyState::Active || version <= e.info.version)
    }

    fn find(&mut self, version: u32) -> Result<&mut Entry<M>, KeyError> {
        self.entries
            .binary_search_by_key(&version, |e| e.info.version)
            .ok()
            .and_then(|at| self.entries.get_mut(at))
            .ok_or(KeyError::new(
                KeyErrorKind::NotFound,
                "there is no key of this version",
            ))
    }
}

/// Seconds since the epoch by the system's clock; 0 if it stands before.
pub(super) fn now() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

const ACTIVE: KeyError = invalid("this key is active; rotate first");
const DESTROYED: KeyError = invalid("this key is destroyed, which is final");

const fn invalid(detail: &'static str) -> KeyError {
    KeyError::new(KeyErrorKind::InvalidState, detail)
}
