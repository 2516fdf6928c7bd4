//! One vector of `envelope.json`; `docs/envelope.md`, section "Vectors", says what its members
//! are.

use phi_seal::danger::import_data_key;
use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{SubjectId, TenantId};
use serde::{Deserialize, Deserializer};

use crate::place::Place;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    #[serde(deserialize_with = "hex")]
    pub(crate) data_key: Vec<u8>,
    tenant: String,
    subject: String,
    record_type: String,
    record_id: String,
    field: String,
    #[serde(deserialize_with = "hex")]
    binding: Vec<u8>,
    pub(crate) content: u8,
    pub(crate) padded: bool,
    #[serde(deserialize_with = "hex")]
    pub(crate) nonce: Vec<u8>,
    #[serde(deserialize_with = "hex")]
    pub(crate) plaintext: Vec<u8>,
    #[serde(deserialize_with = "hex")]
    pub(crate) associated_data: Vec<u8>,
    pub(crate) key_id: String,
    #[serde(deserialize_with = "hex")]
    pub(crate) envelope: Vec<u8>,
    pub(crate) text: String,
    pub(crate) expect: String,
}

pub(crate) fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("envelope.json")).unwrap()
}

impl Vector {
    /// The reader's key, which belongs to the vector's tenant and subject.
    pub(crate) fn key(&self) -> DataKey {
        let tenant = TenantId::new(self.tenant.clone()).unwrap();
        let scope = match self.subject.as_str() {
            "" => KeyScope::tenant(tenant, KeyUse::Seal),
            subject => KeyScope::subject(tenant, SubjectId::new(String::from(subject)).unwrap()),
        };
        import_data_key(self.data_key.as_slice().try_into().unwrap(), scope)
    }

    /// The reader's context.
    pub(crate) fn place(&self) -> Place {
        Place {
            tenant: self.tenant.clone(),
            subject: self.subject.clone(),
            record_type: self.record_type.clone(),
            record_id: self.record_id.clone(),
            field: self.field.clone(),
            binding: self.binding.clone(),
        }
    }

    /// Whether the envelope says that it is a sealed absence.
    pub(crate) fn is_null(&self) -> bool {
        self.envelope[1] & 0x7f == 0
    }
}

fn hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    Ok(from_hex(&text))
}

pub(crate) fn from_hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2) && text.is_ascii());
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}
