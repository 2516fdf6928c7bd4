//! The protocol: permitted, not on hold, announced, destroyed, recorded.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::time::SystemTime;

use super::hold::{LegalHold, LegalHolds};
use crate::audit::EventId;
use crate::envelope::KeyId;
use crate::error::{Error, ErrorKind};
use crate::key::{KeyErrorKind, KeyInfo, KeyScope, ScopedKeys};
use crate::label::{ActorId, SubjectId};
use crate::rotate::Census;
use crate::vault::{Erased, Session};

impl Session {
    /// Destroys all keys of one patient, for good.
    ///
    /// 1. The policy is asked for [`Erase`](crate::ActionKind::Erase); a
    ///    [`RolePolicy`](crate::RolePolicy) permits it only by a rule that names this action.
    ///    The session's [`Access`](crate::Access) must have a reason code.
    /// 2. [`LegalHolds`] are asked, right before the next step. A hold that is placed after that comes
    ///    too late.
    /// 3. An audit event announces the keys, with outcome `pending`, before anything is destroyed: a
    ///    crash cannot leave an erasure that the log does not know of.
    /// 4. The store drops the wrapped keys and keeps tombstones, in one change; this process forgets
    ///    the keys at once.
    /// 5. A second event says that it is done. What is left is in the receipt only: keep it.
    ///
    /// From then on the patient's values open to [`Erased`](ErrorKind::Erased), and nothing new is
    /// sealed for this patient. Doing it again is no error and gives a new receipt.
    ///
    /// If the future is dropped half-way, or the process dies, do it again: what was announced and not
    /// concluded is what [`Reconciliation::unfinished`](super::Reconciliation::unfinished) lists.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied); [`OnHold`](ErrorKind::OnHold);
    /// [`MissingKey`](ErrorKind::MissingKey) for a patient without a key, so that a mistyped id is
    /// noticed; [`Audit`](ErrorKind::Audit), and if that is the *second* event, the keys are gone;
    /// [`Unavailable`](ErrorKind::Unavailable) when store, KMS or holds cannot be asked.
    ///
    /// # Example
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use phi_seal::audit::MemorySink;
    /// # use phi_seal::danger::PermitAll;
    /// # use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
    /// # use phi_seal::*;
    /// use phi_seal::erase::{LegalHold, LegalHolds, Remainder, Shredding};
    /// use phi_seal::key::BoxFuture;
    ///
    /// #[derive(Debug)]
    /// struct NoLawsuits;
    ///
    /// impl LegalHolds for NoLawsuits {
    ///     fn check<'a>(
    ///         &'a self,
    ///         _: &'a TenantId<'a>,
    ///         _: &'a SubjectId<'a>,
    ///     ) -> BoxFuture<'a, Result<LegalHold, Error>> {
    ///         Box::pin(async { Ok(LegalHold::None) })
    ///     }
    /// }
    ///
    /// # const NOTE: Field<String> =
    /// #     RecordType::new("patient").subject_keyed().field("note", Category::Clinical);
    /// # pollster::block_on(async {
    /// # let keys = Arc::new(ScopedKeys::builder(MemoryStore::new(), LocalKms::generate()?).build());
    /// # let tenant = TenantId::new("st-mary")?;
    /// # keys.add_tenant(&tenant).await?;
    /// # let vault = Vault::builder(keys.clone(), PermitAll, MemorySink::new()).build();
    /// # let access = Access::new(tenant, Actor::new("privacy-officer")?, Purpose::Operations)
    /// #     .reason("patient-request");
    /// # let session = vault.session(access)?;
    /// # let (patient, id) = (SubjectId::new("p-1")?, RecordId::new("p-1")?);
    /// # let record = RecordRef::new(&id, &patient);
    /// # let _lease = session.prepare(&Needs::new().seal(&NOTE, record)).await?;
    /// # let sealed = session.seal_value(&NOTE, record, &Phi::new(String::from("asthma")))?;
    /// let receipt = session.shred(&patient, Shredding::new(&NoLawsuits)).await?;
    /// assert!(receipt.remainders().contains(&Remainder::KeyStoreBackups));
    ///
    /// let error = session.open_value(&NOTE, record, &sealed).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Erased);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub async fn shred(
        &self,
        subject: &SubjectId<'_>,
        shredding: Shredding<'_>,
    ) -> Result<ShredReceipt, Error> {
        let mut erasing = self.begin_erasure(subject, Erased::Values).await?;
        let Some(keys) = self.scoped_keys() else {
            return Err(erasing.fail(NOT_SCOPED));
        };
        let tenant = self.access().tenant();
        let subject = subject.clone().into_owned();
        let scope = KeyScope::subject(tenant.clone().into_owned(), subject.clone());
        let mut attempts = 0;
        let (destroyed, before) = loop {
            let (known, generation) = match keys_of(keys, &scope).await {
                Ok(known) => known,
                Err(error) => return Err(erasing.fail(error)),
            };
            // Last of all, and again after each conflict.
            match shredding.holds.check(tenant, &subject).await {
                Ok(LegalHold::None) => {}
                Ok(LegalHold::Held) => return Err(erasing.fail(ON_HOLD)),
                Err(error) => return Err(erasing.fail(error)),
            }
            erasing.announce(known.clone(), generation)?;
            match keys.destroy_exactly(&scope, &known).await {
                Ok(destroyed) => break (destroyed, generation),
                // Somebody rotated meanwhile: there is another key to announce.
                Err(error) if error.kind() == KeyErrorKind::Conflict && attempts < 8 => {
                    attempts += 1;
                }
                Err(error) => return Err(erasing.fail(error.into())),
            }
        };
        let time = erasing.now();
        // The keys are gone, whether or not the store can be asked once more.
        let generation = keys.generation().await.unwrap_or(before);
        let event = erasing.conclude(time, generation)?;
        let values_elsewhere = shredding
            .values
            .and_then(|census| elsewhere(census, &destroyed));
        let mut remainders = BTreeSet::from(Remainder::ALL);
        for ruled_out in shredding.ruled_out {
            remainders.remove(&ruled_out);
        }
        match values_elsewhere {
            Some(0) => remainders.remove(&Remainder::ValuesUnderOtherKeys),
            Some(_) => remainders.insert(Remainder::ValuesUnderOtherKeys),
            None => false,
        };
        let until = time.checked_add(keys.longest_use_elsewhere());
        let others = remainders.contains(&Remainder::OtherProcesses);
        Ok(ShredReceipt {
            subject,
            keys: destroyed,
            time,
            actor: self.access().actor().id().clone(),
            reason: self.access().reason_code().map(String::from),
            event,
            generation,
            values_elsewhere,
            others_until: until.filter(|_| others),
            remainders: remainders.into_iter().collect(),
        })
    }
}

