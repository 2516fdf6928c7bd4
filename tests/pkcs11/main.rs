//! The PKCS#11 adapter against SoftHSM, in a token that each test makes for itself.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[macro_use]
mod process;

mod hanging;
mod keysets;
mod login;
mod outages;
mod set_up;
mod silence;
mod uris;
mod ward;
mod wrapping;
