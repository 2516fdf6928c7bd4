//! From an event to its resources.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::types::{
    Agent, AuditEvent, CodeableConcept, Coding, Detail, Entity, Identifier, Meta, Network,
    Reference, Source,
};
use crate::audit::{EventRecord, RecordedRow, RecordedSearch};

/// How events become FHIR resources; see [the module](super).
///
/// # Example
///
/// ```
/// use phi_seal::audit::EventRecord;
/// use phi_seal::report::fhir::Mapping;
///
/// # let line = br#"{"v":1,"event":"s-1-1","action_id":"s-1","part":1,"parts":1,"time":
/// # "2026-02-03T08:30:00.000000000Z","tenant":"mercy","session":"s","auth":{"strength":"service"},
/// # "actor":{"id":"a"},"purpose":"TREAT","action":"open","outcome":"success",
/// # "source_ip":"203.0.113.9","observer":"ehr","subjects":[{"subject":"p-1","records":[
/// # {"type":"patient","id":"p-1","fields":[{"name":"name","outcome":"success"}]}]}]}"#;
/// let event = EventRecord::from_json(line)?;
/// let mapping = Mapping::new().patient_system("https://ehr.example.org/patients");
/// let [resource] = &mapping.resources(&event)[..] else { panic!("one record, one resource") };
/// assert_eq!(
///     resource.profile(),
///     Some("https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.PatientRead")
/// );
/// # Ok::<(), phi_seal::AuditError>(())
/// ```
#[derive(Clone, Default)]
pub struct Mapping {
    patients: Option<String>,
    records: Option<String>,
    actors: Option<String>,
}

impl Mapping {
    /// Identifiers without a system.
    pub fn new() -> Self {
        Self::default()
    }

    /// The `system` of patients' identifiers: a URI.
    #[must_use]
    pub fn patient_system(mut self, uri: impl Into<String>) -> Self {
        self.patients = Some(uri.into());
        self
    }

    /// The `system` of records' identifiers, to which `/` and the record type are added: a URI.
    #[must_use]
    pub fn record_system(mut self, uri: impl Into<String>) -> Self {
        self.records = Some(uri.into());
        self
    }

    /// The `system` of actors' identifiers: a URI.
    #[must_use]
    pub fn actor_system(mut self, uri: impl Into<String>) -> Self {
        self.actors = Some(uri.into());
        self
    }

    /// The event's resources: one for each record of each patient, or one if there is none. Each part of
    /// an action is an event of its own.
    pub fn resources(&self, event: &EventRecord) -> Vec<AuditEvent> {
        let records = event.subjects.iter().flat_map(|subject| {
            let patient = subject.subject.as_deref();
            subject.records.iter().map(move |row| (patient, Some(row)))
        });
        let mut records: Vec<_> = records.collect();
        if records.is_empty() {
            records.push((None, None));
        }
        records
            .into_iter()
            .zip(1..)
            .map(|((patient, row), number)| self.resource(event, patient, row, number))
            .collect()
    }

    fn resource(
        &self,
        event: &EventRecord,
        patient: Option<&str>,
        row: Option<&RecordedRow>,
        number: u32,
    ) -> AuditEvent {
        let kind = Kind::of(&event.action);
        let (outcome, mut outcome_desc) = outcome(event, row);
        if matches!(kind, Kind::Other) {
            outcome_desc = alloc::format!("{}: {outcome_desc}", event.action);
        }
        let observer = observer(event);
        let purpose = CodeableConcept {
            coding: Vec::from([coding(ACT_REASON, &event.purpose)]),
            text: event.reason.clone(),
        };
        let agent = self.agents(event, &kind, &observer, &purpose);
        let has_network = agent
            .iter()
            .filter(|agent| !agent.requestor)
            .all(|agent| agent.network.is_some());
        let is_complete = outcome == "0" && has_network && (row.is_some() || kind.is_query());
        let profile = kind.profile(patient.is_some()).filter(|_| is_complete);
        AuditEvent {
            resource_type: "AuditEvent",
            id: resource_id(&event.event, number),
            meta: profile.map(|profile| Meta {
                profile: [alloc::format!("{BALP}/StructureDefinition/{profile}")],
            }),
            event_type: kind.event_type(),
            subtype: kind.subtype().into_iter().collect(),
            action: kind.action(),
            recorded: event.time.clone(),
            outcome,
            outcome_desc,
            purpose_of_event: Vec::from([purpose]),
            agent,
            source: Source {
                site: event.tenant.clone(),
                observer,
                source_type: [coding(SOURCE_TYPE, "4")],
            },
            entity: self.entities(event, patient, row),
        }
    }

