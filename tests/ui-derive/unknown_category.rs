use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Nmae)]
    name: Phi<String>,
    #[phi(category = Clinical, label = Hvi)]
    note: Phi<String>,
}

fn main() {}
