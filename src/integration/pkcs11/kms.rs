//! The token as a [`Kms`].

use alloc::boxed::Box;
use core::fmt;

use super::builder::Pkcs11KmsBuilder;
use super::gcm;
use super::key_name::Pkcs11Key;
use super::module::Pkcs11Module;
use super::pool::Pool;
use super::token::Task;
use crate::SecretBytes;
use crate::key::{BoxFuture, KeyError, KeyErrorKind, Kms, WrapContext, WrappedKey};

/// Wraps data keys under an AES-256 key in an HSM or another PKCS#11 token.
///
/// By AES-GCM inside the token, with SHA-256 of the wrap context as associated data: a wrapped key
/// that was changed or moved is refused by the token itself. Neither tenant nor subject reach the
/// token or its audit log. The wrapping key is one that cannot be read out of the token; another
/// is refused.
///
/// - **It waits nowhere.** The token is called by threads of this value, with a session each; its
///   futures are polled by any runtime or none. Each call ends within the
///   [`timeout`](Pkcs11KmsBuilder::timeout), also when the token hangs.
/// - **It comes back.** A session or login that was lost is replaced, and the call repeated, at
///   most twice, after pauses of random length within the time-out. A module that is
///   [used by nobody else](Pkcs11Module::load_alone) is initialised again when its token went away.
/// - **It locks no token.** A refused PIN is never offered again as long as the
///   [`Pkcs11Module`] lives; another one from the same source is. When the token says
///   that one more wrong PIN locks it, none is offered.
///
/// Built by [`builder`](Self::builder). Dropping it closes its sessions, for which it waits at most
/// one second. Drop it before the process ends: some modules crash when `main` returns while
/// another thread is in them.
///
/// # Errors
///
/// | kind | when |
/// |---|---|
/// | `Denied` | the PIN is wrong, expired or locked, or the token does not permit it. Not tried again |
/// | `Throttled` | the queue is full, or the token has no session left |
/// | `Unavailable` | the token is away, does not answer in time, or fails; also a key that was there once and is not |
/// | `WrongKey` | the wrapped key was changed or moved, or names another key |
/// | `Unsupported` | the wrapped key is of a later form |
/// | `NotFound` | there never was such a token or key |
/// | `Contract` | several tokens or keys have that name, the key is readable or too short, or the token cannot do AES-GCM |
/// | as the PIN's source says | the PIN could not be had |
///
/// None of them, and no `Debug` here, holds a PIN or a payload.
///
/// # Security
///
/// Not promised: that the module and its driver keep no copy of PIN or payload in this process, or
/// that the way to the token is encrypted: that is its vendor's. `cryptoki` frees the buffer for a
/// payload unwiped when a token writes into it and then fails. One IV of 96 random bits is drawn
/// for each wrapping, so a key should wrap at most 2^32 times.
///
/// # Example
///
/// ```no_run
/// use phi_seal::integration::pkcs11::{Pkcs11Key, Pkcs11Kms, Pkcs11Module, pin_from_file};
/// use phi_seal::key::KeysetFile;
///
/// # async fn example() -> Result<(), phi_seal::key::KeyError> {
/// let module = Pkcs11Module::load_alone("/usr/lib/softhsm/libsofthsm2.so")?;
/// let key = Pkcs11Key::new("clinic", "phi-root", [1])?;
/// let kms = Pkcs11Kms::builder(&module, key, pin_from_file("/etc/clinic/pin"))
///     .sessions(4)
///     .open()
///     .await?;
/// let keys = KeysetFile::load_or_create("/var/lib/clinic/keys.json", &kms).await?;
/// let keyring = keys.unlock(&kms).await?;
/// # Ok(())
/// # }
/// ```
pub struct Pkcs11Kms {
    pool: Pool,
}

impl Pkcs11Kms {
    /// Begins with what is needed: the module, the name of the key, and what gives the PIN.
    ///
    /// `pin` is called on a thread of this value, whenever somebody has to log in, and the PIN is
    /// wiped after use: [`pin_from_file`](super::pin_from_file),
    /// [`pin_from_env`](super::pin_from_env), or a closure that asks a secret store. It may block.
    pub fn builder(
        module: &Pkcs11Module,
        key: Pkcs11Key,
        pin: impl Fn() -> Result<SecretBytes, KeyError> + Send + Sync + 'static,
    ) -> Pkcs11KmsBuilder {
        Pkcs11KmsBuilder::new(module.clone(), key, Box::new(pin))
    }

    /// The name of the wrapping key, as wrapped keys carry it: [`Pkcs11Key::reference`].
    pub fn reference(&self) -> &str {
        self.pool.token().key.reference()
    }

    /// Starts the threads and has them do the tasks, one after another.
    pub(super) async fn start(
        pool: Result<Pool, KeyError>,
        tasks: impl IntoIterator<Item = Task>,
    ) -> Result<Self, KeyError> {
        let pool = pool?;
        for task in tasks {
            pool.submit(task)?.await?;
        }
        Ok(Self { pool })
    }
}

impl Kms for Pkcs11Kms {
    fn wrap<'a>(
        &'a self,
        payload: &'a SecretBytes,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<WrappedKey, KeyError>> {
        Box::pin(async move {
            if payload.is_empty() || payload.len() > LONGEST {
                return Err(ODD_PAYLOAD);
            }
            let mut copy = SecretBytes::with_capacity(payload.len());
            copy.append(payload.as_slice());
            let task = Task::Wrap {
                payload: copy,
                associated: gcm::associated_data(context),
            };
            let wrapped = self.pool.submit(task)?.await?;
            WrappedKey::new(self.reference(), wrapped.into_vec())
        })
    }

    fn unwrap<'a>(
        &'a self,
        wrapped: &'a WrappedKey,
        context: &'a WrapContext,
    ) -> BoxFuture<'a, Result<SecretBytes, KeyError>> {
        Box::pin(async move {
            if !self.owns(wrapped.reference()) {
                return Err(ANOTHER_KEY);
            }
            let task = Task::Unwrap {
                wrapped: wrapped.as_bytes().to_vec(),
                associated: gcm::associated_data(context),
            };
            self.pool.submit(task)?.await
        })
    }

    /// Whether it is exactly this [`reference`](Pkcs11Kms::reference): no other spelling of the
    /// same URI.
    fn owns(&self, reference: &str) -> bool {
        reference == self.reference()
    }
}

impl fmt::Debug for Pkcs11Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Kms")
            .field("reference", &self.reference())
            .finish_non_exhaustive()
    }
}

/// Tokens take little in one part.
const LONGEST: usize = 4096;

const ODD_PAYLOAD: KeyError = KeyError::new(
    KeyErrorKind::Contract,
    "a payload to be wrapped has 1 to 4096 bytes",
);

const ANOTHER_KEY: KeyError = KeyError::new(
    KeyErrorKind::WrongKey,
    "the wrapped key names another key than this token's",
);
