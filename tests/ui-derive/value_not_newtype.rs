use phi_seal::PhiValue;

#[derive(PhiValue)]
struct Name {
    given: String,
    family: String,
}

#[derive(PhiValue)]
enum Status {
    Positive,
    Negative,
}

#[derive(PhiValue)]
struct Nothing;

#[derive(PhiValue)]
union Raw {
    a: u8,
}

fn main() {}
