#[path = "../common/ward.rs"]
mod ward;

use phi_seal::Phi;

fn main() {
    let name = Some(Phi::new(String::from("Ada")));
    let _ = ward::session().open_value(&ward::NAME, ward::row(), &name);
}
