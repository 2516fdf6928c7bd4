//! An event under review: its envelopes, and what came out of them.

use alloc::string::ToString;
use alloc::vec::Vec;
use std::collections::HashMap;

use super::review::ReviewedEvent;
use super::{OF_NOBODY, OF_SUBJECT, binding, record_ref};
use crate::audit::{EventRecord, RecordedRow, RecordedSubject};
use crate::context::{FieldInfo, RecordRef};
use crate::envelope::{Envelope, KeyId, from_text};
use crate::error::{Error, ErrorKind};
use crate::key::{KeyInfo, KeyState};
use crate::label::{RecordId, SubjectId};

/// The event's place among the pages, and the envelope's within the event.
pub(super) type Place = (usize, usize);

pub(super) type Detail = Result<Vec<RecordedRow>, Error>;

/// One event under review.
pub(super) struct Page {
    pub(super) event: EventRecord,
    /// `None` if nothing can be bound to it.
    pub(super) event_id: Option<RecordId<'static>>,
    pub(super) envelopes: Vec<Wanted>,
    /// By position in the event.
    opened: Vec<(usize, RecordedSubject)>,
    unread: Vec<Error>,
}

/// An envelope that is to be opened.
pub(super) struct Wanted {
    pub(super) position: usize,
    binding: [u8; 8],
    pub(super) bytes: Result<Vec<u8>, Error>,
    /// The key that it names, or why that cannot be asked for.
    pub(super) key: Result<KeyId, Error>,
    /// Whose the key is. Not known of a destroyed one: nothing about the patient can be recorded any
    /// more, and nobody is told whose it was.
    pub(super) subject: Option<SubjectId<'static>>,
}

impl Page {
    pub(super) fn of(
        event: &EventRecord,
        infos: &HashMap<KeyId, KeyInfo>,
        only: Option<&SubjectId<'_>>,
    ) -> Self {
        let count = event.sealed.len();
        let envelopes = event
            .sealed
            .iter()
            .enumerate()
            .filter_map(|(position, text)| {
                let bytes = from_text(text).and_then(|bytes| {
                    Envelope::parse(&bytes)?;
                    Ok(bytes)
                });
                let key = bytes
                    .as_ref()
                    .map(|bytes| key_of(bytes))
                    .map_err(|error| *error);
                let info = key.as_ref().ok().and_then(|key| infos.get(key));
                let subject = info.and_then(|info| info.scope().subject_id());
                if only.is_some() && subject != only {
                    return None;
                }
                let is_destroyed = info.is_some_and(|info| info.state() == KeyState::Destroyed);
                Some(Wanted {
                    position,
                    binding: binding(position, count),
                    bytes,
                    key: key.and_then(|key| match info {
                        Some(_) if is_destroyed => Err(ERASED),
                        Some(_) => Ok(key),
                        None => Err(UNKNOWN),
                    }),
                    subject: subject.filter(|_| !is_destroyed).cloned(),
                })
            });
        let event_id = id_of(event);
        let mut page = Self::without_envelopes(event);
        page.envelopes = envelopes.collect();
        if event_id.is_none() {
            page.unread = page.envelopes.iter().map(|_| NO_EVENT).collect();
        }
        page.event_id = event_id;
        page
    }

    /// Of an event that the session has no business with.
    pub(super) fn foreign(event: &EventRecord) -> Self {
        let mut page = Self::without_envelopes(event);
        page.unread = event.sealed.iter().map(|_| FOREIGN).collect();
        page
    }

    fn without_envelopes(event: &EventRecord) -> Self {
        Self {
            event: event.clone(),
            event_id: None,
            envelopes: Vec::new(),
            opened: Vec::new(),
            unread: Vec::new(),
        }
    }

    pub(super) fn accept(&mut self, position: usize, detail: Detail) {
        match detail {
            Ok(records) => {
                let wanted = self.envelopes.iter().find(|it| it.position == position);
                let subject = wanted.and_then(|wanted| wanted.subject.as_ref());
                let subject = subject.map(|subject| subject.as_str().to_string());
                self.opened
                    .push((position, RecordedSubject { subject, records }));
            }
            Err(error) => self.unread.push(error),
        }
    }

    pub(super) fn finish(self) -> ReviewedEvent {
        let Self {
            mut event,
            opened,
            unread,
            ..
        } = self;
        let is_sealed = |at: &usize| !opened.iter().any(|(position, _)| position == at);
        let mut at = 0..event.sealed.len();
        event
            .sealed
            .retain(|_| at.next().as_ref().is_some_and(is_sealed));
        event
            .subjects
            .extend(opened.into_iter().map(|(_, subject)| subject));
        ReviewedEvent { event, unread }
    }
}

impl Wanted {
    pub(super) fn record<'w>(&'w self, event: &'w RecordId<'w>) -> RecordRef<'w> {
        record_ref(event, self.subject.as_ref()).binding(&self.binding)
    }

    pub(super) fn fields(&self) -> &'static [FieldInfo; 1] {
        static OF_PATIENT: [FieldInfo; 1] = [OF_SUBJECT.info()];
        static OF_NONE: [FieldInfo; 1] = [OF_NOBODY.info()];
        match self.subject {
            Some(_) => &OF_PATIENT,
            None => &OF_NONE,
        }
    }

    pub(super) fn key_id(&self) -> Option<KeyId> {
        self.bytes.as_ref().ok().map(|bytes| key_of(bytes))
    }
}

/// Of bytes that were parsed before.
fn key_of(envelope: &[u8]) -> KeyId {
    let mut id = [0; 32];
    id.copy_from_slice(&envelope[2..34]);
    KeyId::from_bytes(id)
}

pub(super) fn id_of(event: &EventRecord) -> Option<RecordId<'static>> {
    RecordId::new(event.event.clone()).ok()
}

const UNKNOWN: Error = Error::new(
    ErrorKind::MissingKey,
    "no audit-detail key of this id belongs to this tenant",
);

const ERASED: Error = Error::new(
    ErrorKind::Erased,
    "the key of these details was destroyed; what they said is gone for good",
);

const FOREIGN: Error = Error::new(
    ErrorKind::InvalidInput,
    "the event is of another tenant; review it in a session of that tenant",
);

const NO_EVENT: Error = Error::new(
    ErrorKind::InvalidInput,
    "the event has no id that anything could be bound to",
);
