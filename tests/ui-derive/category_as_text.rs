use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = "Name")]
    name: Phi<String>,
    #[phi(category = Clinical, label = "Hiv")]
    note: Phi<String>,
    #[phi(category)]
    ssn: Phi<String>,
}

fn main() {}
