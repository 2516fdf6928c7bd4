use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(tokens, slow))]
    name: Phi<String>,
}

fn main() {}
