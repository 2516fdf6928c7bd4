//! Audit events whose details are sealed, each patient's under a key of their own.

mod form;
mod page;
mod review;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use self::form::Texts;
pub use self::review::{ReviewedEvent, Reviewing};
use super::cipher::Plaintext;
use crate::aead::NonceRun;
use crate::audit::{
    AuditError, AuditSink, Event, EventRecord, RecordSink, RecordedRow, RecordedSubject, Repeats,
};
use crate::category::Category;
use crate::clock::{Clock, SystemClock};
use crate::context::{Context, Field, RecordRef, RecordType};
use crate::envelope::{NONCE_LEN, to_text};
use crate::key::{
    BoxFuture, DataKey, KeyError, KeyErrorKind, KeyLease, KeyNeed, KeyProvider, Scope, lend_active,
};
use crate::label::{RecordId, SubjectId, TenantId};

/// Seals the details of events, each patient's under that patient's audit-detail key, and hands the
/// events on to another sink.
///
/// What an event says of patients (which ones, which records and fields, how it ended for each) becomes
/// one envelope for each patient, and one under the tenant's audit key for what is about no patient. To
/// whom something was disclosed, and of what in words, is in the envelope of each patient. Who, when, why,
/// what and with which outcome stay readable, so that a log is searched and verified without
/// any key, and goes on verifying when one patient's key is destroyed. `docs/audit-privacy.md` has the
/// form.
///
/// - Keys are of the use [`Audit`](crate::key::KeyUse::Audit), and scoped to the patient
///   ([`KeyScope::audit_details`](crate::key::KeyScope::audit_details)); a wider one never takes their
///   place. [`Session::prepare`](crate::Session::prepare) loads them and, from `ScopedKeys`, makes them:
///   prepare what is to be done, **also where the vault's own keys need none of that**.
/// - If a key is not loaded, disabled or destroyed, the event is not recorded and nothing is released.
/// - An event is at most 65,535 bytes of JSON.
/// - Failures that repeat within a minute are counted, before they are sealed: the first is written, then
///   each time their number has doubled. The last number is written with the next event after the minute,
///   whatever that is about, or when this is dropped; if the patient's key is gone by then, without details.
///
/// [`Session::review`](crate::Session::review) opens what is sealed.
///
/// # Not promised
///
/// The envelope names its key, so which events are about the same patient is readable, and their number,
/// times and actors with it; the length says roughly how much was done. Reason and request id are in
/// clear: choose ones that say nothing of a patient.
///
/// # Example
///
/// ```
/// use std::sync::Arc;
/// use phi_seal::audit::MemorySink;
/// use phi_seal::danger::PermitAll;
/// use phi_seal::key::{DataKey, KeyScope, Keyring};
/// use phi_seal::{
///     Access, Actor, Category, Field, Phi, Purpose, RecordId, RecordRef, RecordType, Reviewing,
///     SealedDetails, SubjectId, TenantId, Vault,
/// };
///
/// const NOTE: Field<String> = RecordType::new("patient").field("note", Category::Clinical);
///
/// # pollster::block_on(async {
/// let (tenant, patient) = (TenantId::new("st-mary")?, SubjectId::new("p-1")?);
/// // `ScopedKeys` would make these by itself.
/// let keys = Arc::new(Keyring::generate()?);
/// keys.add(DataKey::generate(KeyScope::audit_details(tenant.clone(), patient.clone()))?)?;
///
/// let log = Arc::new(MemorySink::new());
/// let sink = SealedDetails::new(log.clone(), keys.clone());
/// let vault = Vault::builder(keys, PermitAll, sink).build();
/// let session = vault.session(Access::new(tenant, Actor::new("dr-9")?, Purpose::Treatment))?;
///
/// let id = RecordId::new("p-1")?;
/// session.seal_value(&NOTE, RecordRef::new(&id, &patient), &Phi::new(String::from("asthma")))?;
/// let event = log.events().remove(0);
/// assert!(event.subjects.is_empty() && event.sealed.len() == 1);
///
/// let reviewed = session.review(&[event], Reviewing::all()).await?;
/// assert_eq!(reviewed[0].event().subjects[0].subject.as_deref(), Some("p-1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct SealedDetails {
    sink: Box<dyn RecordSink>,
    keys: Box<dyn KeyProvider>,
    /// Here, because no two sealed events are alike.
    repeats: Repeats,
    clock: Box<dyn Clock>,
}

