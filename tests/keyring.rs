//! The keyring: its states, its scopes, and many threads at once.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};

use phi_seal::key::{
    DataKey, KeyError, KeyErrorKind, KeyProvider, KeyScope, KeyState, KeyUse, Keyring, Scope,
};
use phi_seal::{KeyId, SubjectId, TenantId, danger};
use proptest::prelude::*;

type Outcome<T> = Result<T, KeyErrorKind>;

fn tenant(id: &'static str) -> TenantId<'static> {
    TenantId::new(id).unwrap()
}

fn subject(id: &'static str) -> SubjectId<'static> {
    SubjectId::new(id).unwrap()
}

/// The id of the key that is lent, once.
fn lent(ask: impl FnOnce(&mut dyn FnMut(&DataKey)) -> Result<(), KeyError>) -> Outcome<KeyId> {
    let mut ids = Vec::new();
    let result = ask(&mut |key| ids.push(*key.id()));
    assert_eq!(ids.len(), usize::from(result.is_ok()));
    result.map(|()| ids[0]).map_err(|error| error.kind())
}

fn by_id(keyring: &Keyring, id: &KeyId) -> Outcome<KeyId> {
    let scope = keyring
        .keys()
        .iter()
        .find(|key| key.id() == id)
        .map_or_else(KeyScope::default, |key| key.scope().clone());
    lent(|f| with_scope(&scope, |scope| keyring.with_key(scope, id, f)))
}

/// A request that a key of this scope may serve.
fn with_scope<R>(scope: &KeyScope, f: impl FnOnce(Scope<'_>) -> R) -> R {
    let any = tenant("any");
    let mut request = Scope::sealing(scope.tenant_id().unwrap_or(&any), scope.subject_id());
    request.key_use = scope.key_use();
    f(request)
}

fn active(keyring: &Keyring, scope: Scope<'_>) -> Outcome<KeyId> {
    lent(|f| keyring.with_active(scope, f))
}

fn shared_active(keyring: &Keyring) -> Outcome<KeyId> {
    active(keyring, Scope::sealing(&tenant("any"), None))
}

fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

fn states(keyring: &Keyring) -> Vec<KeyState> {
    keyring.keys().iter().map(|key| key.state()).collect()
}

#[test]
fn rotation_keeps_old_keys_for_opening() {
    let keyring = Keyring::generate().unwrap();
    let first = shared_active(&keyring).unwrap();
    let second = keyring.rotate().unwrap();
    let third = keyring.rotate().unwrap();
    assert_eq!(shared_active(&keyring), Ok(third));
    for id in [first, second, third] {
        assert_eq!(by_id(&keyring, &id), Ok(id));
    }
    let keys = keyring.keys();
    assert_eq!(
        keys.iter().map(|k| *k.id()).collect::<Vec<_>>(),
        [first, second, third]
    );
    assert_eq!(
        keys.iter().map(|k| k.version()).collect::<Vec<_>>(),
        [1, 2, 3]
    );
    assert!(keys.iter().all(|k| k.created() > 1_700_000_000));
    assert_eq!(
        states(&keyring),
        [
            KeyState::DecryptOnly,
            KeyState::DecryptOnly,
            KeyState::Active
        ]
    );
    assert_eq!(
        by_id(&keyring, &KeyId::from_bytes([7; 32])),
        Err(KeyErrorKind::Missing)
    );
}

#[test]
fn every_transition_that_the_states_table_does_not_name_is_refused() {
    type Change = fn(&Keyring) -> Result<(), KeyError>;
    const DISABLE: Change = |k| k.disable(1);
    const ENABLE: Change = |k| k.enable(1);
    const DESTROY: Change = |k| k.destroy(1);
    const ROTATE: Change = |k| k.rotate().map(drop);
    let reach: [(KeyState, &[Change]); 4] = [
        (KeyState::Active, &[]),
        (KeyState::DecryptOnly, &[ROTATE]),
        (KeyState::Disabled, &[ROTATE, DISABLE]),
        (KeyState::Destroyed, &[ROTATE, DESTROY]),
    ];
    for (from, path) in reach {
        for (at, change) in [DISABLE, ENABLE, DESTROY].into_iter().enumerate() {
            let keyring = Keyring::generate().unwrap();
            let id = shared_active(&keyring).unwrap();
            path.iter().for_each(|step| step(&keyring).unwrap());
            assert_eq!(keyring.keys()[0].state(), from);
            let to = match (from, at) {
                (KeyState::DecryptOnly, 0) => Some(KeyState::Disabled),
                (KeyState::Disabled, 1) => Some(KeyState::DecryptOnly),
                (KeyState::DecryptOnly | KeyState::Disabled, 2) => Some(KeyState::Destroyed),
                _ => None,
            };
            let result = kind(change(&keyring));
            assert_eq!(result, to.is_none().then_some(KeyErrorKind::InvalidState));
            let now = to.unwrap_or(from);
            assert_eq!(keyring.keys()[0].state(), now);
            let expected = match now {
                KeyState::Active | KeyState::DecryptOnly => Ok(id),
                KeyState::Disabled => Err(KeyErrorKind::Disabled),
                KeyState::Destroyed => Err(KeyErrorKind::Destroyed),
            };
            assert_eq!(by_id(&keyring, &id), expected);
        }
    }
    let keyring = Keyring::generate().unwrap();
    for version in [0, 2, u32::MAX] {
        assert_eq!(
            kind(keyring.activate(version)),
            Some(KeyErrorKind::NotFound)
        );
        assert_eq!(kind(keyring.disable(version)), Some(KeyErrorKind::NotFound));
        assert_eq!(kind(keyring.enable(version)), Some(KeyErrorKind::NotFound));
        assert_eq!(kind(keyring.destroy(version)), Some(KeyErrorKind::NotFound));
    }
}

#[test]
fn a_key_may_join_before_it_becomes_active() {
    let keyring = Keyring::generate().unwrap();
    let first = shared_active(&keyring).unwrap();
    let next = DataKey::generate(KeyScope::default()).unwrap();
    let second = *next.id();
    assert_eq!(keyring.add_decrypt_only(next).unwrap(), 2);
    assert_eq!(states(&keyring), [KeyState::Active, KeyState::DecryptOnly]);
    assert_eq!(shared_active(&keyring), Ok(first));
    assert_eq!(by_id(&keyring, &second), Ok(second), "it opens at once");

    keyring.activate(2).unwrap();
    assert_eq!(states(&keyring), [KeyState::DecryptOnly, KeyState::Active]);
    assert_eq!(shared_active(&keyring), Ok(second));
    assert_eq!(by_id(&keyring, &first), Ok(first));
}

/// Forward only: a key that was rotated out, perhaps because it leaked, does not come back.
#[test]
fn only_a_decrypt_only_key_later_than_the_active_one_becomes_active() {
    let keyring = Keyring::generate().unwrap();
    let add = || {
        let key = DataKey::generate(KeyScope::default()).unwrap();
        keyring.add_decrypt_only(key).unwrap()
    };
    let refused = Some(KeyErrorKind::InvalidState);
    keyring.rotate().unwrap();
    assert_eq!(kind(keyring.activate(1)), refused, "an earlier one");
    assert_eq!(kind(keyring.activate(2)), refused, "the active one");
    assert_eq!((add(), add(), add()), (3, 4, 5));
    keyring.disable(3).unwrap();
    assert_eq!(kind(keyring.activate(3)), refused, "a disabled one");
    keyring.enable(3).unwrap();
    keyring.destroy(4).unwrap();
    assert_eq!(kind(keyring.activate(4)), refused, "a destroyed one");
    keyring.activate(5).unwrap();
    assert_eq!(
        kind(keyring.activate(3)),
        refused,
        "one that was passed over"
    );
    assert_eq!(keyring.keys()[4].state(), KeyState::Active);

    // Each scope by itself.
    let scope = KeyScope::tenant(tenant("a"), KeyUse::Index);
    let index_key = || DataKey::generate(scope.clone()).unwrap();
    assert_eq!(
        kind(keyring.add_decrypt_only(index_key())),
        Some(KeyErrorKind::NotFound),
        "the first key of a scope is its active one"
    );
    keyring.add(index_key()).unwrap();
    let shared = shared_active(&keyring);
    let version = keyring.add_decrypt_only(index_key()).unwrap();
    keyring.activate(version).unwrap();
    assert_eq!(shared_active(&keyring), shared);
    // The minimum stays at or below each active version.
    keyring.set_minimum_version(5).unwrap();
    let known = danger::import_data_key([42; 32], KeyScope::default());
    keyring.add_decrypt_only(known).unwrap();
    let again = danger::import_data_key([42; 32], KeyScope::default());
    assert_eq!(
        kind(keyring.add_decrypt_only(again)),
        Some(KeyErrorKind::AlreadyExists)
    );
}

#[test]
fn the_minimum_version_is_reversible_and_never_shuts_out_an_active_key() {
    let keyring = Keyring::generate().unwrap();
    keyring.rotate().unwrap();
    keyring.rotate().unwrap();
    let ids: Vec<_> = keyring.keys().iter().map(|k| *k.id()).collect();
    assert_eq!(
        kind(keyring.set_minimum_version(0)),
        Some(KeyErrorKind::InvalidState)
    );
    assert_eq!(
        kind(keyring.set_minimum_version(4)),
        Some(KeyErrorKind::InvalidState)
    );
    keyring.set_minimum_version(3).unwrap();
    assert_eq!(by_id(&keyring, &ids[0]), Err(KeyErrorKind::Disabled));
    assert_eq!(by_id(&keyring, &ids[1]), Err(KeyErrorKind::Disabled));
    assert_eq!(by_id(&keyring, &ids[2]), Ok(ids[2]));
    keyring.set_minimum_version(2).unwrap();
    assert_eq!(keyring.minimum_version(), 2);
    assert_eq!(by_id(&keyring, &ids[0]), Err(KeyErrorKind::Disabled));
    assert_eq!(by_id(&keyring, &ids[1]), Ok(ids[1]));
    // Destroyed says so, above the minimum version or below.
    keyring.destroy(1).unwrap();
    assert_eq!(by_id(&keyring, &ids[0]), Err(KeyErrorKind::Destroyed));
}

#[test]
fn the_most_specific_scope_lends_its_key() {
    let keyring = Keyring::generate().unwrap();
    let add = |scope: KeyScope| {
        let key = DataKey::generate(scope).unwrap();
        let id = *key.id();
        keyring.add(key).unwrap();
        id
    };
    let shared = shared_active(&keyring).unwrap();
    let of_a = add(KeyScope::tenant(tenant("a"), KeyUse::Seal));
    let of_a_p = add(KeyScope::subject(tenant("a"), subject("p")));
    let of_c_p = add(KeyScope::subject(tenant("c"), subject("p")));
    let index_of_a = add(KeyScope::tenant(tenant("a"), KeyUse::Index));

    let (a, b, c, p, q) = (
        tenant("a"),
        tenant("b"),
        tenant("c"),
        subject("p"),
        subject("q"),
    );
    for (tenant, subject, expected) in [
        (&a, Some(&p), of_a_p),
        (&a, Some(&q), of_a),
        (&a, None, of_a),
        (&b, Some(&p), shared),
        (&b, None, shared),
        (&c, Some(&p), of_c_p),
        (&c, Some(&q), shared),
    ] {
        assert_eq!(
            active(&keyring, Scope::sealing(tenant, subject)),
            Ok(expected)
        );
    }
    let mut index = Scope::sealing(&a, Some(&p));
    index.key_use = KeyUse::Index;
    assert_eq!(active(&keyring, index), Ok(index_of_a));
    index.tenant = &b;
    assert_eq!(active(&keyring, index), Err(KeyErrorKind::Missing));
    index.key_use = KeyUse::Audit;
    assert_eq!(active(&keyring, index), Err(KeyErrorKind::Missing));

    // Rotating one scope leaves the others alone.
    let scope = KeyScope::tenant(tenant("a"), KeyUse::Seal);
    let next = keyring.rotate_scope(&scope).unwrap();
    assert_eq!(active(&keyring, Scope::sealing(&a, None)), Ok(next));
    assert_eq!(active(&keyring, Scope::sealing(&a, Some(&p))), Ok(of_a_p));
    assert_eq!(shared_active(&keyring), Ok(shared));
    // The shared key, of version 1, is active: the minimum cannot leave it behind.
    assert_eq!(
        kind(keyring.set_minimum_version(2)),
        Some(KeyErrorKind::InvalidState)
    );

    let unknown = KeyScope::tenant(tenant("b"), KeyUse::Seal);
    assert_eq!(
        kind(keyring.rotate_scope(&unknown)),
        Some(KeyErrorKind::NotFound)
    );
}

#[test]
fn a_key_joins_once() {
    let bytes = [42; 32];
    let keyring = Keyring::from_key(danger::import_data_key(bytes, KeyScope::default()));
    let again = || danger::import_data_key(bytes, KeyScope::default());
    assert_eq!(
        kind(keyring.add(again())),
        Some(KeyErrorKind::AlreadyExists)
    );
    assert_eq!(states(&keyring), [KeyState::Active]);
    keyring.rotate().unwrap();
    keyring.destroy(1).unwrap();
    assert_eq!(
        kind(keyring.add(again())),
        Some(KeyErrorKind::AlreadyExists)
    );
    // What was exported is what was imported.
    let other = Keyring::from_key(again());
    let mut exported = None;
    let id = shared_active(&other).unwrap();
    other
        .with_key(Scope::sealing(&tenant("any"), None), &id, &mut |key| {
            exported = Some(danger::export_data_key(key))
        })
        .unwrap();
    assert_eq!(exported, Some(bytes));
}

#[test]
fn a_key_of_another_scope_is_missing_whatever_its_state() {
    let keyring = Keyring::generate().unwrap();
    let (a, b) = (tenant("a"), tenant("b"));
    let scope = KeyScope::tenant(a.clone(), KeyUse::Seal);
    keyring
        .add(DataKey::generate(scope.clone()).unwrap())
        .unwrap();
    keyring.rotate_scope(&scope).unwrap();
    let id = *keyring.keys()[1].id();
    let ask = |tenant: &TenantId<'_>| {
        kind(keyring.with_key(Scope::sealing(tenant, None), &id, &mut |_| {}))
    };
    assert_eq!((ask(&a), ask(&b)), (None, Some(KeyErrorKind::Missing)));
    keyring.disable(2).unwrap();
    let disabled = Some(KeyErrorKind::Disabled);
    assert_eq!((ask(&a), ask(&b)), (disabled, Some(KeyErrorKind::Missing)));
    keyring.destroy(2).unwrap();
    let destroyed = Some(KeyErrorKind::Destroyed);
    assert_eq!((ask(&a), ask(&b)), (destroyed, Some(KeyErrorKind::Missing)));
}

#[test]
fn replacing_takes_over_keys_states_and_minimum() {
    let (keyring, other) = (Keyring::generate().unwrap(), Keyring::generate().unwrap());
    let old = shared_active(&keyring).unwrap();
    other.rotate().unwrap();
    other.set_minimum_version(2).unwrap();
    let (keys, new) = (other.keys(), shared_active(&other).unwrap());
    keyring.replace(other);
    assert_eq!(keyring.keys(), keys);
    assert_eq!(keyring.minimum_version(), 2);
    assert_eq!(shared_active(&keyring), Ok(new));
    assert_eq!(by_id(&keyring, &old), Err(KeyErrorKind::Missing));
}

#[test]
fn debug_shows_no_key_id_tenant_or_subject() {
    let keyring = Keyring::from_key(danger::import_data_key(
        [0xab; 32],
        KeyScope::subject(tenant("clinic-9"), subject("patient-9")),
    ));
    let keys = keyring.keys();
    let text = format!("{keyring:?} {keys:?}");
    assert!(
        text.contains("Keyring { keys: 1, minimum_version: 1, .. }"),
        "{text}"
    );
    let id = keys[0].id();
    for hidden in [
        "clinic-9",
        "patient-9",
        &id.to_hex(),
        "171, 171",
        "abab",
        &format!("{:?}", id.as_bytes()),
    ] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    fn is_shared<T: Send + Sync>(_: &T) {}
    is_shared(&keyring);
}

#[test]
fn lookups_go_on_while_another_thread_changes_everything() {
    let keyring = Keyring::generate().unwrap();
    let mut stays = None;
    // This key is in both keyrings that the writer swaps, and is never disabled.
    let bytes = [9; 32];
    let import = || danger::import_data_key(bytes, KeyScope::default());
    keyring.add(import()).unwrap();
    keyring
        .with_active(Scope::sealing(&tenant("t"), None), &mut |key| {
            stays = Some(*key.id())
        })
        .unwrap();
    let stays = stays.unwrap();
    let (start, done) = (Barrier::new(5), AtomicBool::new(false));
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                start.wait();
                let mut rounds = 0;
                while !done.load(Ordering::Relaxed) || rounds < 100 {
                    assert!(shared_active(&keyring).is_ok());
                    assert_eq!(by_id(&keyring, &stays), Ok(stays));
                    for key in keyring.keys() {
                        match by_id(&keyring, key.id()) {
                            Ok(id) => assert_eq!(id, *key.id()),
                            Err(
                                KeyErrorKind::Disabled
                                | KeyErrorKind::Destroyed
                                | KeyErrorKind::Missing,
                            ) => {}
                            Err(other) => panic!("unexpected {other:?}"),
                        }
                    }
                    rounds += 1;
                }
            });
        }
        start.wait();
        let _stops_readers = SetOnDrop(&done);
        for round in 0..50 {
            keyring.rotate().unwrap();
            let newest = keyring.keys().last().unwrap().version();
            keyring.rotate().unwrap();
            keyring.disable(newest).unwrap();
            keyring.enable(newest).unwrap();
            keyring.destroy(newest).unwrap();
            if round % 10 == 9 {
                let other = Keyring::from_key(import());
                other.rotate().unwrap();
                keyring.replace(other);
            }
        }
    });
}

