//! What the file store survives: power cuts, full disks, kill -9.
//!
//! Its behaviour is in `tests/key_store`; these need the layer below the store.

// The figures of docs/testing.md are printed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)]

mod full;
#[cfg(unix)]
mod kill;
mod power;
mod sim;

use pollster::block_on;

use super::*;
use crate::key::file::{Op, create};
use crate::key::scope::{KeyScope, KeyUse};
use crate::key::state::KeyState;
use crate::label::TenantId;
use sim::SimDisk;

/// All that a store holds: its rows and its generation.
type State = (Vec<StoredKey>, u64);

/// The `step`-th change of a fixed history in which each tenant's key is made, rotated and the old
/// one destroyed.
fn change(step: u32) -> Vec<KeyChange> {
    let (round, part) = (step / 3, step % 3);
    let old = row(2 * round, round, 1);
    let retired = turned(&old, KeyState::DecryptOnly);
    match part {
        0 => Vec::from([KeyChange::Add(old)]),
        1 => Vec::from([
            KeyChange::Replace {
                from: old,
                to: retired,
            },
            KeyChange::Add(row(2 * round + 1, round, 2)),
        ]),
        _ => Vec::from([KeyChange::Replace {
            to: turned(&retired, KeyState::Destroyed),
            from: retired,
        }]),
    }
}

/// What a store holds after so many changes.
fn after(steps: u32) -> State {
    let mut table = Table::default();
    for step in 0..steps {
        table.apply(&change(step)).unwrap();
    }
    (table.rows().cloned().collect(), table.generation())
}

fn row(n: u32, tenant: u32, version: u32) -> StoredKey {
    let mut id = [0x5a; 32];
    id[..4].copy_from_slice(&n.to_be_bytes());
    let tenant = TenantId::from(u64::from(tenant));
    StoredKey {
        id: KeyId::from_bytes(id),
        scope: KeyScope::tenant(tenant, KeyUse::Seal),
        version,
        state: KeyState::Active,
        minimum_version: 1,
        reference: "root:0".into(),
        wrapped: Some(n.to_be_bytes().repeat(24)),
        created: 1_790_000_000,
        changed: 1_790_000_000,
        mac: [n as u8; 32],
    }
}

fn turned(row: &StoredKey, state: KeyState) -> StoredKey {
    StoredKey {
        state,
        wrapped: row.wrapped.clone().filter(|_| state != KeyState::Destroyed),
        ..row.clone()
    }
}

fn keys() -> &'static Path {
    Path::new("/keys/keys.json")
}

fn empty_file() -> Vec<u8> {
    format::write(&Table::default())
}

/// A disk with a store after so many changes, all of it synchronised.
fn disk_after(steps: u32) -> SimDisk {
    let disk = SimDisk::default();
    create(&disk, keys(), &empty_file()).unwrap();
    let store = open(disk.clone()).unwrap();
    for step in 0..steps {
        block_on(store.apply(&change(step))).unwrap();
    }
    disk
}

fn open(files: impl Files + 'static) -> Result<FileStore, KeyError> {
    FileStore::open_on(Box::new(files), keys().to_owned())
}

/// What a new process finds: nothing where there is no file.
fn found(files: impl Files + 'static) -> Result<Option<State>, KeyError> {
    match open(files) {
        Ok(store) => content(&store).map(Some),
        Err(error) if error.kind() == KeyErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn content(store: &FileStore) -> Result<State, KeyError> {
    let page = block_on(store.page(None, usize::MAX))?;
    Ok((page.rows, page.generation))
}

/// One thing that happens to the file: `None` makes it, and the others are changes of the history.
const EVENTS: [Option<u32>; 5] = [None, Some(0), Some(1), Some(2), Some(3)];

/// The disk before an event.
fn before(event: Option<u32>) -> SimDisk {
    event.map_or_else(SimDisk::default, disk_after)
}

fn happen(files: impl Files + 'static, event: Option<u32>) -> Result<(), KeyError> {
    match event {
        None => create(&files, keys(), &empty_file()),
        Some(step) => block_on(open(files)?.apply(&change(step))),
    }
}

/// What is found before and after it.
fn old_and_new(event: Option<u32>) -> [Option<State>; 2] {
    match event {
        None => [None, Some(after(0))],
        Some(step) => [Some(after(step)), Some(after(step + 1))],
    }
}
