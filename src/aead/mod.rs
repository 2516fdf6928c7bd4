//! The cipher: XAES-256-GCM (C2SP) on `aes` and `ghash`. Only `key`, `vault` and `release` may
//! import this module; the layer test holds them to it.

mod gcm;
mod keystream;
mod nonce;
mod tag;
mod xaes;

pub(crate) use gcm::MessageKey;
pub(crate) use nonce::NonceRun;
pub(crate) use xaes::SealingKey;

#[cfg(test)]
mod tests;