/// Ends the readers even when the writer panics.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn concurrent_writers_lose_no_update() {
    let keyring = Keyring::generate().unwrap();
    let start = Barrier::new(4);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                start.wait();
                for _ in 0..25 {
                    keyring.rotate().unwrap();
                }
            });
        }
    });
    let keys = keyring.keys();
    assert_eq!(keys.len(), 101);
    assert!(
        (1..)
            .zip(&keys)
            .all(|(version, key)| key.version() == version)
    );
    let actives = keys.iter().filter(|key| key.state() == KeyState::Active);
    assert_eq!(actives.map(|key| key.version()).collect::<Vec<_>>(), [101]);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Rotate,
    AddDecryptOnly,
    Activate(u32),
    Disable(u32),
    Enable(u32),
    Destroy(u32),
    Minimum(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let version = 0..8_u32;
    let step = prop_oneof![
        3 => Just(Step::Rotate),
        2 => Just(Step::AddDecryptOnly),
        3 => version.clone().prop_map(Step::Activate),
        2 => version.clone().prop_map(Step::Disable),
        2 => version.clone().prop_map(Step::Enable),
        1 => version.clone().prop_map(Step::Destroy),
        2 => version.prop_map(Step::Minimum),
    ];
    proptest::collection::vec(step, 0..40)
}

