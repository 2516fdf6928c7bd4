use phi_seal::{Phi, PhiRecord};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical, pad = 0)]
    zero: Phi<String>,
    #[phi(category = Clinical, pad = 65536)]
    large: Phi<String>,
    #[phi(category = Clinical, pad = "32")]
    text: Phi<String>,
}

fn main() {}
