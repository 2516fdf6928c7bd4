//! What every key store keeps to, whatever it is made of.
//!
//! Functions over `&dyn KeyStore`, on this crate's public interface only, so that the tests of the
//! SQL stores include this file too. Each wants an empty store of its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::Barrier;

use phi_seal::key::{
    KeyChange, KeyError, KeyErrorKind, KeyPage, KeyQuery, KeyScope, KeyState, KeyStore, KeyUse,
    StoredKey,
};
use phi_seal::{KeyId, SubjectId, TenantId};

/// A check, to be run by the executor of whoever includes this.
pub type Check = for<'a> fn(&'a dyn KeyStore) -> Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs [`KeyStore::apply`] on the calling thread.
pub type Apply = dyn Fn(&dyn KeyStore, &[KeyChange]) -> Result<(), KeyError> + Sync;

/// All of them by name. [`race_for_the_first_key`] and [`race_to_rotate`] come on top.
pub const CHECKS: &[(&str, Check)] = &[
    ("an empty store", |s| Box::pin(an_empty_store(s))),
    ("every field is kept", |s| Box::pin(every_field_is_kept(s))),
    ("scopes are exact", |s| Box::pin(scopes_are_exact(s))),
    ("each row once", |s| Box::pin(each_row_once(s))),
    ("pages", |s| Box::pin(pages_are_in_order(s))),
    ("many rows", |s| Box::pin(many_rows_at_once(s))),
    ("adding", |s| Box::pin(what_is_taken_is_not_added(s))),
    ("replacing", |s| Box::pin(only_what_was_read_is_replaced(s))),
    ("one active", |s| Box::pin(one_active_key_in_a_scope(s))),
    ("all or nothing", |s| Box::pin(all_changes_or_none(s))),
    ("in order", |s| Box::pin(changes_build_on_each_other(s))),
    ("generation", |s| {
        Box::pin(the_generation_counts_destroyed_keys(s))
    }),
];

/// A row of a sealing key of this tenant; all that differs is by `n`.
pub fn row(n: u32, tenant: &str, version: u32, state: KeyState) -> StoredKey {
    let tenant = TenantId::new(tenant.to_owned()).unwrap();
    row_of(n, KeyScope::tenant(tenant, KeyUse::Seal), version, state)
}

/// The same of any scope.
pub fn row_of(n: u32, scope: KeyScope, version: u32, state: KeyState) -> StoredKey {
    let wrapped = (state != KeyState::Destroyed).then(|| n.to_be_bytes().repeat(20));
    StoredKey {
        id: id(n),
        scope,
        version,
        state,
        minimum_version: 1,
        reference: format!("local:{n:032x}"),
        wrapped,
        created: 1_790_000_000 + u64::from(n),
        changed: 1_790_000_001 + u64::from(n),
        mac: [n as u8; 32],
    }
}

/// In the order of `n`, and different in the first bytes and the last.
pub fn id(n: u32) -> KeyId {
    let mut bytes = [0xa5; 32];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes[28..].copy_from_slice(&n.to_le_bytes());
    KeyId::from_bytes(bytes)
}

/// The row in another state, as a key that is taken through its life.
pub fn turned(row: &StoredKey, state: KeyState) -> StoredKey {
    StoredKey {
        state,
        wrapped: row.wrapped.clone().filter(|_| state != KeyState::Destroyed),
        changed: row.changed + 1,
        ..row.clone()
    }
}

pub fn add(row: &StoredKey) -> KeyChange {
    KeyChange::Add(row.clone())
}

pub fn replace(from: &StoredKey, to: &StoredKey) -> KeyChange {
    KeyChange::Replace {
        from: from.clone(),
        to: to.clone(),
    }
}

/// All rows in the order of ids, a few at a time, and the generation.
pub async fn content(store: &dyn KeyStore) -> (Vec<StoredKey>, u64) {
    let mut rows: Vec<StoredKey> = Vec::new();
    loop {
        let after = rows.last().map(|row| row.id);
        let KeyPage {
            rows: next,
            generation,
        } = store.page(after.as_ref(), 3).await.unwrap();
        assert!(next.len() <= 3);
        if next.is_empty() {
            return (rows, generation);
        }
        rows.extend(next);
    }
}

