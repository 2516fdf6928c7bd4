//! One tenant's index values say nothing to another.

use phi_seal::key::{DataKey, KeyScope, KeyUse};
use phi_seal::{ErrorKind, TenantId};

use crate::ward::{Patient, Ward, access, ids, patient, phi, ssn};

#[test]
fn the_same_number_has_another_value_for_each_tenant_of_one_key() {
    let ward = Ward::new();
    let [mercy, grace] =
        ["mercy", "grace"].map(|tenant| ward.vault.session(access(tenant)).unwrap());
    let (a, b) = (
        mercy.seal(&patient(0)).unwrap(),
        grace.seal(&patient(0)).unwrap(),
    );
    let (ours, theirs) = (a.ssn_index.unwrap(), b.ssn_index.unwrap());
    assert_ne!(ours, theirs);
    // The version is the key's and the form's, and those are the same.
    assert_eq!(ours.version(), theirs.version());
    assert_ne!(a.birth_date_family, b.birth_date_family);
    assert_ne!(a.words, b.words);

    let search = mercy.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    assert_eq!(search.values(), [ours]);
    // A row of another tenant does not open, whatever its column says.
    let mut poisoned = b.clone();
    poisoned.ssn_index = Some(ours);
    let found = search.open([&poisoned, &a]).unwrap();
    assert_eq!(
        found[0].as_ref().err().unwrap().kind(),
        ErrorKind::Integrity
    );
    assert_eq!(found[1].as_ref().unwrap().id, "p-0");
}

#[test]
fn a_tenants_own_key_makes_its_values_and_the_shared_one_goes_on_finding() {
    let ward = Ward::new();
    let mut table = ward.table(1);
    let tenant = TenantId::new("mercy").unwrap();
    let own = DataKey::generate(KeyScope::tenant(tenant, KeyUse::Index)).unwrap();
    let own_id = *own.id();
    ward.keys.ring.add(own).unwrap();
    let session = ward.session();
    table.push(session.seal(&patient(1)).unwrap());

    let versions = session.index_versions(Patient::SSN_INDEX).unwrap();
    assert_eq!((versions.len(), versions[0].key_id), (2, own_id));
    assert_eq!(table[1].ssn_index.unwrap().version(), versions[0].version);
    assert_eq!(table[0].ssn_index.unwrap().version(), versions[1].version);
    for number in 0..2 {
        let search = session
            .search(Patient::SSN_INDEX, &phi(&ssn(number)))
            .unwrap();
        assert!(search.values().contains(&table[number].ssn_index.unwrap()));
        assert_eq!(ids(search.open(&table).unwrap()), [format!("p-{number}")]);
    }
    // Another tenant never meets it.
    let grace = ward.vault.session(access("grace")).unwrap();
    let versions = grace.index_versions(Patient::SSN_INDEX).unwrap();
    assert!(versions.iter().all(|of| of.key_id != own_id) && versions.len() == 1);
}
