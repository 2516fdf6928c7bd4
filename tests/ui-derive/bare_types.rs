use phi_seal::{Phi, PhiRecord};

type Name = Phi<String>;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: String,
    #[phi(category = Phone)]
    phone: Option<String>,
    #[phi(category = Clinical)]
    codes: Vec<u8>,
    #[phi(category = Name)]
    alias: Name,
}

fn main() {}
