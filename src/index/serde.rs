//! Index values in serde formats: hexadecimal where people may read it, bytes elsewhere.

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::ser::{Serialize, Serializer};

use super::{Index, IndexSet, IndexValue};
use crate::error::Error;

impl<I: Index> Serialize for IndexValue<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(&self.to_text())
        } else {
            serializer.serialize_bytes(self.as_bytes())
        }
    }
}

/// Refuses everything but a value of this index, with an error that never quotes what it found.
impl<'de, I: Index> Deserialize<'de> for IndexValue<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let visitor = ValueVisitor(PhantomData);
        let value = if deserializer.is_human_readable() {
            deserializer.deserialize_str(visitor)
        } else {
            deserializer.deserialize_bytes(visitor)
        };
        match value {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(D::Error::custom(error)),
            // The format's own error may quote its input.
            Err(_) => Err(D::Error::custom("expected an index value")),
        }
    }
}

impl<I: Index> Serialize for IndexSet<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.as_slice())
    }
}

/// Takes the values in any order.
impl<'de, I: Index> Deserialize<'de> for IndexSet<I> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::deserialize(deserializer)
            .map(Self::new)
            .map_err(|_| D::Error::custom("expected a list of index values"))
    }
}

/// Takes either form whatever the format says of itself, as envelopes do.
struct ValueVisitor<I>(PhantomData<I>);

impl<I: Index> Visitor<'_> for ValueVisitor<I> {
    type Value = Result<IndexValue<I>, Error>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an index value")
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(IndexValue::from_text(text))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        Ok(IndexValue::from_bytes(bytes))
    }

    fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<Self::Value, E> {
        Ok(IndexValue::from_bytes(&bytes))
    }
}
