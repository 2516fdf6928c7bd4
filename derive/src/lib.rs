//! Derive macros of `phi-seal`; use them through that crate, which documents them.
//!
//! `ast` reads a struct, `attr` its attributes, `valid` says what is wrong with them, `expand`
//! writes the code. No crypto here: what is generated calls the public interface of `phi-seal`.
#![forbid(unsafe_code)]

mod ast;
mod attr;
mod expand;
mod expand_index;
mod index;
mod leads;
mod shape;
mod valid;
mod value;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a struct a record: see `phi_seal::PhiRecord`.
#[proc_macro_derive(PhiRecord, attributes(phi))]
pub fn derive_record(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    ast::Record::from_syn(&input)
        .and_then(|record| valid::check(&record).map(|()| expand::record(&record)))
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}

/// Makes a newtype a value: see `phi_seal::PhiValue`.
#[proc_macro_derive(PhiValue, attributes(phi))]
pub fn derive_value(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    value::derive(&input)
        .unwrap_or_else(|error| error.into_compile_error())
        .into()
}
