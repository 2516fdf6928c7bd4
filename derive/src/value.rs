//! `#[derive(PhiValue)]`: a newtype is stored as what is inside.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, Field, Fields, Path, Result, parse_quote};

pub(crate) fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let field = only_field(input)?;
    let phi = crate_path(input)?;
    let ident = &input.ident;
    let ty = &field.ty;
    let (member, build) = match &field.ident {
        Some(name) => (quote!(#name), quote!(|inner| Self { #name: inner })),
        None => (quote!(0), quote!(Self)),
    };
    let mut generics = input.generics.clone();
    if generics.type_params().next().is_some() {
        generics
            .make_where_clause()
            .predicates
            .push(parse_quote!(#ty: #phi::codec::Value));
    }
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    let inner = quote!(<#ty as #phi::codec::Value>);
    Ok(quote! {
        #[automatically_derived]
        impl #impl_generics #phi::codec::Value for #ident #ty_generics #where_clause {
            const CONTENT: #phi::codec::Content = #inner::CONTENT;

            fn encode(
                &self,
                out: &mut #phi::codec::Encoder<'_>,
            ) -> ::core::result::Result<(), #phi::codec::CodecError> {
                #inner::encode(&self.#member, out)
            }

            fn decode(
                content: #phi::SecretBytes,
            ) -> ::core::result::Result<Self, #phi::codec::CodecError> {
                ::core::result::Result::map(#inner::decode(content), #build)
            }

            fn wipe(&mut self) {
                #inner::wipe(&mut self.#member);
            }

            fn size_hint(&self) -> usize {
                #inner::size_hint(&self.#member)
            }
        }
    })
}

fn only_field(input: &DeriveInput) -> Result<&Field> {
    if let Data::Struct(data) = &input.data
        && let Fields::Named(_) | Fields::Unnamed(_) = &data.fields
        && data.fields.len() == 1
        && let Some(field) = data.fields.iter().next()
    {
        return match field.attrs.iter().find(|attr| attr.path().is_ident("phi")) {
            Some(attr) => Err(Error::new_spanned(
                attr,
                "the field of a newtype takes no `phi` attribute",
            )),
            None => Ok(field),
        };
    }
    Err(Error::new_spanned(
        &input.ident,
        "`PhiValue` is for newtypes, structs of one field: seal other types as \
         `Phi<Serde<T>>`, or implement `phi_seal::codec::Value`",
    ))
}

fn crate_path(input: &DeriveInput) -> Result<Path> {
    let mut path = parse_quote!(::phi_seal);
    for attr in input
        .attrs
        .iter()
        .filter(|attr| attr.path().is_ident("phi"))
    {
        attr.parse_nested_meta(|meta| {
            if !meta.path.is_ident("crate") {
                return Err(meta.error("unknown attribute; a value knows `crate` only"));
            }
            path = meta.value()?.call(Path::parse_mod_style)?;
            Ok(())
        })?;
    }
    Ok(path)
}
