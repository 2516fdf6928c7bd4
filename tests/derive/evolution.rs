//! Structs change, old rows stay readable.

use phi_seal::{Phi, PhiRecord};

use crate::ward::ward;

#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Old {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    surname: Phi<String>,
    #[phi(category = Phone)]
    phone: Phi<String>,
}

/// Renamed, reordered, retyped, relabelled, padded, made optional.
#[derive(PhiRecord)]
#[phi(record = "patient", row = NewRow)]
struct Renewed {
    #[phi(category = AccountNumber, label = Vip, name = "phone", pad = 32, sealed_null)]
    telecom: Option<Phi<String>>,
    #[phi(category = Name, name = "surname")]
    family_name: Phi<String>,
    #[phi(id, subject)]
    key: std::sync::Arc<str>,
    added: u8,
}

/// As `Renewed`, without the stable name.
#[derive(PhiRecord)]
#[phi(record = "patient")]
struct Careless {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    family_name: Phi<String>,
}

#[derive(PhiRecord)]
#[phi(record = "person")]
struct OtherType {
    #[phi(id, subject)]
    id: String,
    #[phi(category = Name)]
    surname: Phi<String>,
}

fn old_row(ward: &crate::ward::Ward) -> OldRow {
    let old = Old {
        id: "p-1".into(),
        surname: Phi::new("Żak".into()),
        phone: Phi::new("555-0100".into()),
    };
    ward.session.seal(&old).unwrap()
}

#[test]
fn a_stable_name_keeps_old_rows_readable() {
    let ward = ward();
    let old = old_row(&ward);
    let row = NewRow {
        telecom: Some(old.phone),
        family_name: old.surname,
        key: old.id.into(),
        added: 0,
    };
    let renewed = ward.session.open(&row).unwrap();
    assert_eq!(renewed.family_name.expose(), "Żak");
    assert_eq!(renewed.telecom.unwrap().expose(), "555-0100");
    assert_eq!(Renewed::FAMILY_NAME.name(), "surname");
}

#[test]
fn a_rename_without_it_is_refused_and_so_is_another_type() {
    let ward = ward();
    let old = old_row(&ward);
    let careless = CarelessRow {
        id: old.id.clone(),
        family_name: old.surname.clone(),
    };
    assert!(ward.session.open(&careless).err().unwrap().is_integrity());
    let other = OtherTypeRow {
        id: old.id,
        surname: old.surname,
    };
    assert!(ward.session.open(&other).err().unwrap().is_integrity());
}
