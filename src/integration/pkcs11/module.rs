//! The vendor's module, loaded into this process.

use alloc::sync::Arc;
use core::{fmt, mem};
use std::path::Path;
use std::time::Instant;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};

use super::gate::{Gate, Pass};
use super::login::Logins;
use crate::key::{KeyError, KeyErrorKind};

/// A PKCS#11 module: the vendor's shared library, loaded and initialised.
///
/// A module exists once in a process, whoever loads it how often. Load it once and share it by
/// `clone` between all [`Pkcs11Kms`](super::Pkcs11Kms): they agree through it on when it may be
/// initialised again, and on which PINs were refused. It is neither finalised on drop nor
/// ever unloaded.
///
/// # Security
///
/// The module is foreign code with all rights of this process. Give its path in full, and let
/// nobody else write there.
#[derive(Clone)]
pub struct Pkcs11Module(Arc<Loaded>);

struct Loaded {
    api: Pkcs11,
    is_alone: bool,
    gate: Gate,
    logins: Logins,
}

impl Pkcs11Module {
    /// Loads and initialises the module at `path`. Where somebody else in this process initialised
    /// it already, that is used.
    ///
    /// It is never finalised, since others may have sessions in it. If they finalise it, it is
    /// initialised again. **Blocks**, with some vendors on the network: meant for the start.
    ///
    /// # Errors
    ///
    /// [`KeyErrorKind::NotFound`] if it cannot be loaded, [`KeyErrorKind::Unavailable`] if it
    /// cannot be initialised.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        Self::load_as(path.as_ref(), false)
    }

    /// As [`load`](Self::load), for a module that nothing else in this process uses: it is
    /// finalised and initialised again, at most once a second, when its token stays away. With
    /// some modules (SoftHSM) only that brings back a token that was taken out. Never while a call
    /// hangs in it: that is not defined.
    ///
    /// # Errors
    ///
    /// As [`load`](Self::load), and [`KeyErrorKind::Contract`] if somebody else uses it already.
    /// Whoever does so later, past this value, has their sessions voided under them.
    pub fn load_alone(path: impl AsRef<Path>) -> Result<Self, KeyError> {
        Self::load_as(path.as_ref(), true)
    }

    fn load_as(path: &Path, is_alone: bool) -> Result<Self, KeyError> {
        let api = Pkcs11::new(path).map_err(|_| {
            KeyError::new(
                KeyErrorKind::NotFound,
                "the pkcs11 module cannot be loaded; check its path, and what it needs itself",
            )
        })?;
        // Never unloaded: modules have threads and thread-local state of their own, which would
        // then run in memory that is gone.
        mem::forget(api.clone());
        match initialize(&api) {
            Ok(()) => {}
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) if !is_alone => {}
            Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {
                return Err(KeyError::new(
                    KeyErrorKind::Contract,
                    "something else in this process uses the pkcs11 module: load it once, and clone",
                ));
            }
            Err(_) => {
                return Err(KeyError::new(
                    KeyErrorKind::Unavailable,
                    "the pkcs11 module cannot be initialised; check its configuration",
                ));
            }
        }
        Ok(Self(Arc::new(Loaded {
            api,
            is_alone,
            gate: Gate::default(),
            logins: Logins::new()?,
        })))
    }

    pub(super) fn api(&self) -> &Pkcs11 {
        &self.0.api
    }

    pub(super) fn logins(&self) -> &Logins {
        &self.0.logins
    }

    /// To be held while the module is called.
    pub(super) fn enter(&self, deadline: Instant) -> Option<Pass<'_>> {
        self.0.gate.enter(deadline)
    }

    /// Initialises the module again, if that is ours to do and nobody did since `generation`. Says
    /// whether a new session may now have more luck. Not while holding a [`Pass`].
    pub(super) fn restart(&self, generation: u64, deadline: Instant) -> bool {
        self.0.gate.restart(generation, deadline, || {
            if self.0.is_alone {
                // Fails if somebody else finalised it, or the last attempt here got half-way.
                let _ = self.0.api.clone().finalize();
            }
            // Where it still is initialised, this changes nothing: not ours.
            initialize(&self.0.api).is_ok()
        })
    }
}

impl fmt::Debug for Pkcs11Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pkcs11Module")
            .field("is_alone", &self.0.is_alone)
            .finish_non_exhaustive()
    }
}

fn initialize(api: &Pkcs11) -> Result<(), Error> {
    // The module may be called by several threads at once, and locks by the system's means.
    api.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK))
}