impl SealedDetails {
    /// Seals under keys of `keys`, mostly the vault's own, and hands on to `sink`.
    pub fn new(sink: impl RecordSink + 'static, keys: impl KeyProvider + 'static) -> Self {
        Self {
            sink: Box::new(sink),
            keys: Box::new(keys),
            repeats: Repeats::new(Duration::from_secs(60)),
            clock: Box::new(SystemClock::default()),
        }
    }

    /// The clock that tells which failures follow upon each other; the operating system's unless stated.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Hands on what has to be told later than it happened: how often a failure has repeated. Its key may
    /// be gone by then; the first of the series has the details, and the number must not be lost.
    fn tell(&self, record: &EventRecord) -> Result<(), AuditError> {
        let tenant = TenantId::new(record.tenant.as_str()).map_err(|_| NO_ID)?;
        let sealed = self.seal(&tenant, record.clone());
        self.sink.append(&sealed.unwrap_or_else(|_| {
            let mut bare = record.clone();
            Texts::take_from(&mut bare);
            bare.subjects.clear();
            bare
        }))
    }

    fn seal(
        &self,
        tenant: &TenantId<'_>,
        mut record: EventRecord,
    ) -> Result<EventRecord, AuditError> {
        let texts = Texts::take_from(&mut record);
        let mut details = core::mem::take(&mut record.subjects);
        if details.is_empty() {
            if texts.is_empty() {
                return Ok(record);
            }
            details.push(NOBODY);
        }
        let is_about_patients = details.iter().any(|detail| detail.subject.is_some());
        let event = RecordId::new(record.event.as_str()).map_err(|_| NO_ID)?;
        let mut nonces = NonceRun::draw().ok_or(NO_RANDOMNESS)?;
        record.sealed = Vec::with_capacity(details.len());
        for (position, detail) in details.iter().enumerate() {
            let subject = match &detail.subject {
                Some(subject) => Some(SubjectId::new(subject.as_str()).map_err(|_| NO_ID)?),
                None => None,
            };
            // The tenant's key, which is never destroyed, must not open what a patient's sealed.
            let texts = match subject.is_none() && is_about_patients {
                true => &Texts::NONE,
                false => &texts,
            };
            // More than a part has subjects for.
            let nonce = nonces.next().ok_or(NO_RANDOMNESS)?;
            let place = Place {
                tenant,
                subject: subject.as_ref(),
                event: &event,
                binding: binding(position, details.len()),
            };
            let scope = Scope::audit_details(tenant, subject.as_ref());
            let sealed = lend_active(&*self.keys, scope, |key| {
                place.seal(key, &nonce, &detail.records, texts)
            });
            record.sealed.push(sealed.map_err(no_key)??);
        }
        Ok(record)
    }

    async fn load(
        &self,
        tenant: &TenantId<'_>,
        subjects: &[&SubjectId<'_>],
    ) -> Result<KeyLease, AuditError> {
        let subjects = subjects.iter().map(|subject| Some(*subject));
        let scopes = core::iter::once(None).chain(subjects);
        let needs: Vec<_> = scopes
            .map(|subject| KeyNeed::active(Scope::audit_details(tenant, subject)))
            .collect();
        self.keys.prepare(&needs).await.map_err(no_key)
    }
}

impl AuditSink for SealedDetails {
    fn record(&self, event: &Event<'_>) -> Result<(), AuditError> {
        let tenant = event.access().tenant();
        let now = self.clock.monotonic();
        // What cannot be told now is tried again with the next event.
        let _ = self
            .repeats
            .tell_counts(Some(now), |record| self.tell(record));
        self.repeats.record(event.to_record(), now, |record| {
            self.sink.append(&self.seal(tenant, record.clone())?)
        })
    }

