//! Every value type through the public interface: its bytes, its round trip, and what it refuses.
#![allow(clippy::unwrap_used, clippy::panic)]

mod dates;
mod hostile;
mod known_answers;
#[cfg(all(feature = "jiff-0_2", feature = "chrono-0_4", feature = "time-0_3"))]
mod libraries;
mod refusals;
mod round_trips;
#[cfg(feature = "serde")]
mod structured;
#[cfg(feature = "uuid-1")]
mod uuids;

use phi_seal::SecretBytes;
use phi_seal::codec::{CodecError, Encoder, Value};

/// What `value` is sealed as, or why it cannot be.
fn encoded(value: &impl Value) -> Result<Vec<u8>, CodecError> {
    let mut buffer = SecretBytes::default();
    value.encode(&mut Encoder::new(&mut buffer))?;
    Ok(buffer.into_vec())
}

fn decoded<T: Value>(bytes: &[u8]) -> Result<T, CodecError> {
    T::decode(SecretBytes::from_vec(bytes.to_vec()))
}

/// Why `bytes` are refused as a `T`.
fn refusal<T: Value>(bytes: &[u8]) -> &'static str {
    match decoded::<T>(bytes) {
        Ok(_) => panic!("{} was decoded from {bytes:?}", std::any::type_name::<T>()),
        Err(error) => error.reason(),
    }
}
