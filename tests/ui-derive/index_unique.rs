use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits, unique, bits = 127))]
    ssn: Phi<String>,
    #[phi(category = Name, index(tokens, unique))]
    name: Phi<String>,
    #[phi(category = Name, index(unique = true))]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits, unique, bits = 127))]
    ssn: Phi<String>,
    #[phi(category = Name, index(tokens, unique))]
    name: Phi<String>,
}

fn main() {}
