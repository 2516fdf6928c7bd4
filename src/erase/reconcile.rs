//! The audit log against the key store: a restored backup revives nobody.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::access::ActionKind;
use crate::audit::{EventRecord, Outcome};
use crate::error::Error;
use crate::key::{KeyScope, ScopedKeys};
use crate::label::{SubjectId, TenantId};

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
/// if !found.is_clean() {
///     // Tell an operator. Erased patients are refused already.
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
    patients: BTreeMap<(String, String), Progress>,
    generation: u64,
    unusable: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Announced, and not said to be done.
    Announced,
    Concluded,
}

/// A patient of a tenant.
pub type Patient = (TenantId<'static>, SubjectId<'static>);

impl Erasures {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of an event; those of other actions say nothing.
    ///
    /// An erasure that names nobody is counted, and makes the reconciliation unclean.
    pub fn read(&mut self, event: &EventRecord) {
        if event.action != ActionKind::Erase.code() {
            return;
        }
        let progress = match event.outcome.as_str() {
            outcome if outcome == Outcome::Success.code() => Progress::Concluded,
            outcome if outcome == Outcome::Pending.code() => Progress::Announced,
            // Refused, failed or aborted: what was announced before remains announced.
            _ => return,
        };
        self.generation = self.generation.max(event.generation.unwrap_or(0));
        let mut names = event
            .subjects
            .iter()
            .filter_map(|subject| subject.subject.as_ref())
            .peekable();
        self.unusable += u64::from(names.peek().is_none());
        for subject in names {
            let patient = (event.tenant.clone(), subject.clone());
            let known = self.patients.entry(patient).or_insert(progress);
            // A second announcement does not take the first conclusion back.
            *known = progress.max(*known);
        }
    }

    /// How many patients were erased, or announced to be.
    pub fn len(&self) -> usize {
        self.patients.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.patients.is_empty()
    }

    /// Compares with the store. From now on this provider refuses every key of the patients whose erasure
    /// was concluded, whatever the store has of them, and makes them no new one; the store is not
    /// changed.
    ///
    /// Do it at start-up, and again whenever the store was restored while the process ran.
    ///
    /// # Errors
    ///
    /// Those of the store. Do not serve anybody then.
    pub async fn reconcile(&self, keys: &ScopedKeys) -> Result<Reconciliation, Error> {
        let mut unusable = self.unusable;
        let (mut concluded, mut announced) = (Vec::new(), Vec::new());
        for ((tenant, subject), progress) in &self.patients {
            let ids = (
                TenantId::new(tenant.clone()),
                SubjectId::new(subject.clone()),
            );
            match (ids, progress) {
                ((Ok(tenant), Ok(subject)), Progress::Concluded) => {
                    concluded.push(KeyScope::subject(tenant, subject));
                }
                ((Ok(tenant), Ok(subject)), Progress::Announced) => {
                    announced.push(KeyScope::subject(tenant, subject));
                }
                _ => unusable += 1,
            }
        }
        keys.refuse(&concluded);
        Ok(Reconciliation {
            revived: patients(keys.undestroyed(&concluded).await?),
            unfinished: patients(keys.undestroyed(&announced).await?),
            unusable,
            generation_in_log: self.generation,
            generation_in_store: keys.generation().await?,
        })
    }
}

fn patients(scopes: Vec<KeyScope>) -> Vec<Patient> {
    let patients = scopes.iter().filter_map(|scope| {
        let (tenant, subject) = (scope.tenant_id()?, scope.subject_id()?);
        Some((tenant.clone(), subject.clone()))
    });
    patients.collect()
}

/// Counts only: the rest are ids.
impl fmt::Debug for Erasures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Erasures")
            .field("patients", &self.patients.len())
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

/// What [`Erasures::reconcile`] found.
#[must_use = "whether the key store is an old copy is for an operator to know"]
#[derive(Clone, PartialEq, Eq)]
pub struct Reconciliation {
    revived: Vec<Patient>,
    unfinished: Vec<Patient>,
    unusable: u64,
    generation_in_log: u64,
    generation_in_store: u64,
}

impl Reconciliation {
    /// Whether nothing of what follows was found. If not, tell an operator before you serve anybody.
    pub fn is_clean(&self) -> bool {
        self.revived.is_empty()
            && self.unfinished.is_empty()
            && self.unusable == 0
            && !self.is_old_copy()
    }

    /// Erased patients of whom the store has keys again. They are refused; to destroy the keys there too,
    /// erase the patients again.
    pub fn revived(&self) -> &[Patient] {
        &self.revived
    }

    /// Patients whose erasure was announced and not concluded, and of whom the store has keys: it failed,
    /// or it was undone. They are **not** refused. Erase them again, or find out why that failed.
    pub fn unfinished(&self) -> &[Patient] {
        &self.unfinished
    }

    /// Erasures in the log that name nobody whom a store could know.
    pub const fn unusable(&self) -> u64 {
        self.unusable
    }

    /// Whether the store has destroyed fewer keys than the log has seen it destroy: it is an old copy.
    /// What else was undone by that, such as keys that were disabled or rotated, no log of this crate
    /// knows. Not seen if the copy destroyed as many keys again since, or the log is that of another
    /// store; whoever can write to the store can also set its generation.
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
            .field("unfinished", &self.unfinished.len())
            .field("unusable", &self.unusable)
            .field("is_old_copy", &self.is_old_copy())
            .finish_non_exhaustive()
    }
}
