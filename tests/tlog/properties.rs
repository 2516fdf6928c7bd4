//! Roots and proofs of any tree, against a tree that others wrote and that keeps every node.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use phi_seal::audit::journal::Hash;
use proptest::prelude::*;
use sha2::Sha256;

use crate::ward::Log;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn oracle(entries: &[Vec<u8>]) -> Oracle {
    let mut tree = Oracle::new();
    entries.iter().for_each(|entry| tree.push(entry.clone()));
    tree
}

fn check(log: &Log, old: u64, size: u64, index: u64) -> Result<(), TestCaseError> {
    let tree = oracle(&log.entries[..size as usize]);
    let root: Hash = (*tree.root().as_bytes()).into();
    prop_assert_eq!(log.root(size), root);

    let inclusion = log.include(index, size);
    let expected = tree.prove_inclusion(index as usize);
    prop_assert_eq!(inclusion.hashes().as_flattened(), expected.as_bytes());
    let entry = &log.entries[index as usize];
    prop_assert!(inclusion.verify(entry, &log.checkpoint(size)).is_ok());

    let consistency = log.extend(old, size);
    let expected = tree.prove_consistency((size - old) as usize);
    prop_assert_eq!(consistency.hashes().as_flattened(), expected.as_bytes());
    prop_assert!(
        consistency
            .verify(&log.checkpoint(old), &log.checkpoint(size))
            .is_ok()
    );
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn any_tree_agrees(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..700),
        at in any::<[prop::sample::Index; 3]>(),
    ) {
        let log = Log { entries };
        let size = 1 + at[0].index(log.entries.len()) as u64;
        let old = 1 + at[1].index(size as usize) as u64;
        let index = at[2].index(size as usize) as u64;
        check(&log, old, size, index)?;
    }
}

/// Every proof of every small tree.
#[test]
fn all_small_trees_agree() {
    let log = Log::of(40);
    let mut checked = 0;
    for size in 1..=40 {
        for at in 0..size {
            check(&log, at + 1, size, at).unwrap();
            checked += 1;
        }
    }
    assert_eq!(checked, 820);
}
