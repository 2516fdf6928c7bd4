use phi_seal::{Phi, PhiRecord};

struct Handle;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
    handle: Handle,
}

fn main() {}