pub fn kind<T>(result: Result<T, KeyError>) -> Option<KeyErrorKind> {
    result.err().map(|error| error.kind())
}

/// Several threads add the first key of a scope at once: one succeeds, the others hear of a
/// conflict, and the one key is there.
pub fn race_for_the_first_key(stores: &[&dyn KeyStore], apply: &Apply) -> KeyId {
    let contenders: Vec<_> = (1..=4).map(|n| row(n, "t", 1, KeyState::Active)).collect();
    let winners = race(stores, &contenders, &|store, row| apply(store, &[add(row)]));
    assert_eq!(winners.len(), 1, "{} added the first key", winners.len());
    winners[0].id
}

/// Several threads rotate the same key at once: one succeeds. Wants a store without tenant `t`.
pub fn race_to_rotate(stores: &[&dyn KeyStore], apply: &Apply) -> KeyId {
    let old = row(9, "t", 1, KeyState::Active);
    apply(stores[0], &[add(&old)]).unwrap();
    let contenders: Vec<_> = (1..=4).map(|n| row(n, "t", 2, KeyState::Active)).collect();
    let winners = race(stores, &contenders, &|store, row| {
        let retire = replace(&old, &turned(&old, KeyState::DecryptOnly));
        apply(store, &[retire, add(row)])
    });
    assert_eq!(winners.len(), 1, "{} rotated the key", winners.len());
    winners[0].id
}

type Attempt<'a> = &'a (dyn Fn(&dyn KeyStore, &StoredKey) -> Result<(), KeyError> + Sync);

/// Those whose attempt succeeded.
fn race(
    stores: &[&dyn KeyStore],
    contenders: &[StoredKey],
    attempt: Attempt<'_>,
) -> Vec<StoredKey> {
    let start = Barrier::new(contenders.len());
    std::thread::scope(|threads| {
        let run = |(n, row): (usize, &StoredKey)| {
            let (store, start, row) = (stores[n % stores.len()], &start, row.clone());
            threads.spawn(move || {
                start.wait();
                match attempt(store, &row) {
                    Ok(()) => Some(row),
                    Err(error) => {
                        assert_eq!(error.kind(), KeyErrorKind::Conflict, "{error}");
                        None
                    }
                }
            })
        };
        let threads: Vec<_> = contenders.iter().enumerate().map(run).collect();
        threads
            .into_iter()
            .filter_map(|thread| thread.join().unwrap())
            .collect()
    })
}

async fn an_empty_store(store: &dyn KeyStore) {
    assert_eq!(content(store).await, (vec![], 0));
    assert_eq!(store.find(&[]).await.unwrap(), []);
    let queries = [
        KeyQuery::Id(id(1)),
        KeyQuery::Scope(row(1, "t", 1, KeyState::Active).scope),
    ];
    assert_eq!(store.find(&queries).await.unwrap(), []);
    store.apply(&[]).await.unwrap();
    let nothing = row(1, "t", 1, KeyState::Active);
    let change = replace(&nothing, &turned(&nothing, KeyState::DecryptOnly));
    refused(store, &[change]).await;
    assert_eq!(content(store).await, (vec![], 0));
}

