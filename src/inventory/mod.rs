//! The application's PHI data map, from the schemas of its records.

#[cfg(feature = "serde")]
mod json;
mod markdown;

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::category::Category;
#[cfg(feature = "index")]
use crate::index::IndexInfo;
use crate::record::Schema;

/// Lists what PHI an application keeps: each field with its category under 45 CFR 164.514(b)(2),
/// its labels, and what its envelope shows to somebody without a key.
///
/// It lists what it is given, in that order: keep the list of all schemas in one place, and the
/// result under version control, so that a review sees each new field.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "derive")] {
/// use phi_seal::{Phi, PhiRecord, inventory};
///
/// #[derive(PhiRecord)]
/// #[phi(record = "patient")]
/// struct Patient {
///     #[phi(id, subject)]
///     id: String,
///     #[phi(category = Clinical, label = Hiv, pad = 32)]
///     status: Option<Phi<String>>,
/// }
///
/// let map = inventory(&[Patient::SCHEMA]).to_markdown();
/// assert!(map.contains("| status | Clinical | – | Hiv | text | absence, length in steps of 32 |"));
/// # }
/// ```
pub fn inventory<'a>(schemas: &[&'a Schema]) -> Inventory<'a> {
    Inventory(schemas.to_vec())
}

/// The PHI data map of an application; made by [`inventory()`].
#[derive(Clone)]
pub struct Inventory<'a>(Vec<&'a Schema>);

impl Inventory<'_> {
    /// A heading and a table for each record type.
    pub fn to_markdown(&self) -> String {
        markdown::write(&self.0)
    }

    /// The same as JSON, indented by two spaces, for tools. `length_shown` is `false`, `true` or
    /// the bytes that lengths are rounded up to. Members may be added in later versions.
    #[cfg(feature = "serde")]
    pub fn to_json(&self) -> String {
        json::write(&self.0)
    }
}

impl fmt::Debug for Inventory<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inventory")
            .field("records", &self.0.len())
            .finish_non_exhaustive()
    }
}

/// What an index column tells somebody without a key, beside which rows have no value.
#[cfg(feature = "index")]
fn shown_by(index: &IndexInfo) -> String {
    let alike = if index.has_several_terms() {
        "how many terms a row has, and which rows share one"
    } else {
        "which rows are alike"
    };
    // With so many groups, hardly any two of a national population share one by chance.
    if index.width() >= 64 {
        String::from(alike)
    } else {
        alloc::format!("{alike}, as far as 2^{} groups tell", index.width())
    }
}

/// The letter of 45 CFR 164.514(b)(2)(i) under which the category stands.
const fn paragraph(category: Category) -> Option<char> {
    Some(match category {
        Category::Name => 'A',
        Category::Address => 'B',
        Category::Date => 'C',
        Category::Phone => 'D',
        Category::Fax => 'E',
        Category::Email => 'F',
        Category::Ssn => 'G',
        Category::MedicalRecordNumber => 'H',
        Category::HealthPlanNumber => 'I',
        Category::AccountNumber => 'J',
        Category::LicenseNumber => 'K',
        Category::VehicleId => 'L',
        Category::DeviceId => 'M',
        Category::Url => 'N',
        Category::IpAddress => 'O',
        Category::Biometric => 'P',
        Category::Photo => 'Q',
        Category::OtherIdentifier => 'R',
        Category::Clinical => return None,
    })
}
