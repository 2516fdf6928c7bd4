use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family, nobody)))]
struct Unknown {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family, family = digits)))]
struct Twice {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "both", of(family = tokens, given)))]
struct Tokens {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family: Phi<String>,
    #[phi(category = Name)]
    given: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "patient", index(name = "all", of(a, b, c, d, e, f, g, h, i)))]
struct Nine {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    a: Phi<String>,
    #[phi(category = Name)]
    b: Phi<String>,
    #[phi(category = Name)]
    c: Phi<String>,
    #[phi(category = Name)]
    d: Phi<String>,
    #[phi(category = Name)]
    e: Phi<String>,
    #[phi(category = Name)]
    f: Phi<String>,
    #[phi(category = Name)]
    g: Phi<String>,
    #[phi(category = Name)]
    h: Phi<String>,
    #[phi(category = Name)]
    i: Phi<String>,
}

fn main() {}
