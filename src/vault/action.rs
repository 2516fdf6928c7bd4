//! One action: authorise, act, record once, whatever happens.

use alloc::borrow::Cow;
#[cfg(feature = "index")]
use alloc::boxed::Box;
use alloc::vec::Vec;
#[cfg(feature = "index")]
use core::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::EXPIRED;
use super::session::Session;
use super::shared::Shared;
use crate::access::{ActionKind, Policy, Request};
use crate::aead::NonceRun;
use crate::audit::{
    AuditError, Disclosure, EventHeader, EventId, EventItem, Outcome, SearchedIndex,
    record_in_parts, recorded_version,
};
use crate::context::{FieldInfo, RecordRef, RecordType};
use crate::envelope::NONCE_LEN;
use crate::error::{Error, ErrorKind};
use crate::key::Scope;
use crate::release::{Brand, Pending, Permit};

/// An action in progress. Recorded exactly once: by [`record`](Action::record) when it is done,
/// by [`close`](Action::close) when its closure returned early, by `Drop` when it panicked.
pub(crate) struct Action<'a> {
    pub(crate) session: &'a Session,
    kind: ActionKind,
    /// What the policy is asked for each record: the kind of the action, but for searches, which
    /// open what they find.
    asks: ActionKind,
    search: Option<SearchedIndex>,
    disclosure: Option<&'a Disclosure>,
    number: u64,
    /// When it was first authorised; `None` before.
    began: Option<SystemTime>,
    is_live: bool,
    pub(super) items: Vec<EventItem<'a>>,
    was_recorded: bool,
    /// How many permits were asked for. Counted apart from the items, which a search takes back.
    permits: usize,
    pub(super) shared: Shared<'a>,
    run: Option<NonceRun>,
    /// What `record` derives once for all records of the action.
    #[cfg(feature = "index")]
    pub(crate) index_keys: Option<Box<dyn Any + Send>>,
}

impl<'a> Action<'a> {
    pub(super) fn begin(session: &'a Session, kind: ActionKind) -> Self {
        Self::numbered(session, kind, session.next_action())
    }

    pub(super) fn begin_disclosure(session: &'a Session, disclosure: &'a Disclosure) -> Self {
        let mut action = Self::begin(session, ActionKind::Disclose);
        action.disclosure = Some(disclosure);
        action
    }

    /// The id of its event's first part.
    pub(super) const fn event_id(&self) -> EventId {
        EventId::of_action(self.session.id(), self.number)
    }

    /// Goes on with a search that the policy permitted at `began`.
    #[cfg(feature = "index")]
    pub(super) fn resume_search(
        session: &'a Session,
        number: u64,
        began: SystemTime,
        search: SearchedIndex,
    ) -> Self {
        let mut action = Self::numbered(session, ActionKind::Search, number);
        action.asks = ActionKind::Open;
        action.search = Some(search);
        action.began = Some(began);
        (_, action.is_live) = session.touch();
        action
    }

    fn numbered(session: &'a Session, kind: ActionKind, number: u64) -> Self {
        Self {
            session,
            kind,
            asks: kind,
            search: None,
            disclosure: None,
            number,
            began: None,
            is_live: true,
            items: Vec::new(),
            was_recorded: false,
            permits: 0,
            shared: Shared::default(),
            run: None,
            #[cfg(feature = "index")]
            index_keys: None,
        }
    }

