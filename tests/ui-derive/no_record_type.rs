use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
