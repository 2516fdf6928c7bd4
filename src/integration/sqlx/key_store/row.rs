//! A row as a database holds it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use ::sqlx::{ColumnIndex, Database, Decode, Row, Type, ValueRef};

use super::fault::{Fault, UNREADABLE_ROW, UNSTORABLE_ROW};
use crate::KeyId;
use crate::key::{KeyError, KeyScope, KeyState, StoredKey, WrappedKey};

/// The columns, before anything is believed of them.
#[derive(Clone)]
pub(super) struct Columns {
    pub(super) key_id: Vec<u8>,
    pub(super) tenant: String,
    /// Empty for none: an id has at least one byte, and an index takes no NULL for equal to another.
    pub(super) subject: String,
    pub(super) key_use: String,
    pub(super) version: i64,
    pub(super) state: String,
    pub(super) minimum_version: i64,
    pub(super) reference: String,
    pub(super) wrapped: Option<Vec<u8>>,
    pub(super) created: i64,
    pub(super) changed: i64,
    pub(super) mac: Vec<u8>,
}

impl Columns {
    /// Those of a row that will be read back as it is; others are refused.
    pub(super) fn of(row: &StoredKey) -> Result<Self, KeyError> {
        let (tenant, subject, key_use) = scope_columns(&row.scope).ok_or(UNSTORABLE_ROW)?;
        let seconds = |time: u64| i64::try_from(time).map_err(|_| UNSTORABLE_ROW);
        let columns = Self {
            key_id: row.id.as_bytes().to_vec(),
            tenant: tenant.to_string(),
            subject: subject.to_string(),
            key_use: key_use.to_string(),
            version: row.version.into(),
            state: row.state.code().to_string(),
            minimum_version: row.minimum_version.into(),
            reference: row.reference.clone(),
            wrapped: row.wrapped.clone(),
            created: seconds(row.created)?,
            changed: seconds(row.changed)?,
            mac: row.mac.to_vec(),
        };
        match columns.clone().read() {
            Some(read) if read == *row => Ok(columns),
            _ => Err(UNSTORABLE_ROW),
        }
    }

    /// The columns from the `first` on. SQLite's driver reads NULL as 0 and text as bytes, unless
    /// it is asked.
    pub(super) fn from_database<R: Row>(row: &R, first: usize) -> Result<Self, Fault>
    where
        usize: ColumnIndex<R>,
        for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
        for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
        for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    {
        Ok(Self {
            key_id: bytes(row, first)?.ok_or(UNREADABLE_ROW)?,
            tenant: cell(row, first + 1)?,
            subject: cell(row, first + 2)?,
            key_use: cell(row, first + 3)?,
            version: cell(row, first + 4)?,
            state: cell(row, first + 5)?,
            minimum_version: cell(row, first + 6)?,
            reference: cell(row, first + 7)?,
            wrapped: bytes(row, first + 8)?,
            created: cell(row, first + 9)?,
            changed: cell(row, first + 10)?,
            mac: bytes(row, first + 11)?.ok_or(UNREADABLE_ROW)?,
        })
    }

    pub(super) fn into_row(self) -> Result<StoredKey, KeyError> {
        self.read().ok_or(UNREADABLE_ROW)
    }

    fn read(self) -> Option<StoredKey> {
        let state = KeyState::from_code(&self.state)?;
        // The rules for a wrapped key, and for the name that one which was destroyed leaves.
        let (reference, wrapped) = match (state, self.wrapped) {
            (KeyState::Destroyed, None) => (WrappedKey::new(self.reference, [0].to_vec()), false),
            (KeyState::Destroyed, Some(_)) | (_, None) => return None,
            (_, Some(wrapped)) => (WrappedKey::new(self.reference, wrapped), true),
        };
        let wrapping = reference.ok()?;
        Some(StoredKey {
            id: KeyId::from_bytes(self.key_id.try_into().ok()?),
            scope: KeyScope::from_stored(&self.key_use, &self.tenant, &self.subject).ok()?,
            version: u32::try_from(self.version).ok().filter(|at| *at > 0)?,
            state,
            minimum_version: u32::try_from(self.minimum_version).ok()?,
            reference: wrapping.reference().to_string(),
            wrapped: wrapped.then(|| wrapping.as_bytes().to_vec()),
            created: u64::try_from(self.created).ok()?,
            changed: u64::try_from(self.changed).ok()?,
            mac: self.mac.try_into().ok()?,
        })
    }
}

/// Each once: several questions may have found the same row.
pub(super) fn distinct(mut rows: Vec<StoredKey>) -> Vec<StoredKey> {
    rows.sort_unstable_by_key(|row| row.id);
    rows.dedup_by_key(|row| row.id);
    rows
}

/// Tenant, subject and use. A scope without a tenant is in no store.
pub(super) fn scope_columns(scope: &KeyScope) -> Option<(&str, &str, &'static str)> {
    let subject = scope.subject_id().map_or("", |subject| subject.as_str());
    Some((scope.tenant_id()?.as_str(), subject, scope.key_use().code()))
}

/// A cell that is not NULL.
pub(super) fn cell<R: Row, T>(row: &R, at: usize) -> Result<T, Fault>
where
    usize: ColumnIndex<R>,
    for<'r> T: Decode<'r, R::Database> + Type<R::Database>,
{
    match row.try_get_raw(at)?.is_null() {
        true => Err(UNREADABLE_ROW.into()),
        false => Ok(row.try_get(at)?),
    }
}

/// Bytes and no text, or NULL.
fn bytes<R: Row>(row: &R, at: usize) -> Result<Option<Vec<u8>>, Fault>
where
    usize: ColumnIndex<R>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    String: Type<R::Database>,
{
    let value = row.try_get_raw(at)?;
    if value.is_null() {
        return Ok(None);
    }
    if is_text::<R::Database>(&value.type_info()) {
        return Err(UNREADABLE_ROW.into());
    }
    Ok(Some(row.try_get(at)?))
}

fn is_text<DB: Database>(of: &DB::TypeInfo) -> bool
where
    String: Type<DB>,
{
    String::compatible(of)
}
