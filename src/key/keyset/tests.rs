//! What holds even against somebody who can recompute the MAC.

use core::time::Duration;

use pollster::block_on;

use super::*;
use crate::key::local_kms::LocalKms;
use crate::key::scope::KeyUse;
use crate::key::state::KeyState;
use crate::label::{SubjectId, TenantId};

/// Two keys of each of two tenants, one patient's key, and one for an index.
fn keyset(kms: &LocalKms) -> Keyset {
    let scope_of = |name: &'static str, key_use| {
        KeyScope::tenant(TenantId::new(name).expect("short"), key_use)
    };
    let subject = || SubjectId::new("p").expect("short");
    let tenant = || TenantId::new("a").expect("short");
    let mut keyset = block_on(Keyset::generate(kms)).expect("a local kms wraps");
    for scope in [
        scope_of("a", KeyUse::Seal),
        scope_of("a", KeyUse::Seal),
        scope_of("b", KeyUse::Seal),
        scope_of("b", KeyUse::Seal),
        scope_of("a", KeyUse::Index),
        KeyScope::subject(tenant(), subject()),
    ] {
        let key = DataKey::generate(scope).expect("there is randomness");
        block_on(keyset.add(&key, kms)).expect("a local kms wraps");
    }
    keyset
}

/// Changes the entries, recomputes the MAC as one who has its key could, and unlocks.
fn unlock_forged(
    keyset: &Keyset,
    kms: &LocalKms,
    forge: impl FnOnce(&mut Vec<Entry<WrappedKey>>),
) -> Option<KeyErrorKind> {
    let mut entries = keyset.roster.entries().to_vec();
    forge(&mut entries);
    let mut forged = keyset.clone();
    forged.roster = Roster::from_entries(keyset.minimum_version(), entries).expect("consistent");
    let secret = block_on(keyset.verified_mac_secret(kms)).expect("the right kms");
    forged.mac = metadata::mac(&forged, &secret);
    block_on(forged.verify(kms)).expect("the MAC was recomputed");
    block_on(forged.unlock(kms)).err().map(|error| error.kind())
}

#[test]
fn a_wrapped_key_serves_its_own_entry_only() {
    let kms = LocalKms::generate().expect("there is randomness");
    let keyset = keyset(&kms);
    assert_eq!(unlock_forged(&keyset, &kms, |_| ()), None);
    let count = keyset.roster.entries().len();
    for from in 0..count {
        for to in (0..count).filter(|to| *to != from) {
            let moved = |entries: &mut Vec<Entry<WrappedKey>>| {
                entries[to].material = entries[from].material.clone();
            };
            let refused = unlock_forged(&keyset, &kms, moved);
            assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{from} to {to}");
            // Nor does it with its id, which the fingerprint would let pass.
            let moved = |entries: &mut Vec<Entry<WrappedKey>>| {
                let (one, other) = (entries[from].clone(), entries[to].clone());
                (entries[to].material, entries[to].info.id) = (one.material, one.info.id);
                (entries[from].material, entries[from].info.id) = (other.material, other.info.id);
            };
            let refused = unlock_forged(&keyset, &kms, moved);
            assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{from} to {to}");
        }
    }
}

#[test]
fn a_key_serves_its_own_scope_only() {
    let kms = LocalKms::generate().expect("there is randomness");
    let keyset = keyset(&kms);
    let tenant = |name: &'static str| TenantId::new(name).expect("short");
    let subject = |name: &'static str| SubjectId::new(name).expect("short");
    // The patient's key is the last; every other scope here has no active key of its own.
    for scope in [
        KeyScope::subject(tenant("a"), subject("q")),
        KeyScope::subject(tenant("b"), subject("p")),
        KeyScope::subject(tenant("ap"), subject("p")),
        KeyScope::tenant(tenant("c"), KeyUse::Seal),
        KeyScope::tenant(tenant("a"), KeyUse::Audit),
        KeyScope::shared(KeyUse::Audit),
    ] {
        let forge = |entries: &mut Vec<Entry<WrappedKey>>| {
            entries.last_mut().expect("not empty").info.scope = scope.clone();
        };
        let refused = unlock_forged(&keyset, &kms, forge);
        assert_eq!(refused, Some(KeyErrorKind::WrongKey), "{scope:?}");
    }
}

#[test]
fn the_mac_key_belongs_to_one_keyset() {
    let kms = LocalKms::generate().expect("there is randomness");
    let (one, mut other) = (keyset(&kms), keyset(&kms));
    let secret = block_on(one.verified_mac_secret(&kms)).expect("the right kms");
    other.mac_key = one.mac_key.clone();
    other.mac = metadata::mac(&other, &secret);
    let refused = block_on(other.verify(&kms)).map_err(|error| error.kind());
    assert_eq!(refused, Err(KeyErrorKind::WrongKey));
}

