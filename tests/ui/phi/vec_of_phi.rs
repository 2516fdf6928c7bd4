#[path = "../common/ward.rs"]
mod ward;

use phi_seal::{Category, Field, Phi};

const NAMES: Field<Vec<Phi<String>>> = ward::PATIENT.field("names", Category::Name);

fn main() {
    let names = vec![Phi::new(String::from("Ada"))];
    let _ = ward::session().seal_value(&ward::NAME, ward::row(), &names);
    let _ = NAMES;
}
