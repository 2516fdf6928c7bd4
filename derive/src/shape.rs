//! Where `Phi` stands in a field's type, as far as it can be read from the tokens.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PathArguments, Type};

pub(crate) enum Shape<'a> {
    /// `Phi<T>`, with `T`.
    Phi(&'a Type),
    /// `Option<Phi<T>>`, with `T`.
    OptionPhi(&'a Type),
    /// `Phi<Option<T>>`.
    PhiOption,
    /// `Vec<Phi<T>>`.
    VecPhi,
    /// `Phi` at any other place, such as in a map or a box.
    Elsewhere,
    /// No `Phi`.
    Bare,
}

impl<'a> Shape<'a> {
    pub(crate) fn of(ty: &'a Type) -> Self {
        if let Some(value) = argument(ty, "Phi") {
            return match argument(value, "Option") {
                Some(_) => Self::PhiOption,
                None if mentions_phi(value.to_token_stream()) => Self::Elsewhere,
                None => Self::Phi(value),
            };
        }
        if let Some(value) = argument(ty, "Option").and_then(|inner| argument(inner, "Phi"))
            && argument(value, "Option").is_none()
            && !mentions_phi(value.to_token_stream())
        {
            return Self::OptionPhi(value);
        }
        let element = argument(ty, "Option").unwrap_or(ty);
        if argument(element, "Vec").is_some_and(|element| argument(element, "Phi").is_some()) {
            return Self::VecPhi;
        }
        if mentions_phi(ty.to_token_stream()) {
            Self::Elsewhere
        } else {
            Self::Bare
        }
    }
}

/// The only type argument of `outer<…>`, whatever path leads to `outer`.
fn argument<'a>(ty: &'a Type, outer: &str) -> Option<&'a Type> {
    let ty = match ty {
        // What a macro passes on as a type comes in an invisible group.
        Type::Group(group) => &*group.elem,
        Type::Paren(paren) => &*paren.elem,
        other => other,
    };
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    match arguments.args.first() {
        Some(GenericArgument::Type(argument))
            if arguments.args.len() == 1 && last.ident == outer =>
        {
            Some(argument)
        }
        _ => None,
    }
}

fn mentions_phi(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => is_phi(&ident),
        TokenTree::Group(group) => mentions_phi(group.stream()),
        _ => false,
    })
}

fn is_phi(ident: &Ident) -> bool {
    ident == "Phi"
}
