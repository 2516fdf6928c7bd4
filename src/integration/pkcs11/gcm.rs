//! AES-256-GCM inside the token.

use alloc::vec::Vec;

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::ObjectHandle;
use cryptoki::session::Session;

use super::fault::{CHANGED, Cure, Fault};
use crate::SecretBytes;
use crate::key::{KeyErrorKind, WrapContext};

/// What authenticates the place of a wrapped key.
///
/// A digest, although the HSM is within the organisation: some write mechanism parameters into
/// their audit logs, and the context names tenant and subject in clear. It also has one length,
/// whatever limit a token has.
pub(super) fn associated_data(context: &WrapContext) -> Vec<u8> {
    [LABEL, context.digest().as_slice()].concat()
}

/// `0x01 ‖ iv (12) ‖ ciphertext ‖ tag (16)`.
pub(super) fn wrap(
    session: &Session,
    key: ObjectHandle,
    payload: &[u8],
    associated: &[u8],
    is_iv_the_tokens: bool,
) -> Result<Vec<u8>, Fault> {
    let mut iv = [0; IV_LEN];
    if !is_iv_the_tokens {
        getrandom::fill(&mut iv).map_err(|_| NO_RANDOMNESS)?;
    }
    let ciphertext = {
        let parameters = GcmParams::new(&mut iv, associated, TAG_BITS.into())?;
        session.encrypt(&Mechanism::AesGcm(parameters), key, payload)?
    };
    // As it stands after the call: some tokens put their own there, asked or not.
    if iv == [0; IV_LEN] {
        return Err(NO_IV);
    }
    if ciphertext.len() != payload.len() + TAG_LEN {
        return Err(ODD_LENGTH);
    }
    let mut wrapped = Vec::with_capacity(1 + IV_LEN + ciphertext.len());
    wrapped.push(VERSION);
    wrapped.extend_from_slice(&iv);
    wrapped.extend_from_slice(&ciphertext);
    Ok(wrapped)
}

pub(super) fn unwrap(
    session: &Session,
    key: ObjectHandle,
    wrapped: &[u8],
    associated: &[u8],
    is_iv_the_tokens: bool,
) -> Result<SecretBytes, Fault> {
    match decrypt(session, key, wrapped, associated) {
        Err(Attempt::Ambiguous(fault)) => match probe(session, key, is_iv_the_tokens) {
            // The token is well, so what it was given is not.
            Ok(()) => Err(CHANGED),
            Err(_) => Err(fault),
        },
        Err(Attempt::Clear(fault)) => Err(fault),
        Ok(payload) => Ok(payload),
    }
}

/// Whether the token encrypts with this key and decrypts it again.
pub(super) fn probe(
    session: &Session,
    key: ObjectHandle,
    is_iv_the_tokens: bool,
) -> Result<(), Fault> {
    let wrapped = wrap(session, key, PROBE, LABEL, is_iv_the_tokens)?;
    match decrypt(session, key, &wrapped, LABEL) {
        Ok(payload) if payload.as_slice() == PROBE => Ok(()),
        Ok(_) => Err(ODD_LENGTH),
        Err(Attempt::Ambiguous(fault) | Attempt::Clear(fault)) => Err(fault),
    }
}

enum Attempt {
    Clear(Fault),
    /// SoftHSM up to 2.6.1 answers a wrong tag and an inner failure alike.
    Ambiguous(Fault),
}

fn decrypt(
    session: &Session,
    key: ObjectHandle,
    wrapped: &[u8],
    associated: &[u8],
) -> Result<SecretBytes, Attempt> {
    let (mut iv, ciphertext) = parse(wrapped).map_err(Attempt::Clear)?;
    let parameters = GcmParams::new(&mut iv, associated, TAG_BITS.into())
        .map_err(|error| Attempt::Clear(error.into()))?;
    match session.decrypt(&Mechanism::AesGcm(parameters), key, ciphertext) {
        // The whole capacity is wiped with it.
        Ok(payload) => Ok(SecretBytes::from_vec(payload)),
        Err(
            error @ Error::Pkcs11(
                RvError::GeneralError | RvError::FunctionFailed,
                Function::Decrypt,
            ),
        ) => Err(Attempt::Ambiguous(error.into())),
        Err(error) => Err(Attempt::Clear(error.into())),
    }
}

fn parse(wrapped: &[u8]) -> Result<([u8; IV_LEN], &[u8]), Fault> {
    let (version, rest) = wrapped.split_first().ok_or(CHANGED)?;
    if *version != VERSION {
        return Err(Fault::lasting(
            KeyErrorKind::Unsupported,
            "the wrapped key is of a later form, or was changed; upgrade this crate",
        ));
    }
    match rest.split_first_chunk() {
        Some((iv, ciphertext)) if ciphertext.len() > TAG_LEN => Ok((*iv, ciphertext)),
        _ => Err(CHANGED),
    }
}

const VERSION: u8 = 1;
const IV_LEN: usize = 12;
const TAG_LEN: usize = 16;
const TAG_BITS: u64 = 128;
const LABEL: &[u8] = b"phi-seal/v1 pkcs11";
const PROBE: &[u8] = &[0; 64];

const NO_RANDOMNESS: Fault = Fault::new(
    KeyErrorKind::Unavailable,
    "the operating system gave no randomness; try again",
    Cure::Wait,
);

const NO_IV: Fault = Fault::lasting(
    KeyErrorKind::Contract,
    "the token made no iv of its own: leave iv_from_token off",
);

const ODD_LENGTH: Fault = Fault::lasting(
    KeyErrorKind::Contract,
    "the token's aes-gcm gives something else than ciphertext and a tag of 16 bytes",
);
