//! What operators do, and what they are told when it cannot be done.

use std::time::Duration;

use phi_seal::danger::import_data_key;
use phi_seal::erase::{LegalHold, LegalHolds, Shredding};
use phi_seal::key::{
    BoxFuture, DataKey, KeyErrorKind, KeyScope, KeyState, KeyUse, Keyring, KmsChain, LocalKms,
    ScopedKeys,
};
use phi_seal::{Error, ErrorKind, Phi, SubjectId, TenantId, Vault};
use pollster::block_on;

use crate::kms::Fault;
use crate::tasks::Tasks;
use crate::ward::{
    MAX_AGE, MERCY, NOTE, Place, Process, SECOND, World, kind, noon, of, root_of, tenant, tenants,
    text_of,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[test]
fn rotated_keys_open_what_they_sealed_and_seal_no_more() {
    let world = World::new();
    let process = world.process();
    let first = process.seal("p-0");
    let id = block_on(process.keys.rotate(&of("p-0"))).unwrap();
    let second = process.seal("p-0");
    assert_eq!(second.key_id(), id);
    assert_ne!(first.key_id(), id);
    for process in [&process, &world.process()] {
        assert_eq!(process.open("p-0", &first), Ok(()));
        assert_eq!(process.open("p-0", &second), Ok(()));
    }
    let keys = block_on(process.keys.keys(&of("p-0"))).unwrap();
    let listed: Vec<_> = keys
        .iter()
        .map(|key| (key.version(), key.state(), *key.id()))
        .collect();
    assert_eq!(
        listed,
        [
            (1, KeyState::DecryptOnly, first.key_id()),
            (2, KeyState::Active, id)
        ]
    );
}

#[test]
fn keys_are_rotated_by_their_age_whatever_the_clock_says() {
    let world = World::new();
    let process = world.process();
    process.seal("p-0");
    let scope = of("p-0");
    let rotate = || block_on(process.keys.rotate_if_older_than(&scope, DAY)).unwrap();
    world.clock.advance(DAY);
    assert!(rotate().is_none());
    world.clock.advance(SECOND);
    let made = rotate().unwrap();
    assert_eq!(process.seal("p-0").key_id(), made);
    assert!(rotate().is_none());
    // Backwards: nothing is old, and a row does not become younger.
    world.clock.set_wall(noon() - 300 * DAY);
    assert!(rotate().is_none());
    block_on(process.keys.disable(&scope, 1)).unwrap();
    let rows = world.rows(&scope);
    assert!(rows[0].changed >= rows[0].created);
    // A key that was made then is of then.
    block_on(process.keys.rotate(&scope)).unwrap();
    assert!(rotate().is_none());
    world.clock.set_wall(noon());
    assert!(rotate().is_some());
    assert_eq!(world.rows(&scope).len(), 4);
}

#[test]
fn all_old_keys_are_rotated_but_roots() {
    let world = World::new();
    let process = world.process();
    process.add("other");
    let sealed: Vec<_> = (0..30)
        .map(|number| process.seal(&format!("p-{number}")))
        .collect();
    process.try_seal("other", "p-0").unwrap();
    process.seal_room("p-0");
    process.seal("p-erased");
    world.clock.advance(2 * DAY);
    process.seal("p-young");
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    // A clock that went back makes nobody old.
    world.clock.set_wall(noon() - DAY);
    assert_eq!(
        block_on(process.keys.rotate_all_older_than(DAY)).unwrap(),
        0
    );
    world.clock.set_wall(noon() + 2 * DAY);
    let queries = world.store.calls();
    // 29 patients, one of another tenant, one with a tenant's key, one more.
    assert_eq!(
        block_on(process.keys.rotate_all_older_than(DAY)).unwrap(),
        32
    );
    assert!(world.store.calls().pages - queries.pages >= 2);
    assert_eq!(
        block_on(process.keys.rotate_all_older_than(DAY)).unwrap(),
        0
    );
    assert_eq!(world.rows(&root_of(MERCY)).len(), 1);
    assert_eq!(world.rows(&tenants(MERCY)).len(), 2);
    assert_eq!(world.rows(&of("p-young")).len(), 1);
    for (number, sealed) in sealed.iter().enumerate() {
        let patient = format!("p-{number}");
        assert_eq!(world.rows(&of(&patient)).len(), 2);
        assert_eq!(process.open(&patient, sealed), Ok(()));
    }
}

#[test]
fn one_edited_row_stops_no_rotation_of_the_others() {
    let world = World::new();
    let process = world.process();
    for number in 0..20 {
        process.seal(&format!("p-{number}"));
    }
    world.clock.advance(2 * DAY);
    // The first and the last in the order of the store, and one in the middle.
    let mut patients = world.store.rows();
    patients.retain(|row| row.scope.key_use() == KeyUse::Seal);
    for at in [0, 10, 19] {
        world.store.edit(&patients[at], |row| row.created -= 1);
    }
    let rotated = block_on(process.keys.rotate_all_older_than(DAY));
    assert_eq!(kind(rotated), Some(KeyErrorKind::Tampered));
    world.store.undo_edits();
    for (at, row) in patients.iter().enumerate() {
        let expected = if [0, 10, 19].contains(&at) { 1 } else { 2 };
        assert_eq!(world.rows(&row.scope).len(), expected);
    }
    world.kms.set(Fault::Fail(KeyErrorKind::Unavailable));
    let restarted = world.process();
    let rotated = block_on(restarted.keys.rotate_all_older_than(DAY));
    assert_eq!(kind(rotated), Some(KeyErrorKind::Unavailable));
}

#[test]
fn an_erased_patient_is_passed_by_and_gets_no_other_key() {
    let world = World::new();
    let process = world.process();
    process.seal("p-0");
    process.seal("p-1");
    shred(&process, "p-0");
    world.clock.advance(2 * DAY);
    assert_eq!(
        block_on(process.keys.rotate_all_older_than(DAY)).unwrap(),
        1
    );
    let destroyed = Some(KeyErrorKind::Destroyed);
    assert_eq!(kind(block_on(process.keys.rotate(&of("p-0")))), destroyed);
    let key = DataKey::generate(of("p-0")).unwrap();
    assert_eq!(
        kind(block_on(process.keys.add_decrypt_only(&key))),
        destroyed
    );
    let error = process.try_seal(MERCY, "p-0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Erased);
    assert_eq!(world.rows(&of("p-0")).len(), 1);
}

#[test]
fn an_erasure_takes_along_a_key_that_is_added_at_the_same_moment() {
    let world = World::new();
    let [process, other] = [world.process(), world.process()];
    process.seal("p-0");
    let (session, patient) = (process.session(MERCY), crate::ward::subject("p-0"));
    world.store.hold_changes();
    let mut tasks = Tasks::new();
    tasks.add(session.shred(&patient, Shredding::new(&NoHold)));
    assert_eq!(tasks.run(), 1);
    world.store.delay_no_more();
    let key = DataKey::generate(of("p-0")).unwrap();
    block_on(other.keys.add_decrypt_only(&key)).unwrap();
    world.store.release();
    let receipt = tasks.finish().remove(0).unwrap();
    assert_eq!(receipt.keys().len(), 2);
    let rows = world.rows(&of("p-0"));
    assert!(rows.len() == 2 && rows.iter().all(|row| row.wrapped.is_none()));
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

fn shred(process: &Process, patient: &str) {
    let session = process.session(MERCY);
    let patient = crate::ward::subject(patient);
    drop(block_on(session.shred(&patient, Shredding::new(&NoHold))).unwrap());
}

#[test]
fn disabling_is_reversible_and_destroying_is_not() {
    let world = World::new();
    let process = world.process();
    let (scope, keys) = (of("p-0"), &process.keys);
    let first = process.seal("p-0");
    let invalid = Some(KeyErrorKind::InvalidState);
    assert_eq!(kind(block_on(keys.disable(&scope, 1))), invalid);
    assert_eq!(kind(block_on(keys.destroy(&scope, 1))), invalid);
    assert_eq!(kind(block_on(keys.enable(&scope, 1))), None);
    block_on(keys.rotate(&scope)).unwrap();
    for _ in 0..2 {
        block_on(keys.disable(&scope, 1)).unwrap();
        assert_eq!(process.open("p-0", &first), Err(ErrorKind::KeyDisabled));
        assert_eq!(
            world.process().open("p-0", &first),
            Err(ErrorKind::KeyDisabled)
        );
    }
    block_on(keys.enable(&scope, 1)).unwrap();
    assert_eq!(process.open("p-0", &first), Ok(()));
    assert_eq!(world.process().open("p-0", &first), Ok(()));
    block_on(keys.disable(&scope, 1)).unwrap();
    assert_eq!(block_on(keys.generation()).unwrap(), 0);
    for _ in 0..2 {
        block_on(keys.destroy(&scope, 1)).unwrap();
        assert_eq!(block_on(keys.generation()).unwrap(), 1);
        assert_eq!(process.open("p-0", &first), Err(ErrorKind::Erased));
        assert_eq!(world.process().open("p-0", &first), Err(ErrorKind::Erased));
    }
    assert!(world.rows(&scope)[0].wrapped.is_none());
    assert_eq!(kind(block_on(keys.enable(&scope, 1))), invalid);
    assert_eq!(kind(block_on(keys.disable(&scope, 1))), invalid);
}

#[test]
fn a_minimum_version_is_reversible_and_outlives_rotations() {
    let world = World::new();
    let process = world.process();
    let (scope, keys) = (of("p-0"), &process.keys);
    let first = process.seal("p-0");
    block_on(keys.rotate(&scope)).unwrap();
    let second = process.seal("p-0");
    for bad in [0, 3, u32::MAX] {
        let refused = kind(block_on(keys.set_minimum_version(&scope, bad)));
        assert_eq!(refused, Some(KeyErrorKind::InvalidState));
    }
    block_on(keys.set_minimum_version(&scope, 2)).unwrap();
    block_on(keys.rotate(&scope)).unwrap();
    for process in [&process, &world.process()] {
        assert_eq!(process.open("p-0", &first), Err(ErrorKind::KeyDisabled));
        assert_eq!(process.open("p-0", &second), Ok(()));
    }
    block_on(keys.set_minimum_version(&scope, 3)).unwrap();
    assert_eq!(process.open("p-0", &second), Err(ErrorKind::KeyDisabled));
    // No version's own state changed, and a lower minimum admits them again.
    block_on(keys.disable(&scope, 1)).unwrap();
    block_on(keys.set_minimum_version(&scope, 1)).unwrap();
    for process in [&process, &world.process()] {
        assert_eq!(process.open("p-0", &first), Err(ErrorKind::KeyDisabled));
        assert_eq!(process.open("p-0", &second), Ok(()));
    }
    block_on(keys.enable(&scope, 1)).unwrap();
    assert_eq!(process.open("p-0", &first), Ok(()));
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let world = World::new();
    let process = world.process();
    let keys = &process.keys;
    process.seal("p-0");
    let (none, known) = (of("p-none"), of("p-0"));
    assert_eq!(block_on(keys.keys(&none)).unwrap(), []);
    assert_eq!(
        kind(block_on(keys.rotate(&none))),
        Some(KeyErrorKind::Missing)
    );
    let rotated = block_on(keys.rotate_if_older_than(&none, DAY));
    assert_eq!(kind(rotated), Some(KeyErrorKind::Missing));
    let minimum = block_on(keys.set_minimum_version(&none, 1));
    assert_eq!(kind(minimum), Some(KeyErrorKind::Missing));
    for scope in [&none, &known] {
        for version in [0, 2, u32::MAX] {
            let not_found = Some(KeyErrorKind::NotFound);
            assert_eq!(kind(block_on(keys.disable(scope, version))), not_found);
            assert_eq!(kind(block_on(keys.enable(scope, version))), not_found);
            assert_eq!(kind(block_on(keys.destroy(scope, version))), not_found);
        }
    }
    let unknown = tenant("unknown");
    assert_eq!(
        kind(block_on(keys.rotate_root(&unknown))),
        Some(KeyErrorKind::Missing)
    );
    assert_eq!(
        kind(block_on(keys.rewrap_roots(&unknown))),
        Some(KeyErrorKind::Missing)
    );
    let error = process.try_seal("unknown", "p-0").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingKey);
    // Nothing was made by any of that.
    assert_eq!(world.store.rows().len(), 2);
}

#[test]
fn scopes_that_are_no_tenants_are_refused() {
    let world = World::new();
    let keys = world.process().keys;
    for scope in [
        KeyScope::default(),
        KeyScope::shared(KeyUse::Index),
        root_of(MERCY),
    ] {
        let invalid = Some(KeyErrorKind::InvalidState);
        assert_eq!(kind(block_on(keys.keys(&scope))), invalid);
        assert_eq!(kind(block_on(keys.rotate(&scope))), invalid);
        assert_eq!(
            kind(block_on(keys.rotate_if_older_than(&scope, DAY))),
            invalid
        );
        assert_eq!(kind(block_on(keys.disable(&scope, 1))), invalid);
        assert_eq!(kind(block_on(keys.enable(&scope, 1))), invalid);
        assert_eq!(kind(block_on(keys.destroy(&scope, 1))), invalid);
        assert_eq!(kind(block_on(keys.set_minimum_version(&scope, 1))), invalid);
        let key = DataKey::generate(scope).unwrap();
        assert_eq!(kind(block_on(keys.add_decrypt_only(&key))), invalid);
    }
    assert_eq!(world.store.rows().len(), 1);
}

#[test]
fn a_new_root_wraps_what_is_new_and_the_old_one_what_is_old() {
    let world = World::new();
    let process = world.process();
    let old = process.seal("p-old");
    let first = world.row(&root_of(MERCY)).id;
    let second = block_on(process.keys.rotate_root(&tenant(MERCY))).unwrap();
    let new = process.seal("p-new");
    let rotated = block_on(process.keys.rotate(&of("p-old"))).unwrap();
    let reference = |id: &phi_seal::KeyId| format!("root:{}", id.to_hex());
    let rows = world.rows(&of("p-old"));
    assert_eq!(rows[0].reference, reference(&first));
    assert_eq!(
        (rows[1].id, &rows[1].reference),
        (rotated, &reference(&second))
    );
    assert_eq!(world.row(&of("p-new")).reference, reference(&second));
    let roots = world.rows(&root_of(MERCY));
    let states: Vec<_> = roots.iter().map(|row| (row.version, row.state)).collect();
    assert_eq!(states, [(1, KeyState::DecryptOnly), (2, KeyState::Active)]);
    let restarted = world.process();
    let calls = world.kms.total();
    assert_eq!(restarted.open("p-new", &new), Ok(()));
    assert_eq!(world.kms.total() - calls, 1);
    assert_eq!(restarted.open("p-old", &old), Ok(()));
    assert_eq!(world.kms.total() - calls, 2);
}

#[test]
fn roots_move_to_another_kms_and_no_other_row_changes() {
    let world = World::new();
    let process = world.process();
    let sealed = process.seal("p-0");
    block_on(process.keys.rotate_root(&tenant(MERCY))).unwrap();
    let new_sealed = process.seal("p-1");
    let before = world.store.rows();

    let new = std::sync::Arc::new(LocalKms::generate().unwrap());
    let chain = KmsChain::new(new.clone())
        .unwrap()
        .also_unwraps(world.kms.clone())
        .unwrap();
    let moving = ScopedKeys::builder(world.store.clone(), chain)
        .clock(world.clock.clone())
        .build();
    block_on(moving.rewrap_roots(&tenant(MERCY))).unwrap();
    for row in world.store.rows() {
        let old = before.iter().find(|old| old.id == row.id).unwrap();
        assert_eq!(row == *old, row.scope.key_use() != KeyUse::Root);
    }
    for root in world.rows(&root_of(MERCY)) {
        assert_eq!(root.reference, new.reference());
    }
    // With the new one alone, which the old one's owner cannot stop; and not without it.
    let keys = ScopedKeys::builder(world.store.clone(), new)
        .clock(world.clock.clone())
        .build();
    let moved = Process::new(std::sync::Arc::new(keys), phi_seal::danger::DiscardAudit);
    assert_eq!(moved.open("p-0", &sealed), Ok(()));
    assert_eq!(moved.open("p-1", &new_sealed), Ok(()));
    assert_eq!(
        world.process().open("p-0", &sealed),
        Err(ErrorKind::Provider)
    );
    // Who had them in memory goes on.
    assert_eq!(process.open("p-0", &sealed), Ok(()));
}

#[test]
fn a_keyrings_key_moves_into_the_store() {
    let world = World::new();
    let process = world.process();
    let secret = [42; 32];
    let ring = Keyring::from_key(import_data_key(secret, of("p-0")));
    let vault = Vault::builder(
        ring,
        phi_seal::danger::PermitAll,
        phi_seal::danger::DiscardAudit,
    );
    let access = process.session(MERCY).access().clone();
    let place = Place::new("p-0");
    let sealed = vault
        .build()
        .session(access)
        .unwrap()
        .seal_value(&NOTE, place.row(), &Phi::new(text_of("p-0")))
        .unwrap();
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::MissingKey));

    let key = import_data_key(secret, of("p-0"));
    assert_eq!(block_on(process.keys.add_decrypt_only(&key)).unwrap(), 1);
    for process in [&process, &world.process()] {
        assert_eq!(process.open("p-0", &sealed), Ok(()));
        // It seals nothing, and no key is made beside it unasked.
        let error = process.try_seal(MERCY, "p-0").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::KeyDisabled);
    }
    let known = Some(KeyErrorKind::AlreadyExists);
    assert_eq!(kind(block_on(process.keys.add_decrypt_only(&key))), known);
    // The same bytes for somebody else are the same id.
    let again = import_data_key(secret, of("p-1"));
    assert_eq!(kind(block_on(process.keys.add_decrypt_only(&again))), known);

    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    process.seal("p-0");
    let other = DataKey::generate(of("p-0")).unwrap();
    assert_eq!(block_on(process.keys.add_decrypt_only(&other)).unwrap(), 3);
    assert_eq!(process.open("p-0", &sealed), Ok(()));
    let states: Vec<_> = world.rows(&of("p-0")).iter().map(|row| row.state).collect();
    use KeyState::{Active, DecryptOnly};
    assert_eq!(states, [DecryptOnly, Active, DecryptOnly]);
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    assert_eq!(world.rows(&of("p-0"))[3].state, Active);

    // Destroyed is destroyed: it does not come back by this way.
    block_on(process.keys.destroy(&of("p-0"), 1)).unwrap();
    assert_eq!(kind(block_on(process.keys.add_decrypt_only(&key))), known);
    assert_eq!(process.open("p-0", &sealed), Err(ErrorKind::Erased));

    let nowhere = DataKey::generate(KeyScope::tenant(tenant("unknown"), KeyUse::Seal)).unwrap();
    let missing = kind(block_on(process.keys.add_decrypt_only(&nowhere)));
    assert_eq!(missing, Some(KeyErrorKind::Missing));
}