    fn prepare<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        subjects: &'a [&'a SubjectId<'a>],
    ) -> BoxFuture<'a, Result<KeyLease, AuditError>> {
        Box::pin(self.load(tenant, subjects))
    }
}

impl fmt::Debug for SealedDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedDetails")
            .field("sink", &self.sink)
            .finish_non_exhaustive()
    }
}

impl Drop for SealedDetails {
    fn drop(&mut self) {
        let _ = self.repeats.tell_counts(None, |record| self.tell(record));
    }
}

/// Where an envelope belongs: what it authenticates.
struct Place<'p> {
    tenant: &'p TenantId<'p>,
    subject: Option<&'p SubjectId<'p>>,
    event: &'p RecordId<'p>,
    binding: [u8; 8],
}

impl Place<'_> {
    fn seal(
        &self,
        key: &DataKey,
        nonce: &[u8; NONCE_LEN],
        records: &[RecordedRow],
        texts: &Texts,
    ) -> Result<String, AuditError> {
        let (content, bucket) = form::encode(records, texts)?;
        let field = field_of(self.subject).pad_to(bucket).info();
        let record = record_ref(self.event, self.subject).binding(&self.binding);
        let mut context = Context::new(self.tenant, record, field.record_type());
        let mut message_key = key.sealing().derive(nonce);
        Plaintext::encode(Some(&content), &field)
            .and_then(|plaintext| {
                plaintext.seal(&mut context, &field, key.id(), &mut message_key, nonce)
            })
            .map(|(envelope, _)| to_text(&envelope))
            .map_err(|_| UNENCODABLE)
    }
}

/// Of an event that names no record, and still a recipient.
const NOBODY: RecordedSubject = RecordedSubject {
    subject: None,
    records: Vec::new(),
};

/// The details of events about a patient, as policies and events see them.
const OF_SUBJECT: Field<Vec<u8>> =
    RecordType::new("phi-seal.audit").field("detail", Category::OtherIdentifier);

/// What an event says of no patient.
const OF_NOBODY: Field<Vec<u8>> = RecordType::new("phi-seal.audit")
    .subjectless()
    .field("detail", Category::OtherIdentifier);

const fn field_of(subject: Option<&SubjectId<'_>>) -> Field<Vec<u8>> {
    match subject {
        Some(_) => OF_SUBJECT,
        None => OF_NOBODY,
    }
}

const fn record_ref<'a>(
    event: &'a RecordId<'a>,
    subject: Option<&'a SubjectId<'a>>,
) -> RecordRef<'a> {
    match subject {
        Some(subject) => RecordRef::new(event, subject),
        None => RecordRef::subjectless(event),
    }
}

/// Ties an envelope to its place in its event and to their number: none can be taken out of an event
/// without the others telling.
fn binding(position: usize, count: usize) -> [u8; 8] {
    // A part has some hundred subjects; what is read can say anything and then does not authenticate.
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let (position, count) = (number(position), number(count));
    (u64::from(position) << 32 | u64::from(count)).to_be_bytes()
}

fn no_key(error: KeyError) -> AuditError {
    AuditError::new(match error.kind() {
        KeyErrorKind::Unavailable => {
            "the key for the event's details is not loaded; prepare what is to be done first"
        }
        KeyErrorKind::Missing => {
            "there is no key for the event's details; add one for the patient, or the tenant"
        }
        KeyErrorKind::Destroyed => {
            "the key for the event's details was destroyed; nothing can be recorded about this patient"
        }
        _ => "the key for the event's details cannot be had; check keys, key store and KMS",
    })
}

const NO_ID: AuditError =
    AuditError::new("an id of the event cannot be bound to; this is a bug of phi-seal");

const UNENCODABLE: AuditError =
    AuditError::new("the event's details have no stored form; this is a bug of phi-seal");

const NO_RANDOMNESS: AuditError =
    AuditError::new("the operating system gave no randomness; try again");
