//! Opening sealed details again: an access to PHI like any other.

use alloc::borrow::Cow;
use alloc::vec::Vec;
use core::fmt;
use std::time::SystemTime;

use super::page::{Detail, Page, Place, id_of};
use super::{OF_NOBODY, form};
use crate::access::{ActionKind, Request};
use crate::audit::{AuditError, EventItem, EventRecord, Outcome, RecordedSubject};
use crate::context::RecordRef;
use crate::envelope::Envelope;
use crate::error::{Error, ErrorKind};
use crate::key::{KeyNeed, KeyUse, Scope};
use crate::label::SubjectId;
use crate::release::{Brand, Pending, Receipt};
use crate::vault::Session;
use crate::vault::action::Action;
use crate::vault::cipher;

impl Session {
    /// Opens the sealed details of audit events of the session's tenant: one action, one event.
    ///
    /// The policy is asked for [`Review`](ActionKind::Review): first whether at all, before any key is
    /// looked for, then for each event and patient; a [`RolePolicy`](crate::RolePolicy) permits it only
    /// by a rule that names the action. The review is recorded, with the ids of the events and the
    /// patients in them, before any detail comes out.
    ///
    /// Whose details an envelope holds is told by the scope of the key that it names. What cannot be
    /// opened stays sealed and does not hold up the rest: [`ReviewedEvent::unread`] says why, and
    /// [`Erased`](ErrorKind::Erased) is another answer than [`MissingKey`](ErrorKind::MissingKey) and
    /// [`Integrity`](ErrorKind::Integrity). Events without sealed details come out as they are.
    ///
    /// Memory and the event grow with `events`: hand in a page of some hundred at a time. Keys are
    /// loaded for the call, by at most one query for a thousand of them. Give it the events of one log:
    /// envelopes are tied to their event's id, and whether the event itself was changed, the journal tells.
    ///
    /// # Errors
    ///
    /// As a whole [`Denied`](ErrorKind::Denied), [`Expired`](ErrorKind::Expired),
    /// [`Audit`](ErrorKind::Audit), and [`Unavailable`](ErrorKind::Unavailable) when keys or what the
    /// policy decides on cannot be loaded. Nothing was opened then.
    pub async fn review(
        &self,
        events: &[EventRecord],
        reviewing: Reviewing<'_>,
    ) -> Result<Vec<ReviewedEvent>, Error> {
        // For what is recorded of nobody, until it is known who is in it.
        let _own = self.prepare_sink(Vec::new()).await?;
        let (now, is_live) = self.touch();
        if !is_live {
            return Err(self.refuse_review(events, now, "".into(), crate::vault::EXPIRED));
        }
        let fields = [OF_NOBODY.info()];
        let record_type = OF_NOBODY.record_type();
        let request = Request::to_review(self.access(), record_type, &fields, now);
        let decision = self.policy().authorize(&request);
        let reason = decision.reason_code(0).clone();
        if !decision.permits(0) {
            return Err(self.refuse_review(events, now, reason, Error::denied()));
        }
        let mut pages = match self.pages_of(events, reviewing).await {
            Ok(pages) => pages,
            Err(error) => return Err(self.refuse_review(events, now, reason, error)),
        };
        let _leases = match self.prepare_review(&pages, now).await {
            Ok(leases) => leases,
            Err(error) => return Err(self.refuse_review(events, now, reason, error)),
        };
        let details = self.open_details(&pages)?;
        for (place, detail) in details {
            pages[place.0].accept(place.1, detail);
        }
        Ok(pages.into_iter().map(Page::finish).collect())
    }

    /// What is to be opened, and whose it is.
    async fn pages_of(
        &self,
        events: &[EventRecord],
        reviewing: Reviewing<'_>,
    ) -> Result<Vec<Page>, Error> {
        let tenant = self.access().tenant();
        let own = |event: &&EventRecord| event.tenant == tenant.as_str();
        let mut ids: Vec<_> = events
            .iter()
            .filter(own)
            .flat_map(EventRecord::detail_keys)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        let infos = match ids.is_empty() {
            true => Vec::new(),
            false => self.keys().identify(tenant, &ids).await?,
        };
        let infos = infos
            .into_iter()
            .filter(|info| info.scope().key_use() == KeyUse::Audit)
            .map(|info| (*info.id(), info))
            .collect();
        let pages = events.iter().map(|event| match own(&event) {
            true => Page::of(event, &infos, reviewing.subject),
            false => Page::foreign(event),
        });
        Ok(pages.filter(|page| reviewing.wants(page)).collect())
    }

    /// Loads the keys of what the policy permits, and what recording it takes.
    async fn prepare_review(
        &self,
        pages: &[Page],
        now: SystemTime,
    ) -> Result<impl Sized + use<>, Error> {
        let envelopes = || pages.iter().flat_map(|page| &page.envelopes);
        let subjects = || envelopes().filter_map(|envelope| envelope.subject.as_ref());
        let of_sink = self.prepare_sink(subjects().collect()).await?;
        let mut named: Vec<_> = subjects().collect();
        named.sort_unstable();
        named.dedup();
        let action = ActionKind::Review;
        self.policy().prepare(self.access(), action, &named).await?;
        let mut needs = Vec::new();
        for page in pages {
            let Some(event) = &page.event_id else {
                continue;
            };
            for envelope in &page.envelopes {
                let Ok(key) = envelope.key else { continue };
                let fields = envelope.fields();
                let record = envelope.record(event);
                let record_type = fields[0].record_type();
                let request = Request::new(self.access(), action, record_type, record, fields, now);
                if self.policy().authorize(&request).permits(0) {
                    let tenant = self.access().tenant();
                    let scope = Scope::audit_details(tenant, envelope.subject.as_ref());
                    needs.push(KeyNeed::by_id(scope, key));
                }
            }
        }
        let keys = self.keys().prepare(&needs).await?;
        if keys.is_in_grace() || of_sink.is_in_grace() {
            self.record_note(ActionKind::Grace, now, Outcome::Success, None, &[])?;
        }
        Ok((keys, of_sink))
    }

