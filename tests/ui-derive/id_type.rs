use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id)]
    id: Option<String>,
    #[phi(subject)]
    subject: f64,
    #[phi(binding)]
    revision: f32,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