/// What a keyring should do, written down once more without looking.
struct Model {
    states: Vec<KeyState>,
    minimum: u32,
}

impl Model {
    fn apply(&mut self, step: Step) -> Outcome<()> {
        let last = self.states.len() as u32;
        let active = self.active() as u32 + 1;
        let refuse = Err(KeyErrorKind::InvalidState);
        let (version, allowed, to): (u32, &[KeyState], _) = match step {
            Step::Rotate => {
                let active = self.active();
                self.states[active] = KeyState::DecryptOnly;
                self.states.push(KeyState::Active);
                return Ok(());
            }
            Step::AddDecryptOnly => {
                self.states.push(KeyState::DecryptOnly);
                return Ok(());
            }
            Step::Activate(version) if (1..=active).contains(&version) => return refuse,
            Step::Activate(v) => (v, &[KeyState::DecryptOnly], KeyState::Active),
            Step::Minimum(version) if version == 0 || version > active => return refuse,
            Step::Minimum(version) => {
                self.minimum = version;
                return Ok(());
            }
            Step::Disable(v) => (v, &[KeyState::DecryptOnly], KeyState::Disabled),
            Step::Enable(v) => (v, &[KeyState::Disabled], KeyState::DecryptOnly),
            Step::Destroy(v) => (
                v,
                &[KeyState::DecryptOnly, KeyState::Disabled],
                KeyState::Destroyed,
            ),
        };
        if version == 0 || version > last {
            return Err(KeyErrorKind::NotFound);
        }
        let state = &mut self.states[version as usize - 1];
        if !allowed.contains(state) {
            return refuse;
        }
        *state = to;
        if to == KeyState::Active {
            self.states[active as usize - 1] = KeyState::DecryptOnly;
        }
        Ok(())
    }

