//! Destroying the keys of what the audit log says of one patient, after its retention.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use super::hold::{LegalHold, LegalHolds};
use super::shred::{NOT_SCOPED, ON_HOLD};
use crate::audit::{EventId, EventRecord, format_time};
use crate::envelope::KeyId;
use crate::error::{Error, ErrorKind};
use crate::key::{KeyErrorKind, KeyInfo, KeyScope, KeyState};
use crate::label::{SubjectId, is_name};
use crate::vault::{Erased, Session};

impl Session {
    /// Destroys a patient's audit-detail keys, for good: what the log says of the patient cannot be
    /// read any more. The log stays as it is, and verifies.
    ///
    /// Another thing than [`shred`](Self::shred), which destroys the keys of the patient's *values* and
    /// leaves these.
    ///
    /// 1. The policy is asked for [`EraseDetails`](crate::ActionKind::EraseDetails). The session's
    ///    [`Access`](crate::Access) must have a reason code.
    /// 2. It is refused while the patient's newest event is younger than the retention
    ///    ([`DetailErasure::RETENTION`]), unless that is [overridden](DetailErasure::overriding).
    /// 3. [`LegalHolds`] are asked.
    /// 4. An event announces the keys, with outcome `pending`; they are destroyed in one change; a
    ///    second event says that it is done. Both name keys and no patient, and are sealed under the
    ///    tenant's key: the patient's cannot seal them. The key store's tombstones say whose the keys were.
    ///
    /// From then on nothing can be recorded about this patient, and so nothing be done: erase the
    /// patient's values before. Doing it again is no error.
    ///
    /// # Errors
    ///
    /// [`Denied`](ErrorKind::Denied); [`Retained`](ErrorKind::Retained), also if the
    /// [`DetailAges`] have no event of the patient's or came upon something that they could not read; [`OnHold`](ErrorKind::OnHold);
    /// [`MissingKey`](ErrorKind::MissingKey) for a patient without such a key;
    /// [`Audit`](ErrorKind::Audit), and if that is the *second* event, the keys are gone;
    /// [`Unavailable`](ErrorKind::Unavailable) when store, KMS or holds cannot be asked.
    pub async fn erase_details(
        &self,
        subject: &SubjectId<'_>,
        erasure: DetailErasure<'_>,
    ) -> Result<DetailReceipt, Error> {
        let overriding = erasure.overriding.clone();
        let mut erasing = self
            .begin_erasure(subject, Erased::Details { overriding })
            .await?;
        if erasure
            .overriding
            .as_ref()
            .is_some_and(|code| !is_name(code))
        {
            return Err(erasing.fail(NO_CODE));
        }
        let Some(keys) = self.scoped_keys() else {
            return Err(erasing.fail(NOT_SCOPED));
        };
        let tenant = self.access().tenant();
        let subject = subject.clone().into_owned();
        let scope = KeyScope::audit_details(tenant.clone().into_owned(), subject.clone());
        let mut attempts = 0;
        let (destroyed, before) = loop {
            let read = async { Ok((keys.keys(&scope).await?, keys.generation().await?)) };
            let (known, generation) = match read.await {
                Ok(read) => read,
                Err(error) => return Err(erasing.fail(error)),
            };
            let ids: Vec<_> = known.iter().map(|key: &KeyInfo| *key.id()).collect();
            if ids.is_empty() {
                return Err(erasing.fail(NO_KEYS));
            }
            erasing.found(ids.clone(), generation);
            if let Err(error) = erasure.check(&known, erasing.now()) {
                return Err(erasing.fail(error));
            }
            match erasure.holds.check(tenant, &subject).await {
                Ok(LegalHold::None) => {}
                Ok(LegalHold::Held) => return Err(erasing.fail(ON_HOLD)),
                Err(error) => return Err(erasing.fail(error)),
            }
            erasing.announce(ids.clone(), generation)?;
            match keys.destroy_exactly(&scope, &ids).await {
                Ok(destroyed) => break (destroyed, generation),
                Err(error) if error.kind() == KeyErrorKind::Conflict && attempts < 8 => {
                    attempts += 1;
                }
                Err(error) => return Err(erasing.fail(error.into())),
            }
        };
        let time = erasing.now();
        let generation = keys.generation().await.unwrap_or(before);
        let event = erasing.conclude(time, generation)?;
        Ok(DetailReceipt {
            newest: erasure.ages.newest(&destroyed).map(String::from),
            subject,
            keys: destroyed,
            time,
            event,
        })
    }
}

