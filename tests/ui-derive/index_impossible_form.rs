use phi_seal::codec::Date;
use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Date, index(zip3))]
    birth_date: Phi<Date>,
}

fn main() {}
