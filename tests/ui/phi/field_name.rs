#[path = "../common/ward.rs"]
mod ward;

use phi_seal::{Category, Field};

const SPACE: Field<String> = ward::PATIENT.field("given name", Category::Name);

fn main() {
    let _ = SPACE;
}
