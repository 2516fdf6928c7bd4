//! Power cuts: every state of a disk that one may leave, at every step of a change.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;

use super::*;
use crate::key::file::Content;

#[test]
fn no_power_cut_loses_a_key() {
    let seen = cut_everywhere(|_| false);
    println!("{seen:?}");
    assert_eq!((seen.neither, seen.forgotten, seen.stuck), (0, 0, 0));
    assert!(seen.cuts >= 25 && seen.states >= 100, "{seen:?}");
}

/// The test above would see either.
#[test]
fn each_synchronisation_is_needed() {
    let seen = cut_everywhere(|op| matches!(op, Op::Sync(_)));
    println!("without the file's: {seen:?}");
    assert!(seen.neither > 0 && seen.forgotten > 0, "{seen:?}");
    let seen = cut_everywhere(|op| matches!(op, Op::SyncFolder(_)));
    println!("without the folder's: {seen:?}");
    assert!(seen.neither == 0 && seen.forgotten > 0, "{seen:?}");
}

/// A process that is killed between the rename and the folder's synchronisation leaves a key for
/// others to use that a power cut could take back.
#[test]
fn what_a_reader_was_given_stays() {
    let (states, gone) = read_everywhere(|_| false);
    println!("{states} states");
    assert!(states >= 40 && gone == 0, "{gone} of {states}");
    let (_, gone) = read_everywhere(|op| matches!(op, Op::SyncFolder(_)));
    assert!(gone > 0);
}

#[derive(Debug, Default)]
struct Outcome {
    cuts: usize,
    states: usize,
    /// Of these, damaged or with something else than the old and the new.
    neither: usize,
    /// Of these, without a change that was acknowledged.
    forgotten: usize,
    /// Of these, unfit for the next change.
    stuck: usize,
}

/// Cuts each event short before each of its steps, while a file system leaves some steps out.
fn cut_everywhere(leaves_out: fn(&Op<'_>) -> bool) -> Outcome {
    let mut seen = Outcome::default();
    for event in EVENTS {
        let [old, new] = old_and_new(event);
        for steps in 0.. {
            let disk = before(event);
            let result = happen(Dying::after(steps, &disk, leaves_out), event);
            seen.cuts += 1;
            // Killed only, the disk lives on.
            let killed = [disk.copy()];
            for left in disk.after_power_cuts().into_iter().chain(killed) {
                seen.states += 1;
                let state = found(left.copy());
                let is_old = state.as_ref().is_ok_and(|state| *state == old);
                let is_new = state.as_ref().is_ok_and(|state| *state == new);
                seen.neither += usize::from(!is_old && !is_new);
                seen.forgotten += usize::from(result.is_ok() && !is_new);
                // The next process does it, or finds that it is done.
                let again = happen(left.clone(), event).err().map(|error| error.kind());
                let is_done = matches!(
                    again,
                    None | Some(KeyErrorKind::Conflict | KeyErrorKind::AlreadyExists)
                );
                let is_there = found(left).is_ok_and(|state| state == new);
                seen.stuck += usize::from((is_old || is_new) && !(is_done && is_there));
            }
            if result.is_ok() {
                break;
            }
        }
    }
    seen
}

/// Cuts each change short, lets somebody read, cuts the power, and counts after how many cuts the
/// reader's keys are gone.
fn read_everywhere(reader_leaves_out: fn(&Op<'_>) -> bool) -> (usize, usize) {
    let (mut states, mut gone) = (0, 0);
    for event in EVENTS {
        for steps in 0.. {
            let disk = before(event);
            let result = happen(Dying::after(steps, &disk, |_| false), event);
            let reader = Dying::after(usize::MAX, &disk, reader_leaves_out);
            let read = found(reader).unwrap();
            for left in disk.after_power_cuts() {
                states += 1;
                let state = found(left);
                gone += usize::from(read.is_some() && state.is_ok_and(|state| state != read));
            }
            if result.is_ok() {
                break;
            }
        }
    }
    (states, gone)
}

/// Ends after some steps, as a process that is killed, and leaves some out.
#[derive(Debug)]
struct Dying {
    disk: SimDisk,
    left: AtomicUsize,
    leaves_out: fn(&Op<'_>) -> bool,
}

impl Dying {
    fn after(steps: usize, disk: &SimDisk, leaves_out: fn(&Op<'_>) -> bool) -> Self {
        Self {
            disk: disk.clone(),
            left: AtomicUsize::new(steps),
            leaves_out,
        }
    }
}

impl Files for Dying {
    fn change(&self, op: Op<'_>) -> io::Result<()> {
        let left = self.left.load(Ordering::Relaxed);
        let left = left.checked_sub(1).ok_or(io::ErrorKind::Other)?;
        self.left.store(left, Ordering::Relaxed);
        match (self.leaves_out)(&op) {
            true => Ok(()),
            false => self.disk.change(op),
        }
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError> {
        self.disk.read(path, limit)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        self.disk.lock(path)
    }
}
