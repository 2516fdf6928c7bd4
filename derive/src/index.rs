//! `#[phi(index(…))]`: what it says, and the names that come of it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::{Error, LitInt, LitStr, Result, Token, Visibility, parenthesized};

use crate::ast::{Member, Record};
use crate::attr::{flag, key, once, row_attr};

/// One `index` as it is written.
pub(crate) struct IndexAttr {
    span: Span,
    name: Option<LitStr>,
    /// The fields of an index on the struct.
    of: Vec<(Ident, Normal)>,
    /// The form of an index on a field.
    normal: Option<Normal>,
    bits: Option<LitInt>,
    slow: Option<Span>,
    unique: Option<Span>,
    row_attrs: Vec<TokenStream>,
}

/// A normal form as it is written, such as `digits` or `prefix(3)`.
#[derive(Clone)]
pub(crate) struct Normal {
    variant: &'static str,
    argument: Option<LitInt>,
}

/// An index of a record, with the names that its code has.
pub(crate) struct Index<'a> {
    attr: &'a IndexAttr,
    vis: &'a Visibility,
    /// The column in the row.
    pub(crate) column: Ident,
    /// The type that tells it from other indexes.
    pub(crate) marker: Ident,
    /// `Patient::SSN_INDEX`.
    pub(crate) constant: Ident,
    pub(crate) parts: Vec<(&'a Member<'a>, Normal)>,
}

impl IndexAttr {
    /// `index`, or `index(…)`, behind the word itself.
    pub(crate) fn from_meta(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let mut read = Self {
            span: meta
                .path
                .get_ident()
                .map_or_else(Span::call_site, Ident::span),
            name: None,
            of: Vec::new(),
            normal: None,
            bits: None,
            slow: None,
            unique: None,
            row_attrs: Vec::new(),
        };
        if meta.input.is_empty() || meta.input.peek(Token![,]) {
            return Ok(read);
        }
        meta.parse_nested_meta(|meta| match key(&meta).as_str() {
            "name" => once(&meta, &mut read.name, |meta| meta.value()?.parse()),
            "of" => {
                if !read.of.is_empty() {
                    return Err(meta.error("`of` is said twice"));
                }
                let content;
                parenthesized!(content in meta.input);
                let parts = content.parse_terminated(part, Token![,])?;
                read.of.extend(parts);
                Ok(())
            }
            "bits" => once(&meta, &mut read.bits, |meta| meta.value()?.parse()),
            "slow" => once(&meta, &mut read.slow, flag),
            "unique" => once(&meta, &mut read.unique, flag),
            "row_attr" => row_attr(&meta, &mut read.row_attrs),
            form => {
                if read.normal.is_some() {
                    return Err(meta.error("an index has one normal form"));
                }
                read.normal = Some(Normal::from_word(form, &meta.path, meta.input)?);
                Ok(())
            }
        })?;
        Ok(read)
    }
}

/// `birth_date = date`, or `family` alone.
fn part(input: ParseStream<'_>) -> Result<(Ident, Normal)> {
    let field = input.call(Ident::parse_any)?;
    if !input.peek(Token![=]) {
        return Ok((field, Normal::TEXT));
    }
    input.parse::<Token![=]>()?;
    let form = input.call(Ident::parse_any)?;
    let normal = Normal::from_word(&form.to_string(), &form, input)?;
    Ok((field, normal))
}

impl Normal {
    const TEXT: Self = Self {
        variant: "Text",
        argument: None,
    };

    fn from_word(word: &str, at: &impl quote::ToTokens, input: ParseStream<'_>) -> Result<Self> {
        let variant = match word {
            "text" => "Text",
            "digits" => "Digits",
            "email" => "Email",
            "date" => "Date",
            "year" => "Year",
            "zip3" => "Zip3",
            "us_phone" => "UsPhone",
            "prefix" => "Prefix",
            "tokens" => "Tokens",
            "phonetic" => "Phonetic",
            _ => {
                return Err(Error::new_spanned(
                    at,
                    "unknown word; an index knows the normal forms `text`, `digits`, `email`, \
                     `date`, `year`, `zip3`, `us_phone`, `prefix(3)`, `tokens` and `phonetic`, \
                     and `name`, `bits`, `slow`, `unique`, `of` and `row_attr`",
                ));
            }
        };
        let argument = match variant {
            "Prefix" if input.peek(syn::token::Paren) => {
                let content;
                parenthesized!(content in input);
                Some(length(content.parse()?)?)
            }
            "Prefix" => {
                return Err(Error::new_spanned(
                    at,
                    "say how many characters: `prefix(3)`",
                ));
            }
            _ => None,
        };
        Ok(Self { variant, argument })
    }

