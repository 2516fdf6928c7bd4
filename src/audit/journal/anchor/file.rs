//! Checkpoints as files of a folder on another mount.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::name::{checkpoint_name, origin_name, size_of_name};
use super::{Anchor, AnchorError, AnchorErrorKind, Filed};
use crate::audit::journal::{Origin, SignedCheckpoint};

/// Keeps each checkpoint as a file of a folder, which is to lie where whoever holds the journal
/// cannot change it: on a mount of another machine that takes new files only, on write-once media.
///
/// The files are `<origin>/<size, 20 digits>.checkpoint`, with an
/// [escaped origin](super::origin_name); each is made, written, set to mode 0400 and synchronised
/// with its folder, and never written again. The folder itself must be there: a missing one may be a
/// mount that is missing. A file that a crash left half-written is completed by publishing the same
/// checkpoint again, and does not count before.
///
/// Refuses another checkpoint of a size that is there, and one that is smaller than the newest.
///
/// # Security
///
/// What keeps the files is the file system they are on, not this type: modes hold nobody off who is
/// root there. It needs no renames, links or removals, so an append-only folder (`chattr +a`) or
/// a write-once share serves. [`apart_from`](Self::apart_from) notices a mount that is missing.
#[derive(Clone)]
pub struct FileAnchor {
    folder: PathBuf,
    name: String,
    apart_from: Option<PathBuf>,
}

impl FileAnchor {
    /// In this folder, under the name `file`.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            name: "file".to_string(),
            apart_from: None,
        }
    }

    /// Goes by another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Refuses to publish ([`AnchorErrorKind::Unprotected`]) while the folder is on the same device
    /// as `path`, such as the journal's folder. Where a mount is missing, what is left is an empty
    /// folder on the disk below. Unix only; elsewhere it publishes nothing.
    #[must_use]
    pub fn apart_from(mut self, path: impl Into<PathBuf>) -> Self {
        self.apart_from = Some(path.into());
        self
    }

    fn check_apart(&self) -> Result<(), AnchorError> {
        match &self.apart_from {
            Some(path) if !are_apart(&self.folder, path).map_err(of_io)? => Err(SAME_DEVICE),
            _ => Ok(()),
        }
    }

    /// The files of an origin that count and are at most so large.
    fn newest(&self, folder: &Path, at_most: u64) -> Result<Option<Filed>, AnchorError> {
        let names = match fs::read_dir(folder) {
            Ok(names) => names,
            // None of this origin yet; but the anchor itself must be there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return fs::read_dir(&self.folder).map(|_| None).map_err(of_io);
            }
            Err(error) => return Err(of_io(error)),
        };
        let mut sizes = Vec::new();
        for entry in names {
            let name = entry.map_err(of_io)?.file_name();
            let name = name.to_str().and_then(|name| name.strip_suffix(ENDING));
            sizes.extend(name.and_then(size_of_name).filter(|size| *size <= at_most));
        }
        sizes.sort_unstable();
        for size in sizes.into_iter().rev() {
            let file = File::open(path(folder, size)).map_err(of_io)?;
            let bytes = read(&file)?;
            if is_whole(&bytes) {
                let text = String::from_utf8(bytes).unwrap_or_default();
                return Ok(Some(Filed { size, text }));
            }
        }
        Ok(None)
    }
}

impl Anchor for FileAnchor {
    fn name(&self) -> &str {
        &self.name
    }

    fn publish(&self, checkpoint: &SignedCheckpoint) -> Result<(), AnchorError> {
        self.check_apart()?;
        let (origin, size) = (
            checkpoint.checkpoint().origin(),
            checkpoint.checkpoint().size(),
        );
        let folder = self.folder.join(origin_name(origin));
        make_folder(&self.folder, &folder)?;
        if self
            .newest(&folder, u64::MAX)?
            .is_some_and(|newest| newest.size > size)
        {
            return Err(SMALLER);
        }
        keep(&path(&folder, size), checkpoint.as_str().as_bytes())?;
        sync_folder(&folder).map_err(of_io)
    }

    fn latest(&self, origin: &Origin) -> Result<Option<String>, AnchorError> {
        let newest = self.latest_up_to(origin, u64::MAX)?;
        Ok(newest.map(|filed| filed.text))
    }

    fn latest_up_to(&self, origin: &Origin, size: u64) -> Result<Option<Filed>, AnchorError> {
        self.newest(&self.folder.join(origin_name(origin)), size)
    }
}

