//! Names and keys in nothing that is printed.

use phi_seal::danger::export_data_key;
use phi_seal::key::{
    KeyChange, KeyNeed, KeyPage, KeyProvider, KeyQuery, KeyScope, MemoryStore, Scope, ScopedKeys,
};
use phi_seal::{SubjectId, TenantId};
use pollster::block_on;

use crate::kms::{Fault, TestKms};
use crate::ward::{CHART, World, subject, tenant};

const TENANT: &str = "canary-tenant-7f3a";
const PATIENT: &str = "canary-patient-91c2";

#[test]
fn nothing_printed_names_tenants_patients_or_keys() {
    let world = World::empty();
    let process = world.process();
    process.add("another");
    process.add(TENANT);
    let sealed = process.try_seal(TENANT, PATIENT).unwrap();
    let (tenant, subject) = (tenant(TENANT), subject(PATIENT));
    let scope = Scope::of_record(&tenant, Some(&subject), CHART);
    let mut secret = [0; 32];
    process
        .keys
        .with_active(scope, &mut |key| secret = export_data_key(key))
        .unwrap();
    let key_scope = KeyScope::subject(tenant.clone(), subject.clone());
    let row = world.row(&key_scope);
    let need = KeyNeed::by_id(scope, sealed.key_id());
    let lease = block_on(process.keys.prepare(&[need])).unwrap();
    let infos = block_on(process.keys.keys(&key_scope)).unwrap();
    let page = KeyPage {
        rows: world.store.rows(),
        generation: 0,
    };
    let builder = ScopedKeys::builder(MemoryStore::new(), TestKms::new());
    let mut printed = vec![
        format!("{:?} {:#?}", process.keys, process.keys),
        format!("{builder:?}"),
        format!("{:?}", process.vault),
        format!("{:?}", process.counts()),
        format!("{need:?} {scope:?} {key_scope:?} {lease:?}"),
        format!("{row:?} {:?} {infos:?}", page),
        format!("{:?}", KeyQuery::Scope(key_scope.clone())),
        format!("{:?}", KeyQuery::Id(row.id)),
        format!("{:?}", KeyChange::Add(row.clone())),
        format!(
            "{:?}",
            KeyChange::Replace {
                from: row.clone(),
                to: row.clone()
            }
        ),
    ];
    printed.extend(errors(&world, &key_scope, &tenant, &subject));
    assert!(printed.len() > 20);

    let wrapped = row.wrapped.clone().unwrap();
    let marks = [
        TENANT.to_string(),
        PATIENT.to_string(),
        "canary".to_string(),
        hex(&secret),
        format!("{:?}", &secret[..4])
            .trim_matches(['[', ']'])
            .to_string(),
        row.id.to_hex(),
        hex(&wrapped),
        format!("{:?}", &wrapped[..4])
            .trim_matches(['[', ']'])
            .to_string(),
    ];
    let leak = |text: &str| {
        let text = text.to_lowercase();
        marks
            .iter()
            .find(|mark| text.contains(mark.as_str()))
            .cloned()
    };
    for text in &printed {
        assert_eq!(leak(text), None, "{text}");
    }
    // It sees what it looks for.
    assert!(leak(&format!("{:?}", tenant.as_str())).is_some());
    assert!(leak(&format!("{secret:?}")).is_some());
    assert!(leak(&format!("{:?}", row.wrapped)).is_some());
    assert!(leak(&row.id.to_hex().to_uppercase()).is_some());
}

/// What every kind of failure prints.
fn errors(
    world: &World,
    scope: &KeyScope,
    tenant: &TenantId<'static>,
    subject: &SubjectId<'static>,
) -> Vec<String> {
    let mut printed = Vec::new();
    let mut print = |error: phi_seal::key::KeyError| {
        printed.push(format!("{error} {error:?} {error:#?}"));
        let error = phi_seal::Error::from(error);
        printed.push(format!("{error} {error:?}"));
    };
    let keys = world.process().keys;
    print(block_on(keys.disable(scope, 1)).unwrap_err());
    print(block_on(keys.disable(scope, 9)).unwrap_err());
    print(block_on(keys.set_minimum_version(scope, 9)).unwrap_err());
    print(block_on(keys.rotate_root(&crate::ward::tenant("canary-none"))).unwrap_err());
    let cold = world.process().keys;
    let need_scope = Scope::of_record(tenant, Some(subject), CHART);
    print(cold.with_active(need_scope, &mut |_| {}).unwrap_err());
    world.store.edit(&world.row(scope), |row| row.created += 1);
    print(block_on(keys.rotate(scope)).unwrap_err());
    world.store.undo_edits();
    world.store.edit(&world.row(scope), |row| {
        row.reference = "root:canary".into()
    });
    print(block_on(keys.rotate(scope)).unwrap_err());
    world.store.undo_edits();
    for fault in [Fault::WrongKey, Fault::OtherContext] {
        world.kms.set(fault);
        print(block_on(world.process().keys.rotate(scope)).unwrap_err());
    }
    world.kms.release();
    printed
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
