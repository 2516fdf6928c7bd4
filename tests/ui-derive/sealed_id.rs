use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject, category = MedicalRecordNumber)]
    mrn: Phi<String>,
    #[phi(binding)]
    revision: Phi<u32>,
    #[phi(category = Name)]
    name: Phi<String>,
}

fn main() {}
