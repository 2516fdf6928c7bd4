use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", duplicate(Clone))]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical, sealed_null = true)]
    note: Option<Phi<String>>,
}

fn main() {}
