use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient record")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, name = "2nd name")]
    name: Phi<String>,
    #[phi(category = Clinical)]
    _note: Phi<String>,
    #[phi(category = Clinical)]
    größe: Phi<i64>,
    #[phi(name = "x")]
    plain: String,
}

fn main() {}
