use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(pad = 32)]
    status: String,
    #[phi(labels = [Hiv])]
    note: Option<String>,
    #[phi(sealed_null)]
    phone: Option<String>,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
