//! The struct, its fields and what stands in their attributes.

use proc_macro2::Ident;
use quote::format_ident;
use syn::ext::IdentExt;
use syn::{Attribute, Data, DeriveInput, Error, Fields, Generics, Result, Type, Visibility};

use crate::attr::{FieldAttrs, RecordAttrs, collect};
use crate::shape::Shape;

pub(crate) struct Record<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) generics: &'a Generics,
    pub(crate) attrs: RecordAttrs,
    pub(crate) members: Vec<Member<'a>>,
}

pub(crate) struct Member<'a> {
    pub(crate) ident: &'a Ident,
    pub(crate) vis: &'a Visibility,
    pub(crate) ty: &'a Type,
    pub(crate) docs: Vec<&'a Attribute>,
    pub(crate) attrs: FieldAttrs,
    pub(crate) shape: Shape<'a>,
}

impl<'a> Record<'a> {
    pub(crate) fn from_syn(input: &'a DeriveInput) -> Result<Self> {
        let fields = named_fields(input)?;
        let mut errors = Vec::new();
        let attrs = collect(RecordAttrs::from_syn(&input.attrs), &mut errors);
        let members = fields
            .named
            .iter()
            .filter_map(|field| {
                Some(Member {
                    ident: field.ident.as_ref()?,
                    vis: &field.vis,
                    ty: &field.ty,
                    docs: docs(&field.attrs),
                    attrs: collect(FieldAttrs::from_syn(&field.attrs), &mut errors)?,
                    shape: Shape::of(&field.ty),
                })
            })
            .collect();
        match (attrs, errors.into_iter().reduce(join)) {
            (_, Some(error)) => Err(error),
            (Some(attrs), None) => Ok(Self {
                ident: &input.ident,
                vis: &input.vis,
                generics: &input.generics,
                attrs,
                members,
            }),
            (None, None) => Err(Error::new_spanned(&input.ident, "no attributes")),
        }
    }

    /// The name of its sealed twin.
    pub(crate) fn row_ident(&self) -> Ident {
        match &self.attrs.row {
            Some(row) => row.clone(),
            None => format_ident!("{}Row", self.ident),
        }
    }
}

impl Member<'_> {
    pub(crate) fn is_sealed(&self) -> bool {
        self.attrs.category.is_some()
    }

    /// The field's name as text, without `r#`.
    pub(crate) fn rust_name(&self) -> String {
        self.ident.unraw().to_string()
    }

    /// The name in envelopes: the stable one, or that of the Rust field.
    pub(crate) fn stable_name(&self) -> String {
        match &self.attrs.name {
            Some(name) => name.value(),
            None => self.rust_name(),
        }
    }

    /// The name of the constant: `family_name` becomes `FAMILY_NAME`, and so does `familyName`.
    pub(crate) fn constant(&self) -> Ident {
        let mut name = String::new();
        let mut follows_small = false;
        for letter in self.rust_name().chars() {
            if letter.is_uppercase() && follows_small {
                name.push('_');
            }
            follows_small = letter.is_lowercase() || letter.is_numeric();
            name.extend(letter.to_uppercase());
        }
        Ident::new(&name, self.ident.span())
    }
}

pub(crate) fn docs(attrs: &[Attribute]) -> Vec<&Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident("doc"))
        .collect()
}

pub(crate) fn join(mut first: Error, second: Error) -> Error {
    first.combine(second);
    first
}

fn named_fields(input: &DeriveInput) -> Result<&syn::FieldsNamed> {
    let reason = match &input.data {
        Data::Struct(data) => match &data.fields {
            Fields::Named(fields) => return Ok(fields),
            Fields::Unnamed(_) => {
                "a record needs named fields: the names are part of every envelope; \
                 for a newtype of one value derive `PhiValue`"
            }
            Fields::Unit => "a record needs fields to seal",
        },
        Data::Enum(_) => {
            "an enum cannot be a record: seal it as one value of a field, \
             `Phi<Serde<TheEnum>>`"
        }
        Data::Union(_) => "a union cannot be a record",
    };
    Err(Error::new_spanned(&input.ident, reason))
}
