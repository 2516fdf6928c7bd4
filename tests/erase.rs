//! Erasing one patient: what comes before, what is recorded, what is left, and what a restored backup
//! cannot undo.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use phi_seal::access::ManualClock;
use phi_seal::audit::{EventRecord, MemorySink};
use phi_seal::danger::PermitAll;
use phi_seal::erase::{
    Erasures, LegalHold, LegalHolds, Remainder, ShredReceipt, ShredState, Shredding,
};
use phi_seal::key::{
    BoxFuture, DataKey, KeyChange, KeyError, KeyErrorKind, KeyPage, KeyQuery, KeyScope, KeyStore,
    LocalKms, MemoryStore, ScopedKeys, StoredKey,
};
use phi_seal::rotate::Census;
use phi_seal::{
    Access, ActionKind, Actor, AuditError, Category, Error, ErrorKind, Field, Keyring, Needs, Phi,
    Policy, Purpose, RecordId, RecordRef, RecordType, RolePolicy, Rule, Sealed, Session, SubjectId,
    TenantId, Vault,
};
use pollster::block_on;

const CHART: RecordType = RecordType::new("chart").subject_keyed();
const NOTE: Field<String> = CHART.field("note", Category::Clinical);
const VISIT: RecordType = RecordType::new("visit");
const ROOM: Field<String> = VISIT.field("room", Category::OtherIdentifier);

#[test]
fn what_was_sealed_opens_to_erased_and_other_patients_do_not_notice() {
    let clinic = Clinic::new(PermitAll);
    let [ada, bob] = ["p-ada", "p-bob"].map(|patient| (patient, clinic.seal(patient)));
    let receipt = clinic.shred(ada.0).unwrap();
    assert_eq!(receipt.keys().len(), 1);
    assert_eq!(clinic.open(ada.0, &ada.1), Err(ErrorKind::Erased));
    assert_eq!(clinic.open(bob.0, &bob.1), Ok("p-bob's note".into()));
}

#[test]
fn an_erased_patient_gets_no_new_key() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    drop(clinic.shred("p-ada").unwrap());
    assert_eq!(clinic.try_seal("p-ada").unwrap_err(), ErrorKind::Erased);
    let scope = KeyScope::subject(tenant(), subject("p-ada"));
    let error = block_on(clinic.keys.rotate(&scope)).unwrap_err();
    assert_eq!(error.kind(), KeyErrorKind::Destroyed);
    assert_eq!(block_on(clinic.keys.keys(&scope)).unwrap().len(), 1);
}

#[test]
fn it_is_announced_before_and_concluded_after() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    let scope = KeyScope::subject(tenant(), subject("p-ada"));
    block_on(clinic.keys.rotate(&scope)).unwrap();
    let ids: Vec<_> = block_on(clinic.keys.keys(&scope))
        .unwrap()
        .iter()
        .map(|key| key.id().to_hex())
        .collect();
    let receipt = clinic.shred("p-ada").unwrap();

    let [announced, concluded] = clinic.erasures().try_into().unwrap();
    assert_eq!(
        (announced.outcome.as_str(), announced.generation),
        ("pending", Some(0))
    );
    assert_eq!(
        (concluded.outcome.as_str(), concluded.generation),
        ("success", Some(2))
    );
    assert_eq!(concluded.event, receipt.event().to_string());
    for event in [&announced, &concluded] {
        assert_eq!(event.actor.id, "privacy-officer");
        assert_eq!(event.reason.as_deref(), Some("patient-request"));
        let [of_subject] = event.subjects.as_slice() else {
            panic!()
        };
        assert_eq!(of_subject.subject.as_deref(), Some("p-ada"));
        let keys: Vec<_> = of_subject.records[0]
            .fields
            .iter()
            .map(|field| field.key.clone().unwrap())
            .collect();
        assert_eq!(keys, ids);
    }
    assert_eq!(receipt.subject().as_str(), "p-ada");
    assert_eq!(receipt.actor().as_str(), "privacy-officer");
    assert_eq!(receipt.reason(), Some("patient-request"));
    assert_eq!(receipt.time(), START);
    assert_eq!(receipt.generation(), 2);
    let listed: Vec<_> = receipt.keys().iter().map(|key| key.id().to_hex()).collect();
    assert_eq!(listed, ids);
}