    fn agents(
        &self,
        event: &EventRecord,
        kind: &Kind,
        observer: &Reference,
        purpose: &CodeableConcept,
    ) -> Vec<Agent> {
        let system = |agent_type: Coding, who: Reference, network: Option<Network>| Agent {
            agent_type: concept(agent_type),
            role: Vec::new(),
            who,
            requestor: false,
            network,
            purpose_of_use: Vec::new(),
        };
        let own = Network {
            address: observer.display.clone().unwrap_or_default(),
            network_type: Some("1"),
        };
        let (other, other_network) = match &event.recipient {
            Some(to) => (
                Reference {
                    display: Some(to.name.clone()),
                    ..Reference::default()
                },
                to.address.clone().map(address),
            ),
            // The client is known by the session that the application made for it.
            None => (
                identified(None, None, &event.session),
                event.source_ip.clone().map(|address| Network {
                    address,
                    network_type: Some("2"),
                }),
            ),
        };
        let (own_type, other_type, user_type) = kind.agent_types();
        Vec::from([
            system(other_type, other, other_network),
            system(own_type, observer.clone(), Some(own)),
            Agent {
                agent_type: concept(user_type),
                role: event.actor.roles.iter().map(|role| text(role)).collect(),
                who: identified(None, self.actors.clone(), &event.actor.id),
                requestor: true,
                network: None,
                purpose_of_use: Vec::from([purpose.clone()]),
            },
        ])
    }

    fn entities(
        &self,
        event: &EventRecord,
        patient: Option<&str>,
        row: Option<&RecordedRow>,
    ) -> Vec<Entity> {
        let mut entities = Vec::new();
        if let Some(patient) = patient {
            let what = identified(Some("Patient"), self.patients.clone(), patient);
            entities.push(Entity {
                what: Some(what),
                role: Some(coding(OBJECT_ROLE, "1")),
                ..entity("1")
            });
        }
        if let Some(search) = &event.search {
            entities.push(Entity {
                role: Some(coding(OBJECT_ROLE, "24")),
                query: Some(STANDARD.encode(described(search))),
                description: Some(described(search)),
                ..entity("2")
            });
        }
        if let Some(row) = row {
            let system = self.records.as_ref();
            let system = system.map(|uri| alloc::format!("{uri}/{}", row.record_type));
            let fields = row.fields.iter().map(|field| Detail {
                detail_type: field.name.clone(),
                value_string: field.outcome.clone(),
            });
            entities.push(Entity {
                what: Some(identified(None, system, &row.id)),
                role: Some(coding(OBJECT_ROLE, "4")),
                name: Some(row.record_type.clone()),
                description: event.description.clone(),
                detail: fields.collect(),
                // A query has one system object, which is the query itself.
                ..entity(if event.search.is_some() { "4" } else { "2" })
            });
        }
        if let Some(request) = &event.request_id {
            entities.push(Entity {
                what: Some(identified(None, None, request)),
                entity_type: coding(BALP_ENTITY, "XrequestId"),
                ..entity("2")
            });
        }
        entities
    }
}

impl fmt::Debug for Mapping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapping").finish_non_exhaustive()
    }
}

/// What BALP calls an action.
enum Kind {
    Read,
    Create,
    Update,
    Delete,
    Query,
    Disclosure,
    /// A session that was refused.
    Admission,
    /// No action on data that BALP knows; the description of the outcome names it.
    Other,
}

impl Kind {
    fn of(action: &str) -> Self {
        match action {
            "open" => Self::Read,
            "seal" => Self::Create,
            "rebind" | "reseal" => Self::Update,
            "erase" => Self::Delete,
            "search" => Self::Query,
            "disclose" => Self::Disclosure,
            "admit" => Self::Admission,
            _ => Self::Other,
        }
    }

    const fn is_query(&self) -> bool {
        matches!(self, Self::Query)
    }

    const fn profile(&self, with_patient: bool) -> Option<&'static str> {
        Some(match (self, with_patient) {
            (Self::Read, true) => "IHE.BasicAudit.PatientRead",
            (Self::Read, false) => "IHE.BasicAudit.Read",
            (Self::Create, true) => "IHE.BasicAudit.PatientCreate",
            (Self::Create, false) => "IHE.BasicAudit.Create",
            (Self::Update, true) => "IHE.BasicAudit.PatientUpdate",
            (Self::Update, false) => "IHE.BasicAudit.Update",
            (Self::Delete, true) => "IHE.BasicAudit.PatientDelete",
            (Self::Delete, false) => "IHE.BasicAudit.Delete",
            (Self::Query, true) => "IHE.BasicAudit.PatientQuery",
            (Self::Query, false) => "IHE.BasicAudit.Query",
            (Self::Disclosure, true) => "IHE.BasicAudit.PrivacyDisclosure.Source",
            (Self::Disclosure, false) | (Self::Admission | Self::Other, _) => return None,
        })
    }

    fn event_type(&self) -> Coding {
        match self {
            Self::Disclosure => displayed(DCM, "110106", "Export"),
            Self::Admission => displayed(DCM, "110114", "User Authentication"),
            Self::Other => displayed(DCM, "110100", "Application Activity"),
            _ => displayed(EVENT_TYPE, "rest", "RESTful Operation"),
        }
    }

    fn subtype(&self) -> Option<Coding> {
        Some(match self {
            Self::Read => coding(INTERACTION, "read"),
            Self::Create => coding(INTERACTION, "create"),
            Self::Update => coding(INTERACTION, "update"),
            Self::Delete => coding(INTERACTION, "delete"),
            Self::Query => coding(INTERACTION, "search"),
            Self::Disclosure => coding(LIFECYCLE, "disclose"),
            Self::Admission => displayed(DCM, "110122", "Login"),
            Self::Other => return None,
        })
    }

    const fn action(&self) -> Option<&'static str> {
        match self {
            Self::Read | Self::Disclosure => Some("R"),
            Self::Create => Some("C"),
            Self::Update => Some("U"),
            Self::Delete => Some("D"),
            Self::Query | Self::Admission | Self::Other => Some("E"),
        }
    }

    /// Of this system, of the other side (the client, or who receives a disclosure), and of the user.
    fn agent_types(&self) -> (Coding, Coding, Coding) {
        let source = || displayed(DCM, "110153", "Source Role ID");
        let destination = || displayed(DCM, "110152", "Destination Role ID");
        let user = |code| coding(PARTICIPATION, code);
        match self {
            Self::Read | Self::Admission | Self::Other => (source(), destination(), user("IRCP")),
            Self::Query => (destination(), source(), user("IRCP")),
            Self::Create | Self::Update => (destination(), source(), user("AUT")),
            Self::Delete => (
                coding(PARTICIPANT, "custodian"),
                displayed(DCM, "110150", "Application"),
                user("AUT"),
            ),
            Self::Disclosure => (source(), destination(), user("INF")),
        }
    }
}

