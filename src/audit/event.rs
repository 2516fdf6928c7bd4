//! Event version 1, as sinks see it. `docs/audit-event.md` specifies its JSON form.

use alloc::borrow::Cow;
use core::fmt;
use std::time::SystemTime;

use super::disclosure::Disclosure;
use super::search::SearchedIndex;
use crate::access::{Access, ActionKind};
use crate::context::{FieldInfo, RecordRef};
use crate::envelope::KeyId;
use crate::error::ErrorKind;

/// One action, or one part of a long one, as it is recorded *before* anything is released.
///
/// Holds no value. Subject and record ids are identifiers, so a file of events is PHI itself.
#[derive(Clone, Copy)]
pub struct Event<'a> {
    header: &'a EventHeader<'a>,
    part: u32,
    parts: u32,
    items: &'a [EventItem<'a>],
}

impl<'a> Event<'a> {
    pub(crate) const fn new(
        header: &'a EventHeader<'a>,
        part: u32,
        parts: u32,
        items: &'a [EventItem<'a>],
    ) -> Self {
        Self {
            header,
            part,
            parts,
            items,
        }
    }

    /// The event's id, unique among all events: session, action and part.
    pub const fn id(&self) -> EventId {
        EventId {
            session: self.header.session,
            action: self.header.action_number,
            part: self.part,
        }
    }

    /// Which part this is, from 1, and of how many.
    pub const fn part(&self) -> (u32, u32) {
        (self.part, self.parts)
    }

    /// When the action began, by the vault's wall clock.
    pub const fn time(&self) -> SystemTime {
        self.header.time
    }

    /// Who acted, for which tenant, why, from where and how proven.
    pub const fn access(&self) -> &'a Access {
        self.header.access
    }

    /// What was done.
    pub const fn action(&self) -> ActionKind {
        self.header.action
    }

    /// How the action as a whole ended.
    pub const fn outcome(&self) -> Outcome {
        self.header.outcome
    }

    /// The policy's version, at most 64 bytes.
    pub const fn policy_version(&self) -> &'a str {
        self.header.policy_version
    }

    /// Which system observed it: the name the vault was built with.
    pub const fn observer(&self) -> &'a str {
        self.header.observer
    }

    /// What was searched by, if the action is a search.
    pub const fn search(&self) -> Option<&'a SearchedIndex> {
        self.header.search
    }

    /// How many keys the key store had destroyed when this was recorded; of erasures only. A store
    /// that says less later is an old copy.
    pub const fn generation(&self) -> Option<u64> {
        self.header.generation
    }

    /// To whom and of what, if the action is a disclosure.
    pub const fn disclosure(&self) -> Option<&'a Disclosure> {
        self.header.disclosure
    }

    /// What it was done to, one item for each field of each record, in the order of the action.
    pub const fn items(&self) -> &'a [EventItem<'a>] {
        self.items
    }
}

impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event")
            .field("id", &self.id())
            .field("action", &self.action())
            .field("outcome", &self.outcome())
            .field("items", &self.items.len())
            .finish_non_exhaustive()
    }
}

/// What all parts of an action's event share.
#[derive(Debug)]
pub(crate) struct EventHeader<'a> {
    pub(crate) session: SessionId,
    pub(crate) action_number: u64,
    pub(crate) time: SystemTime,
    pub(crate) access: &'a Access,
    pub(crate) action: ActionKind,
    pub(crate) outcome: Outcome,
    pub(crate) policy_version: &'a str,
    pub(crate) observer: &'a str,
    pub(crate) search: Option<&'a SearchedIndex>,
    pub(crate) generation: Option<u64>,
    pub(crate) disclosure: Option<&'a Disclosure>,
}

/// One field of one record within an event.
#[derive(Clone)]
pub struct EventItem<'a> {
    pub(crate) record: RecordRef<'a>,
    pub(crate) field: FieldInfo,
    pub(crate) outcome: Outcome,
    pub(crate) reason: Cow<'static, str>,
    pub(crate) key_id: Option<KeyId>,
    pub(crate) tag: Option<[u8; 16]>,
    /// Whether the action has begun to act on it.
    pub(crate) is_claimed: bool,
}

impl<'a> EventItem<'a> {
    /// A field that an action announces; aborted until something else becomes of it.
    pub(crate) const fn announced(record: RecordRef<'a>, field: FieldInfo) -> Self {
        Self {
            record,
            field,
            outcome: Outcome::Aborted,
            reason: Cow::Borrowed(""),
            key_id: None,
            tag: None,
            is_claimed: false,
        }
    }

