//! A visitor under watch: what it refuses is recorded, and what it reads is tracked.

use core::fmt;

use serde::de::{Deserializer, EnumAccess, Error, MapAccess, SeqAccess, Visitor};

use super::access::{TrackedEnum, TrackedMap, TrackedSeq};
use super::deserializer::{Label, Names, Tracked};
use super::place::Place;

/// The application's visitor at a place.
pub(super) struct Watched<'a, V> {
    inner: V,
    place: &'a Place<'a>,
    label: Option<&'a Label>,
    names: Option<Names>,
}

impl<'a, V> Watched<'a, V> {
    pub(super) const fn new(
        inner: V,
        place: &'a Place<'a>,
        label: Option<&'a Label>,
        names: Option<Names>,
    ) -> Self {
        Self {
            inner,
            place,
            label,
            names,
        }
    }

    fn look_up(&self, key: &str) {
        if let Some(label) = self.label {
            label.look_up(key);
        }
    }
}

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty)?);)*) => {$(
        fn $method<E: Error>(self, $($argument: $type)?) -> Result<V::Value, E> {
            self.place.settle(self.inner.$method($($argument)?))
        }
    )*};
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Watched<'_, V> {
    type Value = V::Value;

    /// Not the application's words: they would only go into an error that nobody reads.
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("another value")
    }

    forward! {
        visit_bool(value: bool);
        visit_i8(value: i8);
        visit_i16(value: i16);
        visit_i32(value: i32);
        visit_i64(value: i64);
        visit_i128(value: i128);
        visit_u8(value: u8);
        visit_u16(value: u16);
        visit_u32(value: u32);
        visit_u64(value: u64);
        visit_u128(value: u128);
        visit_f32(value: f32);
        visit_f64(value: f64);
        visit_char(value: char);
        visit_bytes(value: &[u8]);
        visit_borrowed_bytes(value: &'de [u8]);
        visit_byte_buf(value: Vec<u8>);
        visit_none();
        visit_unit();
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.look_up(value);
        self.place.settle(self.inner.visit_str(value))
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.look_up(value);
        self.place.settle(self.inner.visit_borrowed_str(value))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.look_up(&value);
        self.place.settle(self.inner.visit_string(value))
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = Tracked::new(inner, self.place);
        self.place.settle(self.inner.visit_some(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        let inner = match self.label {
            Some(label) => Tracked::labelled(inner, self.place, label),
            None => Tracked::new(inner, self.place),
        };
        self.place.settle(self.inner.visit_newtype_struct(inner))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        let mut seq = TrackedSeq::new(seq, self.place);
        let value = self.place.settle(self.inner.visit_seq(&mut seq))?;
        seq.end()?;
        Ok(value)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<V::Value, A::Error> {
        let map = TrackedMap::new(map, self.place, self.names);
        self.place.settle(self.inner.visit_map(map))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<V::Value, A::Error> {
        let data = TrackedEnum::new(data, self.place, self.names.unwrap_or_default());
        self.place.settle(self.inner.visit_enum(data))
    }
}
