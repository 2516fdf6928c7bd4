//! Any history of keys against a model that knows only versions and states.

use std::collections::BTreeMap;

use phi_seal::key::{KeyErrorKind, KeyScope, KeyState, SubjectKeys};
use phi_seal::{ErrorKind, Sealed};
use pollster::block_on;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::ward::{Process, World, kind, subject, tenant};

const TENANTS: [&str; 2] = ["mercy", "st-mary"];
const PATIENTS: [&str; 3] = ["p-0", "p-1", "p-2"];

#[derive(Clone, Debug)]
enum Step {
    Seal(Index),
    Rotate(Index),
    RotateRoot(Index),
    Disable(Index, Index),
    Enable(Index, Index),
    Destroy(Index, Index),
    Minimum(Index, u32),
    Evict(Index),
    EvictAll,
    Restart,
    /// The other process goes on with what it holds.
    Switch,
    Age,
}

fn step() -> impl Strategy<Value = Step> {
    let scope = any::<Index>;
    prop_oneof![
        6 => scope().prop_map(Step::Seal),
        4 => scope().prop_map(Step::Rotate),
        1 => scope().prop_map(Step::RotateRoot),
        3 => (scope(), any::<Index>()).prop_map(|(scope, key)| Step::Disable(scope, key)),
        3 => (scope(), any::<Index>()).prop_map(|(scope, key)| Step::Enable(scope, key)),
        2 => (scope(), any::<Index>()).prop_map(|(scope, key)| Step::Destroy(scope, key)),
        3 => (scope(), 0_u32..6).prop_map(|(scope, version)| Step::Minimum(scope, version)),
        1 => scope().prop_map(Step::Evict),
        1 => Just(Step::EvictAll),
        1 => Just(Step::Restart),
        1 => Just(Step::Switch),
        1 => Just(Step::Age),
    ]
}

/// One patient's keys: their states from version 1 on, and the minimum.
#[derive(Clone, Debug, Default)]
struct Ring {
    states: Vec<KeyState>,
    minimum: u32,
}

impl Ring {
    fn active(&self) -> Option<usize> {
        self.states
            .iter()
            .position(|state| *state == KeyState::Active)
    }

    /// What opening a value under this version gives.
    fn opens(&self, version: u32) -> Result<(), ErrorKind> {
        match self.states[version as usize - 1] {
            KeyState::Destroyed => Err(ErrorKind::Erased),
            KeyState::Disabled => Err(ErrorKind::KeyDisabled),
            _ if version < self.minimum => Err(ErrorKind::KeyDisabled),
            _ => Ok(()),
        }
    }

    fn rotate(&mut self) -> Option<KeyErrorKind> {
        if self.states.is_empty() {
            return Some(KeyErrorKind::Missing);
        }
        if let Some(active) = self.active() {
            self.states[active] = KeyState::DecryptOnly;
        }
        self.states.push(KeyState::Active);
        None
    }

    fn set(&mut self, version: u32, operation: &Step) -> Option<KeyErrorKind> {
        let Some(state) = self.states.get_mut((version as usize).wrapping_sub(1)) else {
            return Some(KeyErrorKind::NotFound);
        };
        *state = match (operation, *state) {
            (Step::Disable(..), KeyState::DecryptOnly | KeyState::Disabled) => KeyState::Disabled,
            (Step::Enable(..), KeyState::Disabled) => KeyState::DecryptOnly,
            (Step::Enable(..), same @ (KeyState::Active | KeyState::DecryptOnly)) => same,
            (Step::Destroy(..), KeyState::Active) => return Some(KeyErrorKind::InvalidState),
            (Step::Destroy(..), _) => KeyState::Destroyed,
            _ => return Some(KeyErrorKind::InvalidState),
        };
        None
    }

    fn set_minimum(&mut self, version: u32) -> Option<KeyErrorKind> {
        match self.active() {
            None => Some(KeyErrorKind::Missing),
            Some(active) if version == 0 || version as usize > active + 1 => {
                Some(KeyErrorKind::InvalidState)
            }
            Some(_) => {
                self.minimum = version;
                None
            }
        }
    }
}

type Name = (&'static str, &'static str);

fn name(index: &Index) -> Name {
    let all: Vec<_> = TENANTS
        .iter()
        .flat_map(|tenant| PATIENTS.map(|patient| (*tenant, patient)))
        .collect();
    all[index.index(all.len())]
}

