use phi_seal::{Phi, PhiRecord};

struct Diagnosis;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical)]
    diagnosis: Phi<Diagnosis>,
}

fn main() {}
