//! Before a backup of a key store is restored: does it hold what a census names?

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::sync::Arc;

use phi_seal::danger::{DiscardAudit, PermitAll};
use phi_seal::key::{
    KeyChange, KeyErrorKind, KeyQuery, KeyScope, KeyStore, KeyUse, LocalKms, MemoryStore,
    ScopedKeys, StoredKey,
};
use phi_seal::rotate::{Census, CensusReport, Holding};
use phi_seal::{
    Access, Actor, Category, Field, Needs, Phi, Purpose, RecordId, RecordRef, RecordType, Session,
    SubjectId, TenantId, Vault,
};
use pollster::block_on;

const NOTE: Field<String> = RecordType::new("chart")
    .subject_keyed()
    .field("note", Category::Clinical);

#[test]
fn a_backup_of_today_holds_all() {
    let clinic = Clinic::new();
    let census = clinic.census(&["p-ada", "p-bob"]);
    let report = clinic.verify(&census);
    assert!(report.holds_all() && report.opens_all());
    assert_eq!(report.keys().len(), 2);
    assert!(report.keys().iter().all(|key| key.version == Some(1)));
}

#[test]
fn a_backup_from_before_a_patient_or_a_rotation_does_not() {
    let clinic = Clinic::new();
    clinic.census(&["p-ada"]);
    let old = clinic.backup();
    block_on(clinic.keys.rotate(&of("p-ada"))).unwrap();
    let census = clinic.census(&["p-ada", "p-bob"]);
    let report = verify(old, &clinic.kms, &census);
    assert!(!report.holds_all());
    let holdings: Vec<_> = report.keys().iter().map(|key| key.holding).collect();
    assert_eq!(holdings, [Holding::Missing; 2]);
}

#[test]
fn states_are_told_apart() {
    let clinic = Clinic::new();
    let census = clinic.census(&["p-ada"]);
    block_on(clinic.keys.rotate(&of("p-ada"))).unwrap();
    let held = |clinic: &Clinic| clinic.verify(&census).keys()[0].holding;
    block_on(clinic.keys.disable(&of("p-ada"), 1)).unwrap();
    assert_eq!(held(&clinic), Holding::Disabled);
    assert!(clinic.verify(&census).holds_all() && !clinic.verify(&census).opens_all());
    block_on(clinic.keys.enable(&of("p-ada"), 1)).unwrap();
    block_on(clinic.keys.set_minimum_version(&of("p-ada"), 2)).unwrap();
    assert_eq!(held(&clinic), Holding::BelowMinimum);
    block_on(clinic.keys.destroy(&of("p-ada"), 1)).unwrap();
    assert_eq!(held(&clinic), Holding::Destroyed);
    assert!(!clinic.verify(&census).holds_all());
}

#[test]
fn what_does_not_unwrap_does_not_count() {
    let clinic = Clinic::new();
    let census = clinic.census(&["p-ada", "p-bob"]);
    // The KMS is another one.
    let other = Arc::new(LocalKms::generate().unwrap());
    let report = verify(clinic.backup(), &other, &census);
    assert!(!report.holds_all());
    let unreadable = Holding::Unreadable(KeyErrorKind::WrongKey);
    assert!(report.keys().iter().all(|key| key.holding == unreadable));

    // One row was edited, which is no matter of the other.
    let edited = MemoryStore::new();
    let rows = rows(&clinic.store).into_iter().map(|mut row| {
        if row.scope == of("p-ada") {
            row.created += 1;
        }
        KeyChange::Add(row)
    });
    block_on(edited.apply(&rows.collect::<Vec<_>>())).unwrap();
    let report = verify(edited, &clinic.kms, &census);
    let mut holdings: Vec<_> = report.keys().iter().map(|key| key.holding.code()).collect();
    holdings.sort_unstable();
    assert_eq!(holdings, ["opens", "unreadable"]);
}

#[test]
fn nothing_proves_nothing() {
    let clinic = Clinic::new();
    assert!(!clinic.verify(&Census::new()).holds_all());
    let census = clinic.census(&["p-ada"]);
    let empty = verify(MemoryStore::new(), &clinic.kms, &census);
    assert!(!empty.holds_all());
}

