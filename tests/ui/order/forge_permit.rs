#[path = "../common/ward.rs"]
mod ward;

use phi_seal::Permit;

fn main() {
    let _: Permit<'_, '_> = Permit {
        record: ward::row(),
        fields: ward::FIELDS,
    };
}
