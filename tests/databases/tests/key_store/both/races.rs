//! Several connections at once.

use phi_seal::key::{KeyChange, KeyErrorKind, KeyQuery, KeyState, KeyStore};

use super::super::{Place, Store};
use crate::suite::{
    add, content, kind, race_for_the_first_key, race_to_rotate, replace, row, turned,
};
use crate::{at_once, run};

const DROP: &str = "DROP TABLE phi_seal_store; DROP TABLE phi_seal_keys";

#[test]
fn one_of_eight_makes_the_tables_and_one_of_eight_the_first_key() {
    let place = run(Place::new());
    race_to_begin(&place, 20);
}

pub(in super::super) fn race_to_begin(place: &Place, rounds: u32) {
    for round in 0..rounds {
        if round > 0 {
            run(place.execute(DROP)).unwrap();
        }
        let outcomes = at_once(8, |n| {
            run(async {
                let store = Store::new(place.pool(1).await);
                store.migrate().await.unwrap();
                let first = row(n, "t", 1, KeyState::Active);
                let answer = kind(store.apply(&[add(&first)]).await);
                let seen = store.find(&[KeyQuery::Scope(first.scope)]).await.unwrap();
                (answer, seen)
            })
        });
        let winners = outcomes.iter().filter(|(answer, _)| answer.is_none());
        assert_eq!(winners.count(), 1, "round {round}");
        let seen = &outcomes[0].1;
        assert_eq!(seen.len(), 1);
        for (answer, other) in &outcomes {
            assert!(matches!(answer, None | Some(KeyErrorKind::Conflict)));
            assert!(other == seen, "round {round}");
        }
        let (rows, generation) = run(async { content(&place.store().await).await });
        assert!(rows == *seen && generation == 0);
    }
}

#[test]
fn of_several_threads_one_wins() {
    let place = run(Place::new());
    let apply = |store: &dyn KeyStore, changes: &[KeyChange]| run(store.apply(changes));
    for _ in 0..20 {
        let stores = [run(place.store()), run(place.store())];
        run(stores[0].migrate()).unwrap();
        let stores = stores.each_ref().map(|store| store as &dyn KeyStore);
        let first = race_for_the_first_key(&stores, &apply);
        let (rows, _) = run(content(stores[0]));
        assert!(rows.len() == 1 && rows[0].id == first);
        run(place.execute(DROP)).unwrap();

        let store = run(place.store());
        run(store.migrate()).unwrap();
        let active = race_to_rotate(&[&store], &apply);
        let (rows, _) = run(content(&store));
        assert!(rows.len() == 2 && rows[0].id == active);
        run(place.execute(DROP)).unwrap();
    }
}

#[test]
fn of_eight_who_replace_one_row_one_does() {
    let place = run(Place::new());
    let stores: Vec<_> = (0..8).map(|_| run(place.store())).collect();
    run(stores[0].migrate()).unwrap();
    for round in 1..=20 {
        let from = row(round, "t", round, KeyState::DecryptOnly);
        run(stores[0].apply(&[add(&from)])).unwrap();
        let outcomes = at_once(8, |n| {
            let mut to = turned(&from, KeyState::Disabled);
            to.mac = [n as u8; 32];
            let answer = run(stores[n as usize - 1].apply(&[replace(&from, &to)]));
            (to, kind(answer))
        });
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(|one| one.1.is_none());
        assert_eq!(won.len(), 1, "round {round}");
        for (_, answer) in lost {
            assert_eq!(answer, Some(KeyErrorKind::Conflict));
        }
        let found = run(stores[0].find(&[KeyQuery::Id(from.id)])).unwrap();
        assert!(found[0] == won[0].0, "round {round}");
    }
}

/// Every key by two at once, two keys in each change: what is counted is what is gone.
#[test]
fn the_generation_grows_by_what_was_destroyed() {
    let place = run(Place::new());
    let stores: Vec<_> = (0..8).map(|_| run(place.store())).collect();
    run(stores[0].migrate()).unwrap();
    let rows: Vec<_> = (1..=64)
        .map(|n| row(n, "t", n, KeyState::DecryptOnly))
        .collect();
    let added: Vec<_> = rows.iter().map(add).collect();
    run(stores[0].apply(&added)).unwrap();

    let counts = at_once(8, |n| {
        let store = &stores[n as usize - 1];
        // Threads 1 and 5 want the same pairs, as do 2 and 6, and so on.
        let pairs = rows.chunks(2).skip(n as usize % 4).step_by(4);
        let mut destroyed = 0;
        let mut seen = 0;
        for pair in pairs {
            let destroy = |row| replace(row, &turned(row, KeyState::Destroyed));
            let changes: Vec<_> = pair.iter().map(destroy).collect();
            match run(store.apply(&changes)) {
                Ok(()) => destroyed += 2,
                Err(error) => assert_eq!(error.kind(), KeyErrorKind::Conflict),
            }
            let page = run(store.page(None, 100)).unwrap();
            let gone = page.rows.iter();
            let gone = gone.filter(|row| row.state == KeyState::Destroyed).count();
            // One view of the database, whatever the others do.
            assert_eq!(page.generation, gone as u64);
            assert!(page.generation >= seen && page.generation >= destroyed);
            seen = page.generation;
        }
        destroyed
    });
    assert_eq!(counts.iter().sum::<u64>(), 64);
    let (rows, generation) = run(content(&stores[0]));
    assert_eq!(generation, 64);
    assert!(rows.iter().all(|row| row.state == KeyState::Destroyed));
}
