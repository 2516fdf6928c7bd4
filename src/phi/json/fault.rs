//! The error that application code sees while a document is read.

use core::fmt;

use serde::de::{Error, Expected, Unexpected};

use super::error::JsonReason;

/// An error that shows no text: neither the application's, nor that of the deserializer below.
pub(super) enum Fault<E> {
    /// Made by the code above us, not yet recorded.
    Fresh(JsonReason),
    /// Came from below, and is recorded. Kept to be handed back unread.
    Below(E),
}

impl<E: Error> Error for Fault<E> {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self::Fresh(JsonReason::Refused)
    }

    fn invalid_type(unexpected: Unexpected<'_>, _expected: &dyn Expected) -> Self {
        let found = kind(unexpected);
        Self::Fresh(JsonReason::WrongType { found })
    }

    fn invalid_value(unexpected: Unexpected<'_>, _expected: &dyn Expected) -> Self {
        let found = kind(unexpected);
        Self::Fresh(JsonReason::WrongValue { found })
    }

    fn invalid_length(_len: usize, _expected: &dyn Expected) -> Self {
        Self::Fresh(JsonReason::WrongLength)
    }

    fn unknown_variant(_variant: &str, _expected: &'static [&'static str]) -> Self {
        Self::Fresh(JsonReason::UnknownVariant)
    }

    fn unknown_field(_field: &str, _expected: &'static [&'static str]) -> Self {
        Self::Fresh(JsonReason::UnknownField)
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Fresh(JsonReason::MissingField(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::Fresh(JsonReason::DuplicateField(field))
    }
}

impl<E> core::error::Error for Fault<E> {}

impl<E> fmt::Display for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fresh(reason) => reason.fmt(f),
            Self::Below(_) => f.write_str("the value could not be read"),
        }
    }
}

impl<E> fmt::Debug for Fault<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Fault({self})")
    }
}

/// The words for what was found, without what `unexpected` quotes.
pub(super) fn kind(unexpected: Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "a boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "an integer",
        Unexpected::Float(_) => "a floating-point number",
        Unexpected::Char(_) | Unexpected::Str(_) => "a string",
        Unexpected::Bytes(_) => "a byte string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "an array",
        Unexpected::Map => "an object",
        Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant => "a variant of another shape",
        _ => "what is there",
    }
}