#[test]
fn a_receipt_says_what_is_left() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let receipt = clinic.shred("p-ada").unwrap();
    assert_eq!(receipt.values_under_other_keys(), None);
    let ShredState::Pending { until, what } = receipt.state() else {
        panic!()
    };
    assert_eq!(until, Some(START + MAX_AGE + GRACE));
    assert_eq!(
        what,
        [
            Remainder::OtherProcesses,
            Remainder::KeyStoreBackups,
            Remainder::IndexValues,
            Remainder::ValuesUnderOtherKeys
        ]
    );

    let mut census = Census::new();
    census.count_value(note.as_bytes()).unwrap();
    let all_but_values = [
        Remainder::OtherProcesses,
        Remainder::KeyStoreBackups,
        Remainder::IndexValues,
    ];
    let shredding = Shredding::new(&NoHold)
        .values(&census)
        .ruling_out(&all_but_values);
    let receipt = clinic.shred_with("p-ada", shredding).unwrap();
    assert_eq!(receipt.values_under_other_keys(), Some(0));
    assert_eq!(receipt.state(), ShredState::Destroyed);

    // A census of nothing proves nothing.
    let nothing = Census::new();
    let receipt = clinic.shred_with("p-ada", Shredding::new(&NoHold).values(&nothing));
    assert_eq!(receipt.unwrap().values_under_other_keys(), None);
}

#[test]
fn values_under_the_tenants_key_are_counted_and_stay_readable() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let (id, patient) = place("p-ada");
    let visit = RecordRef::new(&id, &patient);
    let needs = Needs::new().seal(&ROOM, visit);
    let _lease = block_on(clinic.session.prepare(&needs)).unwrap();
    let room = clinic
        .session
        .seal_value(&ROOM, visit, &Phi::new(String::from("12b")))
        .unwrap();
    let mut census = Census::new();
    census.count_value(note.as_bytes()).unwrap();
    census.count_value(room.as_bytes()).unwrap();

    // What was counted cannot be ruled out.
    let ruled_out = [Remainder::ValuesUnderOtherKeys];
    let shredding = Shredding::new(&NoHold)
        .values(&census)
        .ruling_out(&ruled_out);
    let receipt = clinic.shred_with("p-ada", shredding).unwrap();
    assert_eq!(receipt.values_under_other_keys(), Some(1));
    assert!(receipt.remainders().contains(&ruled_out[0]));
    let opened = clinic.session.open_value(&ROOM, visit, &room).unwrap();
    assert_eq!(opened.expose(), "12b");
    assert_eq!(clinic.open("p-ada", &note), Err(ErrorKind::Erased));
}

#[test]
fn a_role_policy_permits_it_only_by_name() {
    let everything_but = RolePolicy::new("1").allow(Rule::anyone(Purpose::ALL));
    let clinic = Clinic::new(everything_but);
    let note = clinic.seal("p-ada");
    let asked = CountingHold::default();
    let refused = clinic
        .shred_with("p-ada", Shredding::new(&asked))
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Denied);
    assert_eq!(
        asked.0.load(Ordering::Relaxed),
        0,
        "a denied caller learns of no hold"
    );
    let [event] = clinic.erasures().try_into().unwrap();
    assert_eq!(event.outcome, "denied");
    assert_eq!(event.subjects[0].records[0].fields[0].reason, "no-rule");
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));

    let by_name = RolePolicy::new("2")
        .allow(Rule::anyone(Purpose::ALL))
        .allow(Rule::role("privacy-officer", &[Purpose::Operations]).actions(&[ActionKind::Erase]));
    let clinic = Clinic::new(by_name);
    clinic.seal("p-ada");
    drop(clinic.shred("p-ada").unwrap());
}

#[test]
fn a_patient_on_hold_is_kept() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let held = clinic
        .shred_with("p-ada", Shredding::new(&Hold))
        .unwrap_err();
    assert_eq!(held.kind(), ErrorKind::OnHold);
    let unknown = clinic
        .shred_with("p-ada", Shredding::new(&HoldsUnknown))
        .unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Unavailable);
    let outcomes: Vec<_> = clinic
        .erasures()
        .into_iter()
        .map(|event| event.outcome)
        .collect();
    assert_eq!(outcomes, ["on_hold", "unavailable"]);
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));
}

