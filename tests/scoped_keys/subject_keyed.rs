//! Records that only a key of the patient's own will do for.

use std::sync::Arc;

use phi_seal::danger::{DiscardAudit, PermitAll, import_data_key};
use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyNeed, KeyProvider, KeyScope, KeyUse, Keyring, Scope,
    SubjectKeys,
};
use phi_seal::{
    Access, Actor, ErrorKind, KeyId, Needs, Phi, PhiRecord, Purpose, Record, SealedRecord, Session,
    Vault,
};
use pollster::block_on;

use crate::ward::{
    CHART, MERCY, NOTE, Place, Process, World, kind, of, subject, tenant, tenants, text_of,
};

#[derive(Debug, PhiRecord)]
#[phi(record = "therapy", subject_keyed)]
struct Therapy {
    #[phi(id)]
    id: String,
    #[phi(subject)]
    patient: String,
    #[phi(category = Clinical)]
    note: Phi<String>,
}

fn therapy() -> Therapy {
    Therapy {
        id: "t-1".into(),
        patient: "p-0".into(),
        note: Phi::new("sleeps badly".into()),
    }
}

fn session_over(keys: impl KeyProvider + 'static) -> Session {
    let actor = Actor::new("clinician-17").unwrap();
    let vault = Vault::builder(keys, PermitAll, DiscardAudit).build();
    vault
        .session(Access::new(tenant(MERCY), actor, Purpose::Treatment))
        .unwrap()
}

#[test]
fn a_derived_record_is_sealed_under_the_patients_own_key() {
    assert!(Therapy::RECORD_TYPE.is_subject_keyed());
    let world = World::new();
    let process = world.process();
    // The tenant has a key, which is of no use here.
    process.seal_room("p-0");
    let session = process.session(MERCY);
    assert_eq!(
        session.seal(&therapy()).unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    let record = therapy();
    let place = record.place().unwrap();
    let lease = block_on(session.prepare(&Needs::new().seal_record::<Therapy>(&place))).unwrap();
    let row = session.seal(&record).unwrap();
    assert_eq!(row.note.key_id(), world.row(&of("p-0")).id);
    drop(lease);

    let restarted = world.process();
    let session = restarted.session(MERCY);
    assert_eq!(
        session.open(&row).unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    let place = row.place().unwrap();
    let _lease = block_on(session.prepare(&Needs::new().open_row(&place, &row))).unwrap();
    assert_eq!(session.open(&row).unwrap().note.expose(), "sleeps badly");
}

#[test]
fn shared_and_tenant_keys_of_a_keyring_are_missing_to_it() {
    let other_patients = KeyScope::subject(tenant(MERCY), subject("p-1"));
    let other_tenants = KeyScope::subject(tenant("other"), subject("p-0"));
    for scope in [
        KeyScope::default(),
        tenants(MERCY),
        other_patients,
        other_tenants,
    ] {
        let session = session_over(Keyring::from_key(DataKey::generate(scope).unwrap()));
        assert_eq!(
            session.seal(&therapy()).unwrap_err().kind(),
            ErrorKind::MissingKey
        );
    }
    let secret = [9; 32];
    let session = session_over(Keyring::from_key(import_data_key(secret, of("p-0"))));
    let row = session.seal(&therapy()).unwrap();
    assert!(session.open(&row).is_ok());
    for scope in [KeyScope::default(), tenants(MERCY)] {
        let session = session_over(Keyring::from_key(import_data_key(secret, scope)));
        assert_eq!(
            session.open(&row).unwrap_err().kind(),
            ErrorKind::MissingKey
        );
    }
}

#[test]
fn a_tenants_key_in_the_store_is_missing_to_it() {
    let world = World::new();
    let process = world.process();
    let secret = [9; 32];
    let session = session_over(Keyring::from_key(import_data_key(secret, of("p-0"))));
    let place = Place::new("p-0");
    let sealed = session
        .seal_value(&NOTE, place.row(), &Phi::new(text_of("p-0")))
        .unwrap();
    // The very key, but as the tenant's.
    let key = import_data_key(secret, tenants(MERCY));
    block_on(process.keys.add_decrypt_only(&key)).unwrap();
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::MissingKey));
}

