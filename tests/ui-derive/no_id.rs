use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
