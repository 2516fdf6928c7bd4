use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", index(of(family, given)))]
struct NoName {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
    #[phi(category = Name)]
    given: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both"))]
struct NoFields {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", digits, of(family)))]
struct AFormOfItsOwn {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct OfOnAField {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "both", of(family)))]
    family: Phi<String>,
}

fn main() {}
