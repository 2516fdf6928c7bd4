use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family = soundex, given)))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(soundex))]
    family: Phi<String>,
    #[phi(category = Name, index(bit = 3))]
    given: Phi<String>,
}

fn main() {}
