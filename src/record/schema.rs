//! What a record consists of, as data.

use core::num::NonZeroU16;

use super::Record;
use crate::codec::{Content, Value};
use crate::context::{FieldInfo, RecordType};
#[cfg(feature = "index")]
use crate::index::IndexInfo;

/// The fields of a record: those that are sealed and those that stay in clear.
///
/// A constant of each record, `Patient::SCHEMA`. [`inventory`](crate::inventory()) prints it.
#[derive(Debug)]
pub struct Schema {
    record_type: RecordType,
    fields: &'static [FieldInfo],
    shapes: &'static [FieldShape],
    plain: &'static [PlainField],
    #[cfg(feature = "index")]
    indexes: &'static [IndexInfo],
}

impl Schema {
    pub(super) const fn of<R: Record>() -> Self {
        Self {
            record_type: R::RECORD_TYPE,
            fields: R::FIELDS,
            shapes: R::SHAPES,
            plain: R::PLAIN,
            #[cfg(feature = "index")]
            indexes: R::INDEXES,
        }
    }

    /// The record type.
    pub const fn record_type(&self) -> RecordType {
        self.record_type
    }

    /// The sealed fields as policies and audit events see them, in the order of the struct.
    pub const fn fields(&self) -> &'static [FieldInfo] {
        self.fields
    }

    /// The sealed fields with what is known of their types, in the order of the struct.
    pub fn sealed_fields(&self) -> impl ExactSizeIterator<Item = SchemaField> {
        self.fields
            .iter()
            .zip(self.shapes)
            .map(|(info, shape)| SchemaField {
                info: *info,
                shape: *shape,
            })
    }

    /// The blind indexes, in the order of the row.
    #[cfg(feature = "index")]
    pub const fn indexes(&self) -> &'static [IndexInfo] {
        self.indexes
    }

    /// The fields that stay in clear, in the order of the struct.
    pub const fn plain_fields(&self) -> &'static [PlainField] {
        self.plain
    }
}

/// A sealed field of a [`Schema`].
#[derive(Clone, Copy, Debug)]
pub struct SchemaField {
    info: FieldInfo,
    shape: FieldShape,
}

impl SchemaField {
    /// The descriptor: name, category, labels, padding.
    pub const fn info(&self) -> &FieldInfo {
        &self.info
    }

    /// The name in the Rust struct, which may differ from the stable one.
    pub const fn rust_name(&self) -> &'static str {
        self.shape.rust_name
    }

    /// What its values are encoded as.
    pub const fn content(&self) -> Content {
        self.shape.content
    }

    /// Whether it may be absent. Who sees the row sees which values are.
    pub const fn is_optional(&self) -> bool {
        self.shape.optional
    }

    /// What an envelope shows of the value's length.
    pub const fn length(&self) -> Length {
        match (self.info.bucket(), self.shape.content) {
            (Some(bucket), _) => Length::Bucket(bucket),
            (
                None,
                Content::Integer
                | Content::Boolean
                | Content::Date
                | Content::Timestamp
                | Content::Uuid,
            ) => Length::Constant,
            _ => Length::Exact,
        }
    }
}

/// What an envelope shows of its value's length. Exhaustive: there is nothing between these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Nothing: all values of the type have one length.
    Constant,
    /// The length, rounded up to a multiple of so many bytes.
    Bucket(NonZeroU16),
    /// The length of the encoded value. Byte arrays of a fixed size are counted here too.
    Exact,
}

/// How a sealed field is declared in its struct.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    rust_name: &'static str,
    content: Content,
    optional: bool,
}

impl FieldShape {
    #[doc(hidden)]
    pub const fn new<T: Value>(rust_name: &'static str, optional: bool) -> Self {
        Self {
            rust_name,
            content: T::CONTENT,
            optional,
        }
    }
}

/// A field of a record that stays in clear.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlainField {
    name: &'static str,
    role: PlainRole,
}

impl PlainField {
    #[doc(hidden)]
    pub const fn new(name: &'static str, role: PlainRole) -> Self {
        Self { name, role }
    }

    /// The name in the Rust struct.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What it is for.
    pub const fn role(&self) -> PlainRole {
        self.role
    }
}

/// What a plain field is for.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlainRole {
    /// It names the row.
    Id,
    /// It names the patient.
    Subject,
    /// It names the row, which is the patient's own.
    IdAndSubject,
    /// The sealed fields are bound to it.
    Binding,
    /// It passes through; nothing protects it.
    Unprotected,
}
