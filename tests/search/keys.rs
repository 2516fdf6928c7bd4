//! Index keys: rotation, states, and which keys never serve.

use phi_seal::key::{DataKey, KeyScope, KeyUse, Keyring, Keyset, LocalKms};
use phi_seal::{Decision, ErrorKind, SubjectId, TenantId};
use pollster::block_on;

use crate::doubles::Count;
use crate::ward::{
    EXPIRY, Patient, PatientRow, Ward, candidates, ids, index_scope, patient, phi, ssn,
};

fn find(ward: &Ward, table: &[PatientRow], number: usize) -> Vec<String> {
    let session = ward.session();
    let search = session
        .search(Patient::SSN_INDEX, &phi(&ssn(number)))
        .unwrap();
    let rows = candidates(table, &search);
    ids(search.open(rows).unwrap())
}

/// The ward's keys: version 1 seals, version 2 makes index values, the rest are made here.
fn rotated() -> (Ward, Vec<PatientRow>) {
    let ward = Ward::new();
    let mut table = ward.table(2);
    ward.keys.ring.rotate_scope(&index_scope()).unwrap();
    table.push(ward.session().seal(&patient(2)).unwrap());
    (ward, table)
}

#[test]
fn rows_under_old_and_new_keys_are_found_together() {
    let (ward, table) = rotated();
    let session = ward.session();
    assert_ne!(
        table[0].ssn_index.unwrap().version(),
        table[2].ssn_index.unwrap().version()
    );
    let search = session.search(Patient::SSN_INDEX, &phi(&ssn(0))).unwrap();
    let versions = session.index_versions(Patient::SSN_INDEX).unwrap();
    let infos = ward.keys.ring.keys();
    assert_eq!(versions.len(), 2);
    // The active one first.
    assert_eq!(
        (versions[0].key_id, versions[1].key_id),
        (*infos[2].id(), *infos[1].id())
    );
    assert_eq!(versions[0].version, table[2].ssn_index.unwrap().version());
    assert_eq!(versions[1].version, table[0].ssn_index.unwrap().version());
    let of_search: Vec<_> = search
        .values()
        .iter()
        .map(|value| value.version())
        .collect();
    assert_eq!(of_search, [versions[0].version, versions[1].version]);
    drop(search);
    for number in 0..3 {
        assert_eq!(find(&ward, &table, number), [format!("p-{number}")]);
    }
}

/// Two processes on one keyset, each with a keyring of its own.
struct Processes {
    kms: LocalKms,
    keyset: Keyset,
    writer: Ward,
    reader: Ward,
}

impl Processes {
    fn new() -> Self {
        let kms = LocalKms::generate().unwrap();
        let mut keyset = block_on(Keyset::generate(&kms)).unwrap();
        let index_key = DataKey::generate(index_scope()).unwrap();
        block_on(keyset.add(&index_key, &kms)).unwrap();
        let start = || Ward::with_ring(block_on(keyset.unlock(&kms)).unwrap());
        let (writer, reader) = (start(), start());
        Self {
            kms,
            keyset,
            writer,
            reader,
        }
    }

    fn reload(&self, process: &Ward) {
        let unlocked = block_on(self.keyset.unlock(&self.kms)).unwrap();
        process.keys.ring.replace(unlocked);
    }
}

/// Why the two steps are needed: the error that nobody sees.
#[test]
fn a_process_that_does_not_know_a_rotated_key_misses_rows() {
    let mut processes = Processes::new();
    block_on(
        processes
            .keyset
            .rotate_scope(&index_scope(), &processes.kms),
    )
    .unwrap();
    processes.reload(&processes.writer);
    let table = [processes.writer.session().seal(&patient(0)).unwrap()];
    assert!(find(&processes.reader, &table, 0).is_empty());
    processes.reload(&processes.reader);
    assert_eq!(find(&processes.reader, &table, 0), ["p-0"]);
}

#[test]
fn a_process_that_knows_a_key_before_it_is_active_misses_nothing() {
    let mut processes = Processes::new();
    let before = processes.writer.session().seal(&patient(0)).unwrap();
    let next = DataKey::generate(index_scope()).unwrap();
    let id = *next.id();
    let version = block_on(processes.keyset.add_decrypt_only(&next, &processes.kms)).unwrap();
    // Not all at once: neither knows less than what the other writes.
    processes.reload(&processes.reader);
    let between = processes.writer.session().seal(&patient(1)).unwrap();
    let of_reader = processes.reader.session().seal(&patient(2)).unwrap();
    assert_eq!(find(&processes.writer, &[of_reader], 2), ["p-2"]);
    processes.reload(&processes.writer);

    block_on(processes.keyset.activate(version, &processes.kms)).unwrap();
    processes.reload(&processes.writer);
    let session = processes.writer.session();
    let after = session.seal(&patient(3)).unwrap();
    let newest = session.index_versions(Patient::SSN_INDEX).unwrap()[0];
    assert_eq!(
        (newest.key_id, newest.version),
        (id, after.ssn_index.unwrap().version())
    );

    // The other has not heard of it, and finds all the same.
    let table = [before, between, after];
    for (at, number) in [(0, 0), (1, 1), (2, 3)] {
        let name = [format!("p-{number}")];
        assert_eq!(find(&processes.reader, &table, number), name);
        assert_eq!(find(&processes.writer, &table[at..=at], number), name);
    }
    // And what it writes meanwhile, under the key that was active, is found too.
    let late = processes.reader.session().seal(&patient(4)).unwrap();
    assert_ne!(late.ssn_index.unwrap().version(), newest.version);
    assert_eq!(find(&processes.writer, &[late], 4), ["p-4"]);
}

