//! Ciphertext put where it does not belong.

use std::mem::swap;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::{Access, Actor, Keyring, Purpose, TenantId, Vault};

use crate::ward::{PatientRow, patient, ward};

#[test]
fn two_columns_of_a_row() {
    let ward = ward();
    let mut row = ward.session.seal(&patient("p-1")).unwrap();
    let PatientRow { name, ssn, .. } = &mut row;
    swap(name, ssn);
    let error = ward.session.open(&row).unwrap_err();
    assert!(error.is_integrity());
    assert_eq!(error.field(), Some("name"));
}

#[test]
fn one_column_of_two_rows() {
    let ward = ward();
    let mut first = ward.session.seal(&patient("p-1")).unwrap();
    let mut second = ward.session.seal(&patient("p-2")).unwrap();
    swap(&mut first.ssn, &mut second.ssn);
    for row in [&first, &second] {
        let error = ward.session.open(row).unwrap_err();
        assert!(error.is_integrity());
        assert_eq!(error.field(), Some("ssn"));
    }
}

#[test]
fn the_ids_of_two_rows() {
    let ward = ward();
    let mut first = ward.session.seal(&patient("p-1")).unwrap();
    let mut second = ward.session.seal(&patient("p-2")).unwrap();
    swap(&mut first.id, &mut second.id);
    for row in [&first, &second] {
        assert!(ward.session.open(row).unwrap_err().is_integrity());
    }
}

#[test]
fn the_rows_of_two_tenants() {
    let vault = Vault::builder(Keyring::generate().unwrap(), PermitAll, DiscardAudit).build();
    let [mercy, grace] = ["mercy", "grace"].map(|tenant| {
        let access = Access::new(
            TenantId::new(tenant).unwrap(),
            Actor::new("a").unwrap(),
            Purpose::Treatment,
        );
        vault.session(access).unwrap()
    });
    let row = mercy.seal(&patient("p-1")).unwrap();
    assert!(mercy.open(&row).is_ok());
    assert!(grace.open(&row).unwrap_err().is_integrity());
}
