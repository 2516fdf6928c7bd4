//! A folder in memory that fills up, dies, and loses what was not synchronised.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use std::io::{self, Cursor, Read};
use std::sync::{Mutex, MutexGuard};

use super::*;
use crate::audit::journal::folder::{Folder, LogFile};

/// A disk with one folder, shared by its clones.
#[derive(Clone, Debug, Default)]
pub(super) struct SimDisk(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    live: Image,
    /// What a power cut cannot take.
    safe: Image,
    /// Changes of names after `safe`, in their order.
    pending: Vec<Change>,
    next: Inode,
    faults: Faults,
}

/// What goes wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    /// After so many steps, nothing happens any more.
    pub(super) dies_after: Option<usize>,
    /// How many bytes the disk holds.
    pub(super) room: Option<usize>,
    /// Synchronising files fails, and what was to be synchronised is lost to the next power cut.
    pub(super) fails_to_sync: bool,
    /// Synchronising the folder fails.
    pub(super) fails_to_sync_folder: bool,
    /// Cutting files fails.
    pub(super) fails_to_truncate: bool,
    /// Synchronising files does nothing, and says that it did: a test of the tests.
    pub(super) leaves_out_sync: bool,
    /// The same for the folder.
    pub(super) leaves_out_folder_sync: bool,
}

#[derive(Clone, Debug, Default)]
struct Image {
    names: BTreeMap<String, Inode>,
    contents: BTreeMap<Inode, Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Change {
    Set(String, Inode),
    Move(String, String, Inode),
    Unset(String),
}

type Inode = usize;

impl SimDisk {
    pub(super) fn set(&self, faults: impl FnOnce(&mut Faults)) {
        faults(&mut self.state().faults);
    }

    /// Every disk that a power cut now may leave: any of the names' changes that were not
    /// synchronised, in their order; of what was written to each file and not synchronised,
    /// nothing, a part, zeros, a part behind zeros, or all.
    pub(super) fn after_power_cuts(&self) -> Vec<Self> {
        let state = self.state();
        let is_dirty =
            |inode: &&Inode| state.safe.contents.get(inode) != state.live.contents.get(inode);
        let named: BTreeSet<_> = state.live.names.values().collect();
        let dirty: Vec<Inode> = named.into_iter().filter(is_dirty).copied().collect();
        assert!(state.pending.len() < 8 && dirty.len() < 10);
        // Of many files, each is as it was or zeros.
        let shapes_each = if dirty.len() < 4 { SHAPES } else { 2 };
        let mut disks = Vec::new();
        for kept in 0..1_u32 << state.pending.len() {
            for shapes in 0..shapes_each.pow(dirty.len() as u32) {
                let mut left = state.safe.clone();
                let mut shape = shapes;
                for inode in &dirty {
                    let before = left.contents.get(inode).cloned().unwrap_or_default();
                    // Shape 2 is zeros.
                    let shape_of = shape % shapes_each * if shapes_each == 2 { 2 } else { 1 };
                    let torn = torn(&before, &state.live.contents[inode], shape_of);
                    left.contents.insert(*inode, torn);
                    shape /= shapes_each;
                }
                for (nth, change) in state.pending.iter().enumerate() {
                    if kept >> nth & 1 == 1 {
                        left.take(change);
                    }
                }
                disks.push(Self::of(left, state.next));
            }
        }
        disks
    }

    /// What a killed process leaves: all that was written.
    pub(super) fn after_kill(&self) -> Self {
        // The power may still be cut later.
        let faults = Faults::default();
        let state = self.state().clone();
        Self(Arc::new(Mutex::new(State { faults, ..state })))
    }

    fn of(image: Image, next: Inode) -> Self {
        Self(Arc::new(Mutex::new(State {
            live: image.clone(),
            safe: image,
            next,
            ..State::default()
        })))
    }

