//! Data keys wrapped inside an HSM, or another token that speaks PKCS#11: [`Pkcs11Kms`].
//!
//! `docs/keys.md` specifies what is stored. The calls into the vendor's module block; they run on
//! threads of the [`Pkcs11Kms`], so its futures need no runtime and hold up none.

mod builder;
mod fault;
mod gate;
mod gcm;
mod key_name;
mod kms;
mod login;
mod module;
mod pin;
mod pool;
mod reply;
mod token;
mod uri;

pub use builder::Pkcs11KmsBuilder;
pub use key_name::Pkcs11Key;
pub use kms::Pkcs11Kms;
pub use module::Pkcs11Module;
pub use pin::{pin_from_env, pin_from_file};
pub use uri::Pkcs11Uri;
