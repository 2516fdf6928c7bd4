//! `Deserialize` for `Phi<T>`: the way in. There is no `Serialize`, so no way out.

use core::fmt;
use core::marker::PhantomData;

use serde::de::value::{
    BorrowedBytesDeserializer, BorrowedStrDeserializer, EnumAccessDeserializer,
    MapAccessDeserializer, SeqAccessDeserializer,
};
use serde::de::{
    Deserialize, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};

use crate::codec::Value;
use crate::phi::Phi;

/// Reads what `T` reads, and replaces every error of `T` by one fixed sentence.
///
/// The sentence never quotes the input. What the structure *around* a `Phi` answers is not in
/// our hands here: serde's own container errors do quote, so read request bodies with
/// [`from_json`](crate::from_json). Nor are errors that a format raises before it hands anything
/// over: of serde's, that is "missing field" with the field's name; RON compares struct names.
/// Where a format tells newtypes from their content, a `Phi` is a newtype.
///
/// # Example
///
/// ```
/// use phi_seal::Phi;
///
/// let ssn: Phi<String> = serde_json::from_str(r#""078-05-1120""#).unwrap();
/// assert_eq!(ssn.expose(), "078-05-1120");
///
/// let error = serde_json::from_str::<Phi<u32>>(r#""078-05-1120""#).unwrap_err();
/// assert_eq!(error.to_string(), "a protected value could not be read");
/// ```
impl<'de, T: Value + Deserialize<'de>> Deserialize<'de> for Phi<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As a newtype, so that `T` runs inside our visitor and "missing field", which serde
        // raises before any visitor is called, stays apart from the errors of `T`.
        deserializer.deserialize_newtype_struct("Phi", PhiVisitor(PhantomData))
    }
}

struct PhiVisitor<T>(PhantomData<T>);

/// Formats without newtypes call the method of the value itself; `T` gets it back from there.
macro_rules! pass_on {
    ($($method:ident: $type:ty),* $(,)?) => {$(
        fn $method<E: Error>(self, value: $type) -> Result<Self::Value, E> {
            read(value.into_deserializer())
        }
    )*};
}

impl<'de, T: Value + Deserialize<'de>> Visitor<'de> for PhiVisitor<T> {
    type Value = Phi<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a protected value")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Phi<T>, D::Error> {
        read(inner)
    }

    pass_on! {
        visit_bool: bool,
        visit_i8: i8, visit_i16: i16, visit_i32: i32, visit_i64: i64, visit_i128: i128,
        visit_u8: u8, visit_u16: u16, visit_u32: u32, visit_u64: u64, visit_u128: u128,
        visit_f32: f32, visit_f64: f64,
        visit_char: char, visit_str: &str, visit_string: String, visit_bytes: &[u8],
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<Phi<T>, E> {
        read(BorrowedStrDeserializer::new(value))
    }

    fn visit_borrowed_bytes<E: Error>(self, value: &'de [u8]) -> Result<Phi<T>, E> {
        read(BorrowedBytesDeserializer::new(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Phi<T>, E> {
        read(().into_deserializer())
    }

    fn visit_none<E: Error>(self) -> Result<Phi<T>, E> {
        read(().into_deserializer())
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<Phi<T>, D::Error> {
        read(inner)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Phi<T>, A::Error> {
        read(SeqAccessDeserializer::new(seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Phi<T>, A::Error> {
        read(MapAccessDeserializer::new(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Phi<T>, A::Error> {
        read(EnumAccessDeserializer::new(data))
    }
}

fn read<'de, T, D>(deserializer: D) -> Result<Phi<T>, D::Error>
where
    T: Value + Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer)
        .map(Phi::new)
        .map_err(|_| D::Error::custom("a protected value could not be read"))
}
