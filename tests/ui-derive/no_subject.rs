use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id)]
    id: String,
    #[phi(category = Clinical)]
    note: Phi<String>,
}

fn main() {}
