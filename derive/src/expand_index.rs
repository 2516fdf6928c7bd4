//! The code for the indexes of a record.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};

use crate::expand::Expansion;

impl Expansion<'_> {
    /// The columns of the row.
    pub(crate) fn index_columns(&self) -> impl Iterator<Item = TokenStream> {
        self.indexes.iter().map(|index| {
            let (attrs, vis, column) = (index.row_attrs(), index.vis(), &index.column);
            let ty = index.column_type(&self.phi);
            let doc = format!("The index values of [`{}`].", index.marker);
            quote!(#[doc = #doc] #(#[#attrs])* #vis #column: #ty)
        })
    }

    /// What waits for each index while the record is sealed.
    pub(crate) fn index_waiting(&self) -> impl Iterator<Item = TokenStream> {
        let phi = &self.phi;
        self.indexes.iter().map(move |index| {
            let ty = index.column_type(phi);
            quote!(#phi::Pending<'__o, #ty>)
        })
    }

    /// The columns of a new row, from what was released behind the fields.
    pub(crate) fn index_moves(&self) -> impl Iterator<Item = TokenStream> {
        let fields = self.all_sealed().count();
        self.indexes.iter().enumerate().map(move |(at, index)| {
            let (column, at) = (&index.column, syn::Index::from(fields + at));
            quote!(#column: release.release(waiting.#at)?)
        })
    }

    /// The calls that make the values when a record is sealed.
    pub(crate) fn index_calls(&self) -> impl Iterator<Item = TokenStream> {
        let phi = &self.phi;
        self.indexes.iter().map(move |index| {
            let marker = &index.marker;
            let members = index.parts.iter().map(|(member, _)| member.ident);
            quote!(#phi::record::index_in::<#marker>(sealing, permit, &[#(&self.#members),*]))
        })
    }

    /// The calls that make them anew when a row is resealed.
    pub(crate) fn reindex_calls(&self) -> impl Iterator<Item = TokenStream> {
        let phi = &self.phi;
        self.indexes.iter().map(move |index| {
            let (marker, column) = (&index.marker, &index.column);
            quote!(#phi::record::reindex_in::<#marker>(resealing, permit, self, &self.#column))
        })
    }

    /// The list of a record's indexes.
    pub(crate) fn index_infos(&self) -> Option<TokenStream> {
        let phi = &self.phi;
        let markers = self.indexes.iter().map(|index| &index.marker);
        (!self.indexes.is_empty()).then(|| {
            quote! {
                const INDEXES: &'static [#phi::index::IndexInfo] =
                    &[#(<#markers as #phi::index::Index>::INFO),*];
            }
        })
    }

    /// The ways to each column of a row.
    pub(crate) fn index_visits(&self) -> Option<TokenStream> {
        if self.indexes.is_empty() {
            return None;
        }
        let phi = &self.phi;
        let markers: Vec<_> = self.indexes.iter().map(|index| &index.marker).collect();
        let columns: Vec<_> = self.indexes.iter().map(|index| &index.column).collect();
        let visit = |name: &str, kind: &str, receiver: TokenStream| {
            let (name, kind) = (format_ident!("{name}"), format_ident!("{kind}"));
            quote! {
                fn #name<__V: #phi::record::#kind>(
                    #receiver self,
                    visitor: &mut __V,
                ) -> ::core::result::Result<(), #phi::Error> {
                    #(visitor.visit::<#markers>(#receiver self.#columns)?;)*
                    ::core::result::Result::Ok(())
                }
            }
        };
        let by_reference = visit("visit_indexes", "IndexVisitor", quote!(&));
        let mutably = visit("visit_indexes_mut", "IndexVisitorMut", quote!(&mut));
        Some(quote!(#by_reference #mutably))
    }

    /// The type of each index, what it implements, and `Patient::SSN_INDEX`.
    pub(crate) fn index_types(&self) -> TokenStream {
        let Self {
            record, phi, row, ..
        } = self;
        let ident = record.ident;
        let types = self.indexes.iter().map(|index| {
            let (vis, marker, column) = (index.vis(), &index.marker, &index.column);
            let constant = &index.constant;
            let info = index.info(phi, &quote!(#ident));
            let stored = index.column_type(phi);
            let summary = format!("The index `{column}` of [`{ident}`].");
            quote_spanned! {index.span()=>
                #[doc = #summary]
                #[derive(Clone, Copy, Debug)]
                #vis struct #marker;

                #[automatically_derived]
                impl #phi::index::Index for #marker {
                    const INFO: #phi::index::IndexInfo = #info;
                    type Stored = #stored;
                }

                #[automatically_derived]
                impl #phi::record::RecordIndex for #marker {
                    type Record = #ident;

                    fn stored(row: &#row) -> &Self::Stored {
                        &row.#column
                    }
                }

                #[allow(dead_code)]
                impl #ident {
                    #[doc = #summary]
                    #vis const #constant: #marker = #marker;
                }
            }
        });
        quote!(#(#types)*)
    }
}
