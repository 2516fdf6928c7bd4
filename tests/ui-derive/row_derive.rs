//! A derive of the twin fails like one that is written by hand; `Debug` stands once.
use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", row_derive(core::fmt::Debug, Copy))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
