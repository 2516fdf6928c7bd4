#[path = "../common/ward.rs"]
mod ward;

use phi_seal::Sealed;

fn main() {
    let age: Sealed<u8> = Sealed::from_text("phi1.").unwrap();
    let _ = ward::session().open_value(&ward::NAME, ward::row(), &age);
}
