//! What whole files need of the operating system, step by step.

use core::cell::OnceCell;
use core::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

#[cfg(feature = "serde")]
use super::content::Content;
#[cfg(feature = "scoped-keys")]
use super::seen::Seen;
#[cfg(feature = "serde")]
use crate::key::error::KeyError;

/// A file system. Tests put one in its place that forgets, fills up and dies.
pub(in crate::key) trait Files: fmt::Debug + Send + Sync {
    /// Makes one change. A process may end, and a machine lose its power, between any two.
    fn change(&self, op: Op<'_>) -> io::Result<()>;

    /// Reads a regular file of at most `limit` bytes that its group may read and others may not
    /// touch.
    #[cfg(feature = "serde")]
    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError>;

    /// Whether what was read is certain to stand there unchanged.
    #[cfg(feature = "scoped-keys")]
    fn is_still(&self, path: &Path, seen: &Seen) -> bool {
        let _ = (path, seen);
        false
    }

    /// Waits until nobody else has this file locked, and makes it if there is none. It is unlocked
    /// when the result is dropped, and when the process ends, however it does.
    #[cfg(feature = "serde")]
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>>;
}

/// One change to a file system.
#[derive(Debug)]
pub(in crate::key) enum Op<'a> {
    /// Makes a file of mode 0600 with this content, which a power cut may still take.
    Write(&'a Draft, &'a [u8]),
    /// Makes what was written safe.
    Sync(&'a Draft),
    /// Gives the first file the second name as well, unless that is taken.
    Link(&'a Path, &'a Path),
    /// Gives the first file the second name, also if that is taken.
    #[cfg(feature = "serde")]
    Rename(&'a Path, &'a Path),
    /// Takes away the name of a file.
    Remove(&'a Path),
    /// Makes the names in a folder safe.
    SyncFolder(&'a Path),
}

/// A file that is written and not yet in its place.
#[derive(Debug)]
pub(in crate::key) struct Draft {
    pub(in crate::key) path: PathBuf,
    /// Synchronised is what was written through, so that no error of the disk gets lost between
    /// two handles.
    written: OnceCell<File>,
}

impl Draft {
    pub(super) const fn new(path: PathBuf) -> Self {
        Self {
            path,
            written: OnceCell::new(),
        }
    }
}

/// The disk.
#[derive(Debug)]
pub(in crate::key) struct Disk;

impl Files for Disk {
    fn change(&self, op: Op<'_>) -> io::Result<()> {
        match op {
            Op::Write(draft, content) => {
                let mut options = OpenOptions::new();
                options.write(true).create_new(true);
                let mut file = private(&mut options).open(&draft.path)?;
                file.write_all(content)?;
                let _ = draft.written.set(file);
                Ok(())
            }
            Op::Sync(draft) => match draft.written.get() {
                Some(file) => file.sync_all(),
                None => Err(io::ErrorKind::NotFound.into()),
            },
            Op::Link(from, to) => fs::hard_link(from, to),
            #[cfg(feature = "serde")]
            Op::Rename(from, to) => fs::rename(from, to),
            Op::Remove(path) => fs::remove_file(path),
            // Elsewhere folders cannot be synchronised.
            Op::SyncFolder(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
            Op::SyncFolder(_) => Ok(()),
        }
    }

    #[cfg(feature = "serde")]
    fn read(&self, path: &Path, limit: u64) -> Result<Content, KeyError> {
        super::content::read(path, limit)
    }

    #[cfg(feature = "scoped-keys")]
    fn is_still(&self, path: &Path, seen: &Seen) -> bool {
        fs::metadata(path).is_ok_and(|now| seen.is_still(&now))
    }

    #[cfg(feature = "serde")]
    fn lock(&self, path: &Path) -> io::Result<Box<dyn Send>> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = private(&mut options).open(path)?;
        loop {
            match file.lock() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                locked => return locked.map(|()| Box::new(file) as Box<dyn Send>),
            }
        }
    }
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;

    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