/// Of the record, or of the whole action where there is none.
fn outcome(event: &EventRecord, row: Option<&RecordedRow>) -> (&'static str, String) {
    let Some(row) = row else {
        return (code_of(&event.outcome), event.outcome.clone());
    };
    let of_fields = row.fields.iter().map(|field| code_of(&field.outcome));
    let worst = of_fields.max().unwrap_or_else(|| code_of(&event.outcome));
    let first = row
        .fields
        .iter()
        .find(|field| code_of(&field.outcome) == worst);
    let told = first.map_or(&event.outcome, |field| &field.outcome);
    (worst, told.clone())
}

/// The codes of audit-event-outcome, which are in order as text.
fn code_of(outcome: &str) -> &'static str {
    match outcome {
        "success" | "absent" => "0",
        "partial" | "pending" | "aborted" | "denied" | "expired" | "invalid_input" | "on_hold"
        | "erased" | "unencodable" => "4",
        _ => "8",
    }
}

fn observer(event: &EventRecord) -> Reference {
    let name = match &*event.observer {
        "" => "phi-seal",
        name => name,
    };
    Reference {
        display: Some(name.to_string()),
        ..Reference::default()
    }
}

/// A recipient's address is whatever was stated: its kind is told only where it shows.
fn address(address: String) -> Network {
    let is_uri = address.starts_with("https://") || address.starts_with("http://");
    Network {
        network_type: is_uri.then_some("5"),
        address,
    }
}

/// What was searched by; the terms are in no event.
fn described(search: &RecordedSearch) -> String {
    let fields = search.fields.join(",");
    alloc::format!("{}?{} ({fields})", search.record_type, search.index)
}

fn entity(code: &str) -> Entity {
    Entity {
        what: None,
        entity_type: coding(ENTITY_TYPE, code),
        role: None,
        name: None,
        description: None,
        query: None,
        detail: Vec::new(),
    }
}

fn identified(of_type: Option<&'static str>, system: Option<String>, value: &str) -> Reference {
    Reference {
        of_type,
        identifier: Some(Identifier {
            system,
            value: value.to_string(),
        }),
        display: None,
    }
}

fn resource_id(event: &str, number: u32) -> String {
    let id = alloc::format!("{event}.{number}");
    let is_fhir_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    if id.len() <= 64 && id.bytes().all(is_fhir_id) {
        return id;
    }
    let hash = Sha256::digest(id.as_bytes());
    hash.iter()
        .map(|byte| alloc::format!("{byte:02x}"))
        .collect()
}

fn coding(system: &'static str, code: &str) -> Coding {
    Coding {
        system,
        code: code.to_string(),
        display: None,
    }
}

fn displayed(system: &'static str, code: &str, display: &'static str) -> Coding {
    Coding {
        display: Some(display),
        ..coding(system, code)
    }
}

fn concept(coding: Coding) -> CodeableConcept {
    CodeableConcept {
        coding: Vec::from([coding]),
        text: None,
    }
}

fn text(text: &str) -> CodeableConcept {
    CodeableConcept {
        coding: Vec::new(),
        text: Some(text.to_string()),
    }
}

const BALP: &str = "https://profiles.ihe.net/ITI/BALP";
const BALP_ENTITY: &str = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType";
const DCM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const EVENT_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-event-type";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const LIFECYCLE: &str = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle";
const ACT_REASON: &str = "http://terminology.hl7.org/CodeSystem/v3-ActReason";
const PARTICIPATION: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
const PARTICIPANT: &str = "http://terminology.hl7.org/CodeSystem/provenance-participant-type";
const SOURCE_TYPE: &str = "http://terminology.hl7.org/CodeSystem/security-source-type";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const OBJECT_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