/// When the newest event about each patient was, by a log's own word.
///
/// Read the whole log into it, every segment of every process that recorded about the patient: events
/// are told apart by the keys that they name, and nothing is opened.
///
/// # What it believes
///
/// Whoever hands in a part of the log makes patients look older than they are, and nothing here
/// notices, but for two things: a patient of whom there is no event at all, and one whose first key is
/// younger than the retention, by the time that the key store authenticates. Take the events from a journal that
/// you verified, up to its newest checkpoint, and review each caller of
/// [`Session::erase_details`] for what it passes.
#[derive(Clone, Default)]
pub struct DetailAges {
    /// The newest event's time as it stands there: of one form, so that texts compare as times do.
    newest: HashMap<KeyId, String>,
    unreadable: u64,
}

impl DetailAges {
    /// Of no event yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes note of an event.
    pub fn read(&mut self, event: &EventRecord) {
        let mut keys = 0;
        for key in event.detail_keys() {
            keys += 1;
            let newest = self.newest.entry(key).or_default();
            if *newest < event.time {
                newest.clone_from(&event.time);
            }
        }
        if keys < event.sealed.len() || keys > 0 && !is_time(&event.time) {
            self.unreadable += 1;
        }
    }

    /// Of how many keys there were events.
    pub fn len(&self) -> usize {
        self.newest.len()
    }

    /// Whether there were none.
    pub fn is_empty(&self) -> bool {
        self.newest.is_empty()
    }

    /// How many events had no readable time, or something that is no envelope: any of them might be the
    /// patient's, so that nothing is erased while there are some.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable
    }

    fn newest(&self, keys: &[KeyInfo]) -> Option<&str> {
        let times = keys.iter().filter_map(|key| self.newest.get(key.id()));
        times.max().map(String::as_str)
    }
}

/// Counts only.
impl fmt::Debug for DetailAges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetailAges")
            .field("keys", &self.newest.len())
            .field("unreadable", &self.unreadable)
            .finish_non_exhaustive()
    }
}

/// What [`Session::erase_details`] needs to know beside the patient.
#[must_use = "nothing is erased before it is passed to `Session::erase_details`"]
pub struct DetailErasure<'a> {
    ages: &'a DetailAges,
    holds: &'a dyn LegalHolds,
    retention: Duration,
    overriding: Option<Cow<'static, str>>,
}

impl<'a> DetailErasure<'a> {
    /// Six years of at most 366 days twice and 365 otherwise: 2192 days (45 CFR 164.316(b)(2)(i)).
    pub const RETENTION: Duration = Duration::from_secs(2192 * 86_400);

    /// Ages are always looked at, and legal holds always asked.
    pub const fn new(ages: &'a DetailAges, holds: &'a dyn LegalHolds) -> Self {
        Self {
            ages,
            holds,
            retention: Self::RETENTION,
            overriding: None,
        }
    }

    /// A longer retention, as many states demand. A shorter one than
    /// [`RETENTION`](Self::RETENTION) does not count.
    pub const fn retention(mut self, retention: Duration) -> Self {
        if retention.as_nanos() > Self::RETENTION.as_nanos() {
            self.retention = retention;
        }
        self
    }

