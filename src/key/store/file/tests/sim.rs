//! A disk in memory that can lose whatever was not synchronised.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use std::io;
use std::sync::MutexGuard;

use super::*;
use crate::key::file::{Content, Op};

/// A disk, shared by its clones.
#[derive(Clone, Debug, Default)]
pub(super) struct SimDisk(Arc<Mutex<State>>);

#[derive(Clone, Debug, Default)]
struct State {
    live: Image,
    /// What a power cut cannot take.
    safe: Image,
    /// Changes of names after `safe`, in their order.
    pending: Vec<(PathBuf, Entry)>,
    /// Files whose content a power cut may take.
    dirty: BTreeSet<Inode>,
    next: Inode,
}

#[derive(Clone, Debug, Default)]
struct Image {
    names: BTreeMap<PathBuf, Inode>,
    contents: BTreeMap<Inode, Vec<u8>>,
}

#[derive(Clone, Debug)]
enum Entry {
    Set(PathBuf, Inode),
    Move(PathBuf, PathBuf, Inode),
    Unset(PathBuf),
}

type Inode = usize;

impl SimDisk {
    /// Every disk that a power cut now may leave: any of the names' changes that were not
    /// synchronised, in their order, and of each file that was not, nothing, a half, zeros, or all.
    pub(super) fn after_power_cuts(&self) -> Vec<Self> {
        let state = self.state();
        let dirty: Vec<_> = state.dirty.iter().copied().collect();
        assert!(state.pending.len() < 12 && dirty.len() < 5);
        let mut disks = Vec::new();
        for kept in 0..1_u32 << state.pending.len() {
            for shapes in 0..4_usize.pow(dirty.len() as u32) {
                let mut left = state.safe.clone();
                for (nth, inode) in dirty.iter().enumerate() {
                    let all = &state.live.contents[inode];
                    let shape = shapes >> (2 * nth) & 3;
                    left.contents.insert(*inode, torn(all, shape));
                }
                for (nth, (_, entry)) in state.pending.iter().enumerate() {
                    if kept >> nth & 1 == 1 {
                        left.take(entry);
                    }
                }
                disks.push(Self(Arc::new(Mutex::new(State {
                    live: left.clone(),
                    safe: left,
                    next: state.next,
                    ..State::default()
                }))));
            }
        }
        disks
    }

    /// As it is now, for what may happen to it next.
    pub(super) fn copy(&self) -> Self {
        Self(Arc::new(Mutex::new(self.state().clone())))
    }

    pub(super) fn names(&self) -> Vec<PathBuf> {
        self.state().live.names.keys().cloned().collect()
    }

    /// Writes half of the content, as a disk that is full may have.
    pub(super) fn write_half(&self, op: &Op<'_>) {
        if let Op::Write(draft, content) = op {
            let half = &content[..content.len() / 2];
            self.change(Op::Write(draft, half)).unwrap();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Files for SimDisk {
    fn change(&self, op: Op<'_>) -> io::Result<()> {
        let state = &mut *self.state();
        let names = &state.live.names;
        let inode_of = |path: &Path| names.get(path).copied().ok_or(io::ErrorKind::NotFound);
        let free = |path: &Path| match names.contains_key(path) {
            true => Err(io::ErrorKind::AlreadyExists),
            false => Ok(path.to_owned()),
        };
        let entry = match op {
            Op::Write(draft, content) => {
                let entry = Entry::Set(free(&draft.path)?, state.next);
                state.live.contents.insert(state.next, content.to_vec());
                state.dirty.insert(state.next);
                state.next += 1;
                entry
            }
            Op::Sync(draft) => {
                let inode = inode_of(&draft.path)?;
                let content = state.live.contents[&inode].clone();
                state.safe.contents.insert(inode, content);
                state.dirty.remove(&inode);
                return Ok(());
            }
            Op::SyncFolder(folder) => {
                let (synced, pending) = core::mem::take(&mut state.pending)
                    .into_iter()
                    .partition(|(of, _)| of == folder);
                let synced: Vec<_> = synced;
                synced.iter().for_each(|(_, entry)| state.safe.take(entry));
                state.pending = pending;
                return Ok(());
            }
            Op::Link(from, to) => Entry::Set(free(to)?, inode_of(from)?),
            Op::Rename(from, to) => Entry::Move(from.into(), to.into(), inode_of(from)?),
            Op::Remove(path) => inode_of(path).map(|_| Entry::Unset(path.into()))?,
        };
        state.live.take(&entry);
        let (Entry::Set(path, _) | Entry::Move(_, path, _) | Entry::Unset(path)) = &entry;
        let folder = path.parent().unwrap().to_owned();
        state.pending.push((folder, entry));
        Ok(())
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError> {
        let state = self.state();
        let absent = KeyError::new(KeyErrorKind::NotFound, "no such file");
        let inode = state.live.names.get(path).ok_or(absent)?;
        let bytes = state.live.contents[inode].clone();
        assert!(bytes.len() as u64 <= limit);
        let seen = Seen::unknown();
        Ok(Content { bytes, seen })
    }

    fn lock(&self, _: &Path) -> io::Result<Box<dyn Send>> {
        Ok(Box::new(()))
    }
}

impl Image {
    fn take(&mut self, entry: &Entry) {
        match entry {
            Entry::Set(path, inode) => {
                self.names.insert(path.clone(), *inode);
            }
            Entry::Move(from, to, inode) => {
                self.names.remove(from);
                self.names.insert(to.clone(), *inode);
            }
            Entry::Unset(path) => {
                self.names.remove(path);
            }
        }
    }
}

fn torn(all: &[u8], shape: usize) -> Vec<u8> {
    match shape {
        0 => Vec::new(),
        1 => all[..all.len() / 2].to_vec(),
        2 => alloc::vec![0; all.len()],
        _ => all.to_vec(),
    }
}