impl fmt::Debug for FileAnchor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileAnchor")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Makes the file, or writes the rest of it, if its beginning is there, or nothing, if all of it is.
fn keep(path: &Path, text: &[u8]) -> Result<(), AnchorError> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(file) => write_rest(file, text, true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let file = File::open(path).map_err(of_io)?;
            let there = read(&file)?;
            if there == text {
                // It may have been written by somebody who did not come to synchronise it.
                return file.sync_all().map_err(of_io);
            }
            if !text.starts_with(&there) {
                return Err(DIFFERS);
            }
            match options.create_new(false).open(path) {
                Ok(file) => write_rest(file, text, false),
                // Completed in between, and closed to writers since?
                Err(error) => {
                    let is_as_it_was = read(&File::open(path).map_err(of_io)?)? == there;
                    Err(if is_as_it_was {
                        of_io(error)
                    } else {
                        BEING_WRITTEN
                    })
                }
            }
        }
        Err(error) => Err(of_io(error)),
    }
}

/// Nobody but who holds the lock goes on with a file that is there. Where there are no locks, nobody
/// does but who made it.
fn write_rest(mut file: File, text: &[u8], is_made: bool) -> Result<(), AnchorError> {
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(BEING_WRITTEN),
        Err(TryLockError::Error(_)) if is_made => {}
        Err(TryLockError::Error(_)) => return Err(TORN),
    }
    // Since it was made or read, somebody else may have had the lock.
    let there = read(&file)?;
    let rest = text.strip_prefix(there.as_slice()).ok_or(DIFFERS)?;
    file.write_all(rest).map_err(of_io)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o400);
        // Some shares know no modes; the content is what counts.
        let _ = file.set_permissions(mode);
    }
    file.sync_all().map_err(of_io)
}

fn make_folder(anchor: &Path, folder: &Path) -> Result<(), AnchorError> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(folder) {
        Ok(()) => sync_folder(anchor).map_err(of_io),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(of_io(error)),
    }
}

/// From where the file stands; at most one byte more than the longest note.
fn read(file: &File) -> Result<Vec<u8>, AnchorError> {
    let mut bytes = Vec::new();
    let mut file = file.take(LONGEST + 1);
    file.read_to_end(&mut bytes).map_err(of_io)?;
    Ok(bytes)
}

/// Whether a note has an end: signatures after an empty line, the last of them ended.
fn is_whole(bytes: &[u8]) -> bool {
    let signed_from = bytes.windows(2).rposition(|pair| pair == b"\n\n");
    signed_from.is_some_and(|at| bytes[at + 2..].ends_with(b"\n"))
}

fn path(folder: &Path, size: u64) -> PathBuf {
    folder.join(format!("{}{ENDING}", checkpoint_name(size)))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

#[cfg(unix)]
fn are_apart(one: &Path, other: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(fs::metadata(one)?.dev() != fs::metadata(other)?.dev())
}

#[cfg(not(unix))]
fn are_apart(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

fn of_io(error: io::Error) -> AnchorError {
    let (kind, detail) = match error.kind() {
        io::ErrorKind::NotFound => (
            AnchorErrorKind::Missing,
            "the anchor's folder is not there; make it, or see that its disk is mounted",
        ),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => (
            AnchorErrorKind::Denied,
            "the anchor's folder may not be accessed; check its owner, mode and mount",
        ),
        io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename => (
            AnchorErrorKind::Contract,
            "the anchor's path is no folder, or its file system takes no name as long as the origin's",
        ),
        _ => (
            AnchorErrorKind::Unreachable,
            "the anchor's disk is full or failed; check it and its mount",
        ),
    };
    AnchorError::new(kind, detail)
}

const ENDING: &str = ".checkpoint";

/// The longest note there is.
const LONGEST: u64 = 262_144;

const SAME_DEVICE: AnchorError = AnchorError::new(
    AnchorErrorKind::Unprotected,
    "the anchor's folder is on the same device as the journal; see that its disk is mounted",
);
const DIFFERS: AnchorError = AnchorError::new(
    AnchorErrorKind::Refused,
    "the anchor holds another checkpoint of this size; the journal was forked or restored: verify it",
);
const SMALLER: AnchorError = AnchorError::new(
    AnchorErrorKind::Refused,
    "the anchor holds a checkpoint of more entries; the journal was restored or cut short: verify it",
);
const BEING_WRITTEN: AnchorError = AnchorError::new(
    AnchorErrorKind::Unreachable,
    "somebody else is writing this checkpoint; try again",
);
const TORN: AnchorError = AnchorError::new(
    AnchorErrorKind::Refused,
    "the anchor holds a part of this checkpoint, and its file system has no locks by which to complete \
     it; take the file away",
);
