//! A deserializer that knows where it is.

use core::cell::Cell;

use serde::de::{DeserializeSeed, Deserializer, Visitor};

use super::fault::Fault;
use super::place::Place;
use super::visitor::Watched;

/// A deserializer, or the seed of a value, at a place.
pub(super) struct Tracked<'a, D> {
    inner: D,
    place: &'a Place<'a>,
    label: Option<&'a Label>,
}

impl<'a, D> Tracked<'a, D> {
    pub(super) const fn new(inner: D, place: &'a Place<'a>) -> Self {
        Self {
            inner,
            place,
            label: None,
        }
    }

    /// For the key of a struct or the tag of an enum: notes in `label` which name was read.
    pub(super) const fn labelled(inner: D, place: &'a Place<'a>, label: &'a Label) -> Self {
        Self {
            inner,
            place,
            label: Some(label),
        }
    }
}

impl<'de, S: DeserializeSeed<'de>> DeserializeSeed<'de> for Tracked<'_, S> {
    type Value = S::Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<S::Value, D::Error> {
        self.place.settle(self.inner.deserialize(Tracked {
            inner: deserializer,
            place: self.place,
            label: self.label,
        }))
    }
}

/// Each method passes its visitor on under watch. `known_as` are the names of the children, where
/// the Rust type gives them.
macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*) known_as $names:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, Self::Error> {
            let watched = Watched::new(visitor, self.place, self.label, $names);
            self.place.lift(self.inner.$method($($argument,)* watched))
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Tracked<'_, D> {
    type Error = Fault<D::Error>;

    forward! {
        deserialize_any() known_as None;
        deserialize_bool() known_as None;
        deserialize_i8() known_as None;
        deserialize_i16() known_as None;
        deserialize_i32() known_as None;
        deserialize_i64() known_as None;
        deserialize_i128() known_as None;
        deserialize_u8() known_as None;
        deserialize_u16() known_as None;
        deserialize_u32() known_as None;
        deserialize_u64() known_as None;
        deserialize_u128() known_as None;
        deserialize_f32() known_as None;
        deserialize_f64() known_as None;
        deserialize_char() known_as None;
        deserialize_str() known_as None;
        deserialize_string() known_as None;
        deserialize_bytes() known_as None;
        deserialize_byte_buf() known_as None;
        deserialize_option() known_as None;
        deserialize_unit() known_as None;
        deserialize_unit_struct(name: &'static str) known_as None;
        deserialize_newtype_struct(name: &'static str) known_as None;
        deserialize_seq() known_as None;
        deserialize_tuple(len: usize) known_as None;
        deserialize_tuple_struct(name: &'static str, len: usize) known_as None;
        deserialize_map() known_as None;
        deserialize_struct(name: &'static str, fields: Names) known_as Some(fields);
        deserialize_enum(name: &'static str, variants: Names) known_as Some(variants);
        deserialize_identifier() known_as None;
        deserialize_ignored_any() known_as None;
    }

    fn is_human_readable(&self) -> bool {
        self.inner.is_human_readable()
    }
}

/// The fields or variants of a Rust type.
pub(super) type Names = &'static [&'static str];

/// Which of the names a key is: the name itself, not the key that equals it.
pub(super) struct Label {
    names: Names,
    read: Cell<Option<&'static str>>,
}

impl Label {
    pub(super) const fn new(names: Names) -> Self {
        Self {
            names,
            read: Cell::new(None),
        }
    }

    pub(super) fn look_up(&self, key: &str) {
        self.read
            .set(self.names.iter().find(|name| **name == key).copied());
    }

    pub(super) fn name(&self) -> Option<&'static str> {
        self.read.get()
    }
}
