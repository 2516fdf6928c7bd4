//! What the module's return codes mean to us.

use cryptoki::error::{Error, RvError};

use crate::key::{KeyError, KeyErrorKind};

/// Why an attempt failed, and what may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) error: KeyError,
    pub(super) cure: Cure,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cure {
    /// Nothing: the answer would be the same.
    None,
    /// To wait for others.
    Wait,
    /// Another session in the place of this one, which is closed.
    NewSession,
    /// Another session; the module no longer knows this one, whose number may be somebody else's.
    ForgetSession,
}

impl Fault {
    pub(super) const fn new(kind: KeyErrorKind, detail: &'static str, cure: Cure) -> Self {
        Self {
            error: KeyError::new(kind, detail),
            cure,
        }
    }

    /// A fault that stays.
    pub(super) const fn lasting(kind: KeyErrorKind, detail: &'static str) -> Self {
        Self::new(kind, detail, Cure::None)
    }
}

impl From<KeyError> for Fault {
    fn from(error: KeyError) -> Self {
        Self {
            error,
            cure: Cure::None,
        }
    }
}

/// Return codes of PKCS #11 v3.1, section 5.1. The text of the error is dropped: ours is fixed.
impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        use RvError as Rv;

        let Error::Pkcs11(code, _) = error else {
            return UNSUPPORTED;
        };
        match code {
            Rv::PinIncorrect
            | Rv::PinInvalid
            | Rv::PinLenRange
            | Rv::PinExpired
            | Rv::PinTooWeak
            | Rv::NewPinMode
            | Rv::NextOtp => PIN_REFUSED,
            Rv::PinLocked => PIN_LOCKED,
            Rv::UserPinNotInitialized => Self::lasting(
                KeyErrorKind::Denied,
                "the token's user has no pin yet: set one",
            ),
            Rv::KeyFunctionNotPermitted | Rv::ActionProhibited | Rv::FunctionRejected => {
                Self::lasting(
                    KeyErrorKind::Denied,
                    "the token does not permit this with this key: look at the key's attributes",
                )
            }
            Rv::SessionReadOnly | Rv::TokenWriteProtected => Self::lasting(
                KeyErrorKind::Denied,
                "the token may not be written to: make the key with its own tools",
            ),
            Rv::EncryptedDataInvalid
            | Rv::EncryptedDataLenRange
            | Rv::SignatureInvalid
            | Rv::SignatureLenRange => CHANGED,
            Rv::SessionHandleInvalid | Rv::SessionClosed | Rv::CryptokiNotInitialized => {
                Self::new(KeyErrorKind::Unavailable, LOST, Cure::ForgetSession)
            }
            Rv::SessionCount => Self::new(
                KeyErrorKind::Throttled,
                "the token has no session left: lower the number of sessions, or that of clients",
                Cure::Wait,
            ),
            Rv::UserNotLoggedIn
            | Rv::UserAnotherAlreadyLoggedIn
            | Rv::UserTooManyTypes
            | Rv::ObjectHandleInvalid
            | Rv::KeyHandleInvalid
            | Rv::OperationNotInitialized
            | Rv::OperationActive
            | Rv::Cancel
            | Rv::FunctionCanceled
            | Rv::FunctionFailed
            | Rv::GeneralError
            | Rv::DeviceError
            | Rv::DeviceMemory
            | Rv::DeviceRemoved
            | Rv::HostMemory
            | Rv::SlotIdInvalid
            | Rv::TokenNotPresent
            | Rv::TokenNotRecognized => {
                Self::new(KeyErrorKind::Unavailable, LOST, Cure::NewSession)
            }
            _ => UNSUPPORTED,
        }
    }
}

pub(super) const PIN_REFUSED: Fault = Fault::lasting(
    KeyErrorKind::Denied,
    "the token refused the pin; it is not offered again: mend the pin's source",
);

pub(super) const PIN_LOCKED: Fault = Fault::lasting(
    KeyErrorKind::Denied,
    "the token's pin is locked: its security officer must unlock it",
);

pub(super) const CHANGED: Fault = Fault::lasting(
    KeyErrorKind::WrongKey,
    "the wrapped key was changed, moved here from another place, or wrapped under another key",
);

const UNSUPPORTED: Fault = Fault::lasting(
    KeyErrorKind::Contract,
    "the token or its module does not do what is asked: it needs aes-gcm with a 256-bit key",
);

const LOST: &str = "the token did not do it; see that it is there and that its module reaches it";

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;

    fn fault(code: RvError) -> (KeyErrorKind, Cure) {
        let fault = Fault::from(Error::Pkcs11(code, Function::Encrypt));
        (fault.error.kind(), fault.cure)
    }

    #[test]
    fn what_a_pin_is_refused_with_is_never_tried_again() {
        for code in [
            RvError::PinIncorrect,
            RvError::PinInvalid,
            RvError::PinLenRange,
            RvError::PinExpired,
            RvError::PinLocked,
            RvError::UserPinNotInitialized,
        ] {
            assert_eq!(fault(code), (KeyErrorKind::Denied, Cure::None), "{code:?}");
        }
    }

    #[test]
    fn only_what_passes_is_tried_again() {
        for (code, expected) in [
            (
                RvError::TokenNotPresent,
                (KeyErrorKind::Unavailable, Cure::NewSession),
            ),
            (
                RvError::DeviceRemoved,
                (KeyErrorKind::Unavailable, Cure::NewSession),
            ),
            (
                RvError::UserNotLoggedIn,
                (KeyErrorKind::Unavailable, Cure::NewSession),
            ),
            (
                RvError::SessionHandleInvalid,
                (KeyErrorKind::Unavailable, Cure::ForgetSession),
            ),
            (
                RvError::CryptokiNotInitialized,
                (KeyErrorKind::Unavailable, Cure::ForgetSession),
            ),
            (RvError::SessionCount, (KeyErrorKind::Throttled, Cure::Wait)),
            (
                RvError::EncryptedDataInvalid,
                (KeyErrorKind::WrongKey, Cure::None),
            ),
            (
                RvError::KeyFunctionNotPermitted,
                (KeyErrorKind::Denied, Cure::None),
            ),
            (
                RvError::MechanismInvalid,
                (KeyErrorKind::Contract, Cure::None),
            ),
            (
                RvError::VendorDefined(1),
                (KeyErrorKind::Contract, Cure::None),
            ),
        ] {
            assert_eq!(fault(code), expected, "{code:?}");
        }
        let other = Fault::from(Error::NullFunctionPointer);
        assert_eq!(other.error.kind(), KeyErrorKind::Contract);
    }
}
