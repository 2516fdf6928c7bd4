use phi_seal::{Phi, PhiRecord};

#[derive(Clone, PartialEq, PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
