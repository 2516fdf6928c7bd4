use phi_seal::{Phi, PhiRecord};

struct Address {
    street: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Address)]
    address: Address,
}

fn main() {}
