use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "ward", subjectless)]
struct Ward {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Phone)]
    phone: Phi<String>,
}

fn main() {}
