use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family = prefix, given)))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(prefix))]
    family: Phi<String>,
    #[phi(category = Name, index(prefix(0)))]
    given: Phi<String>,
    #[phi(category = Name, index(prefix(256)))]
    maiden: Phi<String>,
    #[phi(category = Name, index(prefix(three)))]
    nick: Phi<String>,
}

fn main() {}
