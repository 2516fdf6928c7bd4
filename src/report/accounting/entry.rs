//! One disclosure to the patient's recipients, put together from the parts of its event.

use alloc::collections::BTreeSet;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::access::Purpose;
use crate::audit::{EventRecord, Exclusion, RecordedRecipient};
use crate::codec::Date;
use crate::report::day;
use crate::report::outcome::may_have_released;

/// What the accounting keeps of a disclosure of this patient's data.
pub(super) struct Entry {
    pub(super) action_id: String,
    pub(super) event: String,
    pub(super) time: String,
    /// As stated.
    pub(super) disclosed_on: Option<Date>,
    pub(super) exclusion: Option<Exclusion>,
    pub(super) corrects: Option<String>,
    pub(super) purpose: String,
    pub(super) reason: Option<String>,
    pub(super) recipient: Option<RecordedRecipient>,
    pub(super) description: Option<String>,
    /// `type: field, field`, by record type.
    what: Vec<(String, BTreeSet<String>)>,
    parts: u32,
}

impl Entry {
    /// The entry of an event that released something of this patient, or may have.
    pub(super) fn of(event: &EventRecord, subject: &str) -> Option<Self> {
        let mut entry = Self {
            action_id: event.action_id.clone(),
            event: event.event.clone(),
            time: event.time.clone(),
            disclosed_on: event.disclosed_on.as_deref().and_then(day::of_text),
            exclusion: event.exclusion.as_deref().and_then(Exclusion::from_code),
            corrects: event.corrects.clone(),
            purpose: event.purpose.clone(),
            reason: event.reason.clone(),
            recipient: event.recipient.clone(),
            description: event.description.clone(),
            what: Vec::new(),
            parts: event.parts,
        };
        entry.add(event, subject);
        (!entry.what.is_empty()).then_some(entry)
    }

    /// Adds what another part of the same action says of this patient.
    pub(super) fn add(&mut self, event: &EventRecord, subject: &str) {
        let of_patient = event
            .subjects
            .iter()
            .filter(|one| one.subject.as_deref() == Some(subject));
        for record in of_patient.flat_map(|one| &one.records) {
            let released = record
                .fields
                .iter()
                .filter(|field| may_have_released(&field.outcome))
                .map(|field| field.name.clone());
            let mut released = released.peekable();
            if released.peek().is_none() {
                continue;
            }
            let at = self
                .what
                .iter()
                .position(|(of, _)| *of == record.record_type);
            let at = at.unwrap_or_else(|| {
                self.what
                    .push((record.record_type.clone(), BTreeSet::new()));
                self.what.len() - 1
            });
            self.what[at].1.extend(released);
        }
    }

    /// Whether `event` is one of the parts of its action. This patient may stand in another one.
    pub(super) fn is_event(&self, event: &str) -> bool {
        let part = event.strip_prefix(&*self.action_id);
        let part = part.and_then(|rest| rest.strip_prefix('-')?.parse().ok());
        part.is_some_and(|part| (1..=self.parts).contains(&part))
    }

    /// The day it was recorded, unless its time is not of the form.
    pub(super) fn recorded_on(&self) -> Option<Date> {
        day::of_text(&self.time)
    }

    /// The stated description, or else record types and fields.
    pub(super) fn describe(&self) -> String {
        if let Some(description) = &self.description {
            return description.clone();
        }
        let types: Vec<_> = self
            .what
            .iter()
            .map(|(of, fields)| {
                let fields: Vec<_> = fields.iter().map(String::as_str).collect();
                alloc::format!("{of}: {}", fields.join(", "))
            })
            .collect();
        types.join("; ")
    }

    /// Whether its purpose says by itself that it is excepted: (a)(1)(i), and nothing else.
    ///
    /// The purposes named treatment, payment and operations. Not break-glass, care management and
    /// coordination of care, which may be either one of these or something else (164.501, 164.506):
    /// in doubt a disclosure is listed. Not the patient's request: who receives is not the patient
    /// then, or it is stated as (ii).
    pub(super) fn is_implied(&self) -> bool {
        matches!(
            Purpose::from_code(&self.purpose),
            Some(
                Purpose::Treatment
                    | Purpose::EmergencyTreatment
                    | Purpose::Payment
                    | Purpose::Operations
            )
        )
    }

    /// Whether its purpose names a paragraph of 164.512, so that several can be summarised (b)(3).
    pub(super) fn may_be_summarised(&self) -> bool {
        matches!(
            Purpose::from_code(&self.purpose),
            Some(
                Purpose::PublicHealth
                    | Purpose::Legal
                    | Purpose::Research
                    | Purpose::Threat
                    | Purpose::Donation
            )
        )
    }

    /// The purpose in words.
    pub(super) fn purpose_text(&self) -> String {
        let text = match Purpose::from_code(&self.purpose) {
            Some(Purpose::Treatment) => "treatment",
            Some(Purpose::EmergencyTreatment) => "emergency treatment",
            Some(Purpose::BreakGlass) => "emergency access",
            Some(Purpose::CareManagement) => "care management",
            Some(Purpose::ClinicalTrial) => "clinical trial research",
            Some(Purpose::CareCoordination) => "coordination of care",
            Some(Purpose::Payment) => "payment",
            Some(Purpose::Operations) => "health care operations",
            Some(Purpose::Marketing) => "marketing",
            Some(Purpose::Research) => "research",
            Some(Purpose::PatientRequest) => "request of the patient",
            Some(Purpose::FamilyRequest) => "request of the family",
            Some(Purpose::PublicHealth) => "public health",
            Some(Purpose::Disaster) => "disaster relief",
            Some(Purpose::Threat) => "threat to health or safety",
            Some(Purpose::Donation) => "organ and tissue donation",
            Some(Purpose::Legal) => "legal",
            Some(Purpose::SystemAdministration) => "system administration",
            Some(Purpose::Compliance) => "compliance",
            Some(Purpose::Directory) => "directory",
            None => &self.purpose,
        };
        match &self.reason {
            Some(reason) => alloc::format!("{text} ({reason})"),
            None => text.to_string(),
        }
    }
}
