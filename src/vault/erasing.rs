//! The erasing action: permitted, announced before anything is destroyed, recorded after.

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
const KEYS: FieldInfo = RecordType::new("phi-seal.subject")
    .field::<[u8; 32]>("keys", Category::OtherIdentifier)
    .info();

impl Session {
    /// Asks the policy whether this patient may be erased.
    pub(crate) async fn begin_erasure(
        &self,
        subject: &SubjectId<'_>,
    ) -> Result<Erasing<'_>, Error> {
        let subject = subject.clone().into_owned();
        let id = RecordId::new(subject.as_str().to_owned())?;
        let of_sink = self.prepare_sink(Vec::from([&subject])).await?;
        let prepared = self
            .policy()
            .prepare(self.access(), ActionKind::Erase, &[&subject])
            .await;
        let (began, is_live) = self.touch();
        let mut erasing = Erasing {
            session: self,
            began,
            subject,
            id,
            reason: "".into(),
            keys: Vec::new(),
            generation: None,
            was_recorded: false,
            _lease: of_sink,
        };
        if !is_live {
            return Err(erasing.fail(super::EXPIRED));
        }
        if let Err(error) = prepared {
            return Err(erasing.fail(error.into()));
        }
        let record = RecordRef::new(&erasing.id, &erasing.subject);
        let fields = [KEYS];
        let request = Request::new(
            self.access(),
            ActionKind::Erase,
            KEYS.record_type(),
            record,
            &fields,
            began,
        );
        let decision = self.policy().authorize(&request);
        erasing.reason = decision.reason_code(0).clone();
        if !decision.permits(0) {
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
    began: SystemTime,
    subject: SubjectId<'static>,
    id: RecordId<'static>,
    reason: alloc::borrow::Cow<'static, str>,
    keys: Vec<KeyId>,
    generation: Option<u64>,
    was_recorded: bool,
    /// What the sink needs to record it.
    _lease: KeyLease,
}

impl Erasing<'_> {
    /// The wall clock now.
    pub(crate) fn now(&self) -> SystemTime {
        self.session.wall_time()
    }

    /// Records which keys are about to be destroyed. From here on the audit log knows, whatever
    /// happens to this process.
    pub(crate) fn announce(&mut self, keys: Vec<KeyId>, generation: u64) -> Result<(), Error> {
        self.keys = keys;
        self.generation = Some(generation);
        self.record(Outcome::Pending)?;
        Ok(())
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

    fn record(&self, outcome: Outcome) -> Result<EventId, Error> {
        let record = RecordRef::new(&self.id, &self.subject);
        let item = |key_id| EventItem {
            outcome,
            reason: self.reason.clone(),
            key_id,
            ..EventItem::announced(record, KEYS)
        };
        let items: Vec<_> = match self.keys.is_empty() {
            true => Vec::from([item(None)]),
            false => self.keys.iter().map(|id| item(Some(*id))).collect(),
        };
        let action = ActionKind::Erase;
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
