//! The erasing action: permitted, announced before anything is destroyed, recorded after.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::session::Session;
use crate::access::{ActionKind, Request};
use crate::audit::{EventId, EventItem, Outcome};
use crate::category::Category;
use crate::context::{FieldInfo, RecordRef, RecordType};
use crate::envelope::KeyId;
use crate::error::{Error, ErrorKind};
use crate::key::{KeyLease, ScopedKeys};
use crate::label::{RecordId, SubjectId};

/// What the policy is asked about, and events name: not a record of the application's.
const SUBJECT: RecordType = RecordType::new("phi-seal.subject");
const KEYS: FieldInfo = field(SUBJECT, "keys");
const DETAIL_KEYS: FieldInfo = field(SUBJECT, "detail_keys");
const RETENTION: FieldInfo = field(SUBJECT, "retention");

/// What events name when the patient's own key for their details is about to go, or gone: it cannot
/// seal them. Their ids are those of the keys.
const GONE: RecordType = RecordType::new("phi-seal.detail_key").subjectless();
const GONE_KEY: FieldInfo = field(GONE, "key");
const GONE_RETENTION: FieldInfo = field(GONE, "retention");

const fn field(of: RecordType, name: &'static str) -> FieldInfo {
    of.field::<[u8; 32]>(name, Category::OtherIdentifier).info()
}

/// Which keys of a patient are to be destroyed.
pub(crate) enum Erased {
    /// Those of values.
    Values,
    /// Those of the details of audit events; with the reason code for doing so too early.
    Details {
        overriding: Option<Cow<'static, str>>,
    },
}

impl Erased {
    const fn action(&self) -> ActionKind {
        match self {
            Self::Values => ActionKind::Erase,
            Self::Details { .. } => ActionKind::EraseDetails,
        }
    }

    const fn fields(&self) -> &'static [FieldInfo] {
        match self {
            Self::Values => &[KEYS],
            Self::Details { overriding: None } => &[DETAIL_KEYS],
            Self::Details { .. } => &[DETAIL_KEYS, RETENTION],
        }
    }
}

impl Session {
    /// Asks the policy whether these keys of this patient may be destroyed.
    pub(crate) async fn begin_erasure(
        &self,
        subject: &SubjectId<'_>,
        erased: Erased,
    ) -> Result<Erasing<'_>, Error> {
        let subject = subject.clone().into_owned();
        let id = RecordId::new(subject.as_str().to_owned())?;
        let action = erased.action();
        let mut leases = Vec::from([self.prepare_sink(Vec::new()).await?]);
        // That a patient's detail keys are gone is no reason not to finish destroying them.
        let is_nameable = match (self.prepare_sink(Vec::from([&subject])).await, action) {
            (Ok(lease), _) => {
                leases.push(lease);
                true
            }
            (Err(_), ActionKind::EraseDetails) => false,
            (Err(error), _) => return Err(error.into()),
        };
        let policy = self.policy();
        let prepared = policy.prepare(self.access(), action, &[&subject]).await;
        let (began, is_live) = self.touch();
        let mut erasing = Erasing {
            session: self,
            erased,
            is_nameable,
            began,
            subject,
            id,
            reason: "".into(),
            keys: Vec::new(),
            generation: None,
            was_recorded: false,
            _leases: leases,
        };
        if !is_live {
            return Err(erasing.fail(super::EXPIRED));
        }
        if let Err(error) = prepared {
            return Err(erasing.fail(error.into()));
        }
        let record = RecordRef::new(&erasing.id, &erasing.subject);
        let fields = erasing.erased.fields();
        let request = Request::new(self.access(), action, SUBJECT, record, fields, began);
        let decision = policy.authorize(&request);
        let denied = (0..fields.len()).find(|position| !decision.permits(*position));
        erasing.reason = decision.reason_code(denied.unwrap_or(0)).clone();
        if denied.is_some() {
            return Err(erasing.fail(Error::denied()));
        }
        match self.access().reason_code() {
            Some(_) => Ok(erasing),
            None => Err(erasing.fail(NO_REASON)),
        }
    }

    /// The vault's keys, if they are of a kind that can erase a patient.
    pub(crate) fn scoped_keys(&self) -> Option<&ScopedKeys> {
        self.keys().scoped_keys()
    }
}

