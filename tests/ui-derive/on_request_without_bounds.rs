use phi_seal::{Phi, PhiRecord, PhiValue};

#[derive(PhiValue)]
struct Mrn(String);

#[derive(Clone)]
struct Ward;

#[derive(PhiRecord)]
#[phi(record = "patient", duplicate, ct_eq)]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = MedicalRecordNumber)]
    mrn: Phi<Mrn>,
    ward: Ward,
}

fn main() {}
