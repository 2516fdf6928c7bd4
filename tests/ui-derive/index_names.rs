use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct NoIdentifier {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "family index"))]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct NoStableName {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(name = "größe"))]
    family: Phi<String>,
    #[phi(category = Name, index(name = "_given"))]
    given: Phi<String>,
}

fn main() {}
