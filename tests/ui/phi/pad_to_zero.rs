#[path = "../common/ward.rs"]
mod ward;

use phi_seal::Field;

const UNPADDED: Field<String> = ward::NAME.pad_to(0);

fn main() {
    let _ = UNPADDED;
}