async fn every_field_is_kept(store: &dyn KeyStore) {
    let long = "x".repeat(1024);
    let odd = "Klinik \"Süd\" \\ {}\n\t'; -- %_ \u{1f9ec}\u{301}";
    let mut rows = Vec::new();
    for tenant in ["t", odd, &long] {
        let tenant = || TenantId::new(tenant.to_owned()).unwrap();
        for key_use in [KeyUse::Seal, KeyUse::Index, KeyUse::Audit, KeyUse::Root] {
            rows.push(KeyScope::tenant(tenant(), key_use));
        }
        for subject in ["p", odd, &long] {
            let subject = SubjectId::new(subject.to_owned()).unwrap();
            rows.push(KeyScope::subject(tenant(), subject));
        }
    }
    let mut rows: Vec<_> = (1..)
        .zip(rows)
        .map(|(n, scope)| row_of(n, scope, n, STATES[n as usize % 4]))
        .collect();
    // The ends of what a row can hold. Times are as far as the years have four digits.
    rows[0].version = u32::MAX;
    rows[0].minimum_version = u32::MAX;
    rows[0].id = KeyId::from_bytes([0; 32]);
    rows[1].id = KeyId::from_bytes([0xff; 32]);
    (rows[1].created, rows[1].changed) = (253_402_300_799, 0);
    rows[1].mac = [0xff; 32];
    rows[3].wrapped = Some((0..=255).cycle().take(8192).collect());
    rows[4].wrapped = Some(vec![0]);
    rows[4].reference = "!".into();
    rows[5].reference = " !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".repeat(16)[..512].into();
    let changes: Vec<_> = rows.iter().map(add).collect();
    store.apply(&changes).await.unwrap();

    for row in &rows {
        for query in [KeyQuery::Id(row.id), KeyQuery::Scope(row.scope.clone())] {
            let found = store.find(&[query]).await.unwrap();
            assert!(found == [row.clone()], "{found:?}");
        }
    }
    let tombstones = count(&rows, KeyState::Destroyed) as u64;
    rows.sort_by_key(|row| row.id);
    assert!(content(store).await == (rows, tombstones));
}

async fn scopes_are_exact(store: &dyn KeyStore) {
    let tenant = |name: &'static str| TenantId::new(name).unwrap();
    let patient = |of: &'static str, name: &'static str| {
        KeyScope::subject(tenant(of), SubjectId::new(name).unwrap())
    };
    let scopes = [
        KeyScope::tenant(tenant("t"), KeyUse::Seal),
        KeyScope::tenant(tenant("T"), KeyUse::Seal),
        KeyScope::tenant(tenant("t "), KeyUse::Seal),
        KeyScope::tenant(tenant("\u{e9}"), KeyUse::Seal),
        KeyScope::tenant(tenant("e\u{301}"), KeyUse::Seal),
        KeyScope::tenant(tenant("t"), KeyUse::Index),
        KeyScope::tenant(tenant("t"), KeyUse::Root),
        patient("t", "p"),
        patient("t", "P"),
        patient("t", "p "),
        patient("T", "p"),
        patient("tp", "p"),
        patient("p", "t"),
    ];
    // Each has an active key of version 1, which would collide if two were one scope.
    for (n, scope) in (1..).zip(&scopes) {
        let first = row_of(n, scope.clone(), 1, KeyState::Active);
        let second = row_of(n + 100, scope.clone(), 2, KeyState::Disabled);
        store.apply(&[add(&first), add(&second)]).await.unwrap();
    }
    for (n, scope) in (1..).zip(&scopes) {
        let query = KeyQuery::Scope(scope.clone());
        let found = ids(store.find(&[query]).await.unwrap());
        assert_eq!(found, [id(n), id(n + 100)], "scope {n}");
    }
    for absent in [
        KeyScope::tenant(tenant("t"), KeyUse::Audit),
        KeyScope::tenant(tenant(" t"), KeyUse::Seal),
        KeyScope::tenant(tenant("tt"), KeyUse::Seal),
        KeyScope::tenant(tenant("%"), KeyUse::Seal),
        patient("t", "t"),
        patient("t", "_"),
        KeyScope::shared(KeyUse::Seal),
    ] {
        let found = store.find(&[KeyQuery::Scope(absent.clone())]).await;
        assert_eq!(found.unwrap(), [], "{absent:?}");
    }
}

