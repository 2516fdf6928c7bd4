use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct TwoUnnamed {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index, index(prefix(3)))]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct AField {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index)]
    family: Phi<String>,
    family_index: u32,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "family_index", of(family, given)))]
struct AnotherIndex {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index)]
    family: Phi<String>,
    #[phi(category = Name)]
    given: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Constants {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "schema"))]
    family: Phi<String>,
    #[phi(category = Name, index(name = "FAMILY"))]
    given: Phi<String>,
    #[phi(category = Name, index(name = "nicks"), index(name = "NICKS"))]
    nick: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct ItsRow {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "row"))]
    family: Phi<String>,
}

fn main() {}
