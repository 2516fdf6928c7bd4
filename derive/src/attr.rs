//! What `#[phi(...)]` says on the struct and on its fields. Each key stands once.

use proc_macro2::{Ident, Span, TokenStream};
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, LitInt, LitStr, Path, Result, Token, Visibility, parenthesized};

use crate::ast::join;
use crate::index::IndexAttr;

#[derive(Default)]
pub(crate) struct RecordAttrs {
    pub(crate) record: Option<LitStr>,
    pub(crate) row: Option<Ident>,
    pub(crate) row_derive: Option<Punctuated<Path, Token![,]>>,
    pub(crate) row_attrs: Vec<TokenStream>,
    pub(crate) subjectless: Option<Span>,
    pub(crate) subject_keyed: Option<Span>,
    pub(crate) duplicate: Option<Span>,
    pub(crate) ct_eq: Option<Span>,
    pub(crate) krate: Option<Path>,
    pub(crate) indexes: Vec<IndexAttr>,
}

#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) id: Option<Span>,
    pub(crate) subject: Option<Span>,
    pub(crate) binding: Option<Span>,
    pub(crate) category: Option<Ident>,
    pub(crate) labels: Vec<Ident>,
    pub(crate) pad: Option<(Span, u16)>,
    pub(crate) sealed_null: Option<Span>,
    pub(crate) name: Option<LitStr>,
    pub(crate) indexes: Vec<IndexAttr>,
    pub(crate) row_attrs: Vec<TokenStream>,
}

impl RecordAttrs {
    pub(crate) fn from_syn(attrs: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for_each_key(attrs, |meta| match key(meta).as_str() {
            "record" => once(meta, &mut read.record, |meta| meta.value()?.parse()),
            "row" => once(meta, &mut read.row, |meta| {
                let value = meta.value()?;
                match value.parse()? {
                    Visibility::Inherited => value.parse(),
                    vis => Err(Error::new_spanned(
                        vis,
                        "the twin is as visible as its record: write the name only",
                    )),
                }
            }),
            "row_derive" => once(meta, &mut read.row_derive, |meta| {
                let content;
                parenthesized!(content in meta.input);
                content.parse_terminated(Path::parse_mod_style, Token![,])
            }),
            "row_attr" => row_attr(meta, &mut read.row_attrs),
            "subjectless" => once(meta, &mut read.subjectless, flag),
            "subject_keyed" => once(meta, &mut read.subject_keyed, flag),
            "duplicate" => once(meta, &mut read.duplicate, flag),
            "ct_eq" => once(meta, &mut read.ct_eq, flag),
            "crate" => once(meta, &mut read.krate, |meta| {
                meta.value()?.call(Path::parse_mod_style)
            }),
            "index" => {
                read.indexes.push(IndexAttr::from_meta(meta)?);
                Ok(())
            }
            "id" | "subject" | "binding" | "category" | "label" | "labels" | "pad"
            | "sealed_null" | "name" => Err(meta.error("this belongs on a field")),
            _ => Err(meta.error(
                "unknown attribute; a record knows `record`, `row`, `row_derive`, `row_attr`, \
                 `subjectless`, `subject_keyed`, `index`, `duplicate`, `ct_eq` and `crate`",
            )),
        })?;
        Ok(read)
    }
}

impl FieldAttrs {
    pub(crate) fn from_syn(attrs: &[Attribute]) -> Result<Self> {
        let mut read = Self::default();
        for_each_key(attrs, |meta| match key(meta).as_str() {
            "id" => once(meta, &mut read.id, flag),
            "subject" => once(meta, &mut read.subject, flag),
            "binding" => once(meta, &mut read.binding, flag),
            "category" => once(meta, &mut read.category, |meta| {
                variant(meta, "a category is a name: `category = Ssn`")
            }),
            "label" => {
                let label = variant(meta, "a label is a name: `label = Hiv`")?;
                read.labels.push(label);
                Ok(())
            }
            "labels" => {
                let value = meta.value()?;
                let content;
                syn::bracketed!(content in value);
                let labels =
                    content.parse_terminated(<Ident as syn::parse::Parse>::parse, Token![,])?;
                read.labels.extend(labels);
                Ok(())
            }
            "pad" => once(meta, &mut read.pad, bucket),
            "sealed_null" => once(meta, &mut read.sealed_null, flag),
            "name" => once(meta, &mut read.name, |meta| meta.value()?.parse()),
            "index" => {
                read.indexes.push(IndexAttr::from_meta(meta)?);
                Ok(())
            }
            "row_attr" => row_attr(meta, &mut read.row_attrs),
            "record" | "row" | "row_derive" | "subjectless" | "subject_keyed" | "duplicate"
            | "ct_eq" | "crate" => Err(meta.error("this belongs on the struct")),
            _ => Err(meta.error(
                "unknown attribute; a field knows `id`, `subject`, `binding`, `category`, \
                 `label`, `labels`, `pad`, `sealed_null`, `name`, `index` and `row_attr`",
            )),
        })?;
        Ok(read)
    }
}

/// Keeps an error for later, so that all of them are reported at once.
pub(crate) fn collect<T>(result: Result<T>, errors: &mut Vec<Error>) -> Option<T> {
    result.map_err(|error| errors.push(error)).ok()
}

fn for_each_key(
    attrs: &[Attribute],
    mut read: impl FnMut(&ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("phi"))
        .filter_map(|attr| attr.parse_nested_meta(|meta| read(&meta)).err())
        .reduce(join)
        .map_or(Ok(()), Err)
}

pub(crate) fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path
        .get_ident()
        .map(Ident::to_string)
        .unwrap_or_default()
}

pub(crate) fn once<T>(
    meta: &ParseNestedMeta<'_>,
    slot: &mut Option<T>,
    read: impl FnOnce(&ParseNestedMeta<'_>) -> Result<T>,
) -> Result<()> {
    if slot.is_some() {
        return Err(meta.error(format!("`{}` is said twice", key(meta))));
    }
    *slot = Some(read(meta)?);
    Ok(())
}

pub(crate) fn flag(meta: &ParseNestedMeta<'_>) -> Result<Span> {
    if meta.input.is_empty() || meta.input.peek(Token![,]) {
        Ok(meta
            .path
            .segments
            .first()
            .map_or_else(Span::call_site, |key| key.ident.span()))
    } else {
        Err(meta.input.error("this attribute takes no value"))
    }
}

fn variant(meta: &ParseNestedMeta<'_>, wanted: &str) -> Result<Ident> {
    let value = meta.value()?;
    value.parse().map_err(|_| value.error(wanted))
}

fn bucket(meta: &ParseNestedMeta<'_>) -> Result<(Span, u16)> {
    let bytes: LitInt = meta.value()?.parse()?;
    match bytes.base10_parse() {
        Ok(bucket @ 1..) => Ok((bytes.span(), bucket)),
        _ => Err(Error::new(
            bytes.span(),
            "values are padded to a multiple of 1 to 65535 bytes",
        )),
    }
}

pub(crate) fn row_attr(meta: &ParseNestedMeta<'_>, attrs: &mut Vec<TokenStream>) -> Result<()> {
    let content;
    parenthesized!(content in meta.input);
    attrs.push(content.parse()?);
    Ok(())
}
