//! Lists, maps, structs and enums: where one place leads to the next.

use serde::de::{
    DeserializeSeed, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use super::deserializer::{Label, Names, Tracked};
use super::error::JsonReason;
use super::fault::Fault;
use super::place::{Name, Place};
use super::visitor::Watched;

/// The elements of a list.
pub(super) struct TrackedSeq<'a, A> {
    inner: A,
    place: &'a Place<'a>,
    position: usize,
    ended: bool,
}

impl<'de, 'a, A: SeqAccess<'de>> TrackedSeq<'a, A> {
    pub(super) const fn new(inner: A, place: &'a Place<'a>) -> Self {
        Self {
            inner,
            place,
            position: 0,
            ended: false,
        }
    }

    /// Fails when elements are left: serde_json would call them a syntax error.
    pub(super) fn end(mut self) -> Result<(), A::Error> {
        if !self.ended && self.inner.next_element::<IgnoredAny>()?.is_some() {
            self.place.record(Some(JsonReason::WrongLength));
            return Err(A::Error::custom("too many elements"));
        }
        Ok(())
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for TrackedSeq<'_, A> {
    type Error = Fault<A::Error>;

    fn next_element_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let element = self.place.child(Name::Index, self.position);
        self.position += 1;
        let read = self.inner.next_element_seed(Tracked::new(seed, &element));
        let value = self.place.lift(read)?;
        self.ended = value.is_none();
        Ok(value)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// The entries of a map, or the fields of a struct.
pub(super) struct TrackedMap<'a, A> {
    inner: A,
    place: &'a Place<'a>,
    fields: Option<Names>,
    position: usize,
    name: Name,
}

impl<'a, A> TrackedMap<'a, A> {
    pub(super) const fn new(inner: A, place: &'a Place<'a>, fields: Option<Names>) -> Self {
        Self {
            inner,
            place,
            fields,
            position: 0,
            name: Name::Unknown,
        }
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for TrackedMap<'_, A> {
    type Error = Fault<A::Error>;

    fn next_key_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<Option<S::Value>, Self::Error> {
        let read = if let Some(fields) = self.fields {
            let label = Label::new(fields);
            let seed = Tracked::labelled(seed, self.place, &label);
            let read = self.inner.next_key_seed(seed);
            self.name = label.name().map_or(Name::Unknown, Name::Known);
            read
        } else {
            let key = self.place.child(Name::Key, self.position);
            self.name = Name::Entry;
            self.inner.next_key_seed(Tracked::new(seed, &key))
        };
        self.place.lift(read)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let entry = self.place.child(self.name, self.position);
        self.position += 1;
        let read = self.inner.next_value_seed(Tracked::new(seed, &entry));
        self.place.lift(read)
    }

    fn size_hint(&self) -> Option<usize> {
        self.inner.size_hint()
    }
}

/// An enum, before its variant is known.
pub(super) struct TrackedEnum<'a, A> {
    inner: A,
    place: &'a Place<'a>,
    variants: Names,
}

impl<'a, A> TrackedEnum<'a, A> {
    pub(super) const fn new(inner: A, place: &'a Place<'a>, variants: Names) -> Self {
        Self {
            inner,
            place,
            variants,
        }
    }
}

impl<'de, 'a, A: EnumAccess<'de>> EnumAccess<'de> for TrackedEnum<'a, A> {
    type Error = Fault<A::Error>;
    type Variant = TrackedVariant<'a, A::Variant>;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Self::Variant), Self::Error> {
        let label = Label::new(self.variants);
        let seed = Tracked::labelled(seed, self.place, &label);
        let (value, inner) = self.place.lift(self.inner.variant_seed(seed))?;
        let name = label.name().map_or(Name::Unknown, Name::Known);
        let place = self.place.child(name, 0);
        Ok((value, TrackedVariant { inner, place }))
    }
}

/// The content of a variant.
pub(super) struct TrackedVariant<'a, A> {
    inner: A,
    place: Place<'a>,
}

impl<'de, A: VariantAccess<'de>> VariantAccess<'de> for TrackedVariant<'_, A> {
    type Error = Fault<A::Error>;

    fn unit_variant(self) -> Result<(), Self::Error> {
        self.place.lift(self.inner.unit_variant())
    }

    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let seed = Tracked::new(seed, &self.place);
        self.place.lift(self.inner.newtype_variant_seed(seed))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        len: usize,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let watched = Watched::new(visitor, &self.place, None, None);
        self.place.lift(self.inner.tuple_variant(len, watched))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: Names,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        let watched = Watched::new(visitor, &self.place, None, Some(fields));
        self.place.lift(self.inner.struct_variant(fields, watched))
    }
}