    pub(super) fn content(&self, name: &str) -> Vec<u8> {
        let state = self.state();
        let inode = state.live.names[name];
        state.live.contents[&inode].clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn step(&self) -> io::Result<MutexGuard<'_, State>> {
        let mut state = self.state();
        if let Some(left) = &mut state.faults.dies_after {
            *left = left.checked_sub(1).ok_or(io::ErrorKind::Other)?;
        }
        Ok(state)
    }
}

/// How many ways there are to lose a write, or not to.
const SHAPES: usize = 5;

fn torn(safe: &[u8], live: &[u8], shape: usize) -> Vec<u8> {
    let same = safe.iter().zip(live).take_while(|(a, b)| a == b).count();
    let half = same + (live.len() - same) / 2;
    let mut zeros = live.to_vec();
    match shape {
        0 => safe.to_vec(),
        1 if live.len() > safe.len() => live[..half].to_vec(),
        // Overwritten in place: the length stays.
        1 => [&live[..half], safe.get(half..).unwrap_or_default()].concat(),
        2 => {
            zeros[same..].fill(0);
            zeros
        }
        3 => {
            zeros[same..half].fill(0);
            zeros
        }
        _ => live.to_vec(),
    }
}

impl Image {
    fn take(&mut self, change: &Change) {
        match change {
            Change::Set(name, inode) => {
                self.names.insert(name.clone(), *inode);
                self.contents.entry(*inode).or_default();
            }
            Change::Move(from, to, inode) => {
                self.names.remove(from);
                self.names.insert(to.clone(), *inode);
                self.contents.entry(*inode).or_default();
            }
            Change::Unset(name) => {
                self.names.remove(name);
            }
        }
    }

    fn bytes(&self) -> usize {
        let files = self
            .names
            .values()
            .filter_map(|inode| self.contents.get(inode));
        files.map(Vec::len).sum()
    }
}

impl State {
    fn change(&mut self, change: Change) {
        self.live.take(&change);
        self.pending.push(change);
    }

    fn inode(&self, name: &str) -> io::Result<Inode> {
        let inode = self.live.names.get(name).copied();
        inode.ok_or(io::ErrorKind::NotFound.into())
    }
}

impl Folder for SimDisk {
    fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.state().live.names.keys().cloned().collect())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let mut state = self.step()?;
        if state.live.names.contains_key(name) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.next;
        state.next += 1;
        state.change(Change::Set(name.into(), inode));
        let disk = self.clone();
        Ok(Box::new(SimFile { disk, inode }))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn LogFile>> {
        let inode = self.state().inode(name)?;
        let disk = self.clone();
        Ok(Box::new(SimFile { disk, inode }))
    }

    fn read(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let state = self.state();
        let inode = state.inode(name)?;
        Ok(Box::new(Cursor::new(state.live.contents[&inode].clone())))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.step()?;
        let inode = state.inode(from)?;
        state.change(Change::Move(from.into(), to.into(), inode));
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = self.step()?;
        state.inode(name)?;
        state.change(Change::Unset(name.into()));
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut state = self.step()?;
        if state.faults.fails_to_sync_folder {
            return Err(io::ErrorKind::Other.into());
        }
        if !state.faults.leaves_out_folder_sync {
            let pending = core::mem::take(&mut state.pending);
            pending.iter().for_each(|change| state.safe.take(change));
        }
        Ok(())
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    inode: Inode,
}

impl SimFile {
    fn content<'a>(&self, state: &'a mut State) -> &'a mut Vec<u8> {
        state.live.contents.get_mut(&self.inode).unwrap()
    }
}

impl LogFile for SimFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A process can die in the middle of a write.
        let half = bytes.len().div_ceil(2);
        let mut state = self.disk.step()?;
        let room = state
            .faults
            .room
            .map(|room| room.saturating_sub(state.live.bytes()));
        let count = half.min(room.unwrap_or(half));
        if count == 0 && !bytes.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.content(&mut state).extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn overwrite(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.disk.step()?;
        let at = usize::try_from(at).unwrap();
        self.content(&mut state)[at..at + bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        let mut state = self.disk.step()?;
        if state.faults.fails_to_sync {
            return Err(io::ErrorKind::Other.into());
        }
        if !state.faults.leaves_out_sync {
            let content = self.content(&mut state).clone();
            state.safe.contents.insert(self.inode, content);
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let mut state = self.disk.step()?;
        if state.faults.fails_to_truncate {
            return Err(io::ErrorKind::Other.into());
        }
        self.content(&mut state)
            .resize(usize::try_from(len).unwrap(), 0);
        Ok(())
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.content(&mut self.disk.state()).len() as u64)
    }
}
