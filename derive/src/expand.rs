//! The code for a record that `valid` had nothing against.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Path, Type, parse_quote};

use crate::ast::{Member, Record};
use crate::index::Index;
use crate::leads;
use crate::shape::Shape;

pub(crate) fn record(record: &Record<'_>) -> TokenStream {
    let expansion = Expansion {
        record,
        phi: match &record.attrs.krate {
            Some(path) => path.clone(),
            None => parse_quote!(::phi_seal),
        },
        row: record.row_ident(),
        // `valid` has reported what is wrong with them.
        indexes: Index::all(record).unwrap_or_default(),
    };
    let parts = [
        expansion.row(),
        expansion.row_debug(),
        expansion.constants(),
        expansion.record_impl(),
        expansion.row_impl(),
        expansion.on_request(),
        expansion.index_types(),
        leads::impls(
            &expansion.phi,
            record.ident,
            &expansion.row,
            record.generics,
        ),
    ];
    quote!(#(#parts)*)
}

pub(crate) struct Expansion<'a> {
    pub(crate) record: &'a Record<'a>,
    pub(crate) phi: Path,
    pub(crate) row: Ident,
    pub(crate) indexes: Vec<Index<'a>>,
}

/// A sealed field: its member, its constant and the type inside its `Phi`.
pub(crate) struct SealedMember<'a> {
    member: &'a Member<'a>,
    constant: Ident,
    value: &'a Type,
    is_optional: bool,
}

