//! Keys in memory, by scope: read without a lock, bounded in total and for each tenant.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use foldhash::fast::RandomState;
use papaya::Guard;

use super::held::{Held, Pin};
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
        held.get(&owner).map(f)
    }

    /// Keeps the scopes that `accept` accepts from being evicted, and says which it did not.
    pub(super) fn pin<'a, T: Copy>(
        &self,
        wanted: impl IntoIterator<Item = (Owner<'a>, T)>,
        pins: &mut Vec<Pin>,
        accept: impl Fn(&Held, T) -> bool,
    ) -> Vec<(Owner<'a>, T)> {
        // Under the lock, so that nothing is evicted between look and pin.
        let _ledger = self.ledger();
        let held = self.held.pin();
        let mut rest = Vec::new();
        for (owner, t) in wanted {
            match held.get(&owner).filter(|held| accept(held, t)) {
                Some(held) => pins.push(held.pin()),
                None => rest.push((owner, t)),
            }
        }
        rest
    }

    /// Puts keys in the place of what was there, unless that is forbidden by now; evicts others, and
    /// gives what pins the new.
    pub(super) fn insert(
        &self,
        new: Vec<(&KeyScope, Held)>,
        is_forbidden: impl Fn(&KeyScope) -> bool,
    ) -> Vec<Pin> {
        let mut ledger = self.ledger();
        let held = self.held.pin();
        let mut pins = Vec::with_capacity(new.len());
        let mut tenants = HashSet::new();
        for (scope, mut new) in new {
            let (Some(tenant), Some(owner), Some(place)) =
                (scope.tenant_id(), Owner::of(scope), Place::of(scope))
            else {
                // Nobody can ask for it.
                continue;
            };
            if is_forbidden(scope) {
                continue;
            }
            match held.get(&owner) {
                // Leases of the old hold the new one too.
                Some(old) => new.succeed(old),
                None => ledger.add(scope),
            }
            pins.push(new.pin());
            held.insert(place, new);
            tenants.insert(tenant);
        }
        for tenant in tenants {
            while ledger.len_of(tenant) > self.capacity_per_tenant {
                if !ledger.evict(tenant, |scope| self.evict_unless_needed(scope)) {
                    break;
                }
            }
        }
        let mut all_needed = Vec::new();
        while ledger.len > self.capacity {
            let Some(tenant) = ledger.largest_but(&all_needed) else {
                break;
            };
            if !ledger.evict(&tenant, |scope| self.evict_unless_needed(scope)) {
                all_needed.push(tenant);
            }
        }
        self.wipe_soon();
        pins
    }

    /// Forgets a scope, if `f` says so.
    pub(super) fn remove_if(&self, owner: Owner<'_>, f: impl FnOnce(&Held) -> bool) {
        let mut ledger = self.ledger();
        let held = self.held.pin();
        if held.get(&owner).is_some_and(f) {
            held.remove(&owner);
            ledger.remove(owner);
        }
        self.wipe_soon();
    }

    pub(super) fn clear(&self) {
        let mut ledger = self.ledger();
        let held = self.held.pin();
        held.clear();
        ledger.tenants.clear();
        ledger.len = 0;
        self.wipe_soon();
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

    /// The map wipes and frees what was taken out of it when nobody reads any more, some at a time;
    /// this has it try now. What another thread may still read is wiped later.
    fn wipe_soon(&self) {
        self.held.guard().flush();
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

    fn remove(&mut self, owner: Owner<'_>) {
        let tenant = owner.tenant.clone().into_owned();
        if let Some(queue) = self.tenants.get_mut(&tenant) {
            let before = queue.len();
            queue.retain(|other| Owner::of(other) != Some(owner));
            self.len -= before - queue.len();
        }
        self.forget_if_empty(&tenant);
    }

    /// However many tenants come and go, what is kept of them is bounded by what is held.
    fn forget_if_empty(&mut self, tenant: &TenantId<'static>) {
        if self.len_of(tenant) == 0 {
            self.tenants.remove(tenant);
        }
    }

    fn len_of(&self, tenant: &TenantId<'static>) -> usize {
        self.tenants.get(tenant).map_or(0, VecDeque::len)
    }

    /// Who has most pays.
    fn largest_but(&self, others: &[TenantId<'static>]) -> Option<TenantId<'static>> {
        let tenants = self.tenants.iter();
        let tenants = tenants.filter(|(tenant, _)| !others.contains(tenant));
        let largest = tenants.max_by_key(|(_, queue)| queue.len());
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
                self.forget_if_empty(tenant);
                return true;
            }
            queue.push_back(scope);
        }
        false
    }
}
