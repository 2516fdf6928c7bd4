//! The searching action: permitted before the query, recorded after the rows were opened.

use alloc::vec::Vec;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::SystemTime;

use super::action::Action;
use super::opening::Opening;
use super::session::Session;
use crate::access::{ActionKind, Request};
use crate::audit::{EventItem, Outcome, SearchedIndex};
use crate::context::{FieldInfo, RecordRef};
use crate::error::{Error, ErrorKind};
use crate::key::{DataKey, Scope, lend_active, lend_each};

impl Session {
    /// Asks the policy whether records may be searched by these fields of one record type.
    pub(crate) fn begin_search(
        &self,
        index: &'static str,
        fields: Vec<FieldInfo>,
    ) -> Result<Searching<'_>, Error> {
        let Some(record_type) = fields.first().map(FieldInfo::record_type) else {
            return Err(Error::new(
                ErrorKind::InvalidInput,
                "an index is of at least one field",
            ));
        };
        let (began, is_live) = self.touch();
        let mut searching = Searching {
            session: self,
            number: self.next_action(),
            began,
            search: Some(SearchedIndex {
                record_type,
                index,
                fields,
                reason: "".into(),
            }),
        };
        if !is_live {
            return Err(searching.fail(super::EXPIRED));
        }
        let mut is_permitted = false;
        if let Some(search) = &mut searching.search {
            let request = Request::to_search(self.access(), record_type, &search.fields, began);
            let decision = self.policy().authorize(&request);
            let refused = (0..search.fields.len()).find(|at| !decision.permits(*at));
            search.reason = decision.reason_code(refused.unwrap_or(0)).clone();
            is_permitted = refused.is_none();
        }
        if is_permitted {
            Ok(searching)
        } else {
            Err(searching.fail(Error::denied()))
        }
    }

    /// As [`begin_search`](Session::begin_search), for what a search would ask the database, and
    /// without one: there is nothing to record but a refusal.
    pub(crate) fn check_search(
        &self,
        index: &'static str,
        fields: Vec<FieldInfo>,
    ) -> Result<(), Error> {
        let (now, is_live) = self.touch();
        let record_type = fields.first().map(FieldInfo::record_type);
        if let Some(record_type) = record_type.filter(|_| is_live) {
            let request = Request::to_search(self.access(), record_type, &fields, now);
            let decision = self.policy().authorize(&request);
            if (0..fields.len()).all(|at| decision.permits(at)) {
                return Ok(());
            }
        }
        // Says why, and records it; what it permits now was refused a moment ago.
        let searching = self.begin_search(index, fields)?;
        Err(searching.fail(Error::denied()))
    }

    /// Runs `f` on the tenant's active key for index values.
    pub(crate) fn with_index_key<R>(&self, f: impl FnOnce(&DataKey) -> R) -> Result<R, Error> {
        let scope = Scope::indexing(self.access().tenant());
        Ok(lend_active(self.keys(), scope, f)?)
    }

    /// Runs `f` on each of the tenant's keys for index values, the active one first.
    pub(crate) fn with_each_index_key(&self, f: impl FnMut(&DataKey)) -> Result<(), Error> {
        let scope = Scope::indexing(self.access().tenant());
        Ok(lend_each(self.keys(), scope, f)?)
    }
}

impl<'a> Action<'a> {
    /// Asks the policy whether a search by these fields, of one record type, may come upon this
    /// record, before anything of it is looked at. Leaves something in the event only if not.
    pub(crate) fn may_find(
        &mut self,
        record: RecordRef<'a>,
        fields: &[FieldInfo],
    ) -> Result<(), Error> {
        let record_type = fields.first().map(FieldInfo::record_type);
        let record_type = record_type.filter(|of| record.check_subject(*of).is_ok());
        let (Some(record_type), Some(now)) = (record_type, self.session.live_time()) else {
            // Nobody to ask about, or too late to ask: what is authorised next says so.
            return Ok(());
        };
        let decision = self.session.policy().authorize(&Request::new(
            self.session.access(),
            ActionKind::Search,
            record_type,
            record,
            fields,
            now,
        ));
        let mut positions = 0..fields.len();
        let Some(refused) = positions.find(|at| !decision.permits(*at)) else {
            return Ok(());
        };
        for (position, field) in fields.iter().enumerate() {
            let mut item = EventItem::announced(record, *field);
            item.reason = decision.reason_code(position).clone();
            if !decision.permits(position) {
                item.outcome = Outcome::Failed(ErrorKind::Denied);
            }
            self.items.push(item);
        }
        Err(fields[refused].blame(Error::denied()))
    }
}

/// A permitted search, while the application asks its database. Recorded exactly once: when the
/// rows are opened, when it fails, or as aborted when it is dropped.
///
/// Not an [`Action`] yet, so that it may be held across an `await`: an action's nonce run crosses
/// no thread.
pub(crate) struct Searching<'s> {
    session: &'s Session,
    number: u64,
    began: SystemTime,
    /// Taken when it ends.
    search: Option<SearchedIndex>,
}

impl<'s> Searching<'s> {
    /// Opens rows that were found: one action together with the search itself.
    pub(crate) fn open_with<'a, R>(
        mut self,
        f: impl for<'o> FnOnce(Opening<'o, 'a>) -> Result<R, Error>,
    ) -> Result<R, Error>
    where
        's: 'a,
    {
        let mut action = self.action();
        let result = f(Opening::of(&mut action));
        action.close()?;
        result
    }

    /// Records the search as failed and passes the error on.
    pub(crate) fn fail(mut self, error: Error) -> Error {
        match self.action().record_failure(error.kind()) {
            Ok(()) => error,
            Err(audit) => audit.into(),
        }
    }

    /// The action, which from now on is the one that records itself.
    fn action<'a>(&mut self) -> Action<'a>
    where
        's: 'a,
    {
        match self.search.take() {
            Some(search) => Action::resume_search(self.session, self.number, self.began, search),
            // Not reached: both callers consume the search.
            None => Action::begin(self.session, ActionKind::Search),
        }
    }
}

impl Drop for Searching<'_> {
    fn drop(&mut self) {
        if self.search.is_some() {
            // Records itself as aborted. A panic here, from the clock, would abort the process if
            // another one brought us here.
            let _ = catch_unwind(AssertUnwindSafe(|| drop(self.action())));
        }
    }
}