/// The keys of a patient who has some, and the store's generation.
async fn keys_of(keys: &ScopedKeys, scope: &KeyScope) -> Result<(Vec<KeyId>, u64), Error> {
    let known = keys.keys(scope).await?;
    let generation = keys.generation().await?;
    match known.is_empty() {
        true => Err(NO_KEYS),
        false => Ok((known.iter().map(|key| *key.id()).collect(), generation)),
    }
}

/// What [`Session::shred`] needs to know beside the patient.
#[must_use = "nothing is erased before it is passed to `Session::shred`"]
pub struct Shredding<'a> {
    holds: &'a dyn LegalHolds,
    values: Option<&'a Census>,
    ruled_out: Vec<Remainder>,
}

impl<'a> Shredding<'a> {
    /// Legal holds are always asked.
    pub const fn new(holds: &'a dyn LegalHolds) -> Self {
        Self {
            holds,
            values: None,
            ruled_out: Vec::new(),
        }
    }

    /// A census of all of *this patient's* rows, for the receipt to say how many values are under
    /// other keys: those stay readable.
    pub fn values(mut self, census: &'a Census) -> Self {
        self.values = Some(census);
        self
    }

    /// What the application vouches not to exist, such as other processes. Nobody checks it, except
    /// that counted values under other keys cannot be ruled out.
    pub fn ruling_out(mut self, remainders: &[Remainder]) -> Self {
        self.ruled_out.extend_from_slice(remainders);
        self
    }
}

impl fmt::Debug for Shredding<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shredding")
            .field("ruled_out", &self.ruled_out)
            .finish_non_exhaustive()
    }
}

