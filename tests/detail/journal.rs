//! Sealed details in a journal: it verifies without any key, and after one was destroyed.

use std::sync::Arc;

use phi_seal::audit::EventRecord;
use phi_seal::audit::journal::{Entries, Journal, JournalKey, Origin, Verifier};
use phi_seal::danger::PermitAll;
use phi_seal::erase::{DetailAges, DetailErasure};
use phi_seal::key::{LocalKms, MemoryStore, ScopedKeys};
use phi_seal::{Access, Actor, ErrorKind, Purpose, Reviewing, SealedDetails, Vault};
use pollster::block_on;

use crate::erasing::NoHolds;
use crate::ward::{MERCY, kinds, names, seal_note, subject, tenant};

#[test]
fn it_verifies_without_keys_and_after_one_was_destroyed() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("journal");
    let key = JournalKey::generate(Origin::new("ehr.example/audit").unwrap()).unwrap();
    let verifier = key.verifier();
    let journal = Arc::new(Journal::builder(&folder, key).create().unwrap());
    let keys = ScopedKeys::builder(MemoryStore::new(), LocalKms::generate().unwrap());
    let keys = Arc::new(keys.build());
    block_on(keys.add_tenant(&tenant(MERCY))).unwrap();
    let sink = SealedDetails::new(journal.clone(), keys.clone());
    let vault = Vault::builder(keys, PermitAll, sink).build();
    let actor = Actor::new("officer-7").unwrap();
    let access = Access::new(tenant(MERCY), actor, Purpose::Operations).reason("court-order");
    let session = vault.session(access).unwrap();
    for patient in ["p-1", "p-2", "p-1"] {
        seal_note(&session, patient).unwrap();
    }
    let events = || {
        let entries = Entries::open(&folder, &verifier).unwrap();
        let events = entries.filter_map(|entry| entry.unwrap().event());
        events.collect::<Vec<EventRecord>>()
    };
    let before = events();
    assert_eq!(before.len(), 3);
    let mut ages = DetailAges::new();
    before.iter().for_each(|event| ages.read(event));
    let holds = NoHolds(phi_seal::erase::LegalHold::None);
    let erasure = DetailErasure::new(&ages, &holds).overriding("court-order");
    block_on(session.erase_details(&subject("p-1"), erasure)).unwrap();

    let report = Verifier::new(verifier.clone()).verify(&folder).unwrap();
    assert!(report.fault.is_none() && report.entries >= 6);
    let after = events();
    assert_eq!(after.len(), 5);
    assert!(after[..3] == before);
    let reviewed = block_on(session.review(&after[..3], Reviewing::all())).unwrap();
    let erased = [ErrorKind::Erased];
    assert_eq!(kinds(reviewed[0].unread()), erased);
    assert_eq!(names(&reviewed[1].event().subjects), [Some("p-2")]);
    assert_eq!(kinds(reviewed[2].unread()), erased);
}