async fn each_row_once(store: &dyn KeyStore) {
    let one = row(1, "t", 1, KeyState::Active);
    let two = row(2, "t", 2, KeyState::Disabled);
    let other = row(3, "u", 1, KeyState::Active);
    let changes = [add(&one), add(&two), add(&other)];
    store.apply(&changes).await.unwrap();
    let of = |row: &StoredKey| KeyQuery::Scope(row.scope.clone());
    for (queries, expected) in [
        (vec![KeyQuery::Id(id(1)), KeyQuery::Id(id(1))], vec![1]),
        (vec![KeyQuery::Id(id(2)), of(&one)], vec![1, 2]),
        (vec![of(&one), of(&two), of(&other)], vec![1, 2, 3]),
        (vec![KeyQuery::Id(id(9)), KeyQuery::Id(id(3))], vec![3]),
        (vec![KeyQuery::Id(id(9)), KeyQuery::Id(id(8))], vec![]),
    ] {
        let found = ids(store.find(&queries).await.unwrap());
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        assert_eq!(found, expected, "{queries:?}");
    }
}

async fn pages_are_in_order(store: &dyn KeyStore) {
    for n in [5, 1, 9, 3, 7] {
        let row = row(n, "t", n, KeyState::DecryptOnly);
        store.apply(&[add(&row)]).await.unwrap();
    }
    for (after, limit, expected) in [
        (None, 9, vec![1, 3, 5, 7, 9]),
        (None, 5, vec![1, 3, 5, 7, 9]),
        (None, 2, vec![1, 3]),
        (None, 0, vec![]),
        (Some(3), 2, vec![5, 7]),
        (Some(3), 1, vec![5]),
        (Some(3), 0, vec![]),
        // An id need not be there for what comes after it.
        (Some(0), 1, vec![1]),
        (Some(4), 9, vec![5, 7, 9]),
        (Some(7), 9, vec![9]),
        (Some(9), 9, vec![]),
        (Some(99), 9, vec![]),
    ] {
        let page = store.page(after.map(id).as_ref(), limit).await.unwrap();
        let expected: Vec<_> = expected.into_iter().map(id).collect();
        let found: Vec<_> = page.rows.iter().map(|row| row.id).collect();
        assert_eq!(found, expected, "{limit} after {after:?}");
        assert_eq!(page.generation, 0);
    }
}

async fn many_rows_at_once(store: &dyn KeyStore) {
    let rows: Vec<_> = (0..1000)
        .map(|n| row(n, &format!("t{}", n % 10), n + 1, KeyState::DecryptOnly))
        .collect();
    let changes: Vec<_> = rows.iter().rev().map(add).collect();
    store.apply(&changes).await.unwrap();
    let queries: Vec<_> = (500..1500).map(|n| KeyQuery::Id(id(n))).collect();
    let found = ids(store.find(&queries).await.unwrap());
    let expected: Vec<_> = (500..1000).map(id).collect();
    assert!(found == expected, "{} rows were found", found.len());
    let queries = [KeyQuery::Scope(rows[7].scope.clone())];
    let found = ids(store.find(&queries).await.unwrap());
    let expected: Vec<_> = (7..1000).step_by(10).map(id).collect();
    assert!(found == expected, "{} rows were found", found.len());
    assert!(content(store).await == (rows, 0));
}

async fn what_is_taken_is_not_added(store: &dyn KeyStore) {
    let one = row(1, "t", 1, KeyState::Active);
    let gone = row(2, "t", 2, KeyState::Destroyed);
    store.apply(&[add(&one), add(&gone)]).await.unwrap();
    let another = row(3, "t", 3, KeyState::DecryptOnly);
    for taken in [
        one.clone(),
        gone.clone(),
        // The id, in another scope or version.
        row(1, "u", 1, KeyState::Active),
        row(1, "t", 3, KeyState::DecryptOnly),
        row(2, "u", 1, KeyState::Active),
        row(2, "t", 3, KeyState::DecryptOnly),
        // The version of the scope, under another id.
        row(3, "t", 1, KeyState::DecryptOnly),
        row(3, "t", 1, KeyState::Destroyed),
        row(3, "t", 2, KeyState::Disabled),
    ] {
        refused(store, &[add(&taken)]).await;
    }
    refused(store, &[add(&another), add(&another)]).await;
    store.apply(&[add(&another)]).await.unwrap();
    assert!(content(store).await == (vec![one, gone, another], 1));
}

