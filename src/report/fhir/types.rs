//! The parts of FHIR R4 (4.0.1) that are written, as its JSON form has them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

/// A FHIR R4 AuditEvent. Made by a [`Mapping`](super::Mapping); its JSON form is what `Serialize`
/// writes. It names patients, so it is PHI.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEvent {
    pub(super) resource_type: &'static str,
    pub(super) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) meta: Option<Meta>,
    #[serde(rename = "type")]
    pub(super) event_type: Coding,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) subtype: Vec<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) action: Option<&'static str>,
    pub(super) recorded: String,
    pub(super) outcome: &'static str,
    pub(super) outcome_desc: String,
    pub(super) purpose_of_event: Vec<CodeableConcept>,
    pub(super) agent: Vec<Agent>,
    pub(super) source: Source,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) entity: Vec<Entity>,
}

impl AuditEvent {
    /// The resource's id: the event's with the number of the record, from 1; or the SHA-256 of that
    /// where it would be longer than FHIR allows.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The canonical URL of the BALP profile that it follows, if it follows one.
    pub fn profile(&self) -> Option<&str> {
        self.meta.as_ref().map(|meta| &*meta.profile[0])
    }
}

impl fmt::Debug for AuditEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuditEvent")
            .field("profile", &self.profile())
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Serialize)]
pub(super) struct Meta {
    pub(super) profile: [String; 1],
}

#[derive(Clone, Serialize)]
pub(super) struct Coding {
    pub(super) system: &'static str,
    pub(super) code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<&'static str>,
}

#[derive(Clone, Default, Serialize)]
pub(super) struct CodeableConcept {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) coding: Vec<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) text: Option<String>,
}

#[derive(Clone, Serialize)]
pub(super) struct Identifier {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) system: Option<String>,
    pub(super) value: String,
}

/// By identifier or by name, never by URL.
#[derive(Clone, Default, Serialize)]
pub(super) struct Reference {
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) of_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) identifier: Option<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) display: Option<String>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Agent {
    #[serde(rename = "type")]
    pub(super) agent_type: CodeableConcept,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) role: Vec<CodeableConcept>,
    pub(super) who: Reference,
    pub(super) requestor: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) network: Option<Network>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) purpose_of_use: Vec<CodeableConcept>,
}

#[derive(Clone, Serialize)]
pub(super) struct Network {
    pub(super) address: String,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(super) network_type: Option<&'static str>,
}

#[derive(Clone, Serialize)]
pub(super) struct Source {
    pub(super) site: String,
    pub(super) observer: Reference,
    #[serde(rename = "type")]
    pub(super) source_type: [Coding; 1],
}

#[derive(Clone, Serialize)]
pub(super) struct Entity {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) what: Option<Reference>,
    #[serde(rename = "type")]
    pub(super) entity_type: Coding,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) role: Option<Coding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) description: Option<String>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) query: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) detail: Vec<Detail>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Detail {
    #[serde(rename = "type")]
    pub(super) detail_type: String,
    pub(super) value_string: String,
}