#[test]
fn a_mistyped_patient_is_no_success() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    let error = clinic.shred("p-aba").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    let [event] = clinic.erasures().try_into().unwrap();
    assert_eq!(event.outcome, "missing_key");
}

#[test]
fn an_expired_session_erases_nobody() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    clinic.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(
        clinic.shred("p-ada").unwrap_err().kind(),
        ErrorKind::Expired
    );
    let scope = KeyScope::subject(tenant(), subject("p-ada"));
    let key = block_on(clinic.keys.keys(&scope)).unwrap().remove(0);
    assert_eq!(key.state().code(), "active");
}

#[test]
fn what_cannot_be_announced_is_not_destroyed() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic
        .sink
        .fail_with(AuditError::new("the audit store is down"));
    assert_eq!(clinic.shred("p-ada").unwrap_err().kind(), ErrorKind::Audit);
    clinic.sink.recover();
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));
}

#[test]
fn an_erasure_that_could_not_be_concluded_is_done_again() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let backup = copy(&clinic.store.inner);
    let sink = Arc::clone(&clinic.sink);
    clinic
        .store
        .before_apply(move || sink.fail_with(AuditError::new("disk full")));
    assert_eq!(clinic.shred("p-ada").unwrap_err().kind(), ErrorKind::Audit);
    clinic.sink.recover();
    clinic.store.before_apply(|| {});
    assert_eq!(clinic.open("p-ada", &note), Err(ErrorKind::Erased));
    // Restored from before, the store has the key again and no event says that it was gone.
    let restored = clinic.process_over(backup);
    let found = block_on(clinic.log().reconcile(&restored)).unwrap();
    assert_eq!(found.unfinished(), [(tenant(), subject("p-ada"))]);
    assert!(!found.is_clean() && found.revived().is_empty());

    drop(clinic.shred("p-ada").unwrap());
    let found = block_on(clinic.log().reconcile(&clinic.keys)).unwrap();
    assert!(found.is_clean());
}

#[test]
fn a_store_that_fails_erases_nothing_and_that_is_recorded() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic
        .store
        .fail_apply(Some(KeyErrorKind::Unavailable), usize::MAX);
    assert_eq!(
        clinic.shred("p-ada").unwrap_err().kind(),
        ErrorKind::Unavailable
    );
    let outcomes: Vec<_> = clinic
        .erasures()
        .into_iter()
        .map(|event| event.outcome)
        .collect();
    assert_eq!(outcomes, ["pending", "unavailable"]);
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));
}

#[test]
fn a_key_that_was_made_meanwhile_is_announced_and_destroyed_too() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    // Another process rotates right before the first attempt gets to the store.
    let other = clinic.other_process();
    let once = AtomicBool::new(false);
    clinic.store.before_apply(move || {
        if !once.swap(true, Ordering::Relaxed) {
            let scope = KeyScope::subject(tenant(), subject("p-ada"));
            block_on(other.rotate(&scope)).unwrap();
        }
    });
    let receipt = clinic.shred("p-ada").unwrap();
    assert_eq!(receipt.keys().len(), 2);
    let announced: Vec<_> = clinic
        .erasures()
        .iter()
        .map(|event| {
            (
                event.outcome.clone(),
                event.subjects[0].records[0].fields.len(),
            )
        })
        .collect();
    let expected = [("pending", 1), ("pending", 2), ("success", 2)];
    assert_eq!(
        announced,
        expected.map(|(outcome, keys)| (outcome.to_owned(), keys))
    );
}

#[test]
fn dropped_half_way_it_is_recorded_as_aborted() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic.store.hang.store(true, Ordering::Relaxed);
    {
        let patient = subject("p-ada");
        let shred = clinic.session.shred(&patient, Shredding::new(&NoHold));
        let mut shred = pin!(shred);
        let mut context = Context::from_waker(Waker::noop());
        assert!(matches!(shred.as_mut().poll(&mut context), Poll::Pending));
    }
    clinic.store.hang.store(false, Ordering::Relaxed);
    let outcomes: Vec<_> = clinic
        .erasures()
        .into_iter()
        .map(|event| event.outcome)
        .collect();
    assert_eq!(outcomes, ["pending", "aborted"]);
    let found = block_on(clinic.log().reconcile(&clinic.keys)).unwrap();
    assert_eq!(found.unfinished(), [(tenant(), subject("p-ada"))]);
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));
}