async fn only_what_was_read_is_replaced(store: &dyn KeyStore) {
    let one = row(1, "t", 1, KeyState::DecryptOnly);
    let two = row(2, "t", 2, KeyState::DecryptOnly);
    store.apply(&[add(&one), add(&two)]).await.unwrap();
    let to = turned(&one, KeyState::Disabled);
    let edits: [fn(&mut StoredKey); 10] = [
        |row| row.state = KeyState::Active,
        |row| row.minimum_version += 1,
        |row| row.reference.push('x'),
        |row| row.reference.make_ascii_uppercase(),
        |row| row.wrapped = None,
        |row| row.wrapped.as_mut().unwrap()[79] ^= 1,
        |row| row.wrapped.as_mut().unwrap().truncate(79),
        |row| row.created += 1,
        |row| row.changed -= 1,
        |row| row.mac[31] ^= 1,
    ];
    for edit in edits {
        let mut other = one.clone();
        edit(&mut other);
        refused(store, &[replace(&other, &to)]).await;
    }
    // Nor may a row become another's.
    for to in [
        row(3, "t", 1, KeyState::Disabled),
        row(1, "u", 1, KeyState::Disabled),
        row(1, "t", 3, KeyState::Disabled),
        two.clone(),
    ] {
        refused(store, &[replace(&one, &to)]).await;
    }
    // Not there, and there no more.
    let absent = row(9, "t", 9, KeyState::DecryptOnly);
    refused(store, &[replace(&absent, &absent)]).await;
    store.apply(&[replace(&one, &to)]).await.unwrap();
    refused(store, &[replace(&one, &to)]).await;
    refused(store, &[replace(&one, &one)]).await;
    assert!(content(store).await == (vec![to.clone(), two.clone()], 0));

    // What may change does, and a row may stay as it is.
    let all = StoredKey {
        state: KeyState::Active,
        minimum_version: 1,
        reference: "root:other".into(),
        wrapped: Some(vec![7; 100]),
        created: 1,
        changed: 2,
        mac: [9; 32],
        ..to.clone()
    };
    store.apply(&[replace(&to, &all)]).await.unwrap();
    store.apply(&[replace(&all, &all)]).await.unwrap();
    assert!(content(store).await == (vec![all, two], 0));
}

async fn one_active_key_in_a_scope(store: &dyn KeyStore) {
    let old = row(1, "t", 1, KeyState::Active);
    let next = row(2, "t", 2, KeyState::DecryptOnly);
    let elsewhere = row(3, "u", 1, KeyState::Active);
    let changes = [add(&old), add(&next), add(&elsewhere)];
    store.apply(&changes).await.unwrap();

    let activate = replace(&next, &turned(&next, KeyState::Active));
    let retire = replace(&old, &turned(&old, KeyState::DecryptOnly));
    let third = row(4, "t", 3, KeyState::Active);
    refused(store, &[add(&third)]).await;
    refused(store, std::slice::from_ref(&activate)).await;
    refused(store, &[activate.clone(), retire.clone()]).await;
    refused(store, &[retire.clone(), activate.clone(), add(&third)]).await;
    refused(store, &[retire.clone(), add(&third), activate.clone()]).await;
    let first = row(5, "v", 1, KeyState::Active);
    let second = row(6, "v", 2, KeyState::Active);
    refused(store, &[add(&first), add(&second)]).await;

    store.apply(&[retire, activate]).await.unwrap();
    let (rows, _) = content(store).await;
    let states: Vec<_> = rows.iter().map(|row| row.state).collect();
    let expected = [KeyState::DecryptOnly, KeyState::Active, KeyState::Active];
    assert_eq!(states, expected);
    // A scope may also have none, and get one again.
    let active = rows[1].clone();
    let disabled = turned(&active, KeyState::Disabled);
    store.apply(&[replace(&active, &disabled)]).await.unwrap();
    store.apply(&[add(&third)]).await.unwrap();
}

