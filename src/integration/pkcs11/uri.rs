//! A token's key by its URI.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use std::path::PathBuf;

use super::builder::Pkcs11KmsBuilder;
use super::key_name::Pkcs11Key;
use super::kms::Pkcs11Kms;
use super::module::Pkcs11Module;
use super::pin::{PinSource, pin_from_env, pin_from_file};
use crate::key::{KeyError, KeyErrorKind};

/// A [`Pkcs11Kms`] in one line of a configuration: the [`reference`](Pkcs11Key::reference) that a
/// wrapped key carries, the module, and where the PIN is.
///
/// A URI of RFC 7512 with the attributes `token`, `object` and `id`, optionally `type=secret-key`,
/// and after the question mark `module-path` and `pin-source`, each once and in any order.
/// `pin-source` is `file:` and an absolute path ([`pin_from_file`]) or `env:` and the name of a
/// variable ([`pin_from_env`]). Other attributes are refused, `pin-value` among them: a PIN in a
/// configuration or on a command line is open to everybody who sees that.
///
/// Nothing here is secret.
///
/// # Example
///
/// ```
/// use phi_seal::integration::pkcs11::Pkcs11Uri;
///
/// let uri = Pkcs11Uri::parse(
///     "pkcs11:token=clinic;object=phi%20root;id=%01%A2;type=secret-key\
///      ?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/clinic/pin",
/// )?;
/// assert_eq!(
///     uri.key().reference(),
///     "pkcs11:token=clinic;object=phi%20root;id=%01%A2;type=secret-key",
/// );
/// assert!(Pkcs11Uri::parse("pkcs11:token=clinic;object=root;id=%01?pin-value=1234").is_err());
/// # Ok::<(), phi_seal::key::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Pkcs11Uri {
    key: Pkcs11Key,
    module: PathBuf,
    pin: PinPlace,
}

#[derive(Clone, PartialEq, Eq)]
enum PinPlace {
    File(PathBuf),
    Variable(String),
}

impl Pkcs11Uri {
    /// Reads the URI.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::Malformed`], also as [`Pkcs11Key::new`].
    pub fn parse(uri: &str) -> Result<Self, KeyError> {
        let rest = uri.strip_prefix("pkcs11:").ok_or(MALFORMED)?;
        let (path, query) = rest.split_once('?').ok_or(MALFORMED)?;
        let mut path = Attributes::parse(path, ';')?;
        let mut query = Attributes::parse(query, '&')?;
        if query.take("pin-value").is_some() {
            return Err(PIN_IN_CLEAR);
        }
        let (token, object) = (path.text("token")?, path.text("object")?);
        let id = path.take("id").ok_or(MALFORMED)?;
        if path.take("type").is_some_and(|kind| kind != b"secret-key") {
            return Err(MALFORMED);
        }
        let module = query.text("module-path")?;
        let pin = query.text("pin-source")?;
        if !path.0.is_empty() || !query.0.is_empty() || !module.starts_with('/') {
            return Err(MALFORMED);
        }
        Ok(Self {
            key: Pkcs11Key::new(token, object, id)?,
            module: module.into(),
            pin: PinPlace::parse(&pin)?,
        })
    }

    /// The key that it names.
    pub const fn key(&self) -> &Pkcs11Key {
        &self.key
    }

    /// Loads the module, shared ([`Pkcs11Module::load`]), and begins to set up its key.
    ///
    /// # Errors
    ///
    /// As [`Pkcs11Module::load`].
    pub fn builder(&self) -> Result<Pkcs11KmsBuilder, KeyError> {
        let module = Pkcs11Module::load(&self.module)?;
        Ok(self.builder_in(&module))
    }

    /// The same in a module that is loaded already; the URI's path of it is not looked at.
    pub fn builder_in(&self, module: &Pkcs11Module) -> Pkcs11KmsBuilder {
        let pin: PinSource = match &self.pin {
            PinPlace::File(path) => Box::new(pin_from_file(path)),
            PinPlace::Variable(name) => Box::new(pin_from_env(name)),
        };
        Pkcs11Kms::builder(module, self.key.clone(), pin)
    }
}

impl fmt::Debug for Pkcs11Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Uri")
            .field("key", &self.key.reference())
            .finish_non_exhaustive()
    }
}

impl PinPlace {
    fn parse(source: &str) -> Result<Self, KeyError> {
        match source.split_once(':') {
            Some(("file", path)) if path.starts_with('/') => {
                // `file:///etc/pin` is the same place without a host.
                let path = path.strip_prefix("//").unwrap_or(path);
                match path.starts_with('/') && !path.starts_with("//") {
                    true => Ok(Self::File(path.into())),
                    false => Err(MALFORMED),
                }
            }
            Some(("env", name)) if !name.is_empty() && !name.contains(['=', '\0']) => {
                Ok(Self::Variable(name.into()))
            }
            _ => Err(NO_PIN_SOURCE),
        }
    }
}

/// Names and decoded values, each name once.
struct Attributes<'u>(Vec<(&'u str, Vec<u8>)>);

impl<'u> Attributes<'u> {
    fn parse(text: &'u str, separator: char) -> Result<Self, KeyError> {
        let mut read = Self(Vec::new());
        for attribute in text.split(separator) {
            let (name, value) = attribute.split_once('=').ok_or(MALFORMED)?;
            if read.0.iter().any(|(known, _)| *known == name) {
                return Err(MALFORMED);
            }
            read.0.push((name, decoded(value).ok_or(MALFORMED)?));
        }
        Ok(read)
    }

    fn take(&mut self, name: &str) -> Option<Vec<u8>> {
        let at = self.0.iter().position(|(known, _)| *known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    fn text(&mut self, name: &str) -> Result<String, KeyError> {
        let value = self.take(name).ok_or(MALFORMED)?;
        String::from_utf8(value).map_err(|_| MALFORMED)
    }
}

/// The bytes behind percent-encoding. What must not stand there as itself is refused, so that no
/// stray byte is taken for part of a name.
fn decoded(value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut nibble = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (nibble()?, nibble()?);
                (high << 4 | low) as u8
            }
            b'-' | b'.' | b'_' | b'~' | b'/' | b':' => byte,
            _ if byte.is_ascii_alphanumeric() => byte,
            _ => return None,
        });
    }
    Some(bytes)
}

const MALFORMED: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "write pkcs11:token=…;object=…;id=%01?module-path=/…&pin-source=file:/…, with other characters \
     than letters, digits and -._~/: as % and two hexadecimal digits",
);

const PIN_IN_CLEAR: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "a pin in a uri is open to everybody who sees the uri; use pin-source, and change the pin",
);

const NO_PIN_SOURCE: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "pin-source is file: and an absolute path, or env: and the name of a variable",
);
