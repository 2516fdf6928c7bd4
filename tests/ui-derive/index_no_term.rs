use phi_seal::{Phi, PhiRecord, Session};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits))]
    ssn: Phi<String>,
}

fn search(session: &Session) {
    let _ = session.search(Patient::SSN_INDEX, "900-01-2345");
    let _ = session.search(Patient::SSN_INDEX, Phi::new(String::new()));
    let _ = session.search(Patient::SSN, &Phi::new(String::new()));
}

fn main() {}
