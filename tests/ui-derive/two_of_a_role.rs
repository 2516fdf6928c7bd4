use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id)]
    ward: String,
    #[phi(id)]
    number: u32,
    #[phi(subject)]
    patient: String,
    #[phi(subject)]
    relative: String,
    #[phi(binding)]
    revision: u32,
    #[phi(binding)]
    site: u32,
    #[phi(category = Clinical)]
    note: Phi<String>,
}

fn main() {}
