//! Small files that appear and change as a whole.

#[cfg(feature = "serde")]
mod content;
mod disk;
#[cfg(feature = "scoped-keys")]
mod seen;

use alloc::format;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
#[cfg(feature = "serde")]
use std::path::PathBuf;

#[cfg(all(test, feature = "scoped-keys"))]
pub(super) use content::Content;
use disk::Draft;
pub(super) use disk::{Disk, Files, Op};
#[cfg(feature = "scoped-keys")]
pub(super) use seen::Seen;

use super::error::{KeyError, KeyErrorKind, NO_RANDOMNESS};
use super::text::to_hex;
use crate::secret::SecretBytes;

/// Reads a secret of 1 to `limit` bytes from a file that only its owner may access, such as a PIN.
///
/// The file, or what a symbolic link leads to, must be a regular one. On Unix only its owner may
/// have permissions on it (mode 0600 or 0400), judged on the opened file; elsewhere, see to that
/// yourself. One line end after the secret, `\n` or `\r\n`, is not part of it.
///
/// # Errors
///
/// [`KeyErrorKind::NotFound`], [`KeyErrorKind::Permissions`], [`KeyErrorKind::Malformed`] when it
/// is empty or longer than `limit`, or [`KeyErrorKind::Io`].
///
/// # Example
///
/// ```
/// use phi_seal::key::{KeyErrorKind, read_secret_file};
///
/// let folder = tempfile::tempdir()?;
/// let path = folder.path().join("pin");
/// assert_eq!(read_secret_file(&path, 64).unwrap_err().kind(), KeyErrorKind::NotFound);
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn read_secret_file(path: impl AsRef<Path>, limit: usize) -> Result<SecretBytes, KeyError> {
    // With room for the line end, and one byte more that tells a file which is too long.
    let mut content = SecretBytes::from_vec(alloc::vec![0; limit.saturating_add(3)]);
    let len = read_private(path.as_ref(), content.as_mut_slice())?;
    content.truncate(len);
    let text = content.as_slice();
    let text = text
        .strip_suffix(b"\n")
        .map_or(text, |text| text.strip_suffix(b"\r").unwrap_or(text));
    let len = text.len();
    content.truncate(len);
    match len {
        0 => Err(KeyError::new(
            KeyErrorKind::Malformed,
            "the file for a secret is empty",
        )),
        _ if len > limit => Err(TOO_LONG),
        _ => Ok(content),
    }
}

/// Reads a regular file that only its owner may access into `buffer`, and gives its length. A
/// file that fills the buffer is too long.
pub(super) fn read_private(path: &Path, buffer: &mut [u8]) -> Result<usize, KeyError> {
    // Opening a pipe would wait for its other end; what counts is the opened file, below.
    refuse_irregular(&fs::metadata(path).map_err(of_io)?)?;
    let mut file = File::open(path).map_err(of_io)?;
    let metadata = file.metadata().map_err(of_io)?;
    refuse_irregular(&metadata)?;
    refuse_modes(
        &metadata,
        0o077,
        "the file of a secret is open to its group or to everybody; chmod it to 0600",
    )?;
    let mut len = 0;
    while len < buffer.len() {
        match file.read(&mut buffer[len..]) {
            Ok(0) => return Ok(len),
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(of_io(error)),
        }
    }
    Err(TOO_LONG)
}

/// Makes a file of mode 0600 that appears complete or not at all, and overwrites nothing.
pub(super) fn create(files: &dyn Files, path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let temporary = Temporary::write(files, path, content)?;
    // Unlike a rename, a link fails when the name is taken.
    let link = Op::Link(&temporary.draft.path, path);
    files.change(link).map_err(of_io)?;
    drop(temporary);
    sync_folder(files, path)
}

