use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", crate = crate::nowhere)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