    fn has_several_terms(&self) -> bool {
        self.variant == "Tokens"
    }

    /// Of a field of any type. Of a year and a date it depends on the type, which the compiler
    /// judges.
    fn leaves_something_out(&self) -> bool {
        matches!(self.variant, "Prefix" | "Zip3" | "Phonetic")
    }

    fn tokens(&self) -> TokenStream {
        let variant = format_ident!("{}", self.variant);
        let argument = self.argument.iter();
        quote!(#variant #((#argument))*)
    }
}

fn length(literal: LitInt) -> Result<LitInt> {
    match literal.base10_parse::<u8>() {
        Ok(1..) => Ok(literal),
        _ => Err(Error::new(
            literal.span(),
            "a prefix has 1 to 255 characters",
        )),
    }
}

impl<'a> Index<'a> {
    /// The indexes of a record: those of its fields in their order, then those on the struct.
    pub(crate) fn all(record: &'a Record<'a>) -> Result<Vec<Self>> {
        let of_fields = record.members.iter().flat_map(|member| {
            let attrs = member.attrs.indexes.iter();
            attrs.map(move |attr| Self::of_field(record, member, attr))
        });
        let on_struct = record.attrs.indexes.iter();
        let on_struct = on_struct.map(|attr| Self::on_struct(record, attr));
        of_fields.chain(on_struct).collect()
    }

    fn of_field(
        record: &'a Record<'a>,
        member: &'a Member<'a>,
        attr: &'a IndexAttr,
    ) -> Result<Self> {
        if let Some((field, _)) = attr.of.first() {
            return Err(Error::new(
                field.span(),
                "`of` is for an index on the struct, which is of several fields",
            ));
        }
        let normal = attr.normal.clone().unwrap_or(Normal::TEXT);
        let name = match &attr.name {
            Some(name) => ident(name)?,
            None => format_ident!("{}_index", member.rust_name(), span = attr.span),
        };
        Ok(Self::named(
            record,
            attr,
            name,
            member.vis,
            vec![(member, normal)],
        ))
    }

    fn on_struct(record: &'a Record<'a>, attr: &'a IndexAttr) -> Result<Self> {
        let Some(name) = &attr.name else {
            return Err(Error::new(
                attr.span,
                "name it: `index(name = \"birth_date_family\", of(birth_date = date, family))`",
            ));
        };
        if attr.of.is_empty() || attr.normal.is_some() {
            return Err(Error::new(
                attr.span,
                "an index on the struct says its fields and their forms: \
                 `of(birth_date = date, family = text)`",
            ));
        }
        let parts = attr.of.iter().map(|(field, normal)| {
            let member = record.members.iter().find(|member| member.ident == field);
            match member {
                Some(member) => Ok((member, normal.clone())),
                None => Err(Error::new(field.span(), "the record has no such field")),
            }
        });
        let parts = parts.collect::<Result<_>>()?;
        Ok(Self::named(record, attr, ident(name)?, record.vis, parts))
    }

