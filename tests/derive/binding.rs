//! Records bound to more than their row.

use phi_seal::{Phi, PhiRecord};

use crate::ward::ward;

#[derive(PhiRecord)]
#[phi(record = "order", row_derive(Clone))]
struct Order {
    #[phi(id)]
    id: u64,
    #[phi(subject)]
    patient: String,
    #[phi(binding)]
    revision: i32,
    #[phi(category = Clinical)]
    drug: Phi<String>,
    #[phi(category = Clinical)]
    dose: Phi<u32>,
}

#[derive(PhiRecord)]
#[phi(record = "order")]
struct OrderWithWiderRevision {
    #[phi(id)]
    id: u64,
    #[phi(subject)]
    patient: String,
    #[phi(binding)]
    revision: i64,
    #[phi(category = Clinical)]
    drug: Phi<String>,
}

fn order(revision: i32, drug: &str) -> Order {
    Order {
        id: 7,
        patient: "p-1".into(),
        revision,
        drug: Phi::new(drug.into()),
        dose: Phi::new(5),
    }
}

#[test]
fn a_changed_binding_is_found() {
    let ward = ward();
    let row = ward.session.seal(&order(1, "aspirin")).unwrap();
    assert!(ward.session.open(&row).is_ok());
    for changed in [
        OrderRow {
            revision: 2,
            ..row.clone()
        },
        OrderRow {
            revision: -1,
            ..row.clone()
        },
        OrderRow {
            id: 8,
            ..row.clone()
        },
        OrderRow {
            patient: "p-2".into(),
            ..row.clone()
        },
    ] {
        let error = ward.session.open(&changed).err().unwrap();
        assert!(error.is_integrity());
        assert_eq!(error.field(), Some("drug"));
    }
}

#[test]
fn fields_of_two_revisions_do_not_mix() {
    let ward = ward();
    let first = ward.session.seal(&order(1, "aspirin")).unwrap();
    let second = ward.session.seal(&order(2, "warfarin")).unwrap();
    let mixed = OrderRow {
        drug: first.drug,
        ..second
    };
    let error = ward.session.open(&mixed).err().unwrap();
    assert_eq!(error.field(), Some("drug"));
    assert!(error.is_integrity());
}

#[test]
fn an_update_is_bound_likewise() {
    let ward = ward();
    let mut row = ward.session.seal(&order(-3, "aspirin")).unwrap();
    ward.session
        .update_field(&mut row, Order::DRUG, &Phi::new("warfarin".into()))
        .unwrap();
    let opened = ward.session.open(&row).unwrap();
    assert_eq!(
        (opened.drug.expose().as_str(), *opened.dose.expose()),
        ("warfarin", 5)
    );
}

#[test]
fn an_integer_may_grow_wider() {
    let ward = ward();
    let row = ward.session.seal(&order(-3, "aspirin")).unwrap();
    let wider = OrderWithWiderRevisionRow {
        id: row.id,
        patient: row.patient,
        revision: i64::from(row.revision),
        drug: row.drug,
    };
    assert!(ward.session.open(&wider).is_ok());
}
