use phi_seal::codec::Value;
use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient<T: Value> {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index)]
    family: Phi<String>,
    #[phi(category = Clinical)]
    note: Phi<T>,
}

fn main() {}
