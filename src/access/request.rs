//! What a policy is asked.

use core::fmt;
use std::time::SystemTime;

use super::credentials::Access;
use crate::context::{FieldInfo, RecordRef, RecordType};
use crate::label::SubjectId;

/// What is about to be done with PHI.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum ActionKind {
    /// Ask a vault for a session. Recorded when the session has expired already; the policy is not
    /// asked.
    Admit,
    /// Encrypt values.
    Seal,
    /// Decrypt values.
    Open,
    /// Move values to another record, subject or binding without showing them.
    Rebind,
    /// Look for records by an indexed field. The policy is asked for the searched fields: without
    /// a record when the search begins, then of each record that the database found, which it may
    /// keep from being found by them. Of those it permits it is asked for
    /// [`Open`](ActionKind::Open) of what is wanted.
    Search,
    /// Seal values anew under the active key without showing them.
    Reseal,
    /// Destroy the keys of one patient, for good. The policy is asked for the field `keys` of a record
    /// of the type `phi-seal.subject` whose id is the patient's.
    Erase,
    /// Go on with keys beyond their age, because store or KMS are out of reach. Recorded when values
    /// are prepared; the policy is not asked.
    Grace,
    /// Release values to a named third party, or state that they were. Allowed by no
    /// [`Rule`](super::Rule) that does not name it.
    Disclose,
    /// Open the sealed details of audit events. The policy is asked for the field `detail` of records
    /// of the type `phi-seal.audit`: without a record when the review begins, then for each event and
    /// patient.
    Review,
    /// Destroy the audit-detail keys of one patient, for good: what the log says of the patient is
    /// unreadable from then on. The policy is asked for the field `detail_keys` of a record of the type
    /// `phi-seal.subject` whose id is the patient's, and to override the retention for the field
    /// `retention` beside it.
    EraseDetails,
}

impl ActionKind {
    /// Every action.
    pub(crate) const ALL: &'static [Self] = &[
        Self::Admit,
        Self::Seal,
        Self::Open,
        Self::Rebind,
        Self::Search,
        Self::Reseal,
        Self::Erase,
        Self::Grace,
        Self::Disclose,
        Self::Review,
        Self::EraseDetails,
    ];

    /// The stable spelling in audit events.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::Seal => "seal",
            Self::Open => "open",
            Self::Rebind => "rebind",
            Self::Search => "search",
            Self::Reseal => "reseal",
            Self::Erase => "erase",
            Self::Grace => "grace",
            Self::Disclose => "disclose",
            Self::Review => "review",
            Self::EraseDetails => "erase_details",
        }
    }

    /// The action of a code, spelled exactly, or `None`.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.code() == code)
    }
}

/// One question to a [`Policy`](super::Policy): may this access do this with these fields of
/// this record?
#[derive(Clone, Copy)]
pub struct Request<'a> {
    access: &'a Access,
    action: ActionKind,
    record_type: RecordType,
    record: Option<RecordRef<'a>>,
    fields: &'a [FieldInfo],
    now: SystemTime,
}

impl<'a> Request<'a> {
    /// A request as a vault makes it, for testing a policy.
    ///
    /// All `fields` belong to `record_type`.
    pub const fn new(
        access: &'a Access,
        action: ActionKind,
        record_type: RecordType,
        record: RecordRef<'a>,
        fields: &'a [FieldInfo],
        now: SystemTime,
    ) -> Self {
        Self {
            access,
            action,
            record_type,
            record: Some(record),
            fields,
            now,
        }
    }

    /// A request to begin a search of records by these fields, as a vault makes it, for testing a
    /// policy. Whether the search may come upon a certain record is a [`new`](Request::new) one.
    ///
    /// All `fields` belong to `record_type`.
    pub const fn to_search(
        access: &'a Access,
        record_type: RecordType,
        fields: &'a [FieldInfo],
        now: SystemTime,
    ) -> Self {
        Self {
            access,
            action: ActionKind::Search,
            record_type,
            record: None,
            fields,
            now,
        }
    }

    /// A request to begin a review of audit events, as a vault makes it, for testing a policy. Whether
    /// the details of one of them may be opened is a [`new`](Request::new) one.
    ///
    /// All `fields` belong to `record_type`.
    pub const fn to_review(
        access: &'a Access,
        record_type: RecordType,
        fields: &'a [FieldInfo],
        now: SystemTime,
    ) -> Self {
        Self {
            access,
            action: ActionKind::Review,
            record_type,
            record: None,
            fields,
            now,
        }
    }

    /// Who asks, and why. Names the tenant.
    pub const fn access(&self) -> &'a Access {
        self.access
    }

    /// What is about to be done.
    pub const fn action(&self) -> ActionKind {
        self.action
    }

    /// The type of the record.
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The record, and through it the patient; `None` when a search or a review begins, which is about
    /// no record yet. A policy that decides by patient permits that and denies by record.
    pub const fn record(&self) -> Option<RecordRef<'a>> {
        self.record
    }

    /// The patient concerned; `None` also for records about no patient.
    pub fn subject(&self) -> Option<&'a SubjectId<'a>> {
        self.record.and_then(|record| record.subject())
    }

    /// The fields wanted, at least one.
    pub const fn fields(&self) -> &'a [FieldInfo] {
        self.fields
    }

    /// The time by the vault's clock.
    pub const fn now(&self) -> SystemTime {
        self.now
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("action", &self.action)
            .field("record_type", &self.record_type)
            .field("fields", &self.fields.len())
            .finish_non_exhaustive()
    }
}
