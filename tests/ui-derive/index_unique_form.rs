use phi_seal::codec::Date;
use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name, index(prefix(3), unique))]
    name: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "visit", index(name = "both", of(name, zip = zip3), unique))]
struct Visit {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    #[phi(category = Address)]
    zip: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "birth")]
struct Birth {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Date, index(year, unique))]
    birth_date: Phi<Date>,
}

fn main() {}
