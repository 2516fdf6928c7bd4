use phi_seal::PhiValue;

#[derive(PhiValue)]
#[phi(category = Name)]
struct Name(String);

#[derive(PhiValue)]
struct Mrn(#[phi(category = MedicalRecordNumber)] String);

fn main() {}
