use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", category = Name)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, row_derive(Clone))]
    name: Phi<String>,
    #[phi]
    active: bool,
}

fn main() {}
