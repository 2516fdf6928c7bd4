use phi_seal::{Phi, PhiRecord, Session};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

struct NoRecord;

fn act(session: &Session, patient: &Patient, row: &PatientRow) {
    let _ = session.seal(&NoRecord);
    let _ = session.seal(row);
    let _ = session.open(patient);
}

fn main() {}
