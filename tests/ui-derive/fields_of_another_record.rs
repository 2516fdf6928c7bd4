use phi_seal::{Phi, PhiRecord, Session};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    name: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Clinical)]
    note: Option<Phi<String>>,
}

fn act(session: &Session, patient: &PatientRow, visit: &mut VisitRow) {
    let _ = session.open_fields(patient, (Visit::NOTE,));
    let _ = session.open_fields(patient, (Patient::NAME, Visit::NOTE));
    let _ = session.open_fields(patient, Patient::NAME);
    let _ = session.update_field(visit, Visit::NOTE, &Phi::new(String::new()));
    let _ = session.update_field(visit, Patient::NAME, &Phi::new(String::new()));
}

fn main() {}
