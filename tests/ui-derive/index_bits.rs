use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(bits = 0))]
    family: Phi<String>,
    #[phi(category = Name, index(bits = 257))]
    given: Phi<String>,
    #[phi(category = Name, index(bits = 65664))]
    maiden: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(bits = "16"))]
    family: Phi<String>,
}

fn main() {}
