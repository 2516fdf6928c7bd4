//! Generated code under strict lints; that it compiles is the test.
#![deny(missing_docs, unsafe_code, unused, unreachable_pub, dead_code)]
#![deny(
    missing_debug_implementations,
    missing_copy_implementations,
    single_use_lifetimes
)]
#![deny(
    clippy::all,
    clippy::pedantic,
    clippy::nursery,
    clippy::unwrap_used,
    clippy::expect_used
)]
// It asks for the `pub` that `unreachable_pub` refuses.
#![allow(clippy::redundant_pub_crate)]

use phi_seal::{Phi, PhiRecord, PhiValue};

/// A patient.
#[derive(Debug, PhiRecord)]
#[phi(record = "patient", duplicate, ct_eq)]
pub(crate) struct Patient {
    /// The row's id.
    #[phi(id, subject)]
    pub(crate) id: u64,
    #[phi(binding)]
    pub(crate) revision: u32,
    /// In full.
    #[phi(category = Name, labels = [Vip, Restricted], pad = 64)]
    pub(crate) name: Phi<Name>,
    #[phi(category = Clinical, sealed_null)]
    note: Option<Phi<String>>,
    pub(crate) is_active: bool,
}

/// With indexes, whose code points at the attributes.
#[cfg(feature = "index")]
#[derive(Debug, PhiRecord)]
#[phi(record = "visit", index(name = "day_and_ward", of(day = date, ward)))]
pub(crate) struct Visit {
    /// The row's id.
    #[phi(id, subject)]
    pub(crate) id: u64,
    #[phi(category = Date)]
    pub(crate) day: Phi<String>,
    #[phi(category = Clinical, index(bits = 8), index(name = "words", tokens))]
    ward: Phi<String>,
}

/// Private, with public fields: what is made of it is no more public than the record.
#[cfg(feature = "index")]
#[derive(Debug, PhiRecord)]
#[phi(record = "bed", subjectless, index(name = "both", of(label, place)))]
struct Bed {
    #[phi(id)]
    pub id: u64,
    #[phi(category = Clinical, index)]
    pub label: Phi<String>,
    #[phi(category = Clinical, index(tokens))]
    place: Phi<String>,
}

/// A name.
#[derive(Clone, Debug, PhiValue)]
pub(crate) struct Name(String);

#[test]
fn strict_lints_have_nothing_to_say() {
    let patient = Patient {
        id: 1,
        revision: 2,
        name: Phi::new(Name("Ada".into())),
        note: None,
        is_active: true,
    };
    assert!(patient.ct_eq(&patient.duplicate()) || patient.note.is_some());
    assert_eq!(Patient::SCHEMA.fields().len(), 2);
    #[cfg(feature = "index")]
    assert_eq!(
        (Visit::SCHEMA.indexes().len(), Bed::SCHEMA.indexes().len()),
        (3, 3)
    );
}
