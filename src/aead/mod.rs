//! The cipher: XAES-256-GCM (C2SP) on `aes` and `aes-gcm`. Only `key`, `vault` and `release` may
//! import this module; the layer test holds them to it.

mod nonce;
mod xaes;

pub(crate) use nonce::NonceRun;
pub(crate) use xaes::{MessageKey, SealingKey};

#[cfg(test)]
mod tests;