    fn named(
        record: &'a Record<'a>,
        attr: &'a IndexAttr,
        column: Ident,
        vis: &'a Visibility,
        parts: Vec<(&'a Member<'a>, Normal)>,
    ) -> Self {
        let name = column.unraw().to_string();
        let camel: String = name
            .split('_')
            .flat_map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<Vec<_>>()
            })
            .collect();
        Self {
            attr,
            vis,
            marker: format_ident!("{}{camel}", record.ident.unraw(), span = column.span()),
            constant: Ident::new(&name.to_uppercase(), column.span()),
            column,
            parts,
        }
    }

    /// What is wrong with it beside its names.
    pub(crate) fn check(&self) -> Result<()> {
        if let Some((member, _)) = self.parts.iter().find(|(member, _)| !member.is_sealed()) {
            return Err(Error::new(
                self.attr.span,
                format!(
                    "`{}` stays in clear: let the database index it as it is",
                    member.rust_name()
                ),
            ));
        }
        let twice = |at: usize| {
            self.parts[..at]
                .iter()
                .any(|(earlier, _)| earlier.ident == self.parts[at].0.ident)
        };
        if (1..self.parts.len()).any(twice) {
            return Err(Error::new(self.attr.span, "an index names each field once"));
        }
        if self.parts.len() > 8 {
            return Err(Error::new(
                self.attr.span,
                "an index is of at most 8 fields",
            ));
        }
        if self.parts.len() > 1
            && self
                .parts
                .iter()
                .any(|(_, normal)| normal.has_several_terms())
        {
            return Err(Error::new(
                self.attr.span,
                "`tokens` gives several terms: an index of several fields takes one of each",
            ));
        }
        if let Some(span) = self.attr.slow
            && self
                .parts
                .iter()
                .any(|(_, normal)| normal.has_several_terms())
        {
            return Err(Error::new(
                span,
                "an index with several terms for each value cannot be slow: a long text would \
                 take hours to seal",
            ));
        }
        let bits = match &self.attr.bits {
            None => 128,
            Some(bits) => match bits.base10_parse::<u16>() {
                Ok(width @ 1..=256) => width,
                _ => return Err(Error::new(bits.span(), "an index is 1 to 256 bits wide")),
            },
        };
        match self.attr.unique {
            Some(span) if bits < 128 => Err(Error::new(
                span,
                "an index for a uniqueness constraint is at least 128 bits wide: different \
                 values of a narrower one collide, and the database would refuse a patient",
            )),
            Some(span)
                if self
                    .parts
                    .iter()
                    .any(|(_, normal)| normal.has_several_terms()) =>
            {
                Err(Error::new(
                    span,
                    "an index with several terms for each value cannot be unique",
                ))
            }
            Some(span)
                if self
                    .parts
                    .iter()
                    .any(|(_, normal)| normal.leaves_something_out()) =>
            {
                Err(Error::new(
                    span,
                    "an index of a form that leaves something out cannot be unique: different \
                     values have it, and the database would refuse a patient",
                ))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.attr.span
    }

    /// Where it was asked for, but of the macro's own code, which lints leave alone.
    pub(crate) fn generated_span(&self) -> Span {
        Span::call_site().located_at(self.attr.span)
    }

    pub(crate) fn vis(&self) -> &Visibility {
        self.vis
    }

    pub(crate) fn row_attrs(&self) -> &[TokenStream] {
        &self.attr.row_attrs
    }

    /// `IndexInfo::new(…)` with its options.
    pub(crate) fn info(&self, phi: &syn::Path, record: &TokenStream) -> TokenStream {
        let name = self.column.unraw().to_string();
        let parts = self.parts.iter().map(|(member, normal)| {
            let (constant, normal) = (member.constant(), normal.tokens());
            quote_spanned!(self.generated_span()=> #phi::index::IndexPart::new(
                #record::#constant.field(),
                #phi::index::Normal::#normal,
            ))
        });
        let bits = self.attr.bits.iter();
        let slow = self.attr.slow.iter().map(|_| quote!(.slow()));
        let unique = self.attr.unique.iter().map(|_| quote!(.unique()));
        quote_spanned! {self.generated_span()=> {
            const PARTS: &[#phi::index::IndexPart] = &[#(#parts),*];
            #phi::index::IndexInfo::new(
                <#record as #phi::record::Record>::RECORD_TYPE,
                #name,
                PARTS,
            )
            #(.bits(#bits))*
            #(#slow)*
            #(#unique)*
        } }
    }

    /// The type of its column.
    pub(crate) fn column_type(&self, phi: &syn::Path) -> TokenStream {
        let marker = &self.marker;
        if self
            .parts
            .iter()
            .any(|(_, normal)| normal.has_several_terms())
        {
            quote!(#phi::index::IndexSet<#marker>)
        } else {
            quote!(::core::option::Option<#phi::index::IndexValue<#marker>>)
        }
    }
}

fn ident(name: &LitStr) -> Result<Ident> {
    name.parse().map_err(|_| {
        Error::new(
            name.span(),
            "the name of an index is that of its column: a Rust identifier",
        )
    })
}
