//! What a caller learns: a path of constants and indexes, a reason, a position.

use core::fmt;

use serde_json::error::Category;

use super::place::Path;

/// Why [`from_json`](crate::from_json) refused a body: where and why, never what.
///
/// Holds only field and variant names that are constants of the application, indexes, and
/// numbers, so it can be logged and sent back to the client. It has no `source`.
///
/// # Example
///
/// ```
/// use phi_seal::{JsonReason, Phi, from_json};
///
/// #[derive(Debug, serde::Deserialize)]
/// struct Patient {
///     ssn: Phi<String>,
/// }
///
/// let error = from_json::<Patient>(br#"{"ssn": "078-05-1120"#).unwrap_err();
/// assert_eq!(error.path().to_string(), "ssn");
/// assert_eq!(error.reason(), JsonReason::Incomplete);
/// assert_eq!((error.line(), error.column()), (Some(1), Some(20)));
/// assert_eq!(error.to_string(), "ssn: the document ends too early (line 1, column 20)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct JsonError {
    path: Path,
    reason: JsonReason,
    position: Option<Position>,
}

impl JsonError {
    pub(super) const fn new(path: Path, reason: JsonReason) -> Self {
        Self {
            path,
            reason,
            position: None,
        }
    }

    /// Takes three numbers from `error`, and not its text.
    pub(super) fn syntax(path: Path, error: &serde_json::Error) -> Self {
        Self {
            path,
            reason: match error.classify() {
                Category::Eof => JsonReason::Incomplete,
                Category::Io | Category::Syntax | Category::Data => JsonReason::Syntax,
            },
            position: Some(Position {
                line: error.line(),
                column: error.column(),
            }),
        }
    }

    /// The nearest known place: `.` for the whole document, else such as `patients[3].phone`.
    ///
    /// Fields and variants go by the names in the Rust types. A key of a map is `*`, as map keys
    /// are input; so are the fields of a struct with `#[serde(flatten)]` and the tag of an
    /// internally tagged enum, which serde reads as maps. Inside the part that serde buffers for
    /// `flatten`, `untagged` and `tag`, the path ends where the buffer begins.
    pub fn path(&self) -> impl fmt::Display {
        &self.path
    }

    /// What is wrong there, for `match`.
    pub const fn reason(&self) -> JsonReason {
        self.reason
    }

    /// The line of a syntax error, counted from 1; `None` for other reasons.
    pub fn line(&self) -> Option<usize> {
        self.position.map(|position| position.line)
    }

    /// The column of a syntax error in bytes, as serde_json counts it; `None` for other reasons.
    pub fn column(&self) -> Option<usize> {
        self.position.map(|position| position.column)
    }
}

impl core::error::Error for JsonError {}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)?;
        match self.position {
            Some(Position { line, column }) => write!(f, " (line {line}, column {column})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonError")
            .field("path", &format_args!("{}", self.path))
            .field("reason", &self.reason)
            .field("line", &self.line())
            .field("column", &self.column())
            .finish_non_exhaustive()
    }
}

/// The reasons of a [`JsonError`].
///
/// `found` is one of a few fixed words, such as `a string`; names are constants of the
/// application.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub enum JsonReason {
    /// Not JSON from here on, too deeply nested, a number out of range, or more after the end.
    Syntax,
    /// The body ends inside the document.
    Incomplete,
    /// A value of another type was expected.
    WrongType {
        /// The type of what is there.
        found: &'static str,
    },
    /// The type is right, the value is not: out of range, for example.
    WrongValue {
        /// The type of what is there.
        found: &'static str,
    },
    /// A list or tuple has too few or too many elements.
    WrongLength,
    /// A struct that denies unknown fields got one.
    UnknownField,
    /// No such variant.
    UnknownVariant,
    /// This field is required.
    MissingField(&'static str),
    /// This field came twice.
    DuplicateField(&'static str),
    /// `Deserialize` code refused the value with a message of its own, which was dropped: a
    /// conversion that failed, no variant of an untagged enum that fits, a [`Phi`](crate::Phi)
    /// inside a part that serde buffers, and the like.
    Refused,
}

impl fmt::Display for JsonReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax => f.write_str("not valid JSON"),
            Self::Incomplete => f.write_str("the document ends too early"),
            Self::WrongType { found } => write!(f, "expected another type than {found}"),
            Self::WrongValue { found } => write!(f, "expected another value than this: {found}"),
            Self::WrongLength => f.write_str("expected another number of elements"),
            Self::UnknownField => f.write_str("unknown field"),
            Self::UnknownVariant => f.write_str("unknown variant"),
            Self::MissingField(name) => write!(f, "missing field `{name}`"),
            Self::DuplicateField(name) => write!(f, "duplicate field `{name}`"),
            Self::Refused => f.write_str("the value was refused"),
        }
    }
}

/// Line and column as serde_json counts them.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Position {
    line: usize,
    column: usize,
}
