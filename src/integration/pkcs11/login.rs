//! Logging in, without ever locking a token.

use alloc::boxed::Box;
use alloc::vec::Vec;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::TokenInfo;
use cryptoki::types::RawAuthPin;
use sha2::{Digest, Sha256};

use super::fault::{Fault, PIN_LOCKED, PIN_REFUSED};
use super::pin::{PinSource, is_plausible};
use crate::SecretBytes;
use crate::key::{KeyError, KeyErrorKind};

/// Lets one log in at a time, and remembers what was refused: a token counts wrong PINs, whoever
/// in the process gives them, and locks itself after some.
#[derive(Debug)]
pub(super) struct Logins {
    salt: [u8; 32],
    refused: Mutex<Vec<[u8; 32]>>,
}

impl Logins {
    pub(super) fn new() -> Result<Self, KeyError> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|_| {
            KeyError::new(
                KeyErrorKind::Unavailable,
                "the operating system gave no randomness; try again",
            )
        })?;
        Ok(Self {
            salt,
            refused: Mutex::default(),
        })
    }

    /// Logs the user in, unless the process already is: a login is the process's, not the session's.
    pub(super) fn log_in(
        &self,
        session: &Session,
        token: &TokenInfo,
        pin: &PinSource,
        deadline: Instant,
    ) -> Result<(), Fault> {
        if is_user(session)? || !token.login_required() {
            return Ok(());
        }
        // Asked outside of the lock: a source that hangs holds up nobody else.
        let pin = pin()?;
        if Instant::now() >= deadline {
            return Err(SLOW_SOURCE);
        }
        if !is_plausible(pin.as_slice()) {
            return Err(IMPLAUSIBLE);
        }
        let digest = self.digest(token.label(), pin.as_slice());
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.contains(&digest) || refused.len() >= MOST_REFUSED {
            return Err(PIN_REFUSED);
        }
        if token.user_pin_locked() {
            return Err(PIN_LOCKED);
        }
        if token.user_pin_final_try() {
            return Err(LAST_TRY);
        }
        match session.login_with_raw(UserType::User, &owned(pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            // Some tokens may mean the PIN by these: not a second time within one call.
            Err(Error::Pkcs11(RvError::GeneralError | RvError::FunctionFailed, _)) => Err(FAILED),
            Err(error) => {
                let fault = Fault::from(error);
                if fault.error.kind() == KeyErrorKind::Denied {
                    refused.push(digest);
                }
                Err(fault)
            }
        }
    }

    /// Tells PINs apart without keeping them. PINs are short: the salt, which never leaves this
    /// process's memory, keeps the digest from being searched elsewhere.
    fn digest(&self, token: &str, pin: &[u8]) -> [u8; 32] {
        Sha256::new()
            .chain_update(self.salt)
            .chain_update(token.len().to_be_bytes())
            .chain_update(token)
            .chain_update(pin)
            .finalize()
            .0
    }
}

fn is_user(session: &Session) -> Result<bool, Fault> {
    let state = session.get_session_info()?.session_state();
    Ok(matches!(state, SessionState::RoUser | SessionState::RwUser))
}

/// The same allocation, wiped on drop as before.
fn owned(pin: SecretBytes) -> RawAuthPin {
    RawAuthPin::new(Box::new(pin.into_vec()))
}

/// So many different PINs were wrong that the next would be a guess too.
const MOST_REFUSED: usize = 8;

const IMPLAUSIBLE: Fault = Fault::lasting(
    KeyErrorKind::Malformed,
    "the pin's source gave no pin: 1 to 256 bytes of text without control characters or line ends",
);

const FAILED: Fault = Fault::lasting(
    KeyErrorKind::Unavailable,
    "the token failed to log in; see that it is well before trying often",
);

const SLOW_SOURCE: Fault = Fault::lasting(
    KeyErrorKind::Unavailable,
    "the pin's source took longer than the call may take",
);

const LAST_TRY: Fault = Fault::lasting(
    KeyErrorKind::Denied,
    "one more wrong pin locks the token: log in by its own tool once, which resets its count",
);
