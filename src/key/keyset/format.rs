//! The keyset's JSON, as `docs/keys.md` specifies it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Deserializer, Serialize};

use super::{FORMAT, Keyset};
use crate::envelope::KeyId;
use crate::key::kms::WrappedKey;
use crate::key::roster::{Entry, Roster};
use crate::key::scope::{KeyScope, KeyUse};
use crate::key::state::{KeyInfo, KeyState};
use crate::key::text::{from_base64url, from_hex, to_base64url, to_hex};
use crate::key::{KeyError, KeyErrorKind};
use crate::label::{SubjectId, TenantId};

/// Parses a keyset without verifying it. Accepts any white space and order of members, and
/// otherwise one spelling only.
pub(super) fn parse(json: &[u8]) -> Result<Keyset, KeyError> {
    // serde's own errors may quote their input, so none of them leaves this function.
    let Probe { format } = serde_json::from_slice(json).map_err(|_| NOT_A_KEYSET)?;
    if format > u64::from(FORMAT) {
        return Err(KeyError::new(
            KeyErrorKind::Unsupported,
            "a later version of this crate wrote the keyset; upgrade",
        ));
    }
    let document: Document = serde_json::from_slice(json).map_err(|_| NOT_A_KEYSET)?;
    document.into_keyset().ok_or(KeyError::new(
        KeyErrorKind::Malformed,
        "the keyset contradicts itself or spells a value wrongly; restore a backup",
    ))
}

/// The keyset as indented JSON, without a line end after the closing brace.
pub(super) fn to_json(keyset: &Keyset) -> String {
    serde_json::to_string_pretty(&Document::of(keyset))
        .expect("a document of strings and integers can always be written")
}

#[derive(Deserialize)]
struct Probe {
    format: u64,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    keyset: String,
    generation: u64,
    minimum_version: u32,
    mac_key: Wrapped,
    keys: Vec<Key>,
    mac: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Wrapped {
    kms: String,
    wrapped: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Key {
    version: u32,
    id: String,
    #[serde(rename = "use")]
    key_use: String,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    tenant: Option<String>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    subject: Option<String>,
    state: String,
    created: u64,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    kms: Option<String>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    wrapped: Option<String>,
}

/// A member that may be left out, but not be null.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    String::deserialize(deserializer).map(Some)
}

impl Document {
    fn of(keyset: &Keyset) -> Self {
        Self {
            format: FORMAT,
            keyset: to_hex(&keyset.id),
            generation: keyset.generation,
            minimum_version: keyset.roster.minimum_version(),
            mac_key: Wrapped::of(&keyset.mac_key),
            keys: keyset.roster.entries().iter().map(Key::of).collect(),
            mac: to_base64url(&keyset.mac),
        }
    }

    fn into_keyset(self) -> Option<Keyset> {
        let entries: Option<_> = self.keys.into_iter().map(Key::into_entry).collect();
        let keyset = Keyset {
            id: from_hex(&self.keyset)?,
            generation: self.generation,
            mac_key: self.mac_key.into_wrapped_key()?,
            roster: Roster::from_entries(self.minimum_version, entries?)?,
            mac: from_base64url(&self.mac)?.try_into().ok()?,
        };
        (self.format == FORMAT && self.generation > 0).then_some(keyset)
    }
}

impl Wrapped {
    fn of(wrapped: &WrappedKey) -> Self {
        Self {
            kms: wrapped.reference().into(),
            wrapped: to_base64url(wrapped.as_bytes()),
        }
    }

    fn into_wrapped_key(self) -> Option<WrappedKey> {
        WrappedKey::new(self.kms, from_base64url(&self.wrapped)?).ok()
    }
}

impl Key {
    fn of(entry: &Entry<WrappedKey>) -> Self {
        let Entry { info, material } = entry;
        let (kms, wrapped) = material
            .as_ref()
            .map(Wrapped::of)
            .map(|Wrapped { kms, wrapped }| (kms, wrapped))
            .unzip();
        let scope = info.scope();
        Self {
            version: info.version(),
            id: info.id().to_hex(),
            key_use: scope.key_use().code().into(),
            tenant: scope.tenant_id().map(|tenant| tenant.as_str().into()),
            subject: scope.subject_id().map(|subject| subject.as_str().into()),
            state: info.state().code().into(),
            created: info.created(),
            kms,
            wrapped,
        }
    }

    fn into_entry(self) -> Option<Entry<WrappedKey>> {
        let key_use = KeyUse::from_code(&self.key_use).filter(|&it| it != KeyUse::Root)?;
        let scope = match (self.tenant, self.subject, key_use) {
            (None, None, _) => KeyScope::shared(key_use),
            (Some(tenant), None, _) => KeyScope::tenant(TenantId::new(tenant).ok()?, key_use),
            (Some(tenant), Some(subject), KeyUse::Seal) => {
                KeyScope::subject(TenantId::new(tenant).ok()?, SubjectId::new(subject).ok()?)
            }
            (Some(tenant), Some(subject), KeyUse::Audit) => {
                let (tenant, subject) =
                    (TenantId::new(tenant).ok()?, SubjectId::new(subject).ok()?);
                KeyScope::audit_details(tenant, subject)
            }
            (_, Some(_), _) => return None,
        };
        let material = match (self.kms, self.wrapped) {
            (Some(kms), Some(wrapped)) => Some(Wrapped { kms, wrapped }.into_wrapped_key()?),
            (None, None) => None,
            _ => return None,
        };
        Some(Entry {
            info: KeyInfo {
                id: KeyId::from_bytes(from_hex(&self.id)?),
                version: self.version,
                state: KeyState::from_code(&self.state)?,
                created: self.created,
                scope,
            },
            material,
        })
    }
}

const NOT_A_KEYSET: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "not a keyset, or a part of one; restore a backup",
);