#[test]
fn another_process_opens_until_its_keys_are_too_old() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let other = clinic.with_keys(clinic.other_process());
    assert_eq!(other.open("p-ada", &note), Ok("p-ada's note".into()));
    drop(clinic.shred("p-ada").unwrap());
    assert_eq!(other.open("p-ada", &note), Ok("p-ada's note".into()));
    clinic.clock.advance(MAX_AGE);
    assert_eq!(other.open("p-ada", &note), Err(ErrorKind::Erased));
}

#[test]
fn a_lease_does_not_keep_an_erased_key() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let (id, patient) = place("p-ada");
    let record = RecordRef::new(&id, &patient);
    let needs = Needs::new().open(&NOTE, record, &note);
    let _lease = block_on(clinic.session.prepare(&needs)).unwrap();
    drop(clinic.shred("p-ada").unwrap());
    let error = clinic.session.open_value(&NOTE, record, &note).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Erased);
}

#[test]
fn a_restored_backup_revives_nobody_once_it_is_reconciled() {
    let clinic = Clinic::new(PermitAll);
    let [ada, bob] = ["p-ada", "p-bob"].map(|patient| (patient, clinic.seal(patient)));
    let backup = copy(&clinic.store.inner);
    drop(clinic.shred("p-ada").unwrap());

    // Without it she would be back: this is what it is for.
    let restored = clinic.with_keys(clinic.process_over(copy(&backup)));
    assert_eq!(restored.open(ada.0, &ada.1), Ok("p-ada's note".into()));

    let restored = clinic.with_keys(clinic.process_over(copy(&backup)));
    let found = block_on(clinic.log().reconcile(&restored.keys)).unwrap();
    assert_eq!(found.revived(), [(tenant(), subject("p-ada"))]);
    assert!(found.is_old_copy());
    assert_eq!(found.generations(), (1, 0));
    assert_eq!(restored.open(ada.0, &ada.1), Err(ErrorKind::Erased));
    assert_eq!(restored.open(bob.0, &bob.1), Ok("p-bob's note".into()));
    assert_eq!(restored.try_seal("p-ada").unwrap_err(), ErrorKind::Erased);

    // Erased again, she is gone there too.
    drop(restored.shred("p-ada").unwrap());
    let found = block_on(clinic.log().reconcile(&restored.keys)).unwrap();
    assert!(found.revived().is_empty());
    assert!(!found.is_old_copy());
}

#[test]
fn nothing_makes_a_revived_patient_a_new_key() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    let backup = copy(&clinic.store.inner);
    drop(clinic.shred("p-ada").unwrap());

    let restored = clinic.with_keys(clinic.process_over(backup));
    let found = block_on(clinic.log().reconcile(&restored.keys)).unwrap();
    assert!(!found.is_clean());
    clinic.clock.advance(Duration::from_secs(120));
    let rotated = block_on(restored.keys.rotate_all_older_than(Duration::from_secs(60)));
    assert_eq!(rotated.unwrap(), 0);
    let scope = KeyScope::subject(tenant(), subject("p-ada"));
    let refused = block_on(restored.keys.rotate(&scope)).unwrap_err();
    assert_eq!(refused.kind(), KeyErrorKind::Destroyed);
    assert_eq!(restored.try_seal("p-ada").unwrap_err(), ErrorKind::Erased);
}

#[test]
fn a_copy_from_before_the_patient_makes_no_new_key_either() {
    let clinic = Clinic::new(PermitAll);
    let backup = copy(&clinic.store.inner);
    clinic.seal("p-ada");
    drop(clinic.shred("p-ada").unwrap());
    let restored = clinic.with_keys(clinic.process_over(backup));
    let found = block_on(clinic.log().reconcile(&restored.keys)).unwrap();
    assert!(found.revived().is_empty() && found.is_old_copy());
    assert_eq!(restored.try_seal("p-ada").unwrap_err(), ErrorKind::Erased);
    let key = DataKey::generate(KeyScope::subject(tenant(), subject("p-ada"))).unwrap();
    let refused = block_on(restored.keys.add_decrypt_only(&key)).unwrap_err();
    assert_eq!(refused.kind(), KeyErrorKind::Destroyed);
}