#[test]
fn a_change_holds_here_even_if_the_kms_goes_away_in_the_middle() {
    let world = World::new();
    let process = world.process();
    let first = process.seal("p-0");
    block_on(process.keys.rotate(&of("p-0"))).unwrap();
    // The root is too old to be used without asking, and the KMS is down.
    world.clock.advance(MAX_AGE);
    world.kms.set(Fault::Fail(KeyErrorKind::Unavailable));
    block_on(process.keys.destroy(&of("p-0"), 1)).unwrap();
    assert_eq!(
        process.open_unprepared("p-0", &first),
        Err(ErrorKind::Erased)
    );
}

#[test]
fn a_change_whose_answer_nobody_waited_for_is_looked_up() {
    let world = World::new();
    let process = world.process();
    let (scope, first) = (of("p-0"), process.seal("p-0"));
    block_on(process.keys.rotate(&scope)).unwrap();
    for reaches_the_store in [false, true] {
        match reaches_the_store {
            true => world.store.delay_confirmations(),
            false => world.store.hold_changes(),
        }
        let mut tasks = Tasks::new();
        tasks.add(process.keys.destroy(&scope, 1));
        assert_eq!(tasks.run(), 1);
        assert_eq!(process.open_unprepared("p-0", &first), Ok(()));
        tasks.cancel(0);
        world.store.release();
        // Whether the key is destroyed is not known, so it is not lent.
        let opened = process.open_unprepared("p-0", &first);
        assert_eq!(opened, Err(ErrorKind::Unavailable));
        let truth = match reaches_the_store {
            true => Err(ErrorKind::Erased),
            false => Ok(()),
        };
        assert_eq!(process.open("p-0", &first), truth);
    }
    // Nobody waits for who gave up.
    block_on(process.keys.rotate(&scope)).unwrap();
}