/// Lends one key whatever it is asked for.
#[derive(Debug)]
struct Generous(DataKey);

impl KeyProvider for Generous {
    fn with_active(&self, _: Scope<'_>, lend: &mut dyn FnMut(&DataKey)) -> Result<(), KeyError> {
        lend(&self.0);
        Ok(())
    }

    fn with_key(
        &self,
        _: Scope<'_>,
        _: &KeyId,
        lend: &mut dyn FnMut(&DataKey),
    ) -> Result<(), KeyError> {
        lend(&self.0);
        Ok(())
    }
}

#[test]
fn a_provider_that_lends_a_tenants_key_all_the_same_is_refused() {
    let secret = [9; 32];
    let own = session_over(Generous(import_data_key(secret, of("p-0"))));
    let row = own.seal(&therapy()).unwrap();
    for scope in [KeyScope::default(), tenants(MERCY), of("p-1")] {
        let session = session_over(Generous(import_data_key(secret, scope)));
        assert_eq!(
            session.seal(&therapy()).unwrap_err().kind(),
            ErrorKind::MissingKey
        );
        assert_eq!(
            session.open(&row).unwrap_err().kind(),
            ErrorKind::MissingKey
        );
    }
}

#[test]
fn what_was_sealed_before_the_setting_changed_stays_readable() {
    let world = World::new();
    let declared = world.process();
    let by_tenant = declared.seal_room("p-0");
    assert_eq!(by_tenant.key_id(), world.row(&tenants(MERCY)).id);

    let all = || world.process_with(|keys| keys.subject_keys(SubjectKeys::All));
    let process = all();
    let by_patient = process.seal_room("p-0");
    assert_eq!(by_patient.key_id(), world.row(&of("p-0")).id);
    for process in [process, all(), world.process()] {
        assert_eq!(process.open_room("p-0", &by_tenant), Ok(()));
        assert_eq!(process.open_room("p-0", &by_patient), Ok(()));
        assert_eq!(
            process.open_room("p-1", &by_patient),
            Err(ErrorKind::MissingKey)
        );
    }
}

#[test]
fn roots_are_lent_to_nobody_and_asking_for_them_harms_nobody() {
    let world = World::new();
    let process = world.process();
    let sealed = process.seal("p-0");
    let root = world.row(&crate::ward::root_of(MERCY)).id;
    for name in [MERCY, "unknown"] {
        let tenant = tenant(name);
        let mut scope = Scope::sealing(&tenant, None);
        scope.key_use = KeyUse::Root;
        let process = world.process();
        for need in [KeyNeed::active(scope), KeyNeed::by_id(scope, root)] {
            // Whatever it says: it ends, and lends nothing.
            let _ = process.prepare(&[need]);
        }
        let mut lent = 0;
        let active = process.keys.with_active(scope, &mut |_| lent += 1);
        let by_id = process.keys.with_key(scope, &root, &mut |_| lent += 1);
        let each = process.keys.with_each(scope, &mut |_| lent += 1);
        assert!(active.is_err() && by_id.is_err() && each.is_err() && lent == 0);
        assert_eq!(process.open("p-0", &sealed), Ok(()));
    }
    assert_eq!(world.store.rows().len(), 2);
}

#[test]
fn a_scope_without_a_patient_gets_no_tenants_key() {
    let world = World::new();
    let process: Process = world.process();
    process.seal_room("p-0");
    let mercy = tenant(MERCY);
    let scope = Scope::of_record(&mercy, None, CHART);
    let _ = process.prepare(&[KeyNeed::active(scope)]);
    // Held against the scope by the crate's one caller of providers.
    let lent = std::cell::Cell::new(None);
    let result = process.keys.with_active(scope, &mut |key| {
        lent.set(Some(key.scope().admits(scope)));
    });
    assert!(kind(result) == Some(KeyErrorKind::Missing) || lent.get() == Some(false));
}

#[test]
fn provider_traits_are_objects() {
    let world = World::new();
    let keys: Arc<dyn KeyProvider> = world.process().keys;
    assert!(format!("{keys:?}").contains("ScopedKeys"));
}
