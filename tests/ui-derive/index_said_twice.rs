use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family), of(given)))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(text, digits))]
    family: Phi<String>,
    #[phi(category = Name, index(bits = 3, bits = 4))]
    given: Phi<String>,
    #[phi(category = Name, index(slow, slow))]
    nick: Phi<String>,
}

fn main() {}
