//! Sealing and opening with a bare key: no policy, no audit. Public through `danger` only.

use super::cipher::{self, Plaintext};
use crate::context::{Context, Field, FieldInfo, RecordRef};
use crate::error::{Error, ErrorKind};
use crate::key::{DataKey, Scope};
use crate::label::TenantId;
use crate::phi::Phi;
use crate::release::decrypt;
use crate::sealed::Sealed;
use crate::shape::{Protected, ProtectedSealed};

/// A nonce chosen by the caller, for test vectors and benchmarks.
///
/// # Security
///
/// Two values sealed under one key and one nonce reveal each other and the authentication key.
#[derive(Clone, Copy, Debug)]
pub struct FixedNonce(pub [u8; 24]);

/// Seals without policy, audit and random nonce.
///
/// An absent value is sealed as null, whatever the field says.
///
/// # Errors
///
/// [`ErrorKind::MissingKey`] if the key is of another scope; [`ErrorKind::Unencodable`] and
/// [`ErrorKind::InvalidInput`].
///
/// # Security
///
/// Nobody is asked and nothing is recorded; for the nonce see [`FixedNonce`].
pub fn seal_unrecorded<P: Protected>(
    key: &DataKey,
    nonce: FixedNonce,
    tenant: &TenantId<'_>,
    field: &Field<P::Value>,
    record: RecordRef<'_>,
    value: &P,
) -> Result<Sealed<P::Value>, Error> {
    let info = field.info();
    record.check_subject(info.record_type())?;
    check_scope(key, tenant, record, &info)?;
    let mut context = Context::new(tenant, record, info.record_type());
    let FixedNonce(nonce) = nonce;
    Plaintext::encode(value.present().map(Phi::expose), &info)?
        .seal(
            &mut context,
            &info,
            key.id(),
            &mut key.sealing().derive(&nonce),
            &nonce,
        )
        .map(|(bytes, _)| Sealed::from_envelope(bytes))
}

/// Opens without policy and audit, for recovery drills and benchmarks.
///
/// # Errors
///
/// [`ErrorKind::MissingKey`] unless `key` is the one the envelope names;
/// [`ErrorKind::Integrity`], also for an absence where the field seals its nulls;
/// [`ErrorKind::Undecodable`] and [`ErrorKind::InvalidInput`].
///
/// # Security
///
/// Nobody is asked and nothing is recorded.
pub fn open_unrecorded<S: ProtectedSealed>(
    key: &DataKey,
    tenant: &TenantId<'_>,
    field: &Field<S::Value>,
    record: RecordRef<'_>,
    sealed: &S,
) -> Result<S::Plain, Error> {
    let info = field.info();
    record.check_subject(info.record_type())?;
    check_scope(key, tenant, record, &info)?;
    let mut context = Context::new(tenant, record, info.record_type());
    let Some(sealed) = sealed.present() else {
        if info.seals_null() {
            return Err(super::NULL_IS_TAMPERING);
        }
        return Protected::of(None).ok_or(super::ABSENT);
    };
    let envelope = sealed.envelope();
    if envelope.key_id() != *key.id() {
        return Err(Error::new(
            ErrorKind::MissingKey,
            "the envelope names another key than the one given",
        ));
    }
    let mut message_key = key.sealing().derive(envelope.nonce);
    let plaintext = decrypt(&mut context, &info, &mut message_key, &envelope)?;
    cipher::decode(plaintext, envelope.content, envelope.padded)
        .and_then(|value| Protected::of(value.map(Phi::new)).ok_or(cipher::NULL_IN_PLAIN_FIELD))
        .map_err(|error| Error::new(ErrorKind::Undecodable, error.reason()))
}

fn check_scope(
    key: &DataKey,
    tenant: &TenantId<'_>,
    record: RecordRef<'_>,
    field: &FieldInfo,
) -> Result<(), Error> {
    let scope = Scope::of_record(tenant, record.subject(), field.record_type());
    if key.scope().admits(scope) {
        Ok(())
    } else {
        Err(Error::new(
            ErrorKind::MissingKey,
            "the key given does not belong to this tenant and subject, or to sealing",
        ))
    }
}