async fn all_changes_or_none(store: &dyn KeyStore) {
    let one = row(1, "t", 1, KeyState::DecryptOnly);
    let two = row(2, "t", 2, KeyState::Active);
    store.apply(&[add(&one), add(&two)]).await.unwrap();
    let good = [
        add(&row(3, "t", 3, KeyState::DecryptOnly)),
        add(&row(4, "new", 1, KeyState::Active)),
        replace(&one, &turned(&one, KeyState::Destroyed)),
        replace(&two, &turned(&two, KeyState::DecryptOnly)),
    ];
    let bad = [
        add(&one),
        add(&row(9, "t", 2, KeyState::Disabled)),
        replace(&two, &row(2, "u", 2, KeyState::Active)),
        replace(&turned(&two, KeyState::Disabled), &two),
    ];
    for at in 0..=good.len() {
        for bad in &bad {
            let mut changes = good.to_vec();
            changes.insert(at, bad.clone());
            refused(store, &changes).await;
        }
    }
    store.apply(&good).await.unwrap();
    let (rows, generation) = content(store).await;
    let states: Vec<_> = rows.iter().map(|row| (row.version, row.state)).collect();
    let expected = [
        (1, KeyState::Destroyed),
        (2, KeyState::DecryptOnly),
        (3, KeyState::DecryptOnly),
        (1, KeyState::Active),
    ];
    assert_eq!(states, expected);
    assert_eq!(generation, 1);
}

async fn changes_build_on_each_other(store: &dyn KeyStore) {
    let one = row(1, "t", 1, KeyState::Active);
    let retired = turned(&one, KeyState::DecryptOnly);
    let gone = turned(&retired, KeyState::Destroyed);
    let next = row(2, "t", 2, KeyState::Active);
    refused(store, &[replace(&one, &retired), add(&one)]).await;
    let life = [
        add(&one),
        replace(&one, &retired),
        add(&next),
        replace(&retired, &gone),
    ];
    store.apply(&life).await.unwrap();
    assert!(content(store).await == (vec![gone, next], 1));
}

async fn the_generation_counts_destroyed_keys(store: &dyn KeyStore) {
    let rows: Vec<_> = (1..=4)
        .map(|n| row(n, "t", n, KeyState::DecryptOnly))
        .collect();
    let gone: Vec<_> = rows
        .iter()
        .map(|r| turned(r, KeyState::Destroyed))
        .collect();
    let changes: Vec<_> = rows.iter().map(add).collect();
    let expect = async |generation| assert_eq!(content(store).await.1, generation);
    store.apply(&changes).await.unwrap();
    expect(0).await;
    store.apply(&[replace(&rows[0], &gone[0])]).await.unwrap();
    expect(1).await;
    let disabled = turned(&rows[1], KeyState::Disabled);
    store.apply(&[replace(&rows[1], &disabled)]).await.unwrap();
    expect(1).await;
    // A tombstone that is written anew counts no more.
    let again = turned(&gone[0], KeyState::Destroyed);
    store.apply(&[replace(&gone[0], &again)]).await.unwrap();
    expect(1).await;
    let both = [replace(&rows[2], &gone[2]), replace(&rows[3], &gone[3])];
    store.apply(&both).await.unwrap();
    expect(3).await;
    refused(store, &[replace(&disabled, &gone[1]), add(&rows[0])]).await;
    expect(3).await;
    // One that comes from another store does.
    let foreign = row(5, "t", 5, KeyState::Destroyed);
    store.apply(&[add(&foreign)]).await.unwrap();
    expect(4).await;
}

/// These changes conflict and change nothing.
async fn refused(store: &dyn KeyStore, changes: &[KeyChange]) {
    let before = content(store).await;
    let answer = kind(store.apply(changes).await);
    assert_eq!(answer, Some(KeyErrorKind::Conflict), "{changes:?}");
    assert!(content(store).await == before, "{changes:?}");
}

fn ids(rows: Vec<StoredKey>) -> Vec<KeyId> {
    let mut ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    ids
}

fn count(rows: &[StoredKey], state: KeyState) -> usize {
    rows.iter().filter(|row| row.state == state).count()
}

const STATES: [KeyState; 4] = [
    KeyState::Active,
    KeyState::DecryptOnly,
    KeyState::Disabled,
    KeyState::Destroyed,
];
