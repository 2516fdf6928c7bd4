use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical)]
    codes: Vec<Phi<String>>,
    #[phi(category = Clinical)]
    notes: Option<Vec<Phi<String>>>,
    unmarked: Vec<Phi<String>>,
}

fn main() {}