/// What an erasure leaves for the application to purge, or to wait for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remainder {
    /// Keys in the caches of other processes, until they are too old.
    OtherProcesses,
    /// Copies of the key store from before: purge them, or keep [`Erasures`](super::Erasures) between
    /// them and the vault.
    KeyStoreBackups,
    /// Blind index values, which are under the tenant's key.
    IndexValues,
    /// Values of this patient that were sealed under other keys, such as the tenant's.
    ValuesUnderOtherKeys,
}

impl Remainder {
    const ALL: [Self; 4] = [
        Self::OtherProcesses,
        Self::KeyStoreBackups,
        Self::IndexValues,
        Self::ValuesUnderOtherKeys,
    ];
}

/// What was erased, by whom, why, and what is left.
///
/// The audit event [`event`](Self::event) holds the same, but for what is left: that is here only.
#[must_use = "it says what the application has yet to purge, and nothing else does"]
#[derive(Clone)]
pub struct ShredReceipt {
    subject: SubjectId<'static>,
    keys: Vec<KeyInfo>,
    time: SystemTime,
    actor: ActorId<'static>,
    reason: Option<String>,
    event: EventId,
    generation: u64,
    values_elsewhere: Option<u64>,
    others_until: Option<SystemTime>,
    remainders: Vec<Remainder>,
}

impl ShredReceipt {
    /// The patient.
    pub const fn subject(&self) -> &SubjectId<'static> {
        &self.subject
    }

    /// The keys that are gone, those of earlier erasures included.
    pub fn keys(&self) -> &[KeyInfo] {
        &self.keys
    }

    /// When they were gone, by the vault's wall clock.
    pub const fn time(&self) -> SystemTime {
        self.time
    }

    /// By whom.
    pub const fn actor(&self) -> &ActorId<'static> {
        &self.actor
    }

    /// Why, if the session's access has a reason code.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The audit event that says it is done.
    pub const fn event(&self) -> EventId {
        self.event
    }

    /// How many keys the store had destroyed by then.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// How many of the counted values are under other keys and stay readable; `None` if none were
    /// counted.
    pub const fn values_under_other_keys(&self) -> Option<u64> {
        self.values_elsewhere
    }

    /// What the application has yet to purge or wait for.
    pub fn remainders(&self) -> &[Remainder] {
        &self.remainders
    }

    /// Whether anything is left.
    pub fn state(&self) -> ShredState<'_> {
        match self.remainders.is_empty() {
            true => ShredState::Destroyed,
            false => ShredState::Pending {
                until: self.others_until,
                what: &self.remainders,
            },
        }
    }
}

/// Ids are left out.
impl fmt::Debug for ShredReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShredReceipt")
            .field("keys", &self.keys.len())
            .field("event", &self.event)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// How far an erasure has come.
///
/// Exhaustive on purpose: whoever asks must treat both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShredState<'r> {
    /// The keys are gone here, and the application ruled out that anything else is left.
    Destroyed,
    /// The keys are gone here, and something is left elsewhere.
    Pending {
        /// From when on no other process lends the keys, if there are others and they are configured
        /// like this one. Time for which a machine is suspended comes on top.
        until: Option<SystemTime>,
        /// What is left.
        what: &'r [Remainder],
    },
}

/// Values that are not under the destroyed keys; `None` if nothing was counted, which proves nothing.
fn elsewhere(census: &Census, destroyed: &[KeyInfo]) -> Option<u64> {
    let is_destroyed = |id: &KeyId| destroyed.iter().any(|key| key.id() == id);
    let others = census.keys().filter(|(id, _)| !is_destroyed(id));
    let others = others.fold(0_u64, |sum, (_, usage)| sum.saturating_add(usage.values));
    (census.keys().len() > 0).then_some(others)
}

pub(super) const ON_HOLD: Error = Error::new(
    ErrorKind::OnHold,
    "the patient is under a legal hold; nothing was erased",
);

pub(super) const NOT_SCOPED: Error = Error::new(
    ErrorKind::Provider,
    "the vault's keys are not scoped keys, which alone can erase one patient",
);

const NO_KEYS: Error = Error::new(
    ErrorKind::MissingKey,
    "the patient has no key of their own; nothing was erased",
);
