//! The second look at a body that serde_json itself refused.
//!
//! Its error quotes the input, and may have been replaced on its way up by code that wraps the
//! errors of others, as `Phi` does. So nobody reads it: the document is read again, down to the
//! place where the first reading failed, to see what is there.

use core::cell::Cell;
use core::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor,
};

use super::error::{JsonError, JsonReason};
use super::fault::kind;
use super::place::{Name, Path, Step};

/// Says what is wrong at the end of `path`.
pub(super) fn look_again(body: &[u8], path: Path) -> JsonError {
    let found = Cell::new(None);
    let mut json = serde_json::Deserializer::from_slice(body);
    let look = Look {
        steps: path.steps(),
        found: Some(&found),
    };
    let result = look.deserialize(&mut json);
    match (found.get(), result) {
        (None, Err(error)) => JsonError::syntax(path, &error),
        // What is there is well-formed, so serde_json objected to its type.
        (Some(found), _) | (None, Ok(found)) => {
            JsonError::new(path, JsonReason::WrongType { found })
        }
    }
}

/// Reads strictly what lies at the end of `steps`, and skims what comes before it.
#[derive(Clone, Copy)]
struct Look<'a> {
    steps: &'a [Step],
    /// Where to put the answer; `None` inside the thing looked at.
    found: Option<&'a Cell<Option<&'static str>>>,
}

impl Look<'_> {
    /// How to read the child at `position`; `None` for one that the path passes by.
    fn child(self, position: usize) -> Option<Self> {
        match self.steps {
            [] => Some(Self {
                steps: &[],
                found: None,
            }),
            [step, rest @ ..] => (step.position == position).then_some(Self {
                steps: rest,
                found: self.found,
            }),
        }
    }

    fn is_at_key(self, position: usize) -> bool {
        let name = Name::Key;
        self.steps.first() == Some(&Step { name, position })
    }

    /// Puts the answer down and leaves the document, by an error because the rest is of no
    /// interest.
    fn conclude<E: Error>(self, kind: &'static str) -> Result<&'static str, E> {
        match self.found {
            Some(found) => {
                found.set(Some(kind));
                Err(E::custom("found"))
            }
            None => Ok(kind),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let kind = deserializer.deserialize_any(self)?;
        self.conclude(kind)
    }
}

impl<'de> Visitor<'de> for Look<'_> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Bool(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Signed(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Unsigned(value)))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Float(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Str(value)))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(kind(Unexpected::Unit))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut position = 0;
        while match self.child(position) {
            Some(look) => seq.next_element_seed(look)?.is_some(),
            None => seq.next_element::<IgnoredAny>()?.is_some(),
        } {
            position += 1;
        }
        Ok(kind(Unexpected::Seq))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut position = 0;
        while map.next_key::<IgnoredAny>()?.is_some() {
            if self.is_at_key(position) {
                return self.conclude("a string");
            }
            match self.child(position) {
                Some(look) => drop(map.next_value_seed(look)?),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
            position += 1;
        }
        Ok(kind(Unexpected::Map))
    }
}
