use phi_seal::{Phi, PhiRecord, Session};

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Patient {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits))]
    ssn: Phi<String>,
    #[phi(category = Phone, index(digits))]
    phone: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "visit")]
struct Visit {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Ssn, index(digits))]
    ssn: Phi<String>,
}

fn compare(row: &PatientRow, visit: &VisitRow) -> bool {
    row.ssn_index == row.phone_index || row.ssn_index == visit.ssn_index
}

fn store(row: &mut PatientRow) {
    row.ssn_index = row.phone_index;
}

fn search(session: &Session, row: &PatientRow, visit: &VisitRow) {
    let search = session.search(Patient::SSN_INDEX, &Phi::new(String::new())).unwrap();
    search.values().contains(&row.phone_index.unwrap());
    let _ = search.open([visit]);
}

fn fields(session: &Session, row: &PatientRow) {
    let search = session.search(Patient::SSN_INDEX, &Phi::new(String::new())).unwrap();
    let _ = search.open_fields([row], (Visit::SSN,));
}

fn main() {}
