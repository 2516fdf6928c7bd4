//! The data map for people.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::paragraph;
use crate::codec::Content;
#[cfg(feature = "index")]
use crate::index::IndexInfo;
use crate::record::{Length, PlainField, PlainRole, Schema, SchemaField};

pub(super) fn write(schemas: &[&Schema]) -> String {
    let mut page = String::from(HEAD);
    for schema in schemas {
        page.push_str(&section(schema));
    }
    page
}

const HEAD: &str = "# PHI inventory

Categories and paragraphs are those of 45 CFR 164.514(b)(2)(i). \"Shown\" is what an envelope tells
somebody without a key, beside its key id and the type of its content.
";

fn section(schema: &Schema) -> String {
    let subjectless = if schema.record_type().is_subjectless() {
        "\nAbout no patient.\n"
    } else {
        ""
    };
    let rows: String = schema.sealed_fields().map(|field| row(&field)).collect();
    format!(
        "\n## {}\n{subjectless}
| sealed field | category | paragraph | labels | content | shown |
| --- | --- | --- | --- | --- | --- |
{rows}{}
In clear: {}.\n",
        schema.record_type().name(),
        indexes(schema),
        plain(schema.plain_fields()),
    )
}

#[cfg(not(feature = "index"))]
fn indexes(_: &Schema) -> String {
    String::new()
}

/// A table of the indexes, if there are any.
#[cfg(feature = "index")]
fn indexes(schema: &Schema) -> String {
    let rows: String = schema.indexes().iter().map(index_row).collect();
    if rows.is_empty() {
        return rows;
    }
    format!("\n| index | of | bits | shown |\n| --- | --- | --- | --- |\n{rows}")
}

#[cfg(feature = "index")]
fn index_row(index: &IndexInfo) -> String {
    let parts = index.parts().iter();
    let parts = parts.map(|part| format!("{} (`{}`)", part.field().name(), part.normal().code()));
    let options = [(index.is_unique(), ", unique"), (index.is_slow(), ", slow")];
    let options: String = options
        .into_iter()
        .filter_map(|(is_set, option)| is_set.then_some(option))
        .collect();
    format!(
        "| {} | {} | {}{options} | {} |\n",
        index.name(),
        or_none(parts),
        index.width(),
        super::shown_by(index),
    )
}

fn row(field: &SchemaField) -> String {
    let info = field.info();
    let name = if info.name() == field.rust_name() {
        info.name().to_string()
    } else {
        format!("{} (`{}` in Rust)", info.name(), field.rust_name())
    };
    format!(
        "| {name} | {:?} | {} | {} | {} | {} |\n",
        info.category(),
        paragraph(info.category()).map_or_else(|| NONE.to_string(), |letter| format!("({letter})")),
        or_none(info.labels().iter().map(|label| format!("{label:?}"))),
        content(field.content()),
        or_none(shown(field).into_iter()),
    )
}

fn shown(field: &SchemaField) -> Vec<String> {
    let mut shown = Vec::new();
    match (field.is_optional(), field.info().seals_null()) {
        (true, true) => shown.push("absence (its removal is found)".to_string()),
        (true, false) => shown.push("absence".to_string()),
        (false, _) => {}
    }
    match field.length() {
        Length::Constant => {}
        Length::Bucket(bucket) => shown.push(format!("length in steps of {bucket}")),
        Length::Exact => shown.push("length".to_string()),
    }
    shown
}

fn plain(fields: &[PlainField]) -> String {
    or_none(fields.iter().map(|field| {
        let role = match field.role() {
            PlainRole::Id => "names the row",
            PlainRole::Subject => "names the patient",
            PlainRole::IdAndSubject => "names the row and the patient",
            PlainRole::Binding => "the sealed fields are bound to it",
            PlainRole::Unprotected => return format!("`{}`", field.name()),
        };
        format!("`{}` ({role})", field.name())
    }))
}

const fn content(content: Content) -> &'static str {
    match content {
        Content::Null => "nothing",
        Content::Bytes => "bytes",
        Content::Text => "text",
        Content::Integer => "integer",
        Content::Boolean => "boolean",
        Content::Date => "date",
        Content::Timestamp => "instant",
        Content::Uuid => "UUID",
        Content::Structured => "structured",
        Content::List => "list",
    }
}

const NONE: &str = "–";

fn or_none(parts: impl Iterator<Item = String>) -> String {
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        NONE.to_string()
    } else {
        parts.join(", ")
    }
}