/// As documented: what cannot be read cannot be searched.
#[test]
fn rows_under_a_disabled_index_key_are_not_found() {
    let (ward, table) = rotated();
    ward.keys.ring.disable(2).unwrap();
    assert!(find(&ward, &table, 0).is_empty());
    assert_eq!(find(&ward, &table, 2), ["p-2"]);
    ward.keys.ring.enable(2).unwrap();
    assert_eq!(find(&ward, &table, 0), ["p-0"]);
    ward.keys.ring.destroy(2).unwrap();
    assert!(find(&ward, &table, 0).is_empty());
    // The row itself opens as ever.
    assert!(ward.session().open(&table[0]).is_ok());
}

#[test]
fn a_minimum_version_holds_for_index_keys_too() {
    let ward = Ward::new();
    let table = ward.table(1);
    let ring = &ward.keys.ring;
    ring.rotate().unwrap();
    ring.rotate_scope(&index_scope()).unwrap();
    assert_eq!(find(&ward, &table, 0), ["p-0"]);
    ring.set_minimum_version(3).unwrap();
    assert!(find(&ward, &table, 0).is_empty());
    ring.set_minimum_version(1).unwrap();
    assert_eq!(find(&ward, &table, 0), ["p-0"]);
}

#[test]
fn without_an_index_key_nothing_is_sealed_and_that_is_recorded() {
    let ward = Ward::with_ring(Keyring::generate().unwrap());
    let error = ward.session().seal(&patient(0)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("seal", "partial")
    );
    let outcomes = crate::ward::items(&event);
    assert_eq!(outcomes[0], "p-0 ssn missing_key granted");
    let error = ward
        .session()
        .index_versions(Patient::SSN_INDEX)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
}

/// They are what a search asks for, so they are for whom may search.
#[test]
fn who_may_not_search_learns_no_version() {
    let (ward, _) = rotated();
    let session = ward.session();
    ward.forget();
    session.index_versions(Patient::SSN_INDEX).unwrap();
    assert_eq!(ward.gate.asked(), ["search - ssn"]);
    assert!(ward.sink.is_empty(), "there is nothing to record");
    ward.keys.count();
    ward.gate.decide(|_| Decision::deny("no-search"));
    let error = session.index_versions(Patient::SSN_INDEX).unwrap_err();
    assert!(error.is_denied());
    assert_eq!(ward.keys.count(), Count::default());
    let event = ward.event();
    assert_eq!(
        (event.action.as_str(), event.outcome.as_str()),
        ("search", "denied")
    );
    assert_eq!(event.search.unwrap().reason, "no-search");
    ward.forget();
    ward.clock.advance(EXPIRY.max_age * 2);
    let error = session.index_versions(Patient::SSN_INDEX).unwrap_err();
    assert!(error.is_expired());
    assert_eq!(ward.event().outcome, "expired");
    assert_eq!(ward.keys.count(), Count::default());
}

/// A search is over all patients: a patient's own key makes no index values, and losing it leaves
/// the other patients' rows to be found.
#[test]
fn a_subjects_key_never_serves_an_index() {
    let tenant = TenantId::new("mercy").unwrap();
    let subject = SubjectId::new("p-0").unwrap();
    let of_subject = DataKey::generate(KeyScope::subject(tenant, subject)).unwrap();
    let ring = Keyring::from_key(of_subject);
    let ward = Ward::with_ring(ring);
    let session = ward.session();
    // It seals that patient's values, but no index value.
    let error = session.seal(&patient(0)).err().unwrap();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    let error = session
        .search(Patient::SSN_INDEX, &phi(&ssn(0)))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingKey);

    let ring = &ward.keys.ring;
    let index_key = DataKey::generate(index_scope()).unwrap();
    let id = *index_key.id();
    ring.add(index_key).unwrap();
    let row = session.seal(&patient(0)).unwrap();
    assert_eq!(row.ssn.key_id(), *ring.keys()[0].id());
    let versions = session.index_versions(Patient::SSN_INDEX).unwrap();
    assert_eq!((versions.len(), versions[0].key_id), (1, id));
    assert_eq!(row.ssn_index.unwrap().version(), versions[0].version);
    assert_eq!(find(&ward, &[row], 0), ["p-0"]);
}

/// Nor does a key for sealing, of whatever scope.
#[test]
fn a_sealing_key_never_serves_an_index() {
    let ward = Ward::with_ring(Keyring::generate().unwrap());
    let tenant = TenantId::new("mercy").unwrap();
    let audit = DataKey::generate(KeyScope::shared(KeyUse::Audit)).unwrap();
    ward.keys.ring.add(audit).unwrap();
    let of_tenant = DataKey::generate(KeyScope::tenant(tenant, KeyUse::Seal)).unwrap();
    ward.keys.ring.add(of_tenant).unwrap();
    let session = ward.session();
    assert!(session.search(Patient::SSN_INDEX, &phi(&ssn(0))).is_err());
    assert!(session.seal(&patient(0)).is_err());
}