impl Expansion<'_> {
    /// The sealed twin.
    fn row(&self) -> TokenStream {
        let Self {
            record, phi, row, ..
        } = self;
        let vis = record.vis;
        let derive = record.attrs.row_derive.iter();
        let attrs = &record.attrs.row_attrs;
        let docs = (!attrs.iter().any(is_doc))
            .then(|| format!("The sealed twin of [`{}`].", record.ident))
            .map(|docs| quote!(#[doc = #docs]));
        let (_, _, where_clause) = record.generics.split_for_impl();
        let params = &record.generics.params;
        let generics = (!params.is_empty()).then(|| quote!(<#params>));
        let fields = record.members.iter().map(|member| {
            let Member {
                ident,
                vis,
                ty,
                docs,
                ..
            } = member;
            let default = match member.is_sealed() {
                true => format!("The sealed `{}`.", member.rust_name()),
                false => format!("`{}`, in clear.", member.rust_name()),
            };
            let default = docs.is_empty().then(|| quote!(#[doc = #default]));
            let row_attrs = &member.attrs.row_attrs;
            let ty = match self.sealed(member) {
                Some(sealed) if sealed.is_optional => {
                    let value = sealed.value;
                    quote!(::core::option::Option<#phi::Sealed<#value>>)
                }
                Some(SealedMember { value, .. }) => quote!(#phi::Sealed<#value>),
                None => quote!(#ty),
            };
            quote!(#(#docs)* #default #(#[#row_attrs])* #vis #ident: #ty)
        });
        let index_columns = self.index_columns();
        quote! {
            #docs
            #(#[derive(#derive)])*
            #(#[#attrs])*
            // The record's own names have been warned about at the record.
            #[allow(non_snake_case)]
            #vis struct #row #generics #where_clause {
                #(#fields,)*
                #(#index_columns,)*
            }
        }
    }

    /// `Debug` that shows which fields are sealed and nothing of the plain ones, which name the
    /// patient. Left to the application where it derives its own.
    fn row_debug(&self) -> TokenStream {
        let is_asked_for = self.record.attrs.row_derive.iter().flatten().any(|path| {
            path.segments
                .last()
                .is_some_and(|last| last.ident == "Debug")
        });
        if is_asked_for {
            return TokenStream::new();
        }
        let row = &self.row;
        let name = row.to_string();
        let sealed = self.all_sealed().map(|SealedMember { member, .. }| {
            let (ident, name) = (member.ident, member.rust_name());
            quote!(debug.field(#name, &self.#ident);)
        });
        let (impl_generics, ty_generics, where_clause) = self.record.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #impl_generics ::core::fmt::Debug for #row #ty_generics #where_clause {
                fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                    let mut debug = ::core::fmt::Formatter::debug_struct(f, #name);
                    #(#sealed)*
                    debug.finish_non_exhaustive()
                }
            }
        }
    }

    /// `Patient::NAME` for each sealed field, and `Patient::SCHEMA`.
    fn constants(&self) -> TokenStream {
        let Self { record, phi, .. } = self;
        let (ident, vis) = (record.ident, record.vis);
        let constants = self.all_sealed().map(|sealed| {
            let SealedMember {
                member, constant, ..
            } = &sealed;
            let Member {
                ident: name,
                vis,
                ty,
                docs,
                ..
            } = member;
            let summary = format!("The field `{}`.", member.rust_name());
            let descriptor = self.descriptor(&sealed);
            let field_type = quote_spanned!(ty.span()=> #phi::record::RecordField::<Self, #ty>);
            // Spanned by the type: one that is no value is reported there.
            let made = quote_spanned! {ty.span()=>
                <#field_type>::new(#descriptor, |row| &row.#name, |row| &mut row.#name)
            };
            quote! {
                #[doc = #summary]
                #[doc = ""]
                #(#docs)*
                #vis const #constant: #field_type = #made;
            }
        });
        let (impl_generics, ty_generics, where_clause) = record.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            #[allow(dead_code)]
            impl #impl_generics #ident #ty_generics #where_clause {
                #(#constants)*

                /// The record's fields, their categories and what their envelopes show.
                #vis const SCHEMA: &'static #phi::record::Schema =
                    <Self as #phi::record::Record>::SCHEMA;
            }
        }
    }

    fn descriptor(&self, sealed: &SealedMember<'_>) -> TokenStream {
        let phi = &self.phi;
        let attrs = &sealed.member.attrs;
        let name = sealed.member.stable_name();
        let category = &attrs.category;
        let labels = &attrs.labels;
        let pad = attrs.pad.iter().map(|(_, bucket)| bucket);
        let sealed_null = attrs.sealed_null.iter().map(|_| quote!(.sealed_null()));
        quote! {
            <Self as #phi::record::Record>::RECORD_TYPE
                .field(#name, #phi::Category::#category)
                #(.label(#phi::Label::#labels))*
                #(.pad_to(#pad))*
                #(#sealed_null)*
        }
    }

    fn record_impl(&self) -> TokenStream {
        let Self {
            record, phi, row, ..
        } = self;
        let ident = record.ident;
        let record_type = record.attrs.record.iter();
        let subjectless = record.attrs.subjectless.map(|_| quote!(.subjectless()));
        let subject_keyed = record.attrs.subject_keyed.map(|_| quote!(.subject_keyed()));
        let descriptors = self.descriptors(&quote!(Self));
        let shapes = self.all_sealed().map(|sealed| {
            let (name, value, optional) =
                (sealed.member.rust_name(), sealed.value, sealed.is_optional);
            quote_spanned!(sealed.member.ty.span()=>
                #phi::record::FieldShape::new::<#value>(#name, #optional))
        });
        let plain = record.members.iter().filter(|member| !member.is_sealed());
        let plain = plain.map(|member| {
            let (name, role) = (member.rust_name(), role(member));
            quote!(#phi::record::PlainField::new(#name, #phi::record::PlainRole::#role))
        });
        let sealed_types = self.all_sealed().map(
            |SealedMember {
                 value, is_optional, ..
             }| {
                match is_optional {
                    true => quote!(::core::option::Option<#phi::Sealed<#value>>),
                    false => quote!(#phi::Sealed<#value>),
                }
            },
        );
        let members = self.all_sealed().map(|sealed| sealed.member.ident);
        let place = self.place();
        let (from_waiting, plain_members) = self.moves();
        let (index_infos, index_waiting) = (self.index_infos(), self.index_waiting());
        let (index_calls, index_moves) = (self.index_calls(), self.index_moves());
        let (impl_generics, ty_generics, where_clause) = record.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            impl #impl_generics #phi::record::Record for #ident #ty_generics #where_clause {
                type Row = #row #ty_generics;

                const RECORD_TYPE: #phi::RecordType =
                    #phi::RecordType::new(#(#record_type)*)#subjectless #subject_keyed;
                const FIELDS: &'static [#phi::FieldInfo] = &[#(#descriptors.info()),*];
                const SHAPES: &'static [#phi::record::FieldShape] = &[#(#shapes),*];
                const PLAIN: &'static [#phi::record::PlainField] = &[#(#plain),*];

                #place

                #index_infos

                type Waiting<'__o> = (
                    #(#phi::Pending<'__o, #sealed_types>,)*
                    #(#index_waiting,)*
                );

                fn seal_in<'__o, '__a>(
                    &self,
                    sealing: &mut #phi::Sealing<'__o, '__a>,
                    permit: &#phi::Permit<'__o, '__a>,
                ) -> Self::Waiting<'__o> {
                    (
                        #(sealing.seal(permit, #descriptors, &self.#members),)*
                        #(#index_calls,)*
                    )
                }

                fn finish_row<'__o>(
                    &self,
                    waiting: Self::Waiting<'__o>,
                    release: &#phi::Release<'__o>,
                ) -> ::core::result::Result<Self::Row, #phi::Error> {
                    ::core::result::Result::Ok(#row {
                        #(#from_waiting,)*
                        #(#index_moves,)*
                        #(#plain_members,)*
                    })
                }
            }
        }
    }

    fn row_impl(&self) -> TokenStream {
        let Self {
            record, phi, row, ..
        } = self;
        let ident = record.ident;
        let types = self.all_sealed().map(|sealed| sealed.member.ty);
        let members: Vec<_> = self
            .all_sealed()
            .map(|sealed| sealed.member.ident)
            .collect();
        let envelopes = self.all_sealed().enumerate().map(|(at, sealed)| {
            let ident = sealed.member.ident;
            quote_spanned!(sealed.member.ty.span()=>
                #at => #phi::record::envelope_of(&self.#ident))
        });
        let place = self.place();
        let (from_waiting, plain_members) = self.moves();
        let (reindex_calls, index_moves) = (self.reindex_calls(), self.index_moves());
        let index_visits = self.index_visits();
        let (impl_generics, ty_generics, where_clause) = record.generics.split_for_impl();
        let descriptors = self.descriptors(&quote!(<#ident #ty_generics>));
        quote! {
            #[automatically_derived]
            impl #impl_generics #phi::record::SealedRecord for #row #ty_generics #where_clause {
                type Record = #ident #ty_generics;

                #place

                type Waiting<'__o> = (#(#phi::Pending<'__o, #types>,)*);

                fn open_in<'__o, '__a>(
                    &self,
                    opening: &mut #phi::Opening<'__o, '__a>,
                    permit: &#phi::Permit<'__o, '__a>,
                ) -> Self::Waiting<'__o> {
                    (#(opening.open(permit, #descriptors, &self.#members),)*)
                }

                fn finish_record<'__o>(
                    &self,
                    waiting: Self::Waiting<'__o>,
                    release: &#phi::Release<'__o>,
                ) -> ::core::result::Result<Self::Record, #phi::Error> {
                    ::core::result::Result::Ok(#ident {
                        #(#from_waiting,)*
                        #(#plain_members,)*
                    })
                }

                fn envelope_at(
                    &self,
                    at: usize,
                ) -> ::core::option::Option<&[::core::primitive::u8]> {
                    match at {
                        #(#envelopes,)*
                        _ => ::core::option::Option::None,
                    }
                }

                fn reseal_in<'__o, '__a>(
                    &self,
                    resealing: &mut #phi::Resealing<'__o, '__a>,
                    permit: &#phi::Permit<'__o, '__a>,
                ) -> <#ident #ty_generics as #phi::record::Record>::Waiting<'__o> {
                    (
                        #(resealing.renew(permit, #descriptors, &self.#members),)*
                        #(#reindex_calls,)*
                    )
                }

                fn finish_resealed<'__o>(
                    &self,
                    waiting: <#ident #ty_generics as #phi::record::Record>::Waiting<'__o>,
                    release: &#phi::Release<'__o>,
                ) -> ::core::result::Result<Self, #phi::Error> {
                    ::core::result::Result::Ok(#row {
                        #(#from_waiting,)*
                        #(#index_moves,)*
                        #(#plain_members,)*
                    })
                }

                #index_visits
            }
        }
    }

    /// `Patient::NAME.field()` for each sealed field.
    fn descriptors(&self, record: &TokenStream) -> Vec<TokenStream> {
        self.all_sealed()
            .map(|sealed| {
                let constant = sealed.constant;
                quote_spanned!(sealed.member.ty.span()=> #record::#constant.field())
            })
            .collect()
    }

    /// `place`, the same in the record and in its twin.
    fn place(&self) -> TokenStream {
        let phi = &self.phi;
        let call = |role: fn(&Member<'_>) -> Option<Span>| {
            let member = self
                .record
                .members
                .iter()
                .find(|member| role(member).is_some());
            member.map(|member| {
                let ident = member.ident;
                quote_spanned!(member.ty.span()=> &self.#ident)
            })
        };
        let id = call(|member| member.attrs.id);
        let subject = call(|member| member.attrs.subject)
            .map(|field| quote!(let place = place.subject(#field)?;));
        let binding = call(|member| member.attrs.binding)
            .map(|field| quote!(let place = place.binding(#field);));
        quote! {
            fn place(&self) -> ::core::result::Result<#phi::record::Place<'_>, #phi::Error> {
                let place = #phi::record::Place::new(#id)?;
                #subject
                #binding
                ::core::result::Result::Ok(place)
            }
        }
    }

    /// The members of a new struct: those that were released, and clones of the plain ones.
    fn moves(&self) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let released = self.all_sealed().enumerate().map(|(at, sealed)| {
            let (ident, at) = (sealed.member.ident, syn::Index::from(at));
            quote!(#ident: release.release(waiting.#at)?)
        });
        let plain = self
            .record
            .members
            .iter()
            .filter(|member| !member.is_sealed());
        let plain = plain.map(|member| {
            let ident = member.ident;
            let phi = &self.phi;
            let passed =
                quote_spanned!(member.ty.span()=> #phi::record::pass_through(&self.#ident));
            quote!(#ident: #passed)
        });
        (released.collect(), plain.collect())
    }

    /// `duplicate` and `ct_eq`.
    fn on_request(&self) -> TokenStream {
        let Self { record, phi, .. } = self;
        let (ident, vis) = (record.ident, record.vis);
        let duplicate = record.attrs.duplicate.map(|_| {
            let members = record.members.iter().map(|member| {
                let ident = member.ident;
                let copy = match member.shape {
                    Shape::Phi(_) => quote_spanned!(member.ty.span()=>
                        #phi::Phi::duplicate(&self.#ident)),
                    Shape::OptionPhi(_) => quote_spanned!(member.ty.span()=>
                    ::core::option::Option::map(
                        ::core::option::Option::as_ref(&self.#ident),
                        #phi::Phi::duplicate,
                    )),
                    _ => quote_spanned!(member.ty.span()=>
                        ::core::clone::Clone::clone(&self.#ident)),
                };
                quote!(#ident: #copy)
            });
            quote! {
                /// A second copy, by this name so that copies are seen in review.
                #[must_use]
                #vis fn duplicate(&self) -> Self {
                    Self { #(#members,)* }
                }
            }
        });
        let ct_eq = record.attrs.ct_eq.map(|_| {
            let members = record.members.iter().map(|member| {
                let ident = member.ident;
                match member.is_sealed() {
                    true => quote!(#phi::record::ct_eq(&self.#ident, &other.#ident)),
                    false => quote_spanned!(member.ty.span()=>
                        ::core::cmp::PartialEq::eq(&self.#ident, &other.#ident)),
                }
            });
            quote! {
                /// Whether both hold the same: sealed fields are compared in a time that depends
                /// on presence and length only, plain ones by `==`.
                #[must_use]
                #vis fn ct_eq(&self, other: &Self) -> bool {
                    #(#members)&*
                }
            }
        });
        if duplicate.is_none() && ct_eq.is_none() {
            return TokenStream::new();
        }
        let (impl_generics, ty_generics, where_clause) = record.generics.split_for_impl();
        quote! {
            #[automatically_derived]
            #[allow(dead_code)]
            impl #impl_generics #ident #ty_generics #where_clause {
                #duplicate
                #ct_eq
            }
        }
    }

    pub(crate) fn all_sealed(&self) -> impl Iterator<Item = SealedMember<'_>> {
        self.record
            .members
            .iter()
            .filter_map(|member| self.sealed(member))
    }

    fn sealed<'m>(&self, member: &'m Member<'m>) -> Option<SealedMember<'m>> {
        let (value, is_optional) = match member.shape {
            Shape::Phi(value) => (value, false),
            Shape::OptionPhi(value) => (value, true),
            _ => return None,
        };
        Some(SealedMember {
            member,
            constant: member.constant(),
            value,
            is_optional,
        })
    }
}

fn is_doc(attr: &TokenStream) -> bool {
    let first = attr.clone().into_iter().next();
    first.is_some_and(|token| token.to_string() == "doc")
}

fn role(member: &Member<'_>) -> Ident {
    let attrs = &member.attrs;
    let role = match (attrs.id, attrs.subject, attrs.binding) {
        (Some(_), Some(_), _) => "IdAndSubject",
        (Some(_), None, _) => "Id",
        (None, Some(_), _) => "Subject",
        (None, None, Some(_)) => "Binding",
        (None, None, None) => "Unprotected",
    };
    Ident::new(role, Span::call_site())
}