#[test]
fn a_store_restored_under_a_running_process_revives_nobody_there() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let old = rows(&clinic.store.inner);
    drop(clinic.shred("p-ada").unwrap());
    // Somebody puts the row from before back.
    let now = rows(&clinic.store.inner);
    let changes = now.into_iter().zip(old).filter(|(to, from)| to != from);
    let changes = changes.map(|(from, to)| KeyChange::Replace { from, to });
    block_on(clinic.store.inner.apply(&changes.collect::<Vec<_>>())).unwrap();
    clinic.clock.advance(MAX_AGE);
    assert_eq!(clinic.open("p-ada", &note), Err(ErrorKind::Erased));
}

#[test]
fn a_change_that_was_made_though_the_store_says_it_failed_is_concluded() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic.store.lose_answer.store(true, Ordering::Relaxed);
    drop(clinic.shred("p-ada").unwrap());
    let outcomes: Vec<_> = clinic.erasures().into_iter().map(|it| it.outcome).collect();
    assert_eq!(outcomes, ["pending", "success"]);
    assert_eq!(clinic.open("p-ada", &note), Err(ErrorKind::Erased));
}

#[test]
fn a_hold_that_is_placed_while_others_are_in_the_way_counts() {
    #[derive(Debug)]
    struct HeldFromTheSecondTime(AtomicUsize);

    impl LegalHolds for HeldFromTheSecondTime {
        fn check<'a>(
            &'a self,
            _: &'a TenantId<'a>,
            _: &'a SubjectId<'a>,
        ) -> BoxFuture<'a, Result<LegalHold, Error>> {
            let is_first = self.0.fetch_add(1, Ordering::Relaxed) == 0;
            Box::pin(async move {
                match is_first {
                    true => Ok(LegalHold::None),
                    false => Ok(LegalHold::Held),
                }
            })
        }
    }

    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic.store.fail_apply(Some(KeyErrorKind::Conflict), 1);
    let holds = HeldFromTheSecondTime(AtomicUsize::new(0));
    let held = clinic
        .shred_with("p-ada", Shredding::new(&holds))
        .unwrap_err();
    assert_eq!(held.kind(), ErrorKind::OnHold);
    assert_eq!(clinic.open("p-ada", &note), Ok("p-ada's note".into()));
}

#[test]
fn it_demands_a_reason() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    let vault = Vault::builder(
        Arc::clone(&clinic.keys),
        PermitAll,
        Arc::clone(&clinic.sink),
    )
    .clock(Arc::clone(&clinic.clock))
    .build();
    let access = Access::new(tenant(), Actor::new("a").unwrap(), Purpose::Operations);
    let session = vault.session(access).unwrap();
    let refused = block_on(session.shred(&subject("p-ada"), Shredding::new(&NoHold)));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(clinic.erasures()[0].outcome, "invalid_input");
}

#[test]
fn a_keyring_erases_nobody() {
    let sink = Arc::new(MemorySink::new());
    let keyring = Keyring::generate().unwrap();
    let vault = Vault::builder(keyring, PermitAll, Arc::clone(&sink)).build();
    let access = Access::new(tenant(), Actor::new("a").unwrap(), Purpose::Operations);
    let session = vault.session(access.reason("patient-request")).unwrap();
    let refused = block_on(session.shred(&subject("p-ada"), Shredding::new(&NoHold)));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Provider);
    assert_eq!(sink.events()[0].outcome, "provider");
}

#[test]
fn an_erasure_that_names_nobody_is_not_passed_over() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    drop(clinic.shred("p-ada").unwrap());
    let mut event = clinic.erasures().pop().unwrap();
    event.subjects.clear();
    let mut log = Erasures::new();
    log.read(&event);
    let found = block_on(log.reconcile(&clinic.keys)).unwrap();
    assert_eq!(found.unusable(), 1);
    assert!(!found.is_clean());
}