    /// The record, and through it the patient.
    pub const fn record(&self) -> RecordRef<'a> {
        self.record
    }

    /// The field, and through it the record type.
    pub const fn field(&self) -> &FieldInfo {
        &self.field
    }

    /// How it ended for this field.
    pub const fn outcome(&self) -> Outcome {
        self.outcome
    }

    /// The policy's reason code; empty if it was not asked.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The data key that the envelope names, once the policy had permitted the field.
    pub const fn key_id(&self) -> Option<&KeyId> {
        self.key_id.as_ref()
    }

    /// Of a sealed value, its envelope's authentication tag: it links the row to this event.
    pub const fn tag(&self) -> Option<&[u8; 16]> {
        self.tag.as_ref()
    }
}

impl fmt::Debug for EventItem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventItem")
            .field("field", &self.field.name())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

/// How an action ended, or one field of it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum Outcome {
    /// Done. Of an open: released once this event is recorded.
    Success,
    /// There was no value and none is sealed: the caller learns of the absence.
    Absent,
    /// Some fields succeeded and some did not; of whole actions only. If none did, the action has
    /// the last failure's outcome.
    Partial,
    /// About to be done, for good: what became of it says a later event.
    Pending,
    /// It failed in this way.
    Failed(ErrorKind),
    /// The action ended half-way, by an early return or a panic, and nothing was released; or the
    /// field was announced and nothing was done with it.
    Aborted,
}

impl Outcome {
    /// The stable spelling in audit events: `success`, `absent`, `partial`, `pending`, `aborted` or the
    /// error's [`code`](ErrorKind::code).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Absent => "absent",
            Self::Partial => "partial",
            Self::Pending => "pending",
            Self::Failed(kind) => kind.code(),
            Self::Aborted => "aborted",
        }
    }

    /// The outcome of an action that came to its end, with these items.
    pub(crate) fn of_action(items: &[EventItem<'_>]) -> Self {
        let Some((first, rest)) = items.split_first() else {
            return Self::Success;
        };
        if rest.iter().all(|item| item.outcome == first.outcome) {
            first.outcome
        } else if items.iter().all(|item| item.outcome.is_done()) {
            Self::Success
        } else if items.iter().any(|item| item.outcome.is_done()) {
            Self::Partial
        } else {
            Self::of_failures(items)
        }
    }

    /// The last failure among the items, or aborted if there is none.
    pub(crate) fn of_failures(items: &[EventItem<'_>]) -> Self {
        items
            .iter()
            .rev()
            .map(|item| item.outcome)
            .find(|outcome| matches!(outcome, Self::Failed(_)))
            .unwrap_or(Self::Aborted)
    }

    /// Whether something was done for the caller.
    pub(crate) const fn is_done(self) -> bool {
        matches!(self, Self::Success | Self::Absent)
    }
}

/// The random id of a session: 128 bits from the operating system.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct SessionId(pub(crate) [u8; 16]);

impl SessionId {
    /// The 16 bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// 32 lower-case hexadecimal digits.
impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// The id of an event.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub struct EventId {
    session: SessionId,
    action: u64,
    part: u32,
}

impl EventId {
    /// The first part of an action's event.
    pub(crate) const fn of_action(session: SessionId, action: u64) -> Self {
        Self {
            session,
            action,
            part: 1,
        }
    }

    /// The id that `text` spells, in its one spelling, or `None`.
    ///
    /// # Example
    ///
    /// ```
    /// use phi_seal::audit::EventId;
    ///
    /// let id = "6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12-1";
    /// assert_eq!(EventId::parse(id).map(|id| id.to_string()).as_deref(), Some(id));
    /// assert_eq!(EventId::parse("6f1c2b3a4d5e6f708192a3b4c5d6e7f8-012-1"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        let (session, rest) = text.split_once('-')?;
        let (action, part) = rest.split_once('-')?;
        let id = Self {
            session: SessionId(u128::from_str_radix(session, 16).ok()?.to_be_bytes()),
            action: action.parse().ok()?,
            part: part.parse().ok()?,
        };
        // Signs, capitals and leading zeros are other spellings.
        (alloc::string::ToString::to_string(&id) == text).then_some(id)
    }

    /// The session it happened in.
    pub const fn session(&self) -> SessionId {
        self.session
    }

    /// The part, from 1.
    pub const fn part(&self) -> u32 {
        self.part
    }

    /// The action's number within its session, from 1; 0 is the admission itself.
    pub const fn action(&self) -> u64 {
        self.action
    }
}

/// `session-action-part`, such as `6f1c…-12-1`.
impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{}", self.session, self.action, self.part)
    }
}
