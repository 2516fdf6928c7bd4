//! The data map for tools.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use super::paragraph;
#[cfg(feature = "index")]
use crate::index::IndexInfo;
use crate::record::{Length, PlainField, PlainRole, Schema, SchemaField};

pub(super) fn write(schemas: &[&Schema]) -> String {
    let map = Map {
        version: 1,
        records: schemas.iter().copied().map(Record::of).collect(),
    };
    let mut json = serde_json::to_string_pretty(&map)
        .expect("strings, numbers, booleans and lists of them have a JSON form");
    json.push('\n');
    json
}

#[derive(Serialize)]
struct Map {
    version: u8,
    records: Vec<Record>,
}

#[derive(Serialize)]
struct Record {
    record_type: &'static str,
    subjectless: bool,
    sealed: Vec<Sealed>,
    #[cfg(feature = "index")]
    indexes: Vec<Index>,
    clear: Vec<Clear>,
}

#[derive(Serialize)]
struct Sealed {
    name: &'static str,
    rust_name: &'static str,
    category: String,
    paragraph: Option<char>,
    labels: Vec<String>,
    content: String,
    optional: bool,
    sealed_null: bool,
    length_shown: LengthShown,
}

#[cfg(feature = "index")]
#[derive(Serialize)]
struct Index {
    name: &'static str,
    of: Vec<IndexPart>,
    bits: u16,
    unique: bool,
    slow: bool,
    shown: String,
}

#[cfg(feature = "index")]
#[derive(Serialize)]
struct IndexPart {
    field: &'static str,
    form: String,
}

#[derive(Serialize)]
struct Clear {
    name: &'static str,
    role: &'static str,
}

/// `false`, `true`, or the number of bytes to which it is rounded up.
struct LengthShown(Length);

impl Record {
    fn of(schema: &Schema) -> Self {
        Self {
            record_type: schema.record_type().name(),
            subjectless: schema.record_type().is_subjectless(),
            sealed: schema
                .sealed_fields()
                .map(|field| Sealed::of(&field))
                .collect(),
            #[cfg(feature = "index")]
            indexes: schema.indexes().iter().map(Index::of).collect(),
            clear: schema.plain_fields().iter().map(Clear::of).collect(),
        }
    }
}

impl Sealed {
    fn of(field: &SchemaField) -> Self {
        let info = field.info();
        let labels = info.labels().iter().map(|label| format!("{label:?}"));
        Self {
            name: info.name(),
            rust_name: field.rust_name(),
            category: format!("{:?}", info.category()),
            paragraph: paragraph(info.category()),
            labels: labels.collect(),
            content: format!("{:?}", field.content()).to_lowercase(),
            optional: field.is_optional(),
            sealed_null: info.seals_null(),
            length_shown: LengthShown(field.length()),
        }
    }
}

#[cfg(feature = "index")]
impl Index {
    fn of(index: &IndexInfo) -> Self {
        let parts = index.parts().iter().map(|part| IndexPart {
            field: part.field().name(),
            form: part.normal().code(),
        });
        Self {
            name: index.name(),
            of: parts.collect(),
            bits: index.width(),
            unique: index.is_unique(),
            slow: index.is_slow(),
            shown: super::shown_by(index),
        }
    }
}

impl Clear {
    fn of(field: &PlainField) -> Self {
        Self {
            name: field.name(),
            role: match field.role() {
                PlainRole::Id => "id",
                PlainRole::Subject => "subject",
                PlainRole::IdAndSubject => "id_and_subject",
                PlainRole::Binding => "binding",
                PlainRole::Unprotected => "unprotected",
            },
        }
    }
}

impl Serialize for LengthShown {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Length::Constant => serializer.serialize_bool(false),
            Length::Bucket(bucket) => serializer.serialize_u16(bucket.get()),
            Length::Exact => serializer.serialize_bool(true),
        }
    }
}