/// Puts new content in the place of a file, in one step: readers and a crash see the old or the
/// new, of mode 0600.
#[cfg(feature = "serde")]
pub(super) fn replace(files: &dyn Files, path: &Path, content: &[u8]) -> Result<(), KeyError> {
    let mut temporary = Temporary::write(files, path, content)?;
    let rename = Op::Rename(&temporary.draft.path, path);
    files.change(rename).map_err(of_io)?;
    temporary.is_there = false;
    sync_folder(files, path)
}

/// Makes the name of a file safe: after this, a power cut leaves what stands there, or what comes
/// after it.
pub(super) fn sync_folder(files: &dyn Files, of: &Path) -> Result<(), KeyError> {
    let folder = match of.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    files.change(Op::SyncFolder(folder)).map_err(of_io)
}

/// The path without symbolic links.
#[cfg(feature = "serde")]
pub(super) fn resolve(path: &Path) -> Result<PathBuf, KeyError> {
    fs::canonicalize(path).map_err(of_io)
}

/// Waits for the lock file beside `path`, which is held until the result is dropped.
#[cfg(feature = "serde")]
pub(super) fn lock(files: &dyn Files, path: &Path) -> Result<Box<dyn Send>, KeyError> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".lock");
    files.lock(&path.with_file_name(name)).map_err(of_io)
}

/// A complete file under a random name in the folder of another; removed on drop.
struct Temporary<'a> {
    files: &'a dyn Files,
    draft: Draft,
    is_there: bool,
}

impl<'a> Temporary<'a> {
    fn write(files: &'a dyn Files, beside: &Path, content: &[u8]) -> Result<Self, KeyError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(|_| NO_RANDOMNESS)?;
        let name = format!(".phi-seal-{}.tmp", to_hex(&random));
        let mut temporary = Self {
            files,
            draft: Draft::new(beside.with_file_name(name)),
            is_there: true,
        };
        files
            .change(Op::Write(&temporary.draft, content))
            .inspect_err(|error| {
                // Somebody else's.
                temporary.is_there = error.kind() != io::ErrorKind::AlreadyExists;
            })
            .and_then(|()| files.change(Op::Sync(&temporary.draft)))
            .map_err(of_io)?;
        Ok(temporary)
    }
}

impl Drop for Temporary<'_> {
    fn drop(&mut self) {
        if self.is_there {
            // Nothing to do about a failure: the name is random and stands in nobody's way.
            let _ = self.files.change(Op::Remove(&self.draft.path));
        }
    }
}

fn refuse_irregular(metadata: &fs::Metadata) -> Result<(), KeyError> {
    if metadata.is_file() {
        return Ok(());
    }
    Err(KeyError::new(
        KeyErrorKind::Malformed,
        "this path leads to something else than a regular file",
    ))
}

/// Refuses a file that has any of these permission bits.
#[cfg(unix)]
fn refuse_modes(
    metadata: &fs::Metadata,
    refused: u32,
    detail: &'static str,
) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt;

    if metadata.permissions().mode() & refused == 0 {
        return Ok(());
    }
    Err(KeyError::new(KeyErrorKind::Permissions, detail))
}

#[cfg(not(unix))]
fn refuse_modes(_: &fs::Metadata, _: u32, _: &'static str) -> Result<(), KeyError> {
    Ok(())
}

fn of_io(error: io::Error) -> KeyError {
    match error.kind() {
        io::ErrorKind::NotFound => KeyError::new(
            KeyErrorKind::NotFound,
            "there is no such file or folder; check the path",
        ),
        io::ErrorKind::AlreadyExists => KeyError::new(
            KeyErrorKind::AlreadyExists,
            "there is a file already, which was left as it is",
        ),
        io::ErrorKind::PermissionDenied => KeyError::new(
            KeyErrorKind::Permissions,
            "this process may not read or write there; check owner and mode",
        ),
        _ => KeyError::new(
            KeyErrorKind::Io,
            "reading or writing the file failed; check the disk and the path",
        ),
    }
}

const TOO_LONG: KeyError = KeyError::new(
    KeyErrorKind::Malformed,
    "this file is too long for what it should hold",
);
