#![allow(non_snake_case)]
use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Name, name = "name")]
    maiden_name: Phi<String>,
    #[phi(category = Date)]
    birth_date: Phi<i64>,
    #[phi(category = Date)]
    birthDate: Phi<i64>,
    #[phi(category = Clinical)]
    schema: Phi<String>,
}

fn main() {}