#[test]
fn keys_loaded_before_reconciling_are_refused_too() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    let restored = clinic.with_keys(clinic.process_over(copy(&clinic.store.inner)));
    assert_eq!(restored.open("p-ada", &note), Ok("p-ada's note".into()));
    drop(clinic.shred("p-ada").unwrap());
    let found = block_on(clinic.log().reconcile(&restored.keys)).unwrap();
    assert_eq!(found.revived().len(), 1);
    assert_eq!(restored.open("p-ada", &note), Err(ErrorKind::Erased));
}

#[test]
fn a_store_that_is_as_new_as_the_log_is_no_old_copy() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    clinic.seal("p-bob");
    drop(clinic.shred("p-ada").unwrap());
    let found = block_on(clinic.log().reconcile(&clinic.keys)).unwrap();
    assert!(found.revived().is_empty() && !found.is_old_copy());
    // A row that is gone altogether is not revived either, but the store is not the one of the log.
    let empty = clinic.process_over(MemoryStore::new());
    let found = block_on(clinic.log().reconcile(&empty)).unwrap();
    assert!(found.revived().is_empty() && found.is_old_copy());
}

#[test]
fn a_log_that_cannot_be_compared_is_an_error() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    drop(clinic.shred("p-ada").unwrap());
    clinic.store.find_fails.store(true, Ordering::Relaxed);
    let error = block_on(clinic.log().reconcile(&clinic.keys)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
}

#[test]
fn only_erasures_are_read_from_a_log() {
    let clinic = Clinic::new(PermitAll);
    let note = clinic.seal("p-ada");
    clinic.open("p-ada", &note).unwrap();
    let log = clinic.log();
    assert!(log.is_empty());
    drop(clinic.shred("p-ada").unwrap());
    assert_eq!(clinic.log().len(), 1);
}

#[test]
fn debug_and_errors_name_nobody() {
    let clinic = Clinic::new(PermitAll);
    clinic.seal("p-ada");
    let receipt = clinic.shred("p-ada").unwrap();
    let found = block_on(
        clinic
            .log()
            .reconcile(&clinic.process_over(copy(&clinic.store.inner))),
    );
    let shown = format!(
        "{receipt:?} {:?} {:?} {:?} {:?}",
        clinic.log(),
        found,
        clinic.keys,
        clinic.shred("p-zoe").unwrap_err()
    );
    for canary in [
        "ada",
        "zoe",
        "mercy",
        &receipt.keys()[0].id().to_hex()[..16],
    ] {
        assert!(!shown.contains(canary), "{canary} in {shown}");
    }
}

#[test]
fn it_can_be_awaited_on_any_thread() {
    fn is_send(_: impl Send) {}
    let clinic = Clinic::new(PermitAll);
    let patient = subject("p-ada");
    is_send(clinic.session.shred(&patient, Shredding::new(&NoHold)));
    let log = clinic.log();
    is_send(log.reconcile(&clinic.keys));
    is_send(
        clinic
            .keys
            .rotate(&KeyScope::subject(tenant(), patient.clone())),
    );
}

const START: SystemTime = SystemTime::UNIX_EPOCH;
const MAX_AGE: Duration = Duration::from_secs(600);
const GRACE: Duration = Duration::from_secs(60);

/// A vault over scoped keys, and somebody who may erase.
struct Clinic {
    store: Arc<HookedStore>,
    kms: Arc<LocalKms>,
    keys: Arc<ScopedKeys>,
    clock: Arc<ManualClock>,
    sink: Arc<MemorySink>,
    session: Session,
}

impl Clinic {
    fn new(policy: impl Policy + 'static) -> Self {
        let store = Arc::new(HookedStore::default());
        let kms = Arc::new(LocalKms::generate().unwrap());
        let clock = Arc::new(ManualClock::new(START));
        let keys = Arc::new(process(Arc::clone(&store), &kms, &clock));
        block_on(keys.add_tenant(&tenant())).unwrap();
        let sink = Arc::new(MemorySink::new());
        let session = session(&keys, policy, &sink, &clock);
        Self {
            store,
            kms,
            keys,
            clock,
            sink,
            session,
        }
    }

