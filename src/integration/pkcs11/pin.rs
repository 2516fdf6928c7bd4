//! Where the PIN comes from.

use alloc::boxed::Box;
use alloc::string::String;
use std::path::PathBuf;

use crate::SecretBytes;
use crate::key::{KeyError, KeyErrorKind, read_secret_file};

/// Gives the PIN, each time somebody must log in.
pub(super) type PinSource = Box<dyn Fn() -> Result<SecretBytes, KeyError> + Send + Sync>;

/// A PIN in a file, read by [`read_secret_file`] at each login: only its owner may have permissions
/// on it, and one line end after the PIN does not count.
///
/// # Example
///
/// ```
/// # #[cfg(unix)] {
/// use std::fs;
/// use std::os::unix::fs::PermissionsExt;
///
/// use phi_seal::integration::pkcs11::pin_from_file;
/// use phi_seal::key::KeyErrorKind;
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pin");
/// fs::write(&path, "4711\n")?;
/// fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
/// let pin = pin_from_file(&path);
/// assert_eq!(pin().unwrap_err().kind(), KeyErrorKind::Permissions);
///
/// fs::set_permissions(&path, fs::Permissions::from_mode(0o600))?;
/// assert_eq!(pin()?.as_slice(), b"4711");
/// # }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub fn pin_from_file(
    path: impl Into<PathBuf>,
) -> impl Fn() -> Result<SecretBytes, KeyError> + Send + Sync + 'static {
    let path = path.into();
    move || read_secret_file(&path, LONGEST)
}

/// A PIN in an environment variable, as it stands there.
///
/// The environment itself is not wiped: child processes inherit it, and on Linux the same user
/// reads it under `/proc`.
///
/// # Example
///
/// ```
/// use phi_seal::integration::pkcs11::pin_from_env;
/// use phi_seal::key::KeyErrorKind;
///
/// let pin = pin_from_env("PHI_SEAL_NO_SUCH_PIN");
/// assert_eq!(pin().unwrap_err().kind(), KeyErrorKind::NotFound);
/// ```
pub fn pin_from_env(
    variable: impl Into<String>,
) -> impl Fn() -> Result<SecretBytes, KeyError> + Send + Sync + 'static {
    let variable = variable.into();
    move || {
        let pin = std::env::var_os(&variable).ok_or(KeyError::new(
            KeyErrorKind::NotFound,
            "the environment variable for the pin is not set",
        ))?;
        Ok(SecretBytes::from_vec(pin.into_encoded_bytes()))
    }
}

/// Whether a token may be asked: each wrong PIN brings it nearer to locking itself, so what can be
/// no PIN, such as one with a line end in it, is refused here.
pub(super) fn is_plausible(pin: &[u8]) -> bool {
    let is_text = core::str::from_utf8(pin).is_ok_and(|pin| !pin.contains(char::is_control));
    is_text && !pin.is_empty() && pin.len() <= LONGEST
}

/// In bytes. Tokens have limits of their own, below.
const LONGEST: usize = 256;
