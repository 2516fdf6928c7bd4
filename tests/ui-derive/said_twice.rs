use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
#[phi(record = "person")]
struct Patient {
    #[phi(id, id, subject)]
    id: String,
    #[phi(category = Name, category = Clinical)]
    name: Phi<String>,
}

fn main() {}