    fn other_process(&self) -> Arc<ScopedKeys> {
        // Beside the hooks, which are this process's.
        Arc::new(process(
            Arc::clone(&self.store.inner),
            &self.kms,
            &self.clock,
        ))
    }

    fn process_over(&self, store: MemoryStore) -> Arc<ScopedKeys> {
        Arc::new(process(store, &self.kms, &self.clock))
    }

    /// The same clinic, whose process has these keys.
    fn with_keys(&self, keys: Arc<ScopedKeys>) -> Self {
        Self {
            store: Arc::clone(&self.store),
            kms: Arc::clone(&self.kms),
            session: session(&keys, PermitAll, &self.sink, &self.clock),
            keys,
            clock: Arc::clone(&self.clock),
            sink: Arc::clone(&self.sink),
        }
    }

    fn seal(&self, patient: &str) -> Sealed<String> {
        self.try_seal(patient).unwrap()
    }

    fn try_seal(&self, patient: &str) -> Result<Sealed<String>, ErrorKind> {
        let (id, subject) = place(patient);
        let record = RecordRef::new(&id, &subject);
        let needs = Needs::new().seal(&NOTE, record);
        let _lease = block_on(self.session.prepare(&needs)).map_err(|error| error.kind())?;
        let note = Phi::new(format!("{patient}'s note"));
        self.session
            .seal_value(&NOTE, record, &note)
            .map_err(|error| error.kind())
    }

    fn open(&self, patient: &str, sealed: &Sealed<String>) -> Result<String, ErrorKind> {
        let (id, subject) = place(patient);
        let record = RecordRef::new(&id, &subject);
        let needs = Needs::new().open(&NOTE, record, sealed);
        let _lease = block_on(self.session.prepare(&needs)).map_err(|error| error.kind())?;
        self.session
            .open_value(&NOTE, record, sealed)
            .map(|note| note.expose().clone())
            .map_err(|error| error.kind())
    }

    fn shred(&self, patient: &str) -> Result<ShredReceipt, Error> {
        self.shred_with(patient, Shredding::new(&NoHold))
    }

    fn shred_with(&self, patient: &str, shredding: Shredding<'_>) -> Result<ShredReceipt, Error> {
        block_on(self.session.shred(&subject(patient), shredding))
    }

    fn erasures(&self) -> Vec<EventRecord> {
        let events = self.sink.events().into_iter();
        events.filter(|event| event.action == "erase").collect()
    }

    fn log(&self) -> Erasures {
        let mut erasures = Erasures::new();
        // As a file would hold them.
        for event in self.sink.events() {
            erasures.read(&EventRecord::from_json(&event.to_json()).unwrap());
        }
        erasures
    }
}

fn process(
    store: impl KeyStore + 'static,
    kms: &Arc<LocalKms>,
    clock: &Arc<ManualClock>,
) -> ScopedKeys {
    ScopedKeys::builder(store, Arc::clone(kms))
        .clock(Arc::clone(clock))
        .max_age(MAX_AGE)
        .grace(GRACE)
        .build()
}

fn session(
    keys: &Arc<ScopedKeys>,
    policy: impl Policy + 'static,
    sink: &Arc<MemorySink>,
    clock: &Arc<ManualClock>,
) -> Session {
    let vault = Vault::builder(Arc::clone(keys), policy, Arc::clone(sink))
        .clock(Arc::clone(clock))
        .build();
    let actor = Actor::new("privacy-officer")
        .unwrap()
        .role("privacy-officer");
    let access = Access::new(tenant(), actor, Purpose::Operations).reason("patient-request");
    vault.session(access).unwrap()
}

fn tenant() -> TenantId<'static> {
    TenantId::new("mercy").unwrap()
}

fn subject(patient: &str) -> SubjectId<'static> {
    SubjectId::new(patient.to_owned()).unwrap()
}

fn place(patient: &str) -> (RecordId<'static>, SubjectId<'static>) {
    (
        RecordId::new(format!("chart-of-{patient}")).unwrap(),
        subject(patient),
    )
}

