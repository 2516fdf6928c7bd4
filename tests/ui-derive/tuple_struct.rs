use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient(#[phi(id, subject)] String, #[phi(category = Name)] Phi<String>);

fn main() {}
