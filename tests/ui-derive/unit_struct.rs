use phi_seal::PhiRecord;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient;

fn main() {}
