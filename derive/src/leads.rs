//! What makes records and rows fit for `seal_all` and `open_all`, owned or by reference.

use proc_macro2::{Ident, TokenStream};
use quote::quote;
use syn::{Generics, Path};

/// `AsRecord` for the record and `AsRow` for its twin; `phi-seal` has those for references.
pub(crate) fn impls(phi: &Path, record: &Ident, row: &Ident, generics: &Generics) -> TokenStream {
    let (impl_generics, ty_generics, where_clause) = generics.split_for_impl();
    quote! {
        #[automatically_derived]
        impl #impl_generics #phi::record::AsRecord for #record #ty_generics #where_clause {
            type Record = Self;

            fn as_record(&self) -> &Self {
                self
            }
        }

        #[automatically_derived]
        impl #impl_generics #phi::record::AsRow for #row #ty_generics #where_clause {
            type Row = Self;

            fn as_row(&self) -> &Self {
                self
            }
        }
    }
}