#[cfg(all(feature = "derive", feature = "index"))]
#[test]
fn keys_of_index_values_count_too() {
    #[derive(phi_seal::PhiRecord)]
    #[phi(record = "patient")]
    struct Patient {
        #[phi(id, subject)]
        id: String,
        #[phi(category = Ssn, index)]
        ssn: Phi<String>,
    }

    let clinic = Clinic::new();
    let patient = Patient {
        id: "p-ada".into(),
        ssn: Phi::new("900-01-2345".into()),
    };
    let place = phi_seal::Record::place(&patient).unwrap();
    let needs = Needs::new().seal_record::<Patient>(&place);
    let _lease = block_on(clinic.session.prepare(&needs)).unwrap();
    let row = clinic.session.seal(&patient).unwrap();
    let mut census = Census::new();
    census.count_row(&row);
    let report = clinic.verify(&census);
    assert!(report.holds_all());
    assert_eq!(report.index_versions()[0].holding, Holding::Opens);

    // A backup without the tenant's key for indexes.
    let without = MemoryStore::new();
    let kept = rows(&clinic.store).into_iter();
    let kept = kept.filter(|row| row.scope.key_use() != KeyUse::Index);
    block_on(without.apply(&kept.map(KeyChange::Add).collect::<Vec<_>>())).unwrap();
    let report = verify(without, &clinic.kms, &census);
    assert!(!report.holds_all());
    assert_eq!(report.index_versions()[0].holding, Holding::Missing);
}

struct Clinic {
    store: Arc<MemoryStore>,
    kms: Arc<LocalKms>,
    keys: Arc<ScopedKeys>,
    session: Session,
}

impl Clinic {
    fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let kms = Arc::new(LocalKms::generate().unwrap());
        let keys = ScopedKeys::builder(Arc::clone(&store), Arc::clone(&kms)).build();
        let keys = Arc::new(keys);
        block_on(keys.add_tenant(&tenant())).unwrap();
        let vault = Vault::builder(Arc::clone(&keys), PermitAll, DiscardAudit).build();
        let access = Access::new(tenant(), Actor::new("a").unwrap(), Purpose::Treatment);
        Self {
            session: vault.session(access).unwrap(),
            store,
            kms,
            keys,
        }
    }

    /// A value of each of these patients, counted.
    fn census(&self, patients: &[&str]) -> Census {
        let mut census = Census::new();
        for patient in patients {
            let subject = SubjectId::new(*patient).unwrap();
            let id = RecordId::new(*patient).unwrap();
            let record = RecordRef::new(&id, &subject);
            let needs = Needs::new().seal(&NOTE, record);
            let _lease = block_on(self.session.prepare(&needs)).unwrap();
            let note = Phi::new(String::from("asthma"));
            let sealed = self.session.seal_value(&NOTE, record, &note).unwrap();
            census.count_value(sealed.as_bytes()).unwrap();
        }
        census
    }

    fn backup(&self) -> MemoryStore {
        let backup = MemoryStore::new();
        let rows: Vec<_> = rows(&self.store).into_iter().map(KeyChange::Add).collect();
        block_on(backup.apply(&rows)).unwrap();
        backup
    }

    fn verify(&self, census: &Census) -> CensusReport {
        verify(self.backup(), &self.kms, census)
    }
}

fn verify(backup: MemoryStore, kms: &Arc<LocalKms>, census: &Census) -> CensusReport {
    let backup = ScopedKeys::builder(backup, Arc::clone(kms)).build();
    block_on(backup.verify_census(census)).unwrap()
}

fn rows(store: &MemoryStore) -> Vec<StoredKey> {
    let ids: Vec<_> = block_on(store.page(None, usize::MAX))
        .unwrap()
        .rows
        .iter()
        .map(|row| KeyQuery::Id(row.id))
        .collect();
    block_on(store.find(&ids)).unwrap()
}

fn of(patient: &'static str) -> KeyScope {
    KeyScope::subject(tenant(), SubjectId::new(patient).unwrap())
}

fn tenant() -> TenantId<'static> {
    TenantId::new("mercy").unwrap()
}
