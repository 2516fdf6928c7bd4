//! The rules of a store over rows in memory, which the memory and the file store share.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound::{Excluded, Unbounded};
use std::collections::HashMap;

use super::{CONFLICT, KeyChange, KeyPage, KeyQuery, StoredKey};
use crate::envelope::KeyId;
use crate::key::error::KeyError;
use crate::key::scope::KeyScope;
use crate::key::state::KeyState;

#[derive(Default)]
pub(super) struct Table {
    rows: BTreeMap<KeyId, StoredKey>,
    versions: HashMap<KeyScope, BTreeMap<u32, KeyId>>,
    generation: u64,
}

impl Table {
    /// What a store wrote: rows in increasing order of ids. Nothing if they contradict each other.
    pub(super) fn of(rows: Vec<StoredKey>, generation: u64) -> Option<Self> {
        let mut table = Self {
            generation,
            ..Self::default()
        };
        for row in rows {
            let is_next = table
                .rows
                .last_key_value()
                .is_none_or(|(id, _)| *id < row.id);
            let versions = table.versions.entry(row.scope.clone()).or_default();
            let is_new = versions.insert(row.version, row.id).is_none();
            if !is_next || !is_new || !row.is_well_formed() {
                return None;
            }
            table.rows.insert(row.id, row);
        }
        let in_state =
            |id: &&KeyId, state| table.rows.get(id).is_some_and(|row| row.state == state);
        let has_one_active = |versions: &BTreeMap<u32, KeyId>| {
            let active = versions
                .values()
                .filter(|id| in_state(id, KeyState::Active));
            active.count() <= 1
        };
        let destroyed = table
            .rows
            .keys()
            .filter(|id| in_state(id, KeyState::Destroyed));
        let is_consistent =
            table.versions.values().all(has_one_active) && destroyed.count() as u64 <= generation;
        is_consistent.then_some(table)
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &StoredKey> {
        self.rows.values()
    }

    pub(super) const fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn find(&self, queries: &[KeyQuery]) -> Vec<StoredKey> {
        let mut ids: Vec<_> = queries
            .iter()
            .flat_map(|query| match query {
                KeyQuery::Id(id) => Vec::from([*id]),
                KeyQuery::Scope(scope) => self.of_scope(scope).copied().collect(),
            })
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.iter()
            .filter_map(|id| self.rows.get(id).cloned())
            .collect()
    }

    pub(super) fn page(&self, after: Option<&KeyId>, limit: usize) -> KeyPage {
        let start = after.map_or(Unbounded, Excluded);
        let rows = self.rows.range((start, Unbounded)).take(limit);
        KeyPage {
            rows: rows.map(|(_, row)| row.clone()).collect(),
            generation: self.generation,
        }
    }

    /// All of them in order, or none.
    pub(super) fn apply(&mut self, changes: &[KeyChange]) -> Result<(), KeyError> {
        for (done, change) in changes.iter().enumerate() {
            if !self.allows(change) {
                changes[..done]
                    .iter()
                    .rev()
                    .for_each(|change| self.undo(change));
                return Err(CONFLICT);
            }
            self.make(change);
        }
        Ok(())
    }

    fn allows(&self, change: &KeyChange) -> bool {
        let (row, is_known) = match change {
            KeyChange::Add(row) => {
                let versions = self.versions.get(&row.scope);
                let is_taken = versions.is_some_and(|taken| taken.contains_key(&row.version));
                (row, !is_taken && !self.rows.contains_key(&row.id))
            }
            KeyChange::Replace { from, to } => {
                let is_same =
                    (from.id, from.version, &from.scope) == (to.id, to.version, &to.scope);
                (to, is_same && self.rows.get(&from.id) == Some(from))
            }
        };
        let is_active = |id: &KeyId| {
            self.rows
                .get(id)
                .is_some_and(|row| row.state == KeyState::Active)
        };
        let mut others = self.of_scope(&row.scope).filter(|id| **id != row.id);
        is_known && (row.state != KeyState::Active || !others.any(is_active))
    }

    fn make(&mut self, change: &KeyChange) {
        let row = match change {
            KeyChange::Add(row) => {
                let versions = self.versions.entry(row.scope.clone()).or_default();
                versions.insert(row.version, row.id);
                row
            }
            KeyChange::Replace { to, .. } => to,
        };
        self.generation += u64::from(change.destroys());
        self.rows.insert(row.id, row.clone());
    }

    fn undo(&mut self, change: &KeyChange) {
        self.generation -= u64::from(change.destroys());
        match change {
            KeyChange::Add(row) => {
                self.rows.remove(&row.id);
                if let Some(versions) = self.versions.get_mut(&row.scope) {
                    versions.remove(&row.version);
                }
            }
            KeyChange::Replace { from, .. } => {
                self.rows.insert(from.id, from.clone());
            }
        }
    }

    fn of_scope(&self, scope: &KeyScope) -> impl Iterator<Item = &KeyId> {
        self.versions
            .get(scope)
            .into_iter()
            .flat_map(BTreeMap::values)
    }
}