/// What a backup of the store holds.
fn copy(store: &MemoryStore) -> MemoryStore {
    let copy = MemoryStore::new();
    let rows: Vec<_> = rows(store).into_iter().map(KeyChange::Add).collect();
    block_on(copy.apply(&rows)).unwrap();
    copy
}

fn rows(store: &MemoryStore) -> Vec<StoredKey> {
    block_on(store.page(None, usize::MAX)).unwrap().rows
}

#[derive(Debug)]
struct NoHold;

impl LegalHolds for NoHold {
    fn check<'a>(
        &'a self,
        _: &'a TenantId<'a>,
        _: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        Box::pin(async { Ok(LegalHold::None) })
    }
}

#[derive(Debug)]
struct Hold;

impl LegalHolds for Hold {
    fn check<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        patient: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        let is_asked_rightly = (tenant.as_str(), patient.as_str()) == ("mercy", "p-ada");
        Box::pin(async move {
            match is_asked_rightly {
                true => Ok(LegalHold::Held),
                false => Ok(LegalHold::None),
            }
        })
    }
}

#[derive(Debug)]
struct HoldsUnknown;

impl LegalHolds for HoldsUnknown {
    fn check<'a>(
        &'a self,
        _: &'a TenantId<'a>,
        _: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        Box::pin(async { Err(phi_seal::access::PolicyUnavailable.into()) })
    }
}

#[derive(Debug, Default)]
struct CountingHold(AtomicUsize);

impl LegalHolds for CountingHold {
    fn check<'a>(
        &'a self,
        tenant: &'a TenantId<'a>,
        patient: &'a SubjectId<'a>,
    ) -> BoxFuture<'a, Result<LegalHold, Error>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        NoHold.check(tenant, patient)
    }
}

/// A store in memory that fails, hangs, or lets others go first, as told.
#[derive(Default)]
struct HookedStore {
    inner: Arc<MemoryStore>,
    before_apply: Mutex<Option<Arc<dyn Fn() + Send + Sync>>>,
    apply_fails: Mutex<Option<(KeyErrorKind, usize)>>,
    find_fails: AtomicBool,
    hang: AtomicBool,
    lose_answer: AtomicBool,
}

impl HookedStore {
    fn before_apply(&self, hook: impl Fn() + Send + Sync + 'static) {
        *self.before_apply.lock().unwrap() = Some(Arc::new(hook));
    }

    fn fail_apply(&self, kind: Option<KeyErrorKind>, times: usize) {
        *self.apply_fails.lock().unwrap() = kind.map(|kind| (kind, times));
    }
}

impl KeyStore for HookedStore {
    fn find<'a>(
        &'a self,
        queries: &'a [KeyQuery],
    ) -> BoxFuture<'a, Result<Vec<StoredKey>, KeyError>> {
        if self.find_fails.load(Ordering::Relaxed) {
            let error = KeyError::new(KeyErrorKind::Unavailable, "the store is down");
            return Box::pin(async move { Err(error) });
        }
        self.inner.find(queries)
    }

    fn apply<'a>(&'a self, changes: &'a [KeyChange]) -> BoxFuture<'a, Result<(), KeyError>> {
        let hook = self.before_apply.lock().unwrap().clone();
        if let Some(hook) = hook {
            hook();
        }
        if self.hang.load(Ordering::Relaxed) {
            return Box::pin(std::future::pending());
        }
        if let Some((kind, times)) = &mut *self.apply_fails.lock().unwrap()
            && *times > 0
        {
            *times -= 1;
            let error = KeyError::new(*kind, "the store refuses");
            return Box::pin(async move { Err(error) });
        }
        if self.lose_answer.swap(false, Ordering::Relaxed) {
            let error = KeyError::new(KeyErrorKind::Unavailable, "the answer was lost");
            return Box::pin(async move {
                self.inner.apply(changes).await?;
                Err(error)
            });
        }
        self.inner.apply(changes)
    }

    fn page<'a>(
        &'a self,
        after: Option<&'a phi_seal::KeyId>,
        limit: usize,
    ) -> BoxFuture<'a, Result<KeyPage, KeyError>> {
        self.inner.page(after, limit)
    }
}

impl std::fmt::Debug for HookedStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HookedStore").finish_non_exhaustive()
    }
}