#[test]
fn rosters_that_contradict_themselves_are_refused() {
    let kms = LocalKms::generate().expect("there is randomness");
    let entries = keyset(&kms).roster.entries().to_vec();
    let accepts = |minimum, forge: fn(&mut Vec<Entry<WrappedKey>>)| {
        let mut entries = entries.clone();
        forge(&mut entries);
        Roster::from_entries(minimum, entries).is_some()
    };
    assert!(accepts(1, |_| ()));
    assert!(!accepts(0, |_| ()));
    assert!(!accepts(2, |_| ()));
    let forgeries: [fn(&mut Vec<Entry<WrappedKey>>); 9] = [
        Vec::clear,
        |e| e.swap(0, 1),
        |e| e[0].info.version = 0,
        |e| e[1].info.version = 1,
        |e| e[1].info.id = e[0].info.id,
        |e| e[1].info.state = KeyState::Active,
        |e| e[2].info.state = KeyState::DecryptOnly,
        |e| e[1].info.state = KeyState::Destroyed,
        |e| e[1].material = None,
    ];
    for forge in forgeries {
        assert!(!accepts(1, forge));
    }
}

#[test]
fn counters_end_in_an_error() {
    let kms = LocalKms::generate().expect("there is randomness");
    let mut last = block_on(Keyset::generate(&kms)).expect("a local kms wraps");
    let secret = block_on(last.verified_mac_secret(&kms)).expect("the right kms");
    last.generation = u64::MAX;
    last.mac = metadata::mac(&last, &secret);
    let rotated = block_on(last.rotate(&kms)).map_err(|error| error.kind());
    assert_eq!(rotated, Err(KeyErrorKind::InvalidState));

    let mut entries = last.roster.entries().to_vec();
    entries[0].info.version = u32::MAX;
    let roster = Roster::from_entries(1, entries).expect("consistent");
    let refused = roster.next_version().map_err(|error| error.kind());
    assert_eq!(refused, Err(KeyErrorKind::InvalidState));
}

/// A keyset whose first key joined when it says; the MAC is right.
fn joined(kms: &LocalKms, at: u64) -> Keyset {
    let mut keyset = block_on(Keyset::generate(kms)).expect("a local kms wraps");
    let secret = block_on(keyset.verified_mac_secret(kms)).expect("the right kms");
    let mut entries = keyset.roster.entries().to_vec();
    entries[0].info.created = at;
    keyset.roster = Roster::from_entries(1, entries).expect("consistent");
    keyset.mac = metadata::mac(&keyset, &secret);
    keyset
}

#[test]
fn a_key_rotates_when_it_is_older_than_said() {
    const DAY: u64 = 86_400;
    let kms = LocalKms::generate().expect("there is randomness");
    let days = |days: u64| Duration::from_secs(days * DAY);
    let rotates = |joined_at: u64, age: Duration| {
        let mut keyset = joined(&kms, joined_at);
        let before = keyset.clone();
        let rotated = block_on(keyset.rotate_if_older_than(age, &kms)).expect("the right kms");
        let active = keyset
            .keys()
            .into_iter()
            .find(|key| key.state() == KeyState::Active);
        match rotated {
            Some(id) => {
                assert_eq!(active.map(|key| *key.id()), Some(id));
                assert_eq!((keyset.generation(), keyset.keys().len()), (2, 2));
            }
            None => assert!(keyset == before),
        }
        rotated.is_some()
    };
    let today = now();
    assert!(rotates(today - 91 * DAY, days(90)));
    assert!(!rotates(today - 89 * DAY, days(90)));
    assert!(rotates(today - 2, Duration::ZERO));
    assert!(
        rotates(0, days(90)),
        "made while the clock stood at its beginning"
    );
    // The clock was set back, or was ahead when the key was made.
    assert!(!rotates(today + DAY, Duration::ZERO));
    assert!(!rotates(u64::MAX, Duration::ZERO));
    assert!(!rotates(0, Duration::MAX));
}

#[test]
fn only_the_active_key_of_that_scope_counts() {
    let kms = LocalKms::generate().expect("there is randomness");
    let mut keyset = joined(&kms, 0);
    let index = KeyScope::shared(KeyUse::Index);
    let rotate = |keyset: &mut Keyset, scope: &KeyScope| {
        let age = Duration::from_secs(3600);
        block_on(keyset.rotate_scope_if_older_than(scope, age, &kms))
            .map_err(|error| error.kind())
            .map(|rotated| rotated.is_some())
    };
    assert_eq!(rotate(&mut keyset, &index), Err(KeyErrorKind::NotFound));
    let key = DataKey::generate(index.clone()).expect("there is randomness");
    block_on(keyset.add(&key, &kms)).expect("a local kms wraps");
    assert_eq!(rotate(&mut keyset, &index), Ok(false));
    assert_eq!(rotate(&mut keyset, &KeyScope::default()), Ok(true));
    // The old key is as old as before, and counts no more.
    assert_eq!(rotate(&mut keyset, &KeyScope::default()), Ok(false));
    assert_eq!(keyset.generation(), 3);
}

#[test]
fn the_time_of_a_key_is_not_believed_unverified() {
    let kms = LocalKms::generate().expect("there is randomness");
    for at in [0, u64::MAX] {
        let mut keyset = joined(&kms, at);
        keyset.mac[0] ^= 1;
        let before = keyset.clone();
        let rotated = block_on(keyset.rotate_if_older_than(Duration::MAX, &kms));
        assert_eq!(
            rotated.map_err(|error| error.kind()),
            Err(KeyErrorKind::Tampered)
        );
        assert!(keyset == before);
    }
}
