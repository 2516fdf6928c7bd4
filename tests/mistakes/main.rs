//! Mistakes that others made, each named after who made it: none is made here.
//!
//! Out of reach yet:
//! - "everybody's hash chain: truncating the tail goes unseen" needs the journal. The JSON-lines
//!   file does not claim to be tamper-evident.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic)]

mod audit;
mod binding;
mod cipher;
mod commitment;
mod keys;
mod leaks;
#[path = "../place/mod.rs"]
mod place;

use phi_seal::key::DataKey;
use phi_seal::{ErrorKind, Phi, Sealed};

use place::{Place, shared_key};

fn key() -> DataKey {
    shared_key([7; 32])
}

fn change(here: &Place, f: impl FnOnce(&mut Place)) -> Place {
    let mut changed = here.clone();
    f(&mut changed);
    changed
}

fn seal(place: &Place, value: &str) -> Sealed<String> {
    let (session, _) = place.session(key());
    let value = Phi::new(String::from(value));
    place
        .within(|_, row| session.seal_value(&place.field(), row, &value))
        .unwrap()
}

/// The text, or why there is none.
fn open(place: &Place, sealed: &Sealed<String>) -> Result<String, ErrorKind> {
    let (session, _) = place.session(key());
    place
        .within(|_, row| session.open_value(&place.field(), row, sealed))
        .map(|value| value.expose().clone())
        .map_err(|error| error.kind())
}