fn scope((of, patient): Name) -> KeyScope {
    KeyScope::subject(tenant(of), subject(patient))
}

#[derive(Default)]
struct Model {
    rings: BTreeMap<Name, Ring>,
    sealed: Vec<(Name, u32, Sealed<String>)>,
}

impl Model {
    /// What everything sealed so far opens to.
    fn check(&self, process: &Process) {
        for (name, version, sealed) in &self.sealed {
            let opened = process.open_of(name.0, name.1, sealed);
            assert_eq!(
                opened,
                self.rings[name].opens(*version),
                "{name:?} {version}"
            );
            // Nobody else's key is of any use.
            let other = TENANTS.iter().find(|other| **other != name.0).unwrap();
            let elsewhere = process.open_of(other, name.1, sealed);
            assert_eq!(elsewhere, Err(ErrorKind::MissingKey));
        }
    }

    fn run(&mut self, step: &Step, process: &Process) {
        let keys = &process.keys;
        let version_of = |ring: &Ring, index: &Index| {
            // One too many at times.
            index.index(ring.states.len() + 1) as u32 + 1
        };
        match step {
            Step::Seal(at) => {
                let name = name(at);
                let sealed = process.try_seal(name.0, name.1).unwrap();
                let ring = self.rings.entry(name).or_default();
                if ring.states.is_empty() {
                    ring.states.push(KeyState::Active);
                    ring.minimum = 1;
                }
                let version = ring.active().unwrap() as u32 + 1;
                self.sealed.push((name, version, sealed));
            }
            Step::Rotate(at) => {
                let result = block_on(keys.rotate(&scope(name(at))));
                assert_eq!(
                    kind(result),
                    self.rings.entry(name(at)).or_default().rotate()
                );
            }
            Step::RotateRoot(at) => {
                block_on(keys.rotate_root(&tenant(TENANTS[at.index(2)]))).unwrap();
            }
            Step::Disable(at, key) | Step::Enable(at, key) | Step::Destroy(at, key) => {
                let ring = self.rings.entry(name(at)).or_default();
                let (scope, version) = (scope(name(at)), version_of(ring, key));
                let result = match step {
                    Step::Disable(..) => block_on(keys.disable(&scope, version)),
                    Step::Enable(..) => block_on(keys.enable(&scope, version)),
                    _ => block_on(keys.destroy(&scope, version)),
                };
                assert_eq!(kind(result), ring.set(version, step), "{step:?} {version}");
            }
            Step::Minimum(at, version) => {
                let result = block_on(keys.set_minimum_version(&scope(name(at)), *version));
                let ring = self.rings.entry(name(at)).or_default();
                assert_eq!(kind(result), ring.set_minimum(*version), "{version}");
            }
            Step::Evict(at) => keys.evict(&scope(name(at))),
            Step::EvictAll => keys.evict_all(),
            Step::Restart | Step::Switch | Step::Age => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_history_ends_as_the_model_says(
        steps in prop::collection::vec(step(), 1..40),
        all_subjects in any::<bool>(),
        capacity in 1_usize..8,
    ) {
        let world = World::empty();
        let start = || world.process_with(|keys| {
            let keys = keys.capacity(capacity);
            match all_subjects {
                true => keys.subject_keys(SubjectKeys::All),
                false => keys,
            }
        });
        let mut processes = [start(), start()];
        TENANTS.iter().for_each(|tenant| processes[0].add(tenant));
        let mut model = Model::default();
        for step in &steps {
            match step {
                Step::Restart => processes[0] = start(),
                // What it holds is as old as it may be: it has to look again.
                Step::Switch => {
                    processes.swap(0, 1);
                    world.clock.advance(crate::ward::MAX_AGE);
                }
                Step::Age => world.clock.advance(crate::ward::MAX_AGE),
                _ => {}
            }
            model.run(step, &processes[0]);
            model.check(&processes[0]);
        }
        model.check(&start());
        for (name, ring) in &model.rings {
            let keys = block_on(processes[0].keys.keys(&scope(*name))).unwrap();
            let states: Vec<_> = keys.iter().map(|key| key.state()).collect();
            prop_assert_eq!(&states, &ring.states);
        }
    }
}
