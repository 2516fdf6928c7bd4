//! The audit log against the key store: a restored backup revives nobody.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use crate::access::ActionKind;
use crate::audit::{EventRecord, Outcome};
use crate::envelope::KeyId;
use crate::error::Error;
use crate::key::ScopedKeys;

/// All erasures that an audit log tells of.
///
/// Read the whole log into it at start-up, in order, and [`reconcile`](Self::reconcile) before the
/// vault serves anybody.
///
/// # Example
///
/// ```
/// use phi_seal::audit::EventRecord;
/// use phi_seal::erase::Erasures;
/// # use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
///
/// # let line = br#"{"v":1,"event":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12-1",
/// #     "action_id":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12","part":1,"parts":1,
/// #     "time":"2026-11-21T08:30:00.000000000Z","tenant":"mercy",
/// #     "session":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8","auth":{"strength":"multi_factor"},
/// #     "actor":{"id":"officer"},"purpose":"HOPERAT","action":"erase","generation":1,
/// #     "outcome":"success","subjects":[{"subject":"p-1","records":[{"type":"phi-seal.subject",
/// #         "id":"p-1","fields":[{"name":"keys","outcome":"success",
/// #         "key":"0707070707070707070707070707070707070707070707070707070707070707"}]}]}]}"#;
/// # let log = [EventRecord::from_json(line)?];
/// # let keys = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate()?).build();
/// # pollster::block_on(async {
/// let mut erasures = Erasures::new();
/// for event in &log {
///     erasures.read(event);
/// }
/// let found = erasures.reconcile(&keys).await?;
/// if found.is_old_copy() || !found.revived().is_empty() {
///     // Tell an operator. The revived patients are refused already.
/// }
/// # assert_eq!((erasures.len(), found.generations()), (1, (1, 0)));
/// # assert!(found.is_old_copy() && found.revived().is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).map_err(|error| error.to_string())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Not promised
///
/// It is as complete as the log: where that is kept beside the key store and restored with it, both
/// are old. Keep it elsewhere.
#[derive(Clone, Default)]
pub struct Erasures {
    keys: BTreeMap<KeyId, Erased>,
    generation: u64,
}

#[derive(Clone)]
struct Erased {
    tenant: String,
    subject: String,
    is_concluded: bool,
}

impl Erasures {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of an event; those of other actions say nothing.
    pub fn read(&mut self, event: &EventRecord) {
        if event.action != ActionKind::Erase.code() {
            return;
        }
        self.generation = self.generation.max(event.generation.unwrap_or(0));
        for subject in &event.subjects {
            let fields = subject.records.iter().flat_map(|record| &record.fields);
            let keys =
                fields.filter_map(|field| Some((field, KeyId::from_hex(field.key.as_deref()?)?)));
            for (field, id) in keys {
                let erased = self.keys.entry(id).or_insert_with(|| Erased {
                    tenant: event.tenant.clone(),
                    subject: subject.subject.clone().unwrap_or_default(),
                    is_concluded: false,
                });
                erased.is_concluded |= field.outcome == Outcome::Success.code();
            }
        }
    }

    /// How many keys were erased, or announced to be.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The tenants and patients whose erasure was announced and never concluded: do it again. What
    /// became of their keys is for the store to say.
    pub fn unfinished(&self) -> Vec<(String, String)> {
        let unfinished = self.keys.values().filter(|erased| !erased.is_concluded);
        let mut patients: Vec<_> = unfinished
            .map(|erased| (erased.tenant.to_string(), erased.subject.to_string()))
            .collect();
        patients.sort_unstable();
        patients.dedup();
        patients
    }

    /// Compares with the store. Erased keys that it has all the same are refused from now on by this
    /// provider, as if they were destroyed; the store is not changed.
    ///
    /// # Errors
    ///
    /// Those of the store. Do not serve anybody then.
    pub async fn reconcile(&self, keys: &ScopedKeys) -> Result<Reconciliation, Error> {
        let concluded = self.keys.iter().filter(|(_, erased)| erased.is_concluded);
        let ids: Vec<_> = concluded.map(|(id, _)| *id).collect();
        let revived = keys.undestroyed(&ids).await?;
        keys.refuse(revived.iter().copied());
        let patients = revived.iter().filter_map(|id| self.keys.get(id));
        let mut patients: Vec<_> = patients
            .map(|erased| (erased.tenant.clone(), erased.subject.clone()))
            .collect();
        patients.sort_unstable();
        patients.dedup();
        Ok(Reconciliation {
            revived: patients,
            generation_in_log: self.generation,
            generation_in_store: keys.generation().await?,
        })
    }
}

/// Counts only: the rest are ids.
impl fmt::Debug for Erasures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erasures")
            .field("keys", &self.keys.len())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What [`Erasures::reconcile`] found.
#[must_use = "whether the key store is an old copy is for an operator to know"]
#[derive(Clone, PartialEq, Eq)]
pub struct Reconciliation {
    revived: Vec<(String, String)>,
    generation_in_log: u64,
    generation_in_store: u64,
}

impl Reconciliation {
    /// Tenants and patients whose erased keys are in the store again. They are refused; to destroy them
    /// there too, erase the patients again.
    pub fn revived(&self) -> &[(String, String)] {
        &self.revived
    }

    /// Whether the store has destroyed fewer keys than the log has seen it destroy: it is an old copy.
    /// What else was undone by that, such as keys that were disabled or rotated, no log of this crate
    /// knows.
    pub const fn is_old_copy(&self) -> bool {
        self.generation_in_store < self.generation_in_log
    }

    /// The highest generation in the log, and the store's.
    pub const fn generations(&self) -> (u64, u64) {
        (self.generation_in_log, self.generation_in_store)
    }
}

/// Counts only: the rest are ids.
impl fmt::Debug for Reconciliation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconciliation")
            .field("revived", &self.revived.len())
            .field("is_old_copy", &self.is_old_copy())
            .finish_non_exhaustive()
    }
}
