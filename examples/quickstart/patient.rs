//! The application's records. The derive writes the rest: `PatientRow`, the sealed twin that a
//! database holds, and a constant for each sensitive field, such as `Patient::NAMES`.

use phi_seal::{Phi, PhiRecord, Serde};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

/// What the application works with. Nobody prints, logs or serialises a `Phi` by accident: its
/// `Debug` shows the type, and it has no `Display` and no `Serialize`.
///
/// Record type, ids and field names are authenticated with every value: an SSN that somebody moves
/// into another row, or into the column of the phone numbers, does not open there. Lists are
/// **one** value each: sealed element by element, they could be shortened or reordered.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient")]
pub(crate) struct Patient {
    #[phi(id, subject)]
    pub(crate) id: String,
    pub(crate) active: bool,
    #[phi(category = Name)]
    pub(crate) names: Option<Phi<Names>>,
    /// Text, because FHIR allows a year or a month alone.
    #[phi(category = Date)]
    pub(crate) birth_date: Option<Phi<String>>,
    /// Padded: `male` and `female` differ in length, and encryption alone does not hide that.
    #[phi(category = Clinical, pad = 16)]
    pub(crate) gender: Option<Phi<String>>,
    #[phi(category = Ssn)]
    pub(crate) ssn: Option<Phi<String>>,
    #[phi(category = MedicalRecordNumber)]
    pub(crate) mrn: Option<Phi<String>>,
    #[phi(category = Phone)]
    pub(crate) phones: Option<Phi<Vec<String>>>,
    #[phi(category = Email)]
    pub(crate) emails: Option<Phi<Vec<String>>>,
    #[phi(category = Address)]
    pub(crate) addresses: Option<Phi<Addresses>>,
    /// Seals absence too: allergies stand here, and a NULL written over them must not pass for
    /// none.
    #[phi(category = Clinical, sealed_null)]
    pub(crate) note: Option<Phi<String>>,
}

/// What law protects beyond the rest of the chart. A record of its own, so that nobody who reads
/// the chart meets it in passing.
#[derive(Debug, PhiRecord)]
#[phi(record = "restricted-note")]
pub(crate) struct RestrictedNote {
    #[phi(id, subject)]
    pub(crate) patient_id: String,
    #[phi(category = Clinical, labels = [Hiv, Psychotherapy, Part2])]
    pub(crate) text: Phi<String>,
}

impl Patient {
    /// The names in clear, the official one first: for showing on purpose.
    pub(crate) fn names(&self) -> &[HumanName] {
        match &self.names {
            Some(names) => names.expose().as_inner(),
            None => &[],
        }
    }
}

pub(crate) type Names = Serde<Vec<HumanName>>;
pub(crate) type Addresses = Serde<Vec<Address>>;

/// Any serde type can be a value, as long as it can be wiped: hence `Zeroize`. It has no `Debug`,
/// because it is plaintext; the `Phi` around it has.
#[derive(Default, Serialize, Deserialize, Zeroize)]
#[serde(default)]
pub(crate) struct HumanName {
    pub(crate) text: Option<String>,
    pub(crate) family: Option<String>,
    pub(crate) given: Vec<String>,
}

impl HumanName {
    pub(crate) fn in_full(&self) -> String {
        let parts: Vec<_> = self.given.iter().chain(&self.family).cloned().collect();
        self.text.clone().unwrap_or_else(|| parts.join(" "))
    }
}

#[derive(Default, Serialize, Deserialize, Zeroize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Address {
    pub(crate) line: Vec<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) country: Option<String>,
}

impl Address {
    pub(crate) fn on_one_line(&self) -> String {
        let region = [&self.city, &self.state, &self.postal_code, &self.country];
        let parts = self.line.iter().chain(region.into_iter().flatten());
        parts.cloned().collect::<Vec<_>>().join(", ")
    }
}