    fn active(&self) -> usize {
        let active = self.states.iter().position(|s| *s == KeyState::Active);
        active.unwrap()
    }

    fn opens(&self, at: usize, id: KeyId) -> Outcome<KeyId> {
        match self.states[at] {
            KeyState::Destroyed => Err(KeyErrorKind::Destroyed),
            KeyState::Disabled => Err(KeyErrorKind::Disabled),
            _ if (at as u32) + 1 < self.minimum => Err(KeyErrorKind::Disabled),
            _ => Ok(id),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_agree_with_the_model(history in steps()) {
        let keyring = Keyring::generate().unwrap();
        let mut model = Model { states: vec![KeyState::Active], minimum: 1 };
        let mut ids = vec![shared_active(&keyring).unwrap()];
        for step in history {
            let result = match step {
                Step::Rotate => keyring.rotate().map(|id| ids.push(id)),
                Step::AddDecryptOnly => {
                    let key = DataKey::generate(KeyScope::default()).unwrap();
                    ids.push(*key.id());
                    keyring.add_decrypt_only(key).map(drop)
                }
                Step::Activate(version) => keyring.activate(version),
                Step::Disable(version) => keyring.disable(version),
                Step::Enable(version) => keyring.enable(version),
                Step::Destroy(version) => keyring.destroy(version),
                Step::Minimum(version) => keyring.set_minimum_version(version),
            };
            prop_assert_eq!(result.map_err(|error| error.kind()), model.apply(step));
            prop_assert_eq!(states(&keyring), model.states.clone());
            prop_assert_eq!(keyring.minimum_version(), model.minimum);
            prop_assert_eq!(shared_active(&keyring), Ok(ids[model.active()]));
            for (at, id) in ids.iter().enumerate() {
                prop_assert_eq!(by_id(&keyring, id), model.opens(at, *id));
            }
        }
    }
}
