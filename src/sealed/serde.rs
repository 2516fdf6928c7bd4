//! `Sealed<T>` in serde formats: text where people may read it, bytes elsewhere.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, Serializer};

use super::Sealed;
use crate::codec::Value;
use crate::error::Error;

impl<T> Serialize for Sealed<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&self.to_text())
        } else {
            serializer.serialize_bytes(self.as_bytes())
        }
    }
}

/// Refuses everything but an envelope, with an error that never quotes what it found: a
/// plaintext in the wrong column stays out of the logs.
impl<'de, T: Value> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = EnvelopeVisitor(PhantomData);
        let sealed = if deserializer.is_human_readable() {
            deserializer.deserialize_str(visitor)
        } else {
            deserializer.deserialize_bytes(visitor)
        };
        match sealed {
            Ok(Ok(sealed)) => Ok(sealed),
            Ok(Err(error)) => Err(D::Error::custom(error)),
            // The format's own error may quote its input.
            Err(_) => Err(D::Error::custom("expected an envelope")),
        }
    }
}

/// Takes either form whatever the format says of itself: inside `flatten` and `untagged`, serde
/// hands bytes on as if the format were for people.
struct EnvelopeVisitor<T>(PhantomData<T>);

impl<T: Value> Visitor<'_> for EnvelopeVisitor<T> {
    type Value = Result<Sealed<T>, Error>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an envelope")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Sealed::from_text(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(Sealed::from_bytes(bytes))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(Sealed::from_bytes(bytes))
    }
}
