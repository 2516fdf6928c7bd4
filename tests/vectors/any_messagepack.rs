//! Fields of content code 8 that take whatever is well-formed.

use core::fmt;

use phi_seal::SecretBytes;
use phi_seal::codec::{CodecError, Content, Encoder, Value};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use zeroize::Zeroize;

/// Any MessagePack value, as `serde` sees it; written back in the shortest spelling.
pub(crate) enum AnyMessagePack {
    Nil,
    Boolean(bool),
    Unsigned(u64),
    Signed(i64),
    Float32(f32),
    Float64(f64),
    Text(String),
    Bytes(Vec<u8>),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Extension(i8, Box<Self>),
}

impl Zeroize for AnyMessagePack {
    fn zeroize(&mut self) {
        *self = Self::Nil;
    }
}

impl Serialize for AnyMessagePack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Boolean(value) => serializer.serialize_bool(*value),
            Self::Unsigned(value) => serializer.serialize_u64(*value),
            Self::Signed(value) => serializer.serialize_i64(*value),
            Self::Float32(value) => serializer.serialize_f32(*value),
            Self::Float64(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::Bytes(value) => serializer.serialize_bytes(value),
            Self::Array(items) => serializer.collect_seq(items),
            Self::Map(entries) => serializer.collect_map(entries.iter().map(|(k, v)| (k, v))),
            Self::Extension(kind, data) => {
                serializer.serialize_newtype_struct("_ExtStruct", &(kind, data))
            }
        }
    }
}

impl<'de> Deserialize<'de> for AnyMessagePack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = AnyMessagePack;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a MessagePack value")
    }

    fn visit_unit<E>(self) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Nil)
    }

    fn visit_bool<E>(self, value: bool) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Boolean(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Unsigned(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Signed(value))
    }

    fn visit_f32<E>(self, value: f32) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Float32(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Float64(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Text(value.into()))
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<AnyMessagePack, E> {
        Ok(AnyMessagePack::Bytes(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<AnyMessagePack, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(AnyMessagePack::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AnyMessagePack, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(AnyMessagePack::Map(entries))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        inner: D,
    ) -> Result<AnyMessagePack, D::Error> {
        Deserialize::deserialize(inner).map(|(kind, data)| AnyMessagePack::Extension(kind, data))
    }
}

/// The bytes of a structured value as they are, checked by nobody.
pub(crate) struct AnySpelling(Vec<u8>);

impl Value for AnySpelling {
    const CONTENT: Content = Content::Structured;

    fn encode(&self, out: &mut Encoder<'_>) -> Result<(), CodecError> {
        out.append(&self.0);
        Ok(())
    }

    fn decode(content: SecretBytes) -> Result<Self, CodecError> {
        Ok(Self(content.into_vec()))
    }

    fn wipe(&mut self) {
        self.0.wipe();
    }
}
