//! Any sequence of events, heartbeats, restarts, crashes and rotations verifies, and every proof checks.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use phi_seal::access::ManualClock;
use phi_seal::audit::Durability;
use phi_seal::audit::journal::{
    Checkpoint, ConsistencyProver, Entry, Frontier, InclusionProver, JournalBuilder, NoteKind,
    SignedCheckpoint, leaf_hash,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

use crate::ward::{self, Ward, builder, clock, key, records};

#[derive(Clone, Debug)]
enum Step {
    Events(usize),
    Heartbeat,
    /// Time goes by, and the journal's thread comes along.
    Wait(u64),
    /// Time goes by, and it does not.
    Hang(u64),
    Close,
    /// What was written stays, half a line at the end included.
    Crash(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..4_usize).prop_map(Step::Events),
        1 => Just(Step::Heartbeat),
        1 => (0..90_u64).prop_map(Step::Wait),
        1 => (0..90_u64).prop_map(Step::Hang),
        1 => Just(Step::Close),
        1 => (0..50_usize).prop_map(Step::Crash),
    ];
    prop::collection::vec(step, 0..16)
}

/// A journal, and all that was said of it.
struct Life {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    durability: Durability,
    segment_bytes: u64,
    ward: Option<Ward>,
    lives: usize,
    recorded: Vec<String>,
    signed: Vec<SignedCheckpoint>,
}

impl Life {
    fn new(durability: Durability, segment_bytes: u64) -> Self {
        let mut life = Self {
            folder: ward::folder(),
            clock: clock(),
            durability,
            segment_bytes,
            ward: None,
            lives: 0,
            recorded: Vec::new(),
            signed: Vec::new(),
        };
        life.ward = Some(Ward::new(life.builder().create().unwrap()));
        life
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join(format!("life-{}", self.lives))
    }

    fn builder(&self) -> JournalBuilder {
        builder(&self.path(), &self.clock)
            .durability(self.durability)
            .segment_bytes(self.segment_bytes)
            .segment_age(Duration::from_secs(120))
    }

    fn take(&mut self, step: &Step) {
        let ward = self.ward.as_ref().unwrap();
        match step {
            Step::Events(count) => {
                for _ in 0..*count {
                    let id = format!("n{}", self.recorded.len());
                    ward.seal(id.clone()).unwrap();
                    self.recorded.push(id);
                }
            }
            Step::Heartbeat => ward.journal.heartbeat().unwrap(),
            Step::Wait(seconds) => {
                self.clock.advance(Duration::from_secs(*seconds));
                ward.journal.tend();
            }
            Step::Hang(seconds) => self.clock.advance(Duration::from_secs(*seconds)),
            Step::Close => {
                self.ward.take().unwrap().close();
                self.open();
            }
            Step::Crash(torn) => self.crash(*torn),
        }
        let journal = &self.ward.as_ref().unwrap().journal;
        self.signed.push(journal.checkpoint());
        let status = journal.status();
        assert!(status.signed <= status.entries);
        if self.durability == Durability::Synced {
            assert_eq!(status.signed, status.entries);
        }
    }

    fn crash(&mut self, torn: usize) {
        let left = self.folder.path().join(format!("life-{}", self.lives + 1));
        ward::copy(&self.path(), &left);
        // What the old process does from here on, another world sees.
        self.ward.take().unwrap().close();
        self.lives += 1;
        let segment = ward::last_segment(&self.path());
        let mut content = std::fs::read(&segment).unwrap();
        content.extend(
            b"+Zm9vYmFyIGZvbyBiYXIgZm9vIGJhciBmb28gYmFyIGZvbyA= {"
                .iter()
                .take(torn),
        );
        std::fs::write(&segment, content).unwrap();
        self.open();
        let entries = ward::entries(&self.path());
        let note = entries.last().unwrap().note().unwrap();
        let NoteKind::Open { clean, dropped, .. } = note.kind() else {
            panic!("{note:?}");
        };
        assert!(!clean);
        assert_eq!(
            dropped.as_ref().map_or(0, |dropped| dropped.bytes),
            torn as u64
        );
    }

    fn open(&mut self) {
        let builder = self
            .signed
            .iter()
            .cloned()
            .fold(self.builder(), JournalBuilder::trusts);
        self.ward = Some(Ward::new(builder.open().unwrap()));
    }
}

proptest! {
    #![proptest_config(Config {
        cases: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    #[test]
    fn any_life_verifies_and_every_proof_checks(
        steps in steps(),
        is_synced in any::<bool>(),
        segment_bytes in 500..6_000_u64,
    ) {
        let durability = if is_synced { Durability::Synced } else { Durability::Written };
        let mut life = Life::new(durability, segment_bytes);
        steps.iter().for_each(|step| life.take(step));
        life.ward.take().unwrap().close();
        let path = life.path();
        let entries = ward::entries(&path);
        // Every checkpoint that was ever signed is of this one history.
        let report = ward::verify(&path, &life.signed);
        let len = entries.len() as u64;
        prop_assert_eq!((report.fault, report.unsigned, report.torn_bytes), (None, 0, 0));
        prop_assert_eq!((report.entries, report.intact), (len, len));
        let newest = life.signed.last().map_or(0, |signed| signed.checkpoint().size());
        prop_assert_eq!(report.anchored, newest);
        prop_assert_eq!(&records(&path), &life.recorded);
        for (index, entry) in entries.iter().enumerate() {
            prop_assert_eq!(entry.index(), index as u64);
            prop_assert_eq!(*entry.hash(), leaf_hash(entry.bytes()));
        }
        proofs_check(&entries);
    }
}

/// Between any two sizes, and of any entry in a tree of any size; and none of them of another.
fn proofs_check(entries: &[Entry]) {
    let mut trees = BTreeMap::new();
    let mut tree = Frontier::new();
    for size in 0..=entries.len() {
        let origin = key().origin().clone();
        trees.insert(size, Checkpoint::new(origin, size as u64, tree.root()));
        entries.get(size).inspect(|entry| tree.push(*entry.hash()));
    }
    for (size, checkpoint) in &trees {
        for (index, entry) in entries[..*size].iter().enumerate() {
            let mut prover = InclusionProver::new(index as u64, *size as u64).unwrap();
            entries.iter().for_each(|entry| prover.push(*entry.hash()));
            let proof = prover.finish().unwrap();
            proof.verify(entry.bytes(), checkpoint).unwrap();
            let other = [entry.bytes(), b" "].concat();
            assert!(proof.verify(&other, checkpoint).is_err());
        }
        for (old_size, old) in trees.range(..=size) {
            let mut prover = ConsistencyProver::new(*old_size as u64, *size as u64).unwrap();
            entries.iter().for_each(|entry| prover.push(*entry.hash()));
            let proof = prover.finish().unwrap();
            proof.verify(old, checkpoint).unwrap();
            if *old_size > 0 {
                let forged = Checkpoint::new(old.origin().clone(), old.size(), [7; 32]);
                assert!(proof.verify(&forged, checkpoint).is_err());
            }
        }
    }
}
