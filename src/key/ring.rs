//! One state of a keyring, indexed for lookups.

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::data_key::DataKey;
use super::error::{KeyError, KeyErrorKind};
use super::roster::{Entry, Roster};
use super::scope::Scope;
use super::state::KeyState;
use crate::envelope::KeyId;

/// One immutable state of a keyring, with its two indices.
pub(super) struct Ring {
    pub(super) roster: Roster<Arc<DataKey>>,
    /// Ids in order, with their places in the roster.
    by_id: Vec<(KeyId, usize)>,
    /// Places of the active keys in the roster, in order of their scopes.
    active: Vec<usize>,
    /// Whether any active key belongs to a tenant or a subject; most keyrings have shared ones only.
    has_narrow_scopes: bool,
    /// Whether it came from a keyset, which alone may change.
    pub(super) mirrors: bool,
}

impl Ring {
    pub(super) fn new(roster: Roster<Arc<DataKey>>, mirrors: bool) -> Self {
        let entries = roster.entries();
        let mut by_id: Vec<_> = (0..entries.len())
            .map(|i| (entries[i].info.id, i))
            .collect();
        by_id.sort_unstable();
        let mut active: Vec<_> = (0..entries.len())
            .filter(|i| entries[*i].info.state == KeyState::Active)
            .collect();
        active.sort_unstable_by_key(|i| entries[*i].info.scope.order());
        let is_narrow = |i: &usize| entries[*i].info.scope.tenant_id().is_some();
        Self {
            has_narrow_scopes: active.iter().any(is_narrow),
            roster,
            by_id,
            active,
            mirrors,
        }
    }

    pub(super) fn active(&self, scope: Scope<'_>) -> Result<&DataKey, KeyError> {
        let key_use = scope.key_use as u8;
        let narrow = || {
            let tenant = Some(scope.tenant.as_str());
            let subject = scope.subject.map(|subject| subject.as_str());
            [subject, None]
                .into_iter()
                .find_map(|subject| self.active_in((key_use, tenant, subject)))
        };
        let shared = || self.active_in((key_use, None, None));
        let key = match self.has_narrow_scopes {
            true => narrow().or_else(shared),
            false => shared(),
        };
        let key = key.filter(|key| key.scope().admits(scope));
        key.ok_or(KeyError::new(
            KeyErrorKind::Missing,
            "no active key for this tenant, subject and use; add one",
        ))
    }

    fn active_in(&self, order: (u8, Option<&str>, Option<&str>)) -> Option<&DataKey> {
        let entries = self.roster.entries();
        let at = self
            .active
            .binary_search_by(|i| entries[*i].info.scope.order().cmp(&order))
            .ok()?;
        entries[self.active[at]].material.as_deref()
    }

    /// The keys that may open values of this scope, newest first.
    pub(super) fn readable(&self, scope: Scope<'_>) -> impl Iterator<Item = &DataKey> {
        let admitted = move |entry: &&Entry<Arc<DataKey>>| entry.info.scope.admits(scope);
        let entries = self.roster.entries().iter().rev().filter(admitted);
        entries.filter_map(|entry| self.check(entry).ok())
    }

    pub(super) fn by_id(&self, scope: Scope<'_>, id: &KeyId) -> Result<&DataKey, KeyError> {
        let entry = self
            .by_id
            .binary_search_by(|(known, _)| known.cmp(id))
            .ok()
            .map(|at| &self.roster.entries()[self.by_id[at].1])
            // Before its state is looked at: that is its own tenant's business.
            .filter(|entry| entry.info.scope.admits(scope))
            .ok_or(KeyError::new(
                KeyErrorKind::Missing,
                "no key of this id belongs to this tenant and subject",
            ))?;
        self.check(entry)
    }

    /// The key, if its state lets it open values.
    fn check<'e>(&self, entry: &'e Entry<Arc<DataKey>>) -> Result<&'e DataKey, KeyError> {
        let Entry { info, material } = entry;
        match (info.state, material) {
            (KeyState::Destroyed, _) | (_, None) => Err(KeyError::new(
                KeyErrorKind::Destroyed,
                "the key of this id was destroyed",
            )),
            (KeyState::Disabled, _) => Err(KeyError::new(
                KeyErrorKind::Disabled,
                "the key of this id is disabled; enable it to read what it sealed",
            )),
            _ if info.version < self.roster.minimum_version() => Err(KeyError::new(
                KeyErrorKind::Disabled,
                "the key of this id is below the minimum version",
            )),
            (KeyState::Active | KeyState::DecryptOnly, Some(key)) => Ok(key),
        }
    }
}
