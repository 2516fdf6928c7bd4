use phi_seal::{Phi, PhiRecord};
use std::collections::BTreeMap;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical)]
    boxed: Box<Phi<String>>,
    #[phi(category = Clinical)]
    twice: Phi<Phi<String>>,
    #[phi(category = Clinical)]
    optional: Option<Option<Phi<String>>>,
    by_name: BTreeMap<String, Phi<String>>,
    pair: (Phi<String>, u8),
    array: [Phi<String>; 2],
}

fn main() {}
