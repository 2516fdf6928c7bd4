//! As much of a FHIR R4 Patient as the application keeps.
//!
//! Each value that is PHI goes into a `Phi` as it is read: from there on it is redacted, and wiped
//! when it is dropped. What the application does not keep, it does not read.

use phi_seal::Phi;
use serde::Deserialize;

use crate::patient::{self, Addresses, Names, RestrictedNote};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Patient {
    id: String,
    #[serde(default)]
    active: bool,
    #[serde(default)]
    meta: Meta,
    #[serde(default)]
    identifier: Vec<Identifier>,
    name: Option<Phi<Names>>,
    #[serde(default)]
    telecom: Vec<ContactPoint>,
    gender: Option<Phi<String>>,
    birth_date: Option<Phi<String>>,
    address: Option<Phi<Addresses>>,
    #[serde(default)]
    extension: Vec<Extension>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Meta {
    security: Vec<Coding>,
}

#[derive(Debug, Deserialize)]
struct Identifier {
    #[serde(rename = "type", default)]
    kind: CodeableConcept,
    value: Option<Phi<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CodeableConcept {
    coding: Vec<Coding>,
}

#[derive(Debug, Deserialize)]
struct Coding {
    code: String,
}

#[derive(Debug, Deserialize)]
struct ContactPoint {
    system: String,
    value: Option<Phi<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extension {
    url: String,
    value_string: Option<Phi<String>>,
}

impl Patient {
    /// Sorts what FHIR puts into lists into the fields that have categories of their own. The
    /// clinical note goes to one of two places, as the security labels of the resource say.
    pub(crate) fn into_records(mut self) -> (patient::Patient, Option<RestrictedNote>) {
        let note = self.take_clinical_note();
        let (note, restricted) = match note {
            Some(text) if self.is_restricted() => (None, Some(text)),
            note => (note, None),
        };
        let restricted = restricted.map(|text| RestrictedNote {
            patient_id: self.id.clone(),
            text,
        });
        let patient = patient::Patient {
            ssn: self.take_identifier("SS"),
            mrn: self.take_identifier("MR"),
            phones: self.contacts(&["phone", "fax", "sms", "pager"]),
            emails: self.contacts(&["email"]),
            id: self.id,
            active: self.active,
            names: self.name,
            birth_date: self.birth_date,
            gender: self.gender,
            addresses: self.address,
            note,
        };
        (patient, restricted)
    }

    /// HL7 v3 Confidentiality: restricted, or very restricted.
    fn is_restricted(&self) -> bool {
        let labels = &self.meta.security;
        labels.iter().any(|label| matches!(&*label.code, "R" | "V"))
    }

    fn take_identifier(&mut self, code: &str) -> Option<Phi<String>> {
        let mut identifiers = self.identifier.iter_mut();
        identifiers
            .find(|identifier| identifier.kind.coding.iter().any(|c| c.code == code))?
            .value
            .take()
    }

    fn take_clinical_note(&mut self) -> Option<Phi<String>> {
        let mut extensions = self.extension.iter_mut();
        extensions
            .find(|extension| extension.url.ends_with("/clinical-note"))?
            .value_string
            .take()
    }

    /// One value from many. A copy, so this `expose` is one that a review looks at; the originals
    /// are wiped when they are dropped.
    fn contacts(&self, systems: &[&str]) -> Option<Phi<Vec<String>>> {
        let contacts: Vec<_> = self
            .telecom
            .iter()
            .filter(|contact| systems.contains(&&*contact.system))
            .filter_map(|contact| contact.value.as_ref())
            .map(|value| value.expose().clone())
            .collect();
        (!contacts.is_empty()).then(|| Phi::new(contacts))
    }
}
