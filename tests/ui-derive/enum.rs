use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "contact")]
enum Contact {
    Phone(Phi<String>),
    Email(Phi<String>),
}

fn main() {}
