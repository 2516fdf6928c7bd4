//! An event under review: its envelopes, and what came out of them.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use std::collections::HashMap;

use super::form::{Content, Texts};
use super::review::ReviewedEvent;
use super::{OF_NOBODY, OF_SUBJECT, binding, record_ref};
use crate::audit::{EventRecord, RecordedSubject};
use crate::context::{FieldInfo, RecordRef};
use crate::envelope::{Envelope, KeyId, from_text};
use crate::error::{Error, ErrorKind};
use crate::key::{KeyInfo, KeyState};
use crate::label::{RecordId, SubjectId};

/// The event's place among the pages, and the envelope's within the event.
pub(super) type Place = (usize, usize);

pub(super) type Detail = Result<Content, Error>;

/// One event under review.
pub(super) struct Page {
    pub(super) event: EventRecord,
    /// `None` if nothing can be bound to it.
    pub(super) event_id: Option<RecordId<'static>>,
    pub(super) envelopes: Vec<Wanted>,
    /// By position in the event.
    opened: Vec<(usize, Opened)>,
    unread: Vec<Error>,
}

/// What came out of an envelope, and whose it is.
struct Opened {
    subject: Option<String>,
    content: Content,
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
            Ok(content) => {
                let wanted = self.envelopes.iter().find(|it| it.position == position);
                let subject = wanted.and_then(|wanted| wanted.subject.as_ref());
                let subject = subject.map(|subject| subject.as_str().to_string());
                self.opened.push((position, Opened { subject, content }));
            }
            Err(error) => self.unread.push(error),
        }
    }

    pub(super) fn finish(self) -> ReviewedEvent {
        let Self {
            mut event,
            mut opened,
            mut unread,
            ..
        } = self;
        match texts_of(&event, &opened) {
            Some(texts) => texts.put_into(&mut event),
            // The event is not sound, so nothing of it is shown.
            None => unread.extend(opened.drain(..).map(|_| CONTRADICTING)),
        }
        let is_sealed = |at: &usize| !opened.iter().any(|(position, _)| position == at);
        let mut at = 0..event.sealed.len();
        event
            .sealed
            .retain(|_| at.next().as_ref().is_some_and(is_sealed));
        let subjects = opened.into_iter().map(|(_, opened)| RecordedSubject {
            subject: opened.subject,
            records: opened.content.records,
        });
        // One about no record is there for its texts.
        let is_about_something =
            |of: &RecordedSubject| of.subject.is_some() || !of.records.is_empty();
        event.subjects.extend(subjects.filter(is_about_something));
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

/// What the event says of its disclosure, in clear or in the envelopes that were opened; `None` if they
/// contradict each other.
fn texts_of(event: &EventRecord, opened: &[(usize, Opened)]) -> Option<Texts> {
    let clear = Texts::of(event);
    // Each patient's envelope has them; the tenant's only where there is no patient.
    let mut copies = opened
        .iter()
        .filter(|(_, of)| of.subject.is_some() || !of.content.texts.is_empty())
        .map(|(_, of)| &of.content.texts);
    let Some(first) = copies.next() else {
        return Some(clear);
    };
    let do_agree = copies.all(|copy| copy == first) && (clear.is_empty() || clear == *first);
    do_agree.then(|| first.clone())
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

const CONTRADICTING: Error = Error::new(
    ErrorKind::Integrity,
    "the event's envelopes name different recipients or descriptions; none of it is to be believed",
);

const FOREIGN: Error = Error::new(
    ErrorKind::InvalidInput,
    "the event is of another tenant; review it in a session of that tenant",
);

const NO_EVENT: Error = Error::new(
    ErrorKind::InvalidInput,
    "the event has no id that anything could be bound to",
);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use alloc::string::String;
    use alloc::vec::Vec;

    use super::{Content, Opened, Page, Texts};
    use crate::audit::{EventRecord, RecordedRecipient};
    use crate::error::ErrorKind;

    fn texts(name: &str) -> Texts {
        Texts {
            recipient: Some(RecordedRecipient {
                name: name.into(),
                address: None,
            }),
            description: None,
        }
    }

    /// What comes of an event with one envelope each of these.
    fn finish(clear: Texts, opened: &[(Option<&str>, Texts)]) -> (EventRecord, Vec<ErrorKind>) {
        let json = br#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,
            "time":"2026-11-21T08:30:00.000000000Z","tenant":"t","session":"s",
            "auth":{"strength":"service"},"actor":{"id":"a"},"purpose":"TREAT",
            "action":"disclose","outcome":"success"}"#;
        let mut event = EventRecord::from_json(json).unwrap();
        clear.put_into(&mut event);
        event.sealed = opened.iter().map(|_| String::from("phi1.")).collect();
        let opened = opened.iter().enumerate().map(|(at, (subject, texts))| {
            let content = Content {
                records: Vec::new(),
                texts: texts.clone(),
            };
            let subject = subject.map(String::from);
            (at, Opened { subject, content })
        });
        let page = Page {
            opened: opened.collect(),
            ..Page::without_envelopes(&event)
        };
        let reviewed = page.finish();
        let kinds = reviewed.unread.iter().map(|error| error.kind()).collect();
        (reviewed.event, kinds)
    }

    #[test]
    fn copies_that_agree_are_believed() {
        let two = [(Some("p-1"), texts("a")), (Some("p-2"), texts("a"))];
        // The tenant's has no copy where patients have.
        let with_tenant = [two[0].clone(), (None, Texts::NONE), two[1].clone()];
        let nobody = [(None, texts("a"))];
        for (clear, opened) in [
            (Texts::NONE, &two[..]),
            (texts("a"), &two[..]),
            (Texts::NONE, &with_tenant),
            (Texts::NONE, &nobody),
        ] {
            let (event, errors) = finish(clear, opened);
            assert_eq!(event.recipient.unwrap().name, "a");
            assert!(errors.is_empty() && event.sealed.is_empty());
            let patients = opened.iter().filter(|(subject, _)| subject.is_some());
            assert!(event.subjects.iter().all(|of| of.subject.is_some()));
            assert_eq!(event.subjects.len(), patients.count());
        }
        let (event, errors) = finish(Texts::NONE, &[(Some("p-1"), Texts::NONE)]);
        assert!(event.recipient.is_none() && errors.is_empty());
    }

    #[test]
    fn of_copies_that_contradict_each_other_none_is_believed() {
        let of = |one: Texts, two: Texts| [(Some("p-1"), one), (Some("p-2"), two)];
        for (clear, opened) in [
            (Texts::NONE, of(texts("a"), texts("b"))),
            (Texts::NONE, of(texts("a"), Texts::NONE)),
            (Texts::NONE, of(Texts::NONE, texts("a"))),
            (texts("b"), of(texts("a"), texts("a"))),
            (texts("b"), of(Texts::NONE, Texts::NONE)),
        ] {
            let stated = clear.clone();
            let (event, errors) = finish(clear, &opened);
            assert_eq!(errors, [ErrorKind::Integrity; 2]);
            assert!(event.subjects.is_empty() && event.sealed.len() == 2);
            assert!(Texts::of(&event) == stated, "as it was handed in");
        }
        let tenant = [(Some("p-1"), texts("a")), (None, texts("b"))];
        assert_eq!(finish(Texts::NONE, &tenant).1.len(), 2);
    }
}
