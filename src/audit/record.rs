//! The JSON form of event version 1, which `docs/audit-event.md` specifies.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use super::sink::AuditError;
use crate::envelope::{Envelope, KeyId, from_text};

/// An [`Event`](super::Event) as owned data: what one line of an audit file holds.
///
/// Contains subject and record ids, so it is PHI; `Debug` leaves them out. Compare with
/// `docs/audit-event.md`, which specifies each member.
///
/// Use [`from_json`](EventRecord::from_json) to read a line and
/// [`read_events`](super::read_events) to read a file: errors of `serde_json` itself may
/// quote what they read.
///
/// # Example
///
/// ```
/// use phi_seal::audit::EventRecord;
///
/// let line = br#"{"v":1,"event":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12-1",
///     "action_id":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8-12","part":1,"parts":1,
///     "time":"2026-11-21T08:30:00.000000000Z","tenant":"mercy",
///     "session":"6f1c2b3a4d5e6f708192a3b4c5d6e7f8","auth":{"strength":"multi_factor"},
///     "actor":{"id":"clinician-17","roles":["physician"]},"purpose":"TREAT","action":"open",
///     "policy":"2026-11-21","observer":"ehr","outcome":"success",
///     "subjects":[{"subject":"p-1","records":[{"type":"patient","id":"p-1","fields":[
///         {"name":"ssn","outcome":"success","reason":"treatment-team"}]}]}]}"#;
/// let event = EventRecord::from_json(line)?;
/// assert_eq!(event.actor.id, "clinician-17");
/// assert_eq!(event.subjects[0].records[0].fields[0].name, "ssn");
/// # Ok::<(), phi_seal::AuditError>(())
/// ```
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventRecord {
    /// Always [`EventRecord::VERSION`].
    #[serde(deserialize_with = "version_1")]
    pub v: u8,
    /// The event's id, `session-action-part`.
    pub event: String,
    /// What all parts of one action share, `session-action`.
    pub action_id: String,
    /// Which part of the action's event this is, from 1.
    pub part: u32,
    /// Of how many.
    pub parts: u32,
    /// When the action began: RFC 3339, UTC, 9 fractional digits.
    pub time: String,
    /// The tenant.
    pub tenant: String,
    /// The session, 32 hexadecimal digits.
    pub session: String,
    /// How the actor proved who they are.
    pub auth: RecordedAuth,
    /// Who acted.
    pub actor: RecordedActor,
    /// Why, as an HL7 v3 PurposeOfUse code.
    pub purpose: String,
    /// Why in particular, as a code of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was done.
    pub action: String,
    /// From where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// The application's own request id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The policy's version.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub policy: String,
    /// The system that observed it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub observer: String,
    /// What was searched by; of searches only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<RecordedSearch>,
    /// How many keys the key store had destroyed by then; of erasures only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// The first of the events that this one goes on counting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<String>,
    /// How often it has happened since the event `repeats`, that one included; the highest count for
    /// one `repeats` holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// The day a disclosure was made, `YYYY-MM-DD`, if that is not the day of `time`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosed_on: Option<String>,
    /// Why the accounting need not list a disclosure:
    /// [`Exclusion::code`](super::Exclusion::code).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusion: Option<String>,
    /// The event of the disclosure that this one states anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<String>,
    /// How the action as a whole ended.
    pub outcome: String,
    /// Who received a disclosure. From here on stands what tells most of a patient: `recipient`,
    /// `description` and `subjects`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<RecordedRecipient>,
    /// What was disclosed, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it was done to, by subject.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<RecordedSubject>,
    /// The same sealed, one envelope for each subject, in the text form; `docs/audit-privacy.md`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<String>,
}

impl EventRecord {
    /// The version of the form.
    pub const VERSION: u8 = 1;

    /// Reads one event from JSON.
    ///
    /// Unknown members are ignored, because later minor versions may add some. Checks the form
    /// and the version, not whether ids, codes and times are well-formed.
    ///
    /// # Errors
    ///
    /// When `json` is of another version, or no event. The error quotes nothing of it.
    pub fn from_json(json: &[u8]) -> Result<Self, AuditError> {
        Self::parse(json).map_err(|error| match error {
            NotRead::NoEvent => {
                AuditError::new("this is no audit event; pass one whole line of an audit file")
            }
            NotRead::OtherVersion => AuditError::new(
                "this audit event is of another version; read it with a later version of phi-seal",
            ),
        })
    }

    pub(super) fn parse(json: &[u8]) -> Result<Self, NotRead> {
        #[derive(Deserialize)]
        struct Version {
            v: u64,
        }
        match serde_json::from_slice(json) {
            Ok(Version { v: 1 }) => serde_json::from_slice(json).map_err(|_| NotRead::NoEvent),
            Ok(_) => Err(NotRead::OtherVersion),
            Err(_) => Err(NotRead::NoEvent),
        }
    }

    /// The keys that its details are sealed under, as the envelopes name them: in the order of
    /// [`sealed`](Self::sealed), without those that are no envelopes. All events about one patient name
    /// keys of that patient, so they can be told apart without opening any.
    pub fn detail_keys(&self) -> impl Iterator<Item = KeyId> {
        let envelopes = self.sealed.iter().filter_map(|text| from_text(text).ok());
        envelopes.filter_map(|bytes| Some(Envelope::parse(&bytes).ok()?.key_id()))
    }

    /// The JSON form, on one line and without a newline.
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings, integers and lists of them have a JSON form")
    }
}

/// What a search was by.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSearch {
    /// The record type's name.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The index's name.
    pub index: String,
    /// The fields that the index is of.
    pub fields: Vec<String>,
    /// The policy's reason code, if it was asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Why some JSON is no event to us.
pub(super) enum NotRead {
    NoEvent,
    OtherVersion,
}

/// How an actor proved who they are.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedAuth {
    /// [`AuthStrength::code`](crate::access::AuthStrength::code).
    pub strength: String,
    /// When, as the event's own time is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Who acted.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedActor {
    /// The actor's id.
    pub id: String,
    /// Their roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
}

/// Who received a disclosure.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRecipient {
    /// The entity's or person's name.
    pub name: String,
    /// Their address, if it was known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// What was done to one patient's records, or to records about no patient.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedSubject {
    /// The patient; absent for record types declared subjectless.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The records, in the order of first appearance.
    pub records: Vec<RecordedRow>,
}

/// What was done to one record.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRow {
    /// The record type's name.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The record's id.
    pub id: String,
    /// The fields, in the order of the action.
    pub fields: Vec<RecordedField>,
}

/// What was done to one field.
#[non_exhaustive]
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedField {
    /// The field's name.
    pub name: String,
    /// How it ended.
    pub outcome: String,
    /// The policy's reason code, if it was asked.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The data key that the envelope names, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Of a sealed value, its envelope's tag, 32 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
}

fn version_1<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
    match u64::deserialize(deserializer)? {
        1 => Ok(EventRecord::VERSION),
        _ => Err(serde::de::Error::custom("the event is of another version")),
    }
}

macro_rules! redacted_debug {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($field), &self.$field))*
                    .finish_non_exhaustive()
            }
        }
    )*};
}

redacted_debug! {
    EventRecord { event, action, outcome, subjects }
    RecordedActor { roles }
    RecordedRecipient { }
    RecordedSubject { records }
    RecordedRow { record_type, fields }
    RecordedField { name, outcome, reason }
}
