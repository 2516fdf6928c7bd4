//! The store in memory keeps to what every store keeps to.

use std::sync::Arc;

use phi_seal::key::{KeyStore, MemoryStore};
use pollster::block_on;

use crate::suite::{CHECKS, content, race_for_the_first_key, race_to_rotate};

#[test]
fn it_is_a_key_store() {
    for (name, check) in CHECKS {
        println!("{name}");
        block_on(check(&MemoryStore::new()));
        let shared: Arc<dyn KeyStore> = Arc::new(MemoryStore::new());
        block_on(check(&shared));
    }
}

#[test]
fn of_several_threads_one_wins() {
    for _ in 0..50 {
        let store = MemoryStore::new();
        let apply = |store: &dyn KeyStore, changes: &[_]| block_on(store.apply(changes));
        let first = race_for_the_first_key(&[&store], &apply);
        assert_eq!(block_on(content(&store)).0[0].id, first);
        let store = MemoryStore::new();
        let active = race_to_rotate(&[&store], &apply);
        assert_eq!(block_on(content(&store)).0.len(), 2);
        assert_eq!(block_on(content(&store)).0[0].id, active);
    }
}
