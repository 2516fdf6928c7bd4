//! The store's JSON, as `docs/keys.md` specifies it.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;
use std::io::Write;

use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::envelope::KeyId;
use crate::key::error::{KeyError, KeyErrorKind};
use crate::key::scope::KeyScope;
use crate::key::state::KeyState;
use crate::key::store::StoredKey;
use crate::key::store::table::Table;
use crate::key::text::{from_base64url, from_hex, to_base64url, to_hex};

/// Refuses everything that this did not write, to the byte.
pub(super) fn parse(content: &[u8]) -> Result<Table, KeyError> {
    // serde's own errors may quote their input, so none of them leaves this function.
    let read = || {
        let (rest, end) = content.split_at_checked(content.len().checked_sub(END)?)?;
        if end != end_of(rest).as_bytes() {
            return None;
        }
        let document: Document = serde_json::from_slice(content).ok()?;
        document.into_table()
    };
    read().ok_or_else(|| match serde_json::from_slice(content) {
        Ok(Probe { format, version }) if format == FORMAT && version > u64::from(VERSION) => LATER,
        _ => DAMAGED,
    })
}

/// One row on a line, and last the digest of all that comes before it.
pub(super) fn write(table: &Table) -> Vec<u8> {
    let mut content = Vec::new();
    let generation = table.generation();
    let written = write!(
        content,
        r#"{{"format":"{FORMAT}","version":{VERSION},"generation":{generation},"keys":["#
    );
    written.expect("a vector takes all that is written");
    for (n, row) in table.rows().enumerate() {
        content.extend_from_slice(if n == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut content, &Row::of(row))
            .expect("a row of strings and integers can always be written");
    }
    content.extend_from_slice(b"\n],");
    let end = end_of(&content);
    content.extend_from_slice(end.as_bytes());
    content
}

/// What follows this in a whole file.
fn end_of(rest: &[u8]) -> String {
    alloc::format!("\"sha256\":\"{}\"}}\n", to_hex(&Sha256::digest(rest)))
}

#[derive(Deserialize)]
struct Probe {
    format: String,
    version: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    version: u32,
    generation: u64,
    keys: Vec<Row<'static>>,
    /// Checked before.
    #[serde(rename = "sha256")]
    _sha256: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Row<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "use")]
    key_use: Cow<'a, str>,
    tenant: Cow<'a, str>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    subject: Option<Cow<'a, str>>,
    version: u32,
    state: Cow<'a, str>,
    minimum_version: u32,
    reference: Cow<'a, str>,
    #[serde(
        default,
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    wrapped: Option<Cow<'a, str>>,
    created: u64,
    changed: u64,
    mac: Cow<'a, str>,
}

/// A member that may be left out, but not be null.
fn present<'de, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Cow<'a, str>>, D::Error> {
    String::deserialize(deserializer).map(|text| Some(text.into()))
}

impl Document {
    fn into_table(self) -> Option<Table> {
        if self.format != FORMAT || self.version != VERSION {
            return None;
        }
        let rows: Option<_> = self.keys.into_iter().map(Row::into_stored).collect();
        Table::of(rows?, self.generation)
    }
}

impl<'a> Row<'a> {
    fn of(row: &'a StoredKey) -> Self {
        let scope = &row.scope;
        Self {
            id: row.id.to_hex().into(),
            key_use: scope.key_use().code().into(),
            tenant: scope
                .tenant_id()
                .map_or("", |tenant| tenant.as_str())
                .into(),
            subject: scope.subject_id().map(|subject| subject.as_str().into()),
            version: row.version,
            state: row.state.code().into(),
            minimum_version: row.minimum_version,
            reference: row.reference.as_str().into(),
            wrapped: row.wrapped.as_deref().map(|it| to_base64url(it).into()),
            created: row.created,
            changed: row.changed,
            mac: to_base64url(&row.mac).into(),
        }
    }

    fn into_stored(self) -> Option<StoredKey> {
        // A store's own spelling of none, which is no spelling here.
        if self.subject.as_deref() == Some("") {
            return None;
        }
        let subject = self.subject.unwrap_or_default();
        let wrapped = match self.wrapped {
            Some(wrapped) => Some(from_base64url(&wrapped)?),
            None => None,
        };
        Some(StoredKey {
            id: KeyId::from_bytes(from_hex(&self.id)?),
            scope: KeyScope::from_stored(&self.key_use, &self.tenant, &subject).ok()?,
            version: self.version,
            state: KeyState::from_code(&self.state)?,
            minimum_version: self.minimum_version,
            reference: self.reference.into_owned(),
            wrapped,
            created: self.created,
            changed: self.changed,
            mac: from_base64url(&self.mac)?.try_into().ok()?,
        })
    }
}

const FORMAT: &str = "phi-seal-keys";

const VERSION: u32 = 1;

/// Length of what [`end_of`] gives.
const END: usize = 10 + 64 + 3;

const LATER: KeyError = KeyError::new(
    KeyErrorKind::Unsupported,
    "a later version of this crate wrote the file of keys; upgrade",
);

const DAMAGED: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "the file of keys is damaged, cut short or no such file, and was left as it is; restore a \
     backup",
);
