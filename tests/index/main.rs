//! Blind index values without a vault: normal forms, terms, keys and planned widths. Values are
//! compared with those of another implementation in `tests/index_vectors.rs`.
#![cfg(feature = "index")]
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod contents;
mod keys;
mod numbers;
mod planner;
mod properties;
#[cfg(feature = "index-phonetic")]
mod sound;
mod text;
mod words;

use phi_seal::codec::Value;
use phi_seal::index::Normal;

/// The terms of a value as text.
fn terms<T: Value>(normal: Normal, value: &T) -> Vec<String> {
    let terms = normal.terms_of(value).unwrap();
    terms
        .into_iter()
        .map(|term| term.into_string().unwrap())
        .collect()
}

/// The one term of a text, or nothing.
fn form(normal: Normal, text: &str) -> Option<String> {
    let mut terms = terms(normal, &text.to_string());
    assert!(terms.len() <= 1, "{normal:?} has several terms");
    terms.pop()
}

fn finds(normal: Normal, wanted: &str, value: &str) -> bool {
    normal
        .finds(&wanted.to_string(), &value.to_string())
        .unwrap()
}

/// Whether a question for `wanted` is refused, as one for nothing.
fn is_refused(normal: Normal, wanted: &str) -> bool {
    match normal.finds(&wanted.to_string(), &String::new()) {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), phi_seal::ErrorKind::InvalidInput);
            true
        }
    }
}
