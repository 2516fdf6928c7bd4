//! Events that were lost.

use std::fs;
use std::sync::Arc;

use phi_seal::audit::{Durability, EventRecord, JsonLines};
use phi_seal::danger::PermitAll;
use phi_seal::{Access, Actor, AuditError, Keyring, Purpose, TenantId, Vault};

use crate::place::Place;
use crate::{ErrorKind, Phi, key, seal};

/// Nothing waits in memory: what was released is in the file already, though neither the vault
/// nor the sink is ever dropped.
#[test]
fn hapi_fhir_a_queue_in_memory_loses_events_at_shutdown() {
    let place = Place::default();
    let sealed = seal(&place, "Knee pain");
    for durability in [Durability::Written, Durability::Synced] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let sink = Arc::new(JsonLines::open(&path, durability).unwrap());
        let vault = Vault::builder(Keyring::from_key(key()), PermitAll, sink).build();
        let tenant = TenantId::new(place.tenant.clone()).unwrap();
        let actor = Actor::new("clinician-17").unwrap();
        let session = vault
            .session(Access::new(tenant, actor, Purpose::Treatment))
            .unwrap();
        for opened in 1..=3 {
            let value = place.within(|_, row| session.open_value(&place.field(), row, &sealed));
            let lines = fs::read(&path).unwrap();
            assert!(value.unwrap().ct_eq(&Phi::new("Knee pain".into())));
            let events: Vec<_> = lines
                .split_inclusive(|byte| *byte == b'\n')
                .map(|line| EventRecord::from_json(line).unwrap())
                .collect();
            assert_eq!(events.len(), opened);
            assert!(events.iter().all(|event| event.outcome == "success"));
        }
        std::mem::forget((vault, session));
    }
}

#[test]
fn hapi_fhir_what_cannot_be_recorded_is_not_released() {
    let place = Place::default();
    let sealed = seal(&place, "Knee pain");
    let (session, sink) = place.session(key());
    sink.fail_with(AuditError::new("the audit store is down; try again"));
    let open = || place.within(|_, row| session.open_value(&place.field(), row, &sealed));
    assert_eq!(open().unwrap_err().kind(), ErrorKind::Audit);
    sink.recover();
    assert!(open().is_ok());
}
