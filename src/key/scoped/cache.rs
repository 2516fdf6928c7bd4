//! Keys in memory, by scope: read without a lock, bounded in total and for each tenant.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;

use super::held::Held;
use super::owner::{Owner, Place};
use crate::key::scope::KeyScope;
use crate::label::TenantId;

pub(super) struct Cache {
    /// Its hash has a random seed of this process, because patients choose some of the ids in it.
    held: papaya::HashMap<Place, Held, RandomState>,
    /// All writers hold it, and who pins; readers do not.
    ledger: Mutex<Ledger>,
    capacity: usize,
    capacity_per_tenant: usize,
}

/// The scopes of each tenant in the order in which they are looked at for eviction.
#[derive(Default)]
struct Ledger {
    tenants: HashMap<TenantId<'static>, VecDeque<KeyScope>>,
    len: usize,
    evictions: u64,
}

impl Cache {
    pub(super) fn new(capacity: usize, capacity_per_tenant: usize) -> Self {
        Self {
            held: papaya::HashMap::with_hasher(RandomState::default()),
            ledger: Mutex::default(),
            capacity,
            capacity_per_tenant,
        }
    }

    pub(super) fn read<R>(&self, owner: Owner<'_>, f: impl FnOnce(&Held) -> R) -> Option<R> {
        let held = self.held.pin();
        let held = held.get(&owner)?;
        held.mark_used();
        Some(f(held))
    }

    /// Keeps the scopes that `accept` accepts from being evicted, and says which it did not.
    pub(super) fn pin<'a, T: Copy>(
        &self,
        wanted: impl IntoIterator<Item = (Owner<'a>, T)>,
        pins: &mut Vec<Arc<()>>,
        accept: impl Fn(&Held, T) -> bool,
    ) -> Vec<(Owner<'a>, T)> {
        // Under the lock, so that nothing is evicted between look and pin.
        let _ledger = self.ledger();
        let held = self.held.pin();
        let mut rest = Vec::new();
        for (owner, t) in wanted {
            match held.get(&owner).filter(|held| accept(held, t)) {
                Some(held) => pins.push(Arc::clone(&held.pin)),
                None => rest.push((owner, t)),
            }
        }
        rest
    }

    /// Puts keys in the place of what was there, evicts others, and gives what pins the new.
    pub(super) fn insert(&self, scope: &KeyScope, mut new: Held) -> Arc<()> {
        let mut ledger = self.ledger();
        let held = self.held.pin();
        let (Some(tenant), Some(owner), Some(place)) =
            (scope.tenant_id(), Owner::of(scope), Place::of(scope))
        else {
            // Nobody can ask for it.
            return new.pin;
        };
        match held.get(&owner) {
            // Leases of the old hold the new one too.
            Some(old) => new.pin = Arc::clone(&old.pin),
            None => ledger.add(scope),
        }
        let pin = Arc::clone(&new.pin);
        held.insert(place, new);
        while ledger.len_of(tenant) > self.capacity_per_tenant {
            if !ledger.evict(tenant, |scope| self.evict_unless_needed(scope)) {
                break;
            }
        }
        while ledger.len > self.capacity {
            let Some(tenant) = ledger.largest() else {
                break;
            };
            if !ledger.evict(&tenant, |scope| self.evict_unless_needed(scope)) {
                break;
            }
        }
        pin
    }

    pub(super) fn remove(&self, scope: &KeyScope) {
        let mut ledger = self.ledger();
        let owner = Owner::of(scope);
        if owner.is_some_and(|owner| self.held.pin().remove(&owner).is_some()) {
            ledger.remove(scope);
        }
    }

    pub(super) fn clear(&self) {
        let mut ledger = self.ledger();
        self.held.pin().clear();
        ledger.tenants.clear();
        ledger.len = 0;
    }

    pub(super) fn len(&self) -> usize {
        self.ledger().len
    }

    pub(super) fn evictions(&self) -> u64 {
        self.ledger().evictions
    }

    fn evict_unless_needed(&self, scope: &KeyScope) -> bool {
        let Some(owner) = Owner::of(scope) else {
            return true;
        };
        let held = self.held.pin();
        let is_needed = held
            .get(&owner)
            .is_some_and(|held| held.is_pinned() || held.take_used());
        if !is_needed {
            held.remove(&owner);
        }
        !is_needed
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // Should something panic while it is held, the bounds are off by an entry.
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn add(&mut self, scope: &KeyScope) {
        if let Some(tenant) = scope.tenant_id() {
            let queue = self.tenants.entry(tenant.clone()).or_default();
            queue.push_back(scope.clone());
            self.len += 1;
        }
    }

    fn remove(&mut self, scope: &KeyScope) {
        let queue = scope
            .tenant_id()
            .and_then(|tenant| self.tenants.get_mut(tenant));
        if let Some(queue) = queue {
            let before = queue.len();
            queue.retain(|other| other != scope);
            self.len -= before - queue.len();
        }
    }

    fn len_of(&self, tenant: &TenantId<'static>) -> usize {
        self.tenants.get(tenant).map_or(0, VecDeque::len)
    }

    /// Who has most pays.
    fn largest(&self) -> Option<TenantId<'static>> {
        let largest = self.tenants.iter().max_by_key(|(_, queue)| queue.len());
        largest.map(|(tenant, _)| tenant.clone())
    }

    /// The second-chance algorithm over a tenant's scopes: whether one could go.
    fn evict(
        &mut self,
        tenant: &TenantId<'static>,
        mut evict: impl FnMut(&KeyScope) -> bool,
    ) -> bool {
        let Some(queue) = self.tenants.get_mut(tenant) else {
            return false;
        };
        // The second time around nothing but pins is in the way.
        for _ in 0..2 * queue.len() {
            let Some(scope) = queue.pop_front() else {
                break;
            };
            if evict(&scope) {
                self.len -= 1;
                self.evictions += 1;
                return true;
            }
            queue.push_back(scope);
        }
        false
    }
}
