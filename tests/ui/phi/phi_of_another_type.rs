#[path = "../common/ward.rs"]
mod ward;

use phi_seal::Phi;

fn main() {
    let name = Phi::new(String::from("Ada"));
    let _ = ward::session().seal_value(&ward::AGE, ward::row(), &name);
}
