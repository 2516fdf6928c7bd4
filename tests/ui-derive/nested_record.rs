use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "address")]
struct Address {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Address)]
    street: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    address: Address,
}

fn main() {}
