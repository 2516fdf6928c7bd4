use phi_seal::PhiRecord;

#[derive(PhiRecord)]
#[phi(record = "raw")]
union Raw {
    a: u8,
    b: i8,
}

fn main() {}