    /// Erases before the retention ends, for this reason: 1 to 64 ASCII letters, digits, `-`, `_` or
    /// `.`, starting with a letter. It stands in the events, and the policy must permit the field
    /// `retention` as well. Legal holds are not overridden.
    pub fn overriding(mut self, reason_code: impl Into<Cow<'static, str>>) -> Self {
        self.overriding = Some(reason_code.into());
        self
    }

    /// Refuses before the retention has ended, or if nobody knows.
    fn check(&self, keys: &[KeyInfo], now: SystemTime) -> Result<(), Error> {
        let is_left = |key: &KeyInfo| key.state() != KeyState::Destroyed;
        // What is destroyed already needs no leave.
        if self.overriding.is_some() || !keys.iter().any(is_left) {
            return Ok(());
        }
        if self.ages.unreadable > 0 {
            return Err(UNREADABLE);
        }
        let Some(newest) = self.ages.newest(keys) else {
            return Err(NO_EVENT);
        };
        let Some(end) = now.checked_sub(self.retention) else {
            return Err(TOO_YOUNG);
        };
        let end_unix = end
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |it| it.as_secs());
        // The first key was made for an event. Later ones may have been made by a rotation.
        let first = keys.iter().map(KeyInfo::created).min().unwrap_or(u64::MAX);
        if *newest >= *format_time(end) || first >= end_unix {
            return Err(TOO_YOUNG);
        }
        Ok(())
    }
}

impl fmt::Debug for DetailErasure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetailErasure")
            .field("retention", &self.retention)
            .field("overriding", &self.overriding)
            .finish_non_exhaustive()
    }
}

/// Whose details were made unreadable. The events name keys only: this is what says whose they were, beside
/// the key store.
#[derive(Clone)]
pub struct DetailReceipt {
    subject: SubjectId<'static>,
    keys: Vec<KeyInfo>,
    time: SystemTime,
    event: EventId,
    newest: Option<String>,
}

impl DetailReceipt {
    /// The patient.
    pub const fn subject(&self) -> &SubjectId<'static> {
        &self.subject
    }

    /// The keys that are gone, those that were before included.
    pub fn keys(&self) -> &[KeyInfo] {
        &self.keys
    }

    /// When they were gone, by the vault's wall clock.
    pub const fn time(&self) -> SystemTime {
        self.time
    }

    /// The event that says it is done.
    pub const fn event(&self) -> EventId {
        self.event
    }

    /// The time of the patient's newest event, as [`DetailAges`] was told.
    pub fn newest(&self) -> Option<&str> {
        self.newest.as_deref()
    }
}

/// Ids are left out.
impl fmt::Debug for DetailReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DetailReceipt")
            .field("keys", &self.keys.len())
            .field("event", &self.event)
            .finish_non_exhaustive()
    }
}

/// Whether it is of the one form that events have: only then do texts compare as times do.
fn is_time(text: &str) -> bool {
    let form = b"0000-00-00T00:00:00.000000000Z";
    let fits = |(byte, form): (u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        _ => byte == *form,
    };
    text.len() == form.len() && text.bytes().zip(form).all(fits)
}

const TOO_YOUNG: Error = Error::new(
    ErrorKind::Retained,
    "the patient's newest audit event is younger than the retention; nothing was erased",
);

const NO_EVENT: Error = Error::new(
    ErrorKind::Retained,
    "no audit event of this patient was handed in; read the whole log, nothing was erased",
);

const UNREADABLE: Error = Error::new(
    ErrorKind::Retained,
    "the log has events that cannot be read and may be this patient's; nothing was erased",
);

const NO_KEYS: Error = Error::new(
    ErrorKind::MissingKey,
    "the patient has no audit-detail key; nothing was erased",
);

const NO_CODE: Error = Error::new(
    ErrorKind::InvalidInput,
    "the reason for overriding a retention is a code of 1 to 64 of a-z A-Z 0-9 - _ .",
);
