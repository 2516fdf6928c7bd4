//! How a [`Pkcs11Kms`] is set up.

use core::fmt;
use core::sync::atomic::AtomicBool;
use std::time::Duration;

use super::key_name::Pkcs11Key;
use super::kms::Pkcs11Kms;
use super::module::Pkcs11Module;
use super::pin::PinSource;
use super::pool::Pool;
use super::token::{Task, Token};
use crate::key::KeyError;

/// Sets up a [`Pkcs11Kms`]; made by [`Pkcs11Kms::builder`].
#[must_use = "nothing is opened before `open` or `create` is awaited"]
pub struct Pkcs11KmsBuilder {
    module: Pkcs11Module,
    key: Pkcs11Key,
    pin: PinSource,
    sessions: usize,
    waiting: usize,
    timeout: Duration,
    is_read_write: bool,
    is_iv_the_tokens: bool,
}

impl Pkcs11KmsBuilder {
    pub(super) fn new(module: Pkcs11Module, key: Pkcs11Key, pin: PinSource) -> Self {
        Self {
            module,
            key,
            pin,
            sessions: 2,
            waiting: 64,
            timeout: Duration::from_secs(5),
            is_read_write: false,
            is_iv_the_tokens: false,
        }
    }

    /// How many threads call the token at once, each with a session of its own, opened when first
    /// needed: 1 to 64, 2 unless told. One more thread watches the time. For each call that hangs,
    /// one more is started, up to twice as many in all.
    pub fn sessions(mut self, sessions: usize) -> Self {
        self.sessions = sessions.clamp(1, 64);
        self
    }

    /// How many calls may wait for a thread before further ones are
    /// [`Throttled`](crate::key::KeyErrorKind::Throttled): at least 1, 64 unless told.
    pub fn waiting(mut self, waiting: usize) -> Self {
        self.waiting = waiting.max(1);
        self
    }

    /// How long a call may take, waiting, logging in and repeating included: at most an hour, 5
    /// seconds unless told.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout.min(Duration::from_secs(3600));
        self
    }

    /// Opens sessions for reading and writing, for HSMs that know no others (AWS CloudHSM).
    pub fn read_write(mut self) -> Self {
        self.is_read_write = true;
        self
    }

    /// Has the token make the IV: it is given twelve zero bytes, in whose place it puts its own.
    ///
    /// For HSMs that want it so. Those that take an IV and put their own in its place need no such
    /// setting: the IV is stored as the token leaves it. A token that leaves the zeros is refused
    /// with [`Contract`](crate::key::KeyErrorKind::Contract), since it encrypted under them.
    pub fn iv_from_token(mut self) -> Self {
        self.is_iv_the_tokens = true;
        self
    }

    /// Logs in, finds the key, and encrypts and decrypts 64 zero bytes with it: what is wrong with
    /// the set-up shows now.
    ///
    /// # Errors
    ///
    /// As [`Pkcs11Kms`] says; those of the PIN's source;
    /// [`KeyErrorKind::Unavailable`](crate::key::KeyErrorKind::Unavailable) without threads.
    pub async fn open(self) -> Result<Pkcs11Kms, KeyError> {
        Pkcs11Kms::start(self.pool(), [Task::Check]).await
    }

    /// Makes the key in the token, then as [`open`](Self::open): AES, 256 bits, drawn by the token,
    /// sensitive, not extractable, not modifiable, for encryption and decryption only.
    ///
    /// For setting up, once. Of two processes that do so at the same moment each may make one:
    /// then both keys have the same name, and neither opens until one is removed by hand. **What is
    /// sealed is lost with this key**: see that the token is backed up first, by its vendor's means.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open), and
    /// [`KeyErrorKind::AlreadyExists`](crate::key::KeyErrorKind::AlreadyExists), also when the token
    /// was lost while it made the key, and had made it.
    pub async fn create(self) -> Result<Pkcs11Kms, KeyError> {
        Pkcs11Kms::start(self.pool(), [Task::Create, Task::Check]).await
    }

    fn pool(self) -> Result<Pool, KeyError> {
        let token = Token {
            module: self.module,
            key: self.key,
            pin: self.pin,
            is_read_write: self.is_read_write,
            is_iv_the_tokens: self.is_iv_the_tokens,
            was_seen: AtomicBool::new(false),
        };
        Pool::start(token, self.sessions, self.waiting, self.timeout)
    }
}

impl fmt::Debug for Pkcs11KmsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11KmsBuilder")
            .field("key", &self.key.reference())
            .field("sessions", &self.sessions)
            .field("waiting", &self.waiting)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}