/// A permitted erasure under way. What becomes of it is recorded, also if it is dropped half-way.
pub(crate) struct Erasing<'s> {
    session: &'s Session,
    erased: Erased,
    /// Whether events can name the patient.
    is_nameable: bool,
    began: SystemTime,
    subject: SubjectId<'static>,
    id: RecordId<'static>,
    reason: Cow<'static, str>,
    keys: Vec<KeyId>,
    generation: Option<u64>,
    was_recorded: bool,
    /// What the sink needs to record it.
    _leases: Vec<KeyLease>,
}

impl Erasing<'_> {
    /// The wall clock now.
    pub(crate) fn now(&self) -> SystemTime {
        self.session.wall_time()
    }

    /// Records which keys are about to be destroyed. From here on the audit log knows, whatever
    /// happens to this process.
    pub(crate) fn announce(&mut self, keys: Vec<KeyId>, generation: u64) -> Result<(), Error> {
        self.found(keys, generation);
        self.record(Outcome::Pending).map(drop)
    }

    /// Records that they are, since `time`.
    pub(crate) fn conclude(mut self, time: SystemTime, generation: u64) -> Result<EventId, Error> {
        self.began = time;
        self.generation = Some(generation);
        self.was_recorded = true;
        self.record(Outcome::Success)
    }

    /// Records that it failed, and passes the error on.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        self.was_recorded = true;
        match self.record(Outcome::Failed(error.kind())) {
            Ok(_) => error,
            Err(audit) => audit,
        }
    }

    /// From here on events name the keys.
    pub(crate) fn found(&mut self, keys: Vec<KeyId>, generation: u64) {
        self.keys = keys;
        self.generation = Some(generation);
    }

    fn record(&self, outcome: Outcome) -> Result<EventId, Error> {
        let names: Vec<_> = self.keys.iter().map(KeyId::to_hex).collect();
        let names: Result<Vec<_>, _> = names.into_iter().map(RecordId::new).collect();
        let names = names?;
        let unknown = RecordId::new("unknown")?;
        let item = |record, field, reason: &Cow<'static, str>, key_id| EventItem {
            outcome,
            reason: reason.clone(),
            key_id,
            ..EventItem::announced(record, field)
        };
        let mut items = Vec::with_capacity(self.keys.len() + 1);
        match &self.erased {
            Erased::Details { overriding } if !names.is_empty() => {
                for (name, key) in names.iter().zip(&self.keys) {
                    let record = RecordRef::subjectless(name);
                    items.push(item(record, GONE_KEY, &self.reason, Some(*key)));
                }
                if let (Some(code), Some(name)) = (overriding, names.first()) {
                    let record = RecordRef::subjectless(name);
                    items.push(item(record, GONE_RETENTION, code, None));
                }
            }
            erased if self.keys.is_empty() => {
                for field in erased.fields() {
                    items.push(match self.is_nameable {
                        true => {
                            let record = RecordRef::new(&self.id, &self.subject);
                            item(record, *field, &self.reason, None)
                        }
                        false => {
                            let record = RecordRef::subjectless(&unknown);
                            item(record, GONE_KEY, &self.reason, None)
                        }
                    });
                }
            }
            _ => {
                let record = RecordRef::new(&self.id, &self.subject);
                let keys = self.keys.iter();
                items.extend(keys.map(|id| item(record, KEYS, &self.reason, Some(*id))));
            }
        }
        let action = self.erased.action();
        let session = self.session;
        Ok(session.record_note(action, self.began, outcome, self.generation, &items)?)
    }
}

impl Drop for Erasing<'_> {
    fn drop(&mut self) {
        if !self.was_recorded {
            // A panic here, from the sink, would abort the process if another one brought us here.
            let _ = catch_unwind(AssertUnwindSafe(|| self.record(Outcome::Aborted)));
        }
    }
}

const NO_REASON: Error = Error::new(
    ErrorKind::InvalidInput,
    "erasing a patient demands a reason code; state it in the access",
);
