//! A policy and a key provider that do as they are told, and count.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, KeyUse, Keyring, Scope,
};
use phi_seal::{Decision, KeyId, Policy, Request};

/// Decides by a function, and notes what it was asked: the action, the record and the fields.
#[derive(Debug)]
pub struct Gate {
    decide: Mutex<fn(&Request<'_>) -> Decision>,
    asked: Mutex<Vec<String>>,
}

impl Gate {
    pub fn open() -> Arc<Self> {
        Arc::new(Self {
            decide: Mutex::new(|_| Decision::permit("granted")),
            asked: Mutex::default(),
        })
    }

    pub fn decide(&self, decide: fn(&Request<'_>) -> Decision) {
        *self.decide.lock().unwrap() = decide;
    }

    /// What was asked since the last call, as `search - ssn` or `open p-1 ssn,name`.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

impl Policy for Gate {
    fn authorize(&self, request: &Request<'_>) -> Decision {
        let record = request.record();
        let id = record.map_or("-".to_string(), |record| record.id().as_str().to_string());
        let fields: Vec<_> = request.fields().iter().map(|field| field.name()).collect();
        let action = request.action().code();
        let asked = format!("{action} {id} {}", fields.join(","));
        self.asked.lock().unwrap().push(asked);
        // Not held while it decides, which may panic.
        let decide = *self.decide.lock().unwrap();
        decide(request)
    }

    fn version(&self) -> &str {
        "gate-1"
    }
}

/// Lends from a keyring and counts, by what for.
#[derive(Debug)]
pub struct Counting {
    pub ring: Keyring,
    pub mode: Mutex<Lending>,
    opened: AtomicUsize,
    sealed: AtomicUsize,
    indexed: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Lending {
    Honest,
    /// As a provider that does not list its keys.
    NoList,
    /// Reports success and lends nothing.
    Nothing,
    /// Lists a sealing key among those for indexes.
    Foreign,
    /// Lists every key twice.
    Twice,
    /// Lists the active key last.
    ActiveLast,
    /// Rotates in the middle of listing its keys.
    Rotating,
    Panic,
}

/// How often keys were asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Count {
    /// By id, to open.
    pub opened: usize,
    /// The active one, to seal or to compare with.
    pub sealed: usize,
    /// For index values.
    pub indexed: usize,
}

impl Counting {
    pub fn new(ring: Keyring) -> Arc<Self> {
        Arc::new(Self {
            ring,
            mode: Mutex::new(Lending::Honest),
            opened: AtomicUsize::new(0),
            sealed: AtomicUsize::new(0),
            indexed: AtomicUsize::new(0),
        })
    }

    pub fn mode(&self, mode: Lending) {
        *self.mode.lock().unwrap() = mode;
    }

    /// Since the last call.
    pub fn count(&self) -> Count {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::Relaxed);
        Count {
            opened: take(&self.opened),
            sealed: take(&self.sealed),
            indexed: take(&self.indexed),
        }
    }

    fn note(&self, scope: Scope<'_>, otherwise: &AtomicUsize) -> Lending {
        let count = match scope.key_use {
            KeyUse::Index => &self.indexed,
            _ => otherwise,
        };
        count.fetch_add(1, Ordering::Relaxed);
        let mode = *self.mode.lock().unwrap();
        assert!(mode != Lending::Panic, "provider");
        mode
    }
}

impl KeyProvider for Counting {
    fn with_active(
        &self,
        scope: Scope<'_>,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.note(scope, &self.sealed);
        self.ring.with_active(scope, lend)
    }

    fn with_key(
        &self,
        scope: Scope<'_>,
        id: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        self.note(scope, &self.opened);
        self.ring.with_key(scope, id, lend)
    }

    fn with_each(&self, scope: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        match self.note(scope, &self.opened) {
            Lending::NoList => Err(KeyError::new(KeyErrorKind::Unsupported, "no list here")),
            Lending::Nothing => Ok(()),
            Lending::Foreign => {
                self.ring.with_each(scope, lend)?;
                self.ring
                    .with_active(Scope::sealing(scope.tenant, None), lend)?;
                self.ring.with_each(scope, lend)
            }
            Lending::Twice => {
                self.ring.with_each(scope, lend)?;
                self.ring.with_each(scope, lend)
            }
            Lending::ActiveLast => {
                let mut ids = Vec::new();
                self.ring.with_each(scope, &mut |key| ids.push(*key.id()))?;
                let mut ids = ids.iter().rev();
                ids.try_for_each(|id| self.ring.with_key(scope, id, lend))
            }
            Lending::Rotating => {
                let shared = KeyScope::shared(scope.key_use);
                self.ring.rotate_scope(&shared).unwrap();
                self.ring.with_each(scope, lend)
            }
            Lending::Honest | Lending::Panic => self.ring.with_each(scope, lend),
        }
    }
}