    /// The action itself: authorised, opened, recorded, released.
    fn open_details(&self, pages: &[Page]) -> Result<Vec<(Place, Detail)>, Error> {
        let mut action = Action::begin(self, ActionKind::Review);
        let result = Self::open_details_in(&mut action, Brand::new(), pages);
        action.close()?;
        result
    }

    fn open_details_in<'o, 'a>(
        action: &'o mut Action<'a>,
        brand: Brand<'o>,
        pages: &'a [Page],
    ) -> Result<Vec<(Place, Detail)>, Error> {
        let mut waiting = Vec::new();
        for (at, page) in pages.iter().enumerate() {
            let Some(event) = &page.event_id else {
                continue;
            };
            for envelope in &page.envelopes {
                let opened =
                    match action.authorize(brand, envelope.record(event), envelope.fields()) {
                        Ok(permit) => {
                            let [field] = envelope.fields();
                            let item = action.claim(&permit, field)?;
                            let content = match (&envelope.bytes, &envelope.key) {
                                (Ok(bytes), Ok(_)) => {
                                    let parsed = Envelope::parse(bytes)?;
                                    let content = action.decrypt(&permit, field, &parsed, item);
                                    content.and_then(|content| {
                                        cipher::decode::<Vec<u8>>(
                                            content,
                                            parsed.content,
                                            parsed.padded,
                                        )
                                        .ok()
                                        .flatten()
                                        .and_then(|content| form::decode(&content))
                                        .ok_or(UNDECODABLE)
                                    })
                                }
                                (Err(error), _) | (Ok(_), Err(error)) => Pending::new(Err(*error)),
                            };
                            action.items[item].key_id = envelope.key_id();
                            Ok(action.settle_pending(item, content))
                        }
                        Err(error) => Err(error),
                    };
                waiting.push(((at, envelope.position), opened));
            }
        }
        let receipt = Receipt::sign(brand, action.record())?;
        action.check_live()?;
        let release = receipt.release();
        let opened = waiting.into_iter().map(|(place, pending)| {
            let opened = pending.and_then(|pending| release.release(pending));
            (place, opened)
        });
        Ok(opened.collect())
    }

    /// Records that a review came to nothing, naming the events and nobody.
    fn refuse_review(
        &self,
        events: &[EventRecord],
        now: SystemTime,
        reason: Cow<'static, str>,
        error: Error,
    ) -> Error {
        let outcome = Outcome::Failed(error.kind());
        let ids: Vec<_> = events.iter().filter_map(id_of).collect();
        let items = ids.iter().map(|id| EventItem {
            outcome,
            reason: reason.clone(),
            ..EventItem::announced(RecordRef::subjectless(id), OF_NOBODY.info())
        });
        let items: Vec<_> = items.collect();
        let recorded = self.record_note(ActionKind::Review, now, outcome, None, &items);
        recorded.map_or_else(AuditError::into, |_| error)
    }
}

/// Whose details are to be opened, of the events that are handed in.
#[derive(Clone, Copy)]
pub struct Reviewing<'r> {
    subject: Option<&'r SubjectId<'r>>,
}

impl<'r> Reviewing<'r> {
    /// All.
    pub const fn all() -> Self {
        Self { subject: None }
    }

    /// Those of one patient; those of others in the same events stay sealed, and events that do not
    /// name the patient are left out. The patient's events are told by the keys that they name:
    /// nothing else is opened, and the policy is not asked for anybody else.
    pub const fn of(subject: &'r SubjectId<'r>) -> Self {
        Self {
            subject: Some(subject),
        }
    }

    fn wants(&self, page: &Page) -> bool {
        let Some(subject) = self.subject else {
            return true;
        };
        let is_named = |named: &RecordedSubject| named.subject.as_deref() == Some(subject.as_str());
        !page.envelopes.is_empty() || page.event.subjects.iter().any(is_named)
    }
}

/// The subject is left out.
impl fmt::Debug for Reviewing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reviewing")
            .field("is_of_one", &self.subject.is_some())
            .finish_non_exhaustive()
    }
}

/// An event with those of its details that could be opened.
///
/// `Debug` shows neither.
#[derive(Clone)]
pub struct ReviewedEvent {
    pub(super) event: EventRecord,
    pub(super) unread: Vec<Error>,
}

impl ReviewedEvent {
    /// The event: what was opened stands in [`subjects`](EventRecord::subjects), in the order of the
    /// envelopes, in [`recipient`](EventRecord::recipient) and [`description`](EventRecord::description);
    /// what was not, in [`sealed`](EventRecord::sealed).
    pub const fn event(&self) -> &EventRecord {
        &self.event
    }

    /// The same, owned.
    pub fn into_event(self) -> EventRecord {
        self.event
    }

    /// Why envelopes could not be opened, one error for each. Those of other patients, in a review of
    /// one, are not among them.
    pub fn unread(&self) -> &[Error] {
        &self.unread
    }
}

impl fmt::Debug for ReviewedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReviewedEvent")
            .field("event", &self.event.event)
            .field("unread", &self.unread)
            .finish_non_exhaustive()
    }
}

const UNDECODABLE: Error = Error::new(
    ErrorKind::Undecodable,
    "authentic, but not the details of an event; a later version may have written them",
);
