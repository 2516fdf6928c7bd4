//! What is asked for, and the pass over the events.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;

use super::entry::Entry;
use super::result::Accounting;
use super::suspension::Suspension;
use crate::access::ActionKind;
use crate::audit::EventRecord;
use crate::codec::Date;
use crate::label::{SubjectId, TenantId};
use crate::report::day;

/// A patient's request for an accounting of disclosures, 45 CFR 164.528.
///
/// Lists every disclosure of this patient's data that was recorded as one
/// ([`Session::disclose`](crate::Session::disclose), [`disclosed`](crate::Session::disclosed)) and
/// released something, or may have, in the six years up to the day of the request, but for:
///
/// - those whose event states an [`Exclusion`](crate::audit::Exclusion) of (a)(1): counted by its
///   code, not listed;
/// - those whose purpose is `TREAT`, `ETREAT`, `HPAYMT` or `HOPERAT`, which (a)(1)(i) excepts by these
///   names: counted apart, and listed after all by [`list_implied`](AccountingRequest::list_implied).
///   No other purpose implies an exclusion: in doubt a disclosure is listed;
/// - those to a recipient under a [`Suspension`] in force on the day of the request: withheld, and told
///   apart for the organisation.
///
/// An event that corrects another stands in its place. Of an action recorded in several parts, all
/// parts are one disclosure. The same event twice is one.
///
/// # What it does not know
///
/// Disclosures whose details are sealed, which it counts ([`Accounting::sealed`]). Disclosures that nobody
/// recorded; opening and showing a record is none. Disclosures by business
/// associates, which belong into an accounting too (b)(1), unless they were stated. Whether an
/// exclusion or purpose that was stated is true. The simplified form for research on 50 or more
/// individuals (b)(4) is not made. Days are those of UTC: where the organisation's day is another, ask
/// for a day more on either side.
///
/// Memory grows with this patient's disclosures, not with the log.
///
/// # Example
///
/// ```
/// use phi_seal::audit::{EventReadError, read_events};
/// use phi_seal::codec::Date;
/// use phi_seal::report::AccountingRequest;
/// use phi_seal::{SubjectId, TenantId};
///
/// # let line = r#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":
/// # "2026-02-03T08:30:00.000000000Z","tenant":"mercy","session":"s","auth":{"strength":"service"},
/// # "actor":{"id":"a"},"purpose":"PUBHLTH","action":"disclose","outcome":"success",
/// # "recipient":{"name":"County Health Department"},"subjects":[{"subject":"p-1","records":[
/// # {"type":"patient","id":"p-1","fields":[{"name":"name","outcome":"success"}]}]}]}"#
/// # .replace('\n', "");
/// # let log = line.as_bytes();
/// let (tenant, patient) = (TenantId::new("mercy")?, SubjectId::new("p-1")?);
/// let accounting = AccountingRequest::new(&tenant, &patient, Date::from_ymd(2026, 11, 22)?)
///     .over(read_events(log))?;
/// let disclosure = &accounting.disclosures()[0];
/// assert_eq!(disclosure.date, "2026-02-03");
/// assert_eq!(disclosure.recipient, "County Health Department");
/// assert_eq!(disclosure.description, "patient: name");
/// assert_eq!(disclosure.purpose, "public health");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct AccountingRequest {
    pub(super) tenant: String,
    pub(super) subject: String,
    pub(super) requested_on: Date,
    pub(super) since: Date,
    pub(super) suspensions: Vec<Suspension>,
    pub(super) is_summary: bool,
    pub(super) lists_implied: bool,
}

impl AccountingRequest {
    /// The years that an accounting reaches back (a)(1).
    pub const YEARS: i32 = 6;

    /// A request of this day for the six years before it.
    pub fn new(tenant: &TenantId<'_>, subject: &SubjectId<'_>, requested_on: Date) -> Self {
        Self {
            tenant: tenant.as_str().to_string(),
            subject: subject.as_str().to_string(),
            requested_on,
            since: day::years_before(requested_on, Self::YEARS),
            suspensions: Vec::new(),
            is_summary: false,
            lists_implied: false,
        }
    }

    /// For a shorter time, as the patient may ask (a)(3): from this day on. An earlier day than six
    /// years before the request changes nothing.
    #[must_use]
    pub fn since(mut self, day: Date) -> Self {
        self.since = self.since.max(day);
        self
    }

    /// Withholds disclosures to an agency that asked for it (a)(2), if the day of the request falls
    /// into the suspension.
    #[must_use]
    pub fn suspend(mut self, suspension: Suspension) -> Self {
        self.suspensions.push(suspension);
        self
    }

    /// Tells several disclosures to one recipient for a single purpose as one, with the first one's
    /// particulars, their number and the last one's date (b)(3).
    ///
    /// Only of purposes that name a paragraph of 164.512: `PUBHLTH`, `HLEGAL`, `HRESCH`, `THREAT` and
    /// `DONAT`, with the same reason code, to a recipient of the same name and address.
    #[must_use]
    pub fn summarise(mut self) -> Self {
        self.is_summary = true;
        self
    }

    /// Lists also what only its purpose excepts, such as treatment.
    #[must_use]
    pub fn list_implied(mut self) -> Self {
        self.lists_implied = true;
        self
    }

    /// The accounting, from these events.
    ///
    /// # Errors
    ///
    /// The first error among the events: an accounting of half a log would pass for a whole one.
    pub fn over<I, E>(self, events: I) -> Result<Accounting, E>
    where
        I: IntoIterator<Item = Result<EventRecord, E>>,
    {
        let mut collected = Collected::default();
        for event in events {
            collected.add(&self, &event?);
        }
        Ok(Accounting::of(self, collected.entries, collected.sealed))
    }
}

impl fmt::Debug for AccountingRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountingRequest")
            .field("suspensions", &self.suspensions.len())
            .field("is_summary", &self.is_summary)
            .field("lists_implied", &self.lists_implied)
            .finish_non_exhaustive()
    }
}

/// The patient's disclosures so far, in the order of their first part.
#[derive(Default)]
struct Collected {
    entries: Vec<Entry>,
    by_action: HashMap<String, usize>,
    sealed: u64,
}

impl Collected {
    fn add(&mut self, request: &AccountingRequest, event: &EventRecord) {
        if event.tenant != request.tenant || event.action != ActionKind::Disclose.code() {
            return;
        }
        // After a review, what is still sealed is about others.
        let is_opened = event
            .subjects
            .iter()
            .any(|it| it.subject.as_ref() == Some(&request.subject));
        self.sealed += u64::from(!event.sealed.is_empty() && !is_opened);
        if let Some(at) = self.by_action.get(&event.action_id) {
            self.entries[*at].add(event, &request.subject);
        } else if let Some(entry) = Entry::of(event, &request.subject) {
            let at = self.entries.len();
            self.by_action.insert(event.action_id.clone(), at);
            self.entries.push(entry);
        }
    }
}
