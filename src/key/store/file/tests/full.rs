//! A disk that is full, or fails, at each step of a change.

use core::sync::atomic::{AtomicUsize, Ordering};
use std::io;

use super::*;
use crate::key::file::Content;

#[test]
fn a_full_disk_leaves_the_old_or_the_new_and_says_so() {
    let (mut failures, mut old_stayed, mut new_stands) = (0, 0, 0);
    for kind in [io::ErrorKind::StorageFull, io::ErrorKind::Other] {
        for event in EVENTS {
            let [old, new] = old_and_new(event);
            for at in 0.. {
                let disk = before(event);
                let (files, has_failed) = Failing::at(at, kind, &disk);
                let result = happen(files, event);
                let failed = match has_failed.load(Ordering::Relaxed) {
                    0 => break,
                    nth => STEPS[nth],
                };
                failures += 1;
                let state = found(disk.clone()).unwrap();
                match result {
                    Ok(()) => assert!(failed == "remove" && state == new, "{failed}"),
                    Err(error) => {
                        assert_eq!(error.kind(), KeyErrorKind::Io, "{failed}");
                        // Of all steps, only the last one comes when the new is in its place.
                        let may_be_new = failed == "sync folder";
                        assert!(state == old || may_be_new && state == new, "{failed}");
                        old_stayed += usize::from(state == old);
                        new_stands += usize::from(state == new);
                    }
                }
                // Nothing half-written lies about, but what could not be removed.
                let names = disk.names();
                let is_temporary = |path: &&PathBuf| *path != keys();
                let temporary = names.iter().filter(is_temporary).count();
                assert_eq!(temporary, usize::from(failed == "remove"), "{names:?}");
                for left in disk.after_power_cuts() {
                    let state = found(left).unwrap();
                    assert!(state == old || state == new, "{failed}");
                }
                // With room again, it goes on.
                let again = happen(disk.clone(), event);
                let is_made = again.as_ref().is_ok_and(|()| state == old);
                assert!(is_made || again.is_err() && state == new, "{failed}");
                assert!(found(disk).unwrap() == new);
            }
        }
    }
    println!("{failures} failures, {old_stayed} with the old left, {new_stands} with the new");
    assert!(old_stayed >= 30 && new_stands >= 10 && failures > old_stayed + new_stands);
}

/// What failed, as [`Failing`] reports it.
const STEPS: [&str; 7] = [
    "",
    "write",
    "sync",
    "link",
    "rename",
    "remove",
    "sync folder",
];

/// Fails once, and half-writes what it does not write.
#[derive(Debug)]
struct Failing {
    disk: SimDisk,
    left: AtomicUsize,
    kind: io::ErrorKind,
    has_failed: alloc::sync::Arc<AtomicUsize>,
}

impl Failing {
    fn at(
        left: usize,
        kind: io::ErrorKind,
        disk: &SimDisk,
    ) -> (Self, alloc::sync::Arc<AtomicUsize>) {
        let failing = Self {
            disk: disk.clone(),
            left: AtomicUsize::new(left),
            kind,
            has_failed: Default::default(),
        };
        let has_failed = failing.has_failed.clone();
        (failing, has_failed)
    }
}

impl Files for Failing {
    fn change(&self, op: Op<'_>) -> io::Result<()> {
        if self.left.fetch_sub(1, Ordering::Relaxed) != 0 {
            return self.disk.change(op);
        }
        let step = match &op {
            Op::Write(..) => 1,
            Op::Sync(_) => 2,
            Op::Link(..) => 3,
            Op::Rename(..) => 4,
            Op::Remove(_) => 5,
            Op::SyncFolder(_) => 6,
        };
        self.has_failed.store(step, Ordering::Relaxed);
        self.disk.write_half(&op);
        Err(self.kind.into())
    }

    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError> {
        self.disk.read(path, limit)
    }

    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        self.disk.lock(path)
    }
}
