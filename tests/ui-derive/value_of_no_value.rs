use phi_seal::{Phi, PhiValue};

#[derive(PhiValue)]
struct Weight(f64);

#[derive(PhiValue)]
struct Protected(Phi<String>);

fn main() {}
