mod ward {
    use phi_seal::{Phi, PhiRecord};

    #[derive(PhiRecord)]
    #[phi(record = "patient")]
    pub struct Patient {
        #[phi(id, subject)]
        pub id: String,
        #[phi(category = Name)]
        name: Phi<String>,
    }
}

fn act(row: &ward::PatientRow) {
    let _ = &row.name;
    let _ = ward::Patient::NAME;
    let _ = &row.id;
    let _ = ward::Patient::SCHEMA;
}

fn main() {}
