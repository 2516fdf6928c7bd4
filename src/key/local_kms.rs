//! A root key in a file or an environment variable.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use core::fmt;
use std::path::Path;

use hkdf::Hkdf;
use sha2::Sha256;

use super::error::{KeyError, KeyErrorKind, NO_RANDOMNESS};
use super::file::{self, Disk};
use super::kms::{Kms, WrappedKey};
use super::local_wrap::{unwrap_under, wrap_under};
use super::provider::BoxFuture;
use super::text::{key_from_base64url, to_base64url, to_hex};
use super::wrap::WrapContext;
use crate::aead::SealingKey;
use crate::secret::{SecretBytes, SecretKey};

/// Wraps data keys under a 256-bit root key of this machine.
///
/// For development, for one machine, and for a root key that a secret store hands out at the
/// start. The root key's text form is `phi-root1.` and 43 characters of base64url.
///
/// # Security
///
/// A root key beside the database does not meet HHS's guidance that keys be kept on a separate
/// device or at a separate location from the data: whoever takes both reads everything. There is
/// no access log, no rate limit and no revocation either; use a remote KMS or an HSM for those.
/// **Losing the root key loses the data**: keep a copy elsewhere.
///
/// # Example
///
/// ```
/// use phi_seal::key::LocalKms;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("root.key");
/// let made = LocalKms::create_file(&path)?;
/// let read = LocalKms::from_file(&path)?;
/// assert_eq!(made.reference(), read.reference());
/// assert!(LocalKms::create_file(&path).is_err()); // never overwritten
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct LocalKms {
    reference: String,
    wrapping: SealingKey,
}

impl LocalKms {
    /// Reads the root key from a file that holds its text form, and at most one line end after.
    ///
    /// The file, or what a symbolic link leads to, must be a regular one. On Unix only its owner
    /// may have permissions on it (mode 0600 or 0400), judged on the opened file; elsewhere, see
    /// to that yourself.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`] (no key is ever made up), [`KeyErrorKind::Permissions`],
    /// [`KeyErrorKind::Malformed`] or [`KeyErrorKind::Io`].
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let mut text = [0; TEXT_LEN + 2];
        let result = file::read_private(path.as_ref(), &mut text)
            .and_then(|len| Self::from_text(&text[..len]));
        crate::secret::wipe(&mut text);
        result
    }

    /// Makes a fresh root key and a file for it, of mode 0600. The file appears complete and on
    /// the disk, or not at all; nothing is overwritten.
    ///
    /// A crash half-way can leave a file behind whose name begins with a dot and ends in `.tmp`.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::AlreadyExists`], [`KeyErrorKind::NotFound`] for a missing folder,
    /// [`KeyErrorKind::Permissions`], [`KeyErrorKind::Io`] or [`KeyErrorKind::Unavailable`].
    pub fn create_file(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        let root = random_root()?;
        let mut text = SecretBytes::with_capacity(TEXT_LEN + 1);
        text.append(PREFIX);
        let body = SecretBytes::from_vec(to_base64url(&root.0).into_bytes());
        text.append(body.as_slice());
        text.append(b"\n");
        file::create(&Disk, path.as_ref(), text.as_slice())?;
        Ok(Self::new(&root))
    }

    /// Reads the root key's text form from an environment variable.
    ///
    /// The environment itself is not wiped: child processes inherit it, and on Linux the same
    /// user reads it under `/proc`.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`] or [`KeyErrorKind::Malformed`].
    pub fn from_env(variable: &str) -> Result<Self, KeyError> {
        let text = std::env::var_os(variable).ok_or(KeyError::new(
            KeyErrorKind::NotFound,
            "the environment variable for the root key is not set",
        ))?;
        let text = SecretBytes::from_vec(text.into_encoded_bytes());
        Self::from_text(text.as_slice())
    }

    /// A fresh root key in memory, for tests: what it wraps is lost with the process.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Unavailable`] if the operating system has no randomness to give.
    pub fn generate() -> Result<Self, KeyError> {
        Ok(Self::new(&random_root()?))
    }

    /// The public name of the root key: `local:` and 32 hexadecimal digits derived from it.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    fn from_text(text: &[u8]) -> Result<Self, KeyError> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let mut root = SecretKey([0; 32]);
        text.strip_prefix(PREFIX)
            .and_then(|body| key_from_base64url(body, &mut root.0))
            .map(|()| Self::new(&root))
            .ok_or(KeyError::new(
                KeyErrorKind::Malformed,
                "not a root key: write phi-root1. and 43 characters of base64url on one line",
            ))
    }

    fn new(root: &SecretKey) -> Self {
        let hkdf = Hkdf::<Sha256>::from_prk(&root.0).expect("32 bytes make a SHA-256 PRK");
        let mut wrapping = SecretKey([0; 32]);
        hkdf.expand(b"phi-seal/v1 local-kms", &mut wrapping.0)
            .expect("32 bytes are within HKDF's limit");
        let mut id = [0; 16];
        hkdf.expand(b"phi-seal/v1 local-kms-id", &mut id)
            .expect("16 bytes are within HKDF's limit");
        Self {
            reference: format!("local:{}", to_hex(&id)),
            wrapping: SealingKey::new(&wrapping.0),
        }
    }

    fn wrap_now(&self, payload: &[u8], context: &WrapContext) -> Result<WrappedKey, KeyError> {
        let bytes = wrap_under(&self.wrapping, payload, context)?;
        WrappedKey::new(self.reference.as_str(), bytes)
    }

    fn unwrap_now(
        &self,
        wrapped: &WrappedKey,
        context: &WrapContext,
    ) -> Result<SecretBytes, KeyError> {
        if wrapped.reference() != self.reference {
            return Err(KeyError::new(
                KeyErrorKind::WrongKey,
                "this root key is another one than the key was wrapped under; load that one",
            ));
        }
        unwrap_under(&self.wrapping, wrapped.as_bytes(), context).ok_or(KeyError::new(
            KeyErrorKind::WrongKey,
            "the wrapped key was changed, or moved here from another place",
        ))
    }
}

impl Kms for LocalKms {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async { self.wrap_now(payload.as_slice(), context) })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async { self.unwrap_now(wrapped, context) })
    }

    fn owns(&self, reference: &str) -> bool {
        reference == self.reference
    }
}

impl fmt::Debug for LocalKms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKms")
            .field("reference", &self.reference)
            .finish_non_exhaustive()
    }
}

fn random_root() -> Result<SecretKey, KeyError> {
    SecretKey::generate().ok_or(NO_RANDOMNESS)
}

const PREFIX: &[u8] = b"phi-root1.";
const TEXT_LEN: usize = PREFIX.len() + 43;
