use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    name: Phi<String>,
    #[phi(label = Hiv)]
    note: Option<Phi<String>>,
}

fn main() {}
