use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", table = "patients")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, indexed)]
    ssn: Phi<String>,
}

fn main() {}