    /// Asks the policy about fields of one record. The fields stand in the event from here on,
    /// as aborted until something else becomes of them.
    pub(super) fn authorize<'o>(
        &mut self,
        brand: Brand<'o>,
        record: RecordRef<'a>,
        fields: &'a [FieldInfo],
    ) -> Result<Permit<'o, 'a>, Error> {
        let first = self.items.len();
        self.items.extend(
            fields
                .iter()
                .map(|field| EventItem::announced(record, *field)),
        );
        let now = self.judge_session();
        let record_type = match Self::check_request(record, fields) {
            Ok(record_type) => record_type,
            Err(error) => return Err(self.fail_from(first, error)),
        };
        if let Err(error) = self.check_live() {
            return Err(self.fail_from(first, error));
        }
        let decision = self.session.policy().authorize(&Request::new(
            self.session.access(),
            self.asks,
            record_type,
            record,
            fields,
            now,
        ));
        for (position, item) in self.items[first..].iter_mut().enumerate() {
            item.reason = decision.reason_code(position).clone();
            if !decision.permits(position) {
                item.outcome = Outcome::Failed(ErrorKind::Denied);
            }
        }
        self.permits += 1;
        Permit::grant(brand, decision, record, fields, first, self.permits)
            .map_err(|_| self.fail_from(first, Error::denied()))
    }

    /// The event item for acting on this field now, or a denial, which is recorded too.
    #[inline]
    pub(super) fn claim(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
    ) -> Result<usize, Error> {
        let mut item = self.demand(permit, field)?;
        if self.items[item].is_claimed {
            // The second time gets an item of its own, and of the first only what the policy
            // said.
            let mut again = EventItem::announced(permit.record(), *field);
            again.reason.clone_from(&self.items[item].reason);
            item = self.items.len();
            self.items.push(again);
        }
        self.items[item].is_claimed = true;
        Ok(item)
    }

    /// The event item of a permitted field, or a denial, which is recorded too.
    pub(crate) fn demand(
        &mut self,
        permit: &Permit<'_, 'a>,
        field: &FieldInfo,
    ) -> Result<usize, Error> {
        permit.item_of(field).inspect_err(|_| {
            if !permit.has_announced(field) {
                let mut attempt = EventItem::announced(permit.record(), *field);
                attempt.outcome = Outcome::Failed(ErrorKind::Denied);
                attempt.reason = Cow::Borrowed("not-announced");
                self.items.push(attempt);
            }
        })
    }

    /// Notes how it went for an item, and says in the error where.
    pub(super) fn settle<T>(&mut self, item: usize, result: Result<T, Error>) -> Result<T, Error> {
        let item = &mut self.items[item];
        match result {
            Ok(value) => {
                item.outcome = Outcome::Success;
                Ok(value)
            }
            Err(error) => {
                item.outcome = Outcome::Failed(error.kind());
                Err(item.field.blame(error))
            }
        }
    }

    /// As [`settle`](Action::settle), for what waits.
    pub(super) fn settle_pending<'o, P>(
        &mut self,
        item: usize,
        pending: Pending<'o, P>,
    ) -> Pending<'o, P> {
        let item = &mut self.items[item];
        item.outcome = match pending.failure() {
            Some(kind) => Outcome::Failed(kind),
            None => Outcome::Success,
        };
        pending.map_err(|error| item.field.blame(error))
    }

    /// The next nonce of this action's run.
    #[inline]
    pub(super) fn next_nonce(&mut self) -> Result<[u8; NONCE_LEN], Error> {
        match self.run.as_mut().and_then(NonceRun::next) {
            Some(nonce) => Ok(nonce),
            None => self.first_nonce(),
        }
    }

    /// Of a new run: for the first value, and again 2^16 values later.
    #[cold]
    fn first_nonce(&mut self) -> Result<[u8; NONCE_LEN], Error> {
        self.run = NonceRun::draw();
        self.run.as_mut().and_then(NonceRun::next).ok_or(Error::new(
            ErrorKind::Unavailable,
            "the operating system gave no randomness; try again",
        ))
    }

    pub(super) fn scope(&self, record: RecordRef<'a>, field: &FieldInfo) -> Scope<'a> {
        match self.kind {
            ActionKind::Review => {
                Scope::audit_details(self.session.access().tenant(), record.subject())
            }
            _ => self.session.scope(record, field.record_type()),
        }
    }

    /// Looks at the clock anew for each record, since a closure may take its time.
    fn judge_session(&mut self) -> SystemTime {
        let (now, is_live) = self.session.touch();
        self.is_live = is_live;
        self.began.get_or_insert(now);
        now
    }

    /// Refuses an action whose session has expired.
    pub(super) const fn check_live(&self) -> Result<(), Error> {
        if self.is_live { Ok(()) } else { Err(EXPIRED) }
    }

    /// Records the action as done.
    pub(super) fn record(&mut self) -> Result<(), AuditError> {
        self.begin_at_last();
        if !self.is_live {
            return self.close();
        }
        self.record_as(Outcome::of_action(&self.items))
    }

    /// Records the action unless that was done: as aborted if it had got anywhere, or else as
    /// the failure it ended with.
    pub(super) fn close(&mut self) -> Result<(), AuditError> {
        if self.was_recorded {
            return Ok(());
        }
        self.begin_at_last();
        let outcome = if !self.is_live {
            Outcome::Failed(ErrorKind::Expired)
        } else if self.items.iter().any(|item| item.outcome.is_done()) {
            Outcome::Aborted
        } else {
            Outcome::of_failures(&self.items)
        };
        // Nothing that waits for a record can leave without one.
        for item in self.items.iter_mut().filter(|item| item.outcome.is_done()) {
            item.outcome = Outcome::Aborted;
        }
        self.record_as(outcome)
    }

    /// An action that authorised nothing begins with its end.
    fn begin_at_last(&mut self) {
        if self.began.is_none() {
            self.judge_session();
        }
    }

    /// Records that the action failed before it came to any record.
    #[cfg(feature = "index")]
    pub(super) fn record_failure(&mut self, kind: ErrorKind) -> Result<(), AuditError> {
        self.record_as(Outcome::Failed(kind))
    }

    fn record_as(&mut self, outcome: Outcome) -> Result<(), AuditError> {
        // Set first: a sink that panics half-way is not asked a second time.
        self.was_recorded = true;
        let header = EventHeader {
            session: self.session.id(),
            action_number: self.number,
            time: self.began.unwrap_or(SystemTime::UNIX_EPOCH),
            access: self.session.access(),
            action: self.kind,
            outcome,
            policy_version: version_of(self.session.policy()),
            observer: self.session.observer(),
            search: self.search.as_ref(),
            generation: None,
            disclosure: self.disclosure,
        };
        record_in_parts(self.session.sink(), &header, &self.items)
    }

    fn fail_from(&mut self, first: usize, error: Error) -> Error {
        for item in &mut self.items[first..] {
            item.outcome = Outcome::Failed(error.kind());
        }
        match self.items.get(first) {
            Some(item) => item.field.blame(error),
            None => error,
        }
    }

    fn check_request(record: RecordRef<'_>, fields: &[FieldInfo]) -> Result<RecordType, Error> {
        let Some((first, rest)) = fields.split_first() else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "announce at least one field",
            ));
        };
        if rest
            .iter()
            .any(|field| field.record_type() != first.record_type())
        {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "announce the fields of one record type at a time",
            ));
        }
        record.check_subject(first.record_type())?;
        Ok(first.record_type())
    }
}

/// The policy's version as it is recorded; a policy that panics over it costs the version and not
/// the event.
pub(super) fn version_of(policy: &dyn Policy) -> &str {
    recorded_version(catch_unwind(AssertUnwindSafe(|| policy.version())).unwrap_or_default())
}

impl Drop for Action<'_> {
    fn drop(&mut self) {
        if !self.was_recorded {
            // Reached by a panic only. A second one, from the sink, would abort the process.
            let _ = catch_unwind(AssertUnwindSafe(|| self.close()));
        }
    }
}
